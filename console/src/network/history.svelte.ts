// Overall figures over time, as fine as the screen can show: fetched for the chosen span, and again as windows close.
import { range } from '../api/queries';
import { ApiError, messageOf } from '../api/request';
import { throttled } from '../state/throttle';

const REFRESH_MS = 2_000;
const POINTS_MIN = 200;

export interface Line {
  timestamps: number[];
  values: (number | null)[];
  /** The mean of so long a bucket is shown; null while windows are shown as they are. */
  bucket: number | null;
}

export interface Wanted {
  /** Keys of series. */
  series: string[];
  from: number;
  to: number;
  points: number;
}

export class NetworkHistory {
  lines = $state.raw<Map<string, Line>>(new Map());
  state = $state<'loading' | 'ready' | 'failed'>('loading');
  error = $state('');
  #wanted: Wanted | undefined;
  #fetching: AbortController | undefined;
  #refresh = throttled(
    () => void this.#fetch(),
    () => REFRESH_MS,
  );

  show(wanted: Wanted): void {
    const before = this.#wanted;
    this.#wanted = wanted;
    const another = !before || wanted.to - wanted.from !== before.to - before.from || String(wanted.series) !== String(before.series);
    if (another) void this.#fetch();
    else this.#refresh();
  }

  retry(): void {
    void this.#fetch();
  }

  stop(): void {
    this.#refresh.cancel();
    this.#fetching?.abort();
  }

  async #fetch(): Promise<void> {
    if (!this.#wanted) return;
    this.#fetching?.abort();
    const fetching = new AbortController();
    this.#fetching = fetching;
    const { series, from, to, points } = this.#wanted;
    const question = { from, to: to + 1, points: Math.max(POINTS_MIN, Math.round(points)), aggregate: 'mean' as const };
    try {
      const lines = await Promise.all(series.map((key) => this.#line({ series: key, ...question }, fetching.signal)));
      this.lines = new Map(series.map((key, i) => [key, lines[i] ?? nothing]));
      this.state = 'ready';
      this.error = '';
    } catch (error) {
      if (fetching.signal.aborted) return;
      this.error = messageOf(error);
      this.state = 'failed';
    }
  }

  async #line(question: Parameters<typeof range>[0], signal: AbortSignal): Promise<Line> {
    try {
      const { timestamps_ms, values, bucket_ms } = await range(question, signal);
      return { timestamps: timestamps_ms, values, bucket: bucket_ms };
    } catch (error) {
      // A figure that was never defined, such as the latency of no packet, has no series.
      if (error instanceof ApiError && error.status === 404) return nothing;
      throw error;
    }
  }
}

const nothing: Line = { timestamps: [], values: [], bucket: null };
