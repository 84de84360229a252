// What part of time the series page shows: following "now" with some past and the forecast's horizon, or a free window.
import { clamped, moved, span, zoomed, type Limits, type TimeWindow } from '../chart/window';
import { rangesOf, type Range } from './ranges';

export interface Extent {
  first: number;
  now: number;
  horizon: number;
  step: number;
}

export class View {
  /** How much of the past `reset` goes back to; null for as much as suits the series. */
  #home = $state<number | null>(null);
  #follows = $state<number | null>(null);
  #free = $state.raw<TimeWindow | null>(null);

  constructor(
    readonly extent: () => Extent,
    /** On a phone less of the past is seen at first. */
    readonly narrow: boolean,
  ) {}

  get ranges(): Range[] {
    const { step, horizon } = this.extent();
    return rangesOf(step, horizon).chart;
  }

  /** The chosen range; null while another part of time is shown. */
  get chosen(): number | null {
    return this.#free || this.#follows !== null ? null : this.home;
  }

  get home(): number {
    return this.#home ?? this.ranges[this.narrow ? 0 : 1]?.past_ms ?? Infinity;
  }

  get limits(): Limits {
    const { first, now, horizon, step } = this.extent();
    const margin = Math.max(horizon, (now - first) * 0.02);
    return { from: first - margin, to: now + horizon + margin, span_min: step * 6 };
  }

  get window(): TimeWindow {
    if (this.#free) return this.#free;
    const { first, now, horizon } = this.extent();
    const past = this.#follows ?? Math.min(this.home, now - first);
    return { from: now - past, to: now + horizon };
  }

  get following(): boolean {
    return this.#free === null;
  }

  choose(past_ms: number): void {
    this.#home = past_ms;
    this.reset();
  }

  change(window: TimeWindow): void {
    this.#free = clamped(window, this.limits);
  }

  reset(): void {
    this.#follows = null;
    this.#free = null;
  }

  /** Goes to now and follows it, at the present zoom. */
  toNow(): void {
    const { horizon, step } = this.extent();
    if (!this.#free) return;
    this.#follows = Math.max(span(this.#free) - horizon, step * 6);
    this.#free = null;
  }

  /** Moves by a share of the window. */
  move(share: number): void {
    this.change(moved(this.window, span(this.window) * share, this.limits));
  }

  zoom(factor: number): void {
    const { now } = this.extent();
    const { from, to } = this.window;
    const anchor = now > from && now < to ? now : (from + to) / 2;
    this.change(zoomed(this.window, factor, anchor, this.limits));
  }
}
