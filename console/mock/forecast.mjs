// A plausible forecast for the mock: the mean of the same step in the last four seasons, with a band of their spread.
import { HOUR_MS, lowerBound } from './data.mjs';

const LEVELS = [0.1, 0.5, 0.9];
const WEEK = 168;

export function forecast(series, origin_ms, model) {
  const { season = WEEK, steps = 24, step_ms = HOUR_MS } = series;
  const end = lowerBound(series.timestamps, origin_ms + 1);
  const quantiles = [[], [], []];
  const level = end > 0 ? recentLevel(series.values, end) : 0;
  for (let step = 0; step < steps; step++) {
    const same = [1, 2, 3, 4].map((week) => series.values[end + step - week * season]).filter((value) => value !== undefined);
    const mean = same.reduce((sum, value) => sum + value, 0) / Math.max(1, same.length);
    const spread = Math.max(...same.map((value) => Math.abs(value - mean)), mean * 0.06, Math.min(0.05, mean / 2));
    const median = Math.max(0, mean * 0.8 + level * 0.2);
    const width = spread * (0.75 + step / steps / 1.7);
    quantiles[0].push(round(Math.max(0, median - width)));
    quantiles[1].push(round(median));
    quantiles[2].push(round(median + width));
  }
  return { series: series.key, origin_ms, step_ms, model, levels: LEVELS, quantiles };
}

function recentLevel(values, end) {
  const day = values.slice(Math.max(0, end - 24), end);
  return day.reduce((sum, value) => sum + value, 0) / Math.max(1, day.length);
}

const round = (value) => Math.round(value * 10_000) / 10_000;

export function nextDay(made) {
  const total = (quantile) => quantile.reduce((sum, value) => sum + value, 0);
  const [low, median, high] = made.quantiles;
  return { low: total(low), median: total(median), high: total(high), steps: median.length };
}
