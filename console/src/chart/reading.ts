// What the chart says at one time: the actual, and the forecast that was made for it.
import type { Fan, Past } from './table';

export interface Reading {
  time: number;
  actual: number | null;
  /** Least and most of the bucket that `actual` is the mean of. */
  range: [number, number] | null;
  median: number | null;
  low: number | null;
  high: number | null;
  /** Whether the forecast is the newest one, or the earlier one held against actuals. */
  kind: 'newest' | 'earlier' | null;
}

/** Reads at the known time nearest to `time`. */
export function readAt(time: number, past: Past, earlier: Fan[], newest: Fan | null): Reading | null {
  const actual = nearest(past.timestamps, time);
  const tolerance = (past.spacing ?? 0) * 0.51;
  const candidates: { fan: Fan; index: number; kind: 'newest' | 'earlier' }[] = [];
  const last = past.timestamps.at(-1) ?? -Infinity;
  const fans: [Fan, 'newest' | 'earlier'][] = earlier.map((fan) => [fan, 'earlier']);
  if (newest) fans.push([newest, 'newest']);
  for (const [fan, kind] of fans) {
    const index = nearest(fan.timestamps, time);
    const at = fan.timestamps[index];
    if (at !== undefined && Math.abs(at - time) <= Math.max(tolerance, step(fan) * 0.51)) {
      candidates.push({ fan, index, kind });
    }
  }
  // A mean of many steps is not to be held against the forecast of one.
  // Ahead of the last actual the newest forecast speaks, before it the one made the day before.
  const wanted = time > last ? 'newest' : 'earlier';
  const chosen = candidates.find((candidate) => candidate.kind === wanted) ?? (past.least ? undefined : candidates[0]);

  const actualTime = past.timestamps[actual];
  const isActual = actualTime !== undefined && Math.abs(actualTime - time) <= Math.max(tolerance, 1) && time <= last + tolerance;
  if (!isActual && !chosen) return null;
  const least = past.least?.[actual];
  const most = past.most?.[actual];
  return {
    time: isActual ? actualTime : (chosen?.fan.timestamps[chosen.index] ?? time),
    actual: isActual ? (past.mean[actual] ?? null) : null,
    range: isActual && least != null && most != null ? [least, most] : null,
    median: chosen?.fan.median[chosen.index] ?? null,
    low: chosen?.fan.low[chosen.index] ?? null,
    high: chosen?.fan.high[chosen.index] ?? null,
    kind: chosen?.kind ?? null,
  };
}

function step(fan: Fan): number {
  return (fan.timestamps[1] ?? 0) - (fan.timestamps[0] ?? 0);
}

function nearest(times: number[], time: number): number {
  let low = 0;
  let high = times.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((times[middle] ?? 0) < time) low = middle + 1;
    else high = middle;
  }
  const before = times[low - 1];
  const at = times[low];
  return before !== undefined && at !== undefined && time - before < at - time ? low - 1 : low;
}
