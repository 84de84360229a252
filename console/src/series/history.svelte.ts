// The past of one series at the resolution that the screen can show: fetched for the window, extended by live samples.
import { range } from '../api/queries';
import { messageOf } from '../api/request';
import type { Past } from '../chart/table';
import { span, type TimeWindow } from '../chart/window';
import { throttled } from '../state/throttle';

const REDRAW_MS = 100;
const SETTLE_MS = 140;
const FINE_POINTS_PER_PIXEL = 1.5;
const BUCKETS_PER_PIXEL = 0.45;
/** Live points beyond this are better fetched again in buckets than kept. */
const APPENDED_MAX = 2_000;
/** Bucketed data get their newest buckets anew this often while samples arrive. */
const REBUCKET_MS = 5_000;

const nothing: Past = { timestamps: [], mean: [], least: null, most: null, spacing: null };

export class SeriesHistory {
  past = $state.raw<Past>(nothing);
  state = $state<'loading' | 'ready' | 'failed'>('loading');
  error = $state('');
  #loaded: (TimeWindow & { bucket: number | null; span: number }) | undefined;
  #wanted: (TimeWindow & { width: number; extent: TimeWindow }) | undefined;
  #waiting: { time: number; value: number }[] = [];
  #appended = 0;
  #fetching: AbortController | undefined;
  #settle: ReturnType<typeof setTimeout> | undefined;
  #redraw = throttled(
    () => this.#append(),
    () => REDRAW_MS,
  );
  #rebucket = throttled(
    () => void this.#fetch(),
    () => REBUCKET_MS,
  );

  constructor(
    readonly series: string,
    readonly step_ms: () => number | null,
  ) {}

  /** Makes sure that the window is there, as fine as `width` pixels can show; `extent` is all that is stored. */
  show(window: TimeWindow, width: number, extent: TimeWindow): void {
    this.#wanted = { ...window, width, extent };
    if (this.#covers(window)) return;
    clearTimeout(this.#settle);
    this.#settle = setTimeout(() => void this.#fetch(), this.#loaded ? SETTLE_MS : 0);
  }

  receive(time: number, value: number): void {
    // While the server does not answer, what is lost here comes back with the next range.
    if (this.#waiting.length < APPENDED_MAX) this.#waiting.push({ time, value });
    this.#redraw();
  }

  refetch(): void {
    void this.#fetch();
  }

  stop(): void {
    clearTimeout(this.#settle);
    this.#redraw.cancel();
    this.#rebucket.cancel();
    this.#fetching?.abort();
  }

  #covers(window: TimeWindow): boolean {
    const loaded = this.#loaded;
    if (!loaded || this.#appended > APPENDED_MAX) return false;
    const inside = window.from >= loaded.from && window.to <= loaded.to;
    // Zoomed in to a third of what is loaded, finer buckets are worth a request.
    return inside && (loaded.bucket === null || span(window) * 3 > loaded.span);
  }

  /** Samples as they are while they fit; else few enough buckets that mean and range can be told apart. */
  #points(width: number, windows: number, span_ms: number): number {
    const step = this.step_ms();
    const fine = Math.round(width * windows * FINE_POINTS_PER_PIXEL);
    if (step !== null && span_ms / step <= fine) return Math.max(200, fine);
    return Math.max(100, Math.round(width * windows * BUCKETS_PER_PIXEL));
  }

  async #fetch(): Promise<void> {
    const wanted = this.#wanted;
    if (!wanted) return;
    this.#fetching?.abort();
    const fetching = new AbortController();
    this.#fetching = fetching;
    // Half a window more on either side, so that moving shows data at once.
    const margin = span(wanted) / 2;
    const live = wanted.to + margin >= wanted.extent.to;
    const from = Math.max(wanted.from - margin, wanted.extent.from);
    const to = live ? wanted.extent.to + 1 : wanted.to + margin;
    const question = { series: this.series, from, to, points: this.#points(wanted.width, (to - from) / span(wanted), to - from) };
    try {
      const mean = await range({ ...question, aggregate: 'mean' }, fetching.signal);
      const [least, most] =
        mean.bucket_ms === null
          ? [null, null]
          : await Promise.all([
              range({ ...question, aggregate: 'min' }, fetching.signal),
              range({ ...question, aggregate: 'max' }, fetching.signal),
            ]);
      this.past = {
        timestamps: mean.timestamps_ms,
        mean: mean.values,
        least: least?.values ?? null,
        most: most?.values ?? null,
        spacing: mean.bucket_ms ?? this.step_ms(),
      };
      this.#loaded = {
        from: from === wanted.extent.from ? -Infinity : from,
        to: live ? Infinity : to,
        bucket: mean.bucket_ms,
        span: to - from,
      };
      this.#appended = 0;
      this.state = 'ready';
      this.error = '';
      this.#append();
    } catch (error) {
      if (fetching.signal.aborted) return;
      this.error = messageOf(error);
      this.state = 'failed';
    }
  }

  #append(): void {
    if (this.state !== 'ready' || this.#waiting.length === 0 || !this.#loaded) return;
    const waiting = this.#waiting;
    this.#waiting = [];
    if (this.#loaded.to !== Infinity) return;
    const end = this.past.timestamps.at(-1) ?? -Infinity;
    const fresh = waiting.filter((sample) => sample.time > end);
    // A bucket's mean, or a sample that comes late, is for the server to place.
    if (this.#loaded.bucket !== null || fresh.length < waiting.length) {
      this.#rebucket();
      return;
    }
    this.#appended += fresh.length;
    this.past = {
      ...this.past,
      timestamps: [...this.past.timestamps, ...fresh.map((sample) => sample.time)],
      mean: [...this.past.mean, ...fresh.map((sample) => sample.value)],
    };
    if (this.#appended > APPENDED_MAX) this.#rebucket();
  }
}
