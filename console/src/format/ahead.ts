// What a forecast comes to: the total of the next day where it spans one, else its mean over as far as it reaches.
import type { OverviewRow } from '../api/types';
import { fan } from '../chart/table';
import { seriesName } from './labels';
import { duration } from './time';

const DAY_MS = 86_400_000;

export interface Ahead {
  /** How far it looks, as in "Next 10 min". */
  title: string;
  /** A sum over the steps; else their mean. */
  total: boolean;
  steps: number;
  low: number;
  median: number;
  high: number;
}

export function ahead({ forecast, next_day }: OverviewRow): Ahead | null {
  if (!forecast) return null;
  const { low, median, high } = fan(forecast);
  const steps = median.length;
  if (steps === 0) return null;
  const horizon_ms = steps * forecast.step_ms;
  if (horizon_ms >= DAY_MS && next_day) return { title: 'Next day', total: true, ...next_day };
  const mean = (values: number[]): number => values.reduce((sum, value) => sum + value, 0) / steps;
  return { title: `Next ${duration(horizon_ms)}`, total: false, steps, low: mean(low), median: mean(median), high: mean(high) };
}

/** The title that fits all of them. */
export function aheadTitle(rows: OverviewRow[]): string {
  const titles = new Set(rows.map((row) => ahead(row)?.title).filter((title) => title !== undefined));
  return titles.size > 1 ? 'Forecast' : (titles.values().next().value ?? 'Forecast');
}

/** The next day of all series together, where that says anything: day-long forecasts of one metric. */
export function totalAhead(rows: OverviewRow[]): { median: number; series: number } | null {
  const forecasts = rows.map((row) => ahead(row)).filter((one) => one !== null);
  const metrics = new Set(rows.map((row) => seriesName(row.series).metric));
  if (metrics.size > 1 || forecasts.length === 0 || !forecasts.every((one) => one.total)) return null;
  return { median: forecasts.reduce((sum, one) => sum + one.median, 0), series: forecasts.length };
}
