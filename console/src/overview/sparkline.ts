// The geometry of a sparkline: the past of up to seven days, then the band of the forecast up to a day, as SVG paths.
import type { OverviewRow } from '../api/types';

export const WIDTH = 256;
export const HEIGHT = 40;
const PADDING = 3;
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const PASTS_MS = [HOUR_MS, 3 * HOUR_MS, 6 * HOUR_MS, 12 * HOUR_MS, DAY_MS, 2 * DAY_MS, 4 * DAY_MS];

/** What part of time all sparklines of a table show around the newest value of each. */
export interface Reach {
  past_ms: number;
  future_ms: number;
}

/** As much as the longest of them has, so that young series are more than a dot. */
export function reachOf(rows: OverviewRow[]): Reach {
  let past_ms = 0;
  let future_ms = 0;
  for (const { sparkline, last, forecast } of rows) {
    if (last) past_ms = Math.max(past_ms, last.timestamp_ms - (sparkline.timestamps_ms[0] ?? last.timestamp_ms));
    if (forecast) future_ms = Math.max(future_ms, (forecast.quantiles[0]?.length ?? 0) * forecast.step_ms);
  }
  return { past_ms: PASTS_MS.find((one) => one >= past_ms) ?? 7 * DAY_MS, future_ms: Math.min(future_ms || DAY_MS, DAY_MS) };
}

export interface Sparkline {
  past: string;
  band: string;
  median: string;
  last: string;
  now_x: number;
}

export function sparkline(row: OverviewRow, { past_ms, future_ms }: Reach): Sparkline | null {
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
    (((time_ms - (now_ms - past_ms)) / (past_ms + future_ms)) * WIDTH).toFixed(1);
  const y = (value: number): string => (HEIGHT - PADDING - ((value - least) / span) * (HEIGHT - 2 * PADDING)).toFixed(1);
  // Where actuals have come in since the forecast was made they stand in its place.
  const ahead = (quantile: number[]): string[] =>
    quantile
      .map((value, i) => ({ value, time_ms: (forecast?.origin_ms ?? 0) + (i + 1) * (forecast?.step_ms ?? 0) }))
      .filter((point) => point.time_ms > now_ms && point.time_ms <= now_ms + future_ms)
      .map((point) => `${x(point.time_ms)} ${y(point.value)}`);

  let past = '';
  let pen = 'M';
  timestamps_ms.forEach((time_ms, i) => {
    const value = values[i];
    if (value === null || value === undefined) {
      pen = 'M';
      return;
    }
    if (time_ms < now_ms - past_ms) return;
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
    now_x: (WIDTH * past_ms) / (past_ms + future_ms),
  };
}
