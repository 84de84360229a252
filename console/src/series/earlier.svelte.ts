// The forecasts that were made before the actuals came, one after the other: for each stretch of one horizon the newest
// forecast whose origin is not after the stretch's beginning. Stretches are aligned to multiples of the horizon, so that
// the band stays where it is while actuals arrive inside it.
import { forecasts } from '../api/queries';
import type { Forecast } from '../api/types';
import { fan, type Fan } from '../chart/table';
import type { TimeWindow } from '../chart/window';

const STRETCHES_MAX = 62;
const KEPT_MAX = 200;
const PARALLEL = 4;
/** Champion and challenger may both have answered at the newest origin. */
const MODELS_AT_ORIGIN = 4;

export class EarlierForecasts {
  fans = $state.raw<Fan[]>([]);
  #kept = new Map<number, { forecast: Forecast | null; final: boolean }>();
  #generation = 0;
  #stop = new AbortController();

  constructor(readonly series: string) {}

  stop(): void {
    this.#stop.abort();
  }

  forget(): void {
    this.#kept.clear();
  }

  /** Fetches what the window lacks; `model` is preferred where several answered. */
  async show(window: TimeWindow, now: number, horizon: number, model: string | undefined): Promise<void> {
    const generation = ++this.#generation;
    const newest = Math.floor(now / horizon) * horizon;
    const starts: number[] = [];
    const end = Math.min(newest, Math.floor(window.to / horizon) * horizon);
    for (let start = end; start + horizon > window.from && starts.length < STRETCHES_MAX; start -= horizon) {
      starts.push(start);
    }
    const missing = starts.filter((start) => !this.#kept.get(start)?.final);
    const worker = async (): Promise<void> => {
      for (let start = missing.shift(); start !== undefined; start = missing.shift()) {
        const found = await forecasts(this.series, start - horizon + 1, start + 1, MODELS_AT_ORIGIN, this.#stop.signal);
        const origin = found.at(-1)?.origin_ms;
        const atOrigin = found.filter((forecast) => forecast.origin_ms === origin);
        const forecast = atOrigin.find((candidate) => candidate.model.model === model) ?? atOrigin.at(-1) ?? null;
        // The stretch in progress may still get a forecast from its very beginning.
        this.#kept.set(start, { forecast, final: start < newest || origin === start });
      }
    };
    try {
      await Promise.all(Array.from({ length: PARALLEL }, worker));
    } catch {
      // The band under the actuals is an extra: without it the chart still says the rest, and the next show tries again.
    }
    if (generation !== this.#generation) return;
    while (this.#kept.size > KEPT_MAX) {
      const oldest = this.#kept.keys().next().value;
      if (oldest === undefined) break;
      this.#kept.delete(oldest);
    }
    this.fans = starts
      .reverse()
      .map((start) => {
        const forecast = this.#kept.get(start)?.forecast;
        return forecast ? fan(forecast, start, start + horizon) : null;
      })
      .filter((stretch) => stretch !== null && stretch.timestamps.length > 0) as Fan[];
  }
}
