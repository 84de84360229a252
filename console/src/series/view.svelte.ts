// What part of time the series page shows: following "now" with some past and the forecast's horizon, or a free window.
import { clamped, moved, span, zoomed, type Limits, type TimeWindow } from '../chart/window';

const DAY_MS = 86_400_000;
export const presets = ['2d', '1w', '1m', 'all'] as const;
export type Preset = (typeof presets)[number];

const past_ms: Record<Exclude<Preset, 'all'>, number> = { '2d': 2 * DAY_MS, '1w': 7 * DAY_MS, '1m': 30 * DAY_MS };

export interface Extent {
  first: number;
  now: number;
  horizon: number;
  step: number;
}

export class View {
  preset = $state<Preset | null>('1w');
  #home: Preset = '1w';
  #follows = $state<number | null>(null);
  #free = $state.raw<TimeWindow | null>(null);

  constructor(
    readonly extent: () => Extent,
    start: Preset,
  ) {
    this.preset = start;
    this.#home = start;
  }

  get limits(): Limits {
    const { first, now, horizon, step } = this.extent();
    const margin = Math.max(horizon, (now - first) * 0.02);
    return { from: first - margin, to: now + horizon + margin, span_min: step * 6 };
  }

  get window(): TimeWindow {
    if (this.#free) return this.#free;
    const { first, now, horizon } = this.extent();
    const all = now - first;
    const past = this.#follows ?? (this.preset && this.preset !== 'all' ? Math.min(past_ms[this.preset], all) : all);
    return { from: now - past, to: now + horizon };
  }

  get following(): boolean {
    return this.#free === null;
  }

  choose(preset: Preset): void {
    this.preset = this.#home = preset;
    this.#follows = null;
    this.#free = null;
  }

  change(window: TimeWindow): void {
    this.preset = null;
    this.#free = clamped(window, this.limits);
  }

  reset(): void {
    this.choose(this.#home);
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
