// Forecasts held against what came, ready to draw: as many points as the screen can show, paths, a reading at a time.
import type { Verification } from '../api/types';

export interface Hindsight {
  timestamps: number[];
  actual: (number | null)[];
  low: number[];
  median: number[];
  high: number[];
  /** Distance between points. */
  spacing: number;
}

/** At most `most` points: means of neighbours where there are more. */
export function thinned(all: Verification, most: number): Hindsight {
  const group = Math.max(1, Math.ceil(all.timestamps_ms.length / Math.max(1, most)));
  const result: Hindsight = { timestamps: [], actual: [], low: [], median: [], high: [], spacing: all.step_ms * group };
  for (let start = 0; start < all.timestamps_ms.length; start += group) {
    const mean = (values: (number | null | undefined)[]): number | null => {
      const known = values.slice(start, start + group).filter((value) => value != null);
      return known.length > 0 ? known.reduce((sum, value) => sum + value, 0) / known.length : null;
    };
    result.timestamps.push(all.timestamps_ms[start] ?? 0);
    result.actual.push(mean(all.actual));
    result.low.push(mean(all.low) ?? NaN);
    result.median.push(mean(all.median) ?? NaN);
    result.high.push(mean(all.high) ?? NaN);
  }
  return result;
}

type Place = (value: number) => number;

/** A line that breaks where a value is missing or time jumps; what stands alone is a dot. */
export function linePath(times: number[], values: (number | null)[], spacing: number, x: Place, y: Place): string {
  let path = '';
  let before: number | undefined;
  values.forEach((value, i) => {
    const time = times[i] ?? 0;
    if (value === null || !Number.isFinite(value)) return void (before = undefined);
    path += `${before === undefined || time - before > spacing * 1.5 ? 'M' : 'L'}${x(time).toFixed(1)} ${y(value).toFixed(1)}`;
    before = time;
  });
  return dotted(path);
}

/** Gives the points of a path that no line joins an end, so that round ones are seen. */
export function dotted(path: string): string {
  return path.replace(/M[^ML]+(?=M|$)/g, '$&h0');
}

/** The area between two lines, in pieces where time jumps; what stands alone is as wide as most of its step. */
export function bandPath({ timestamps, low, high, spacing }: Hindsight, x: Place, y: Place): string {
  const point = (i: number, values: number[], aside = 0): string =>
    `${x((timestamps[i] ?? 0) + aside).toFixed(1)} ${y(values[i] ?? 0).toFixed(1)}`;
  let path = '';
  let start = 0;
  for (let i = 1; i <= timestamps.length; i++) {
    const jumps = i === timestamps.length || (timestamps[i] ?? 0) - (timestamps[i - 1] ?? 0) > spacing * 1.5;
    if (!jumps) continue;
    const [there, back] =
      i - start === 1
        ? [[-1, 1].map((side) => point(start, high, side * spacing * 0.4)), [1, -1].map((side) => point(start, low, side * spacing * 0.4))]
        : [Array.from({ length: i - start }, (_, k) => point(start + k, high)), Array.from({ length: i - start }, (_, k) => point(i - 1 - k, low))];
    path += `M${[...there, ...back].join('L')}Z`;
    start = i;
  }
  return path;
}

/** Index of the point nearest to a time. */
export function nearest(timestamps: number[], time: number): number {
  let low = 0;
  let high = timestamps.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((timestamps[middle] ?? 0) < time) low = middle + 1;
    else high = middle;
  }
  const before = timestamps[low - 1];
  return before !== undefined && time - before < (timestamps[low] ?? 0) - time ? low - 1 : low;
}

/** Lead times worth choosing among: a step, then minutes, hours and days up to the horizon, none too small beside it. */
export function leads(step_ms: number, horizon_ms: number): number[] {
  const MINUTE = 60_000;
  const HOUR = 60 * MINUTE;
  const usual = [MINUTE, 5 * MINUTE, 10 * MINUTE, HOUR, 6 * HOUR, 12 * HOUR, 24 * HOUR, 7 * 24 * HOUR];
  const fitting = usual.filter((lead) => lead >= horizon_ms / 200 && lead <= horizon_ms && lead % step_ms === 0);
  return [...new Set([step_ms, ...fitting])].sort((a, b) => a - b);
}
