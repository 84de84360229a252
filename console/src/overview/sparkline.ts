// The geometry of a sparkline: the last seven days, then the band of the next, as SVG paths.
import type { OverviewRow } from '../api/types';

export const WIDTH = 256;
export const HEIGHT = 40;
const PADDING = 3;
const PAST_MS = 7 * 86_400_000;
const FUTURE_MS = 86_400_000;
const NOW_X = (WIDTH * PAST_MS) / (PAST_MS + FUTURE_MS);

export interface Sparkline {
  past: string;
  band: string;
  median: string;
  last: string;
  now_x: number;
}

export function sparkline(row: OverviewRow): Sparkline | null {
  const { timestamps_ms, values } = row.sparkline;
  const now_ms = row.last?.timestamp_ms ?? timestamps_ms.at(-1);
  if (now_ms === undefined) return null;

  const forecast = row.forecast;
  const low = forecast?.quantiles[0] ?? [];
  const high = forecast?.quantiles.at(-1) ?? [];
  const median = forecast?.quantiles[Math.floor((forecast.quantiles.length - 1) / 2)] ?? [];

  let least = Infinity;
  let most = -Infinity;
  // The last value may lie outside the means before it.
  for (const value of [...values, ...low, ...high, row.last?.value]) {
    if (value === null || value === undefined) continue;
    if (value < least) least = value;
    if (value > most) most = value;
  }
  if (least > most) return null;
  const span = most - least || 1;

  const x = (time_ms: number): string =>
    (((time_ms - (now_ms - PAST_MS)) / (PAST_MS + FUTURE_MS)) * WIDTH).toFixed(1);
  const y = (value: number): string => (HEIGHT - PADDING - ((value - least) / span) * (HEIGHT - 2 * PADDING)).toFixed(1);
  // Where actuals have come in since the forecast was made they stand in its place.
  const ahead = (quantile: number[]): string[] =>
    quantile
      .map((value, i) => ({ value, time_ms: (forecast?.origin_ms ?? 0) + (i + 1) * (forecast?.step_ms ?? 0) }))
      .filter((point) => point.time_ms > now_ms && point.time_ms <= now_ms + FUTURE_MS)
      .map((point) => `${x(point.time_ms)} ${y(point.value)}`);

  let past = '';
  let pen = 'M';
  timestamps_ms.forEach((time_ms, i) => {
    const value = values[i];
    if (value === null || value === undefined) {
      pen = 'M';
      return;
    }
    if (time_ms < now_ms - PAST_MS) return;
    past += `${pen}${x(time_ms)} ${y(value)}`;
    pen = 'L';
  });

  const dot = row.last ? `M${x(row.last.timestamp_ms)} ${y(row.last.value)}h0` : '';
  const line = ahead(median);
  const join = row.last ? [`${x(row.last.timestamp_ms)} ${y(row.last.value)}`] : [];
  return {
    past,
    band: line.length ? `M${[...ahead(high), ...ahead(low).reverse()].join('L')}Z` : '',
    median: line.length ? `M${[...join, ...line].join('L')}` : '',
    last: dot,
    now_x: NOW_X,
  };
}
