// Which parts of the past are worth choosing among: short ones for a series of seconds, long ones for one of days.

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;
/** So many steps are seen as a line, with room for the forecast beside them. */
const STEPS = 60;

export interface Range {
  name: string;
  /** Infinity: all that is stored. */
  past_ms: number;
}

export interface Ranges {
  /** Of the chart, the shortest first; the second shows a usual forecast well, the first does so on a phone. */
  chart: Range[];
  /** Of forecasts held against what came; the second is a good start. */
  hindsight: Range[];
}

const table = (names: string[]): Range[] =>
  names.map((name) => {
    const [, count, unit] = /^(\d+)(\w+)$/.exec(name) ?? [];
    const unit_ms = { min: MINUTE_MS, h: HOUR_MS, d: DAY_MS, w: 7 * DAY_MS, m: 30 * DAY_MS, y: 365 * DAY_MS }[unit ?? ''];
    return { name, past_ms: unit_ms === undefined ? Infinity : Number(count) * unit_ms };
  });

/** By how far a person looks at once: some steps of the past, or the forecast. */
const tables: (Ranges & { up_to_ms: number })[] = [
  { up_to_ms: 2 * HOUR_MS, chart: table(['15min', '1h', '6h', '1d', 'all']), hindsight: table(['1h', '6h', '1d', '1w']) },
  { up_to_ms: 12 * HOUR_MS, chart: table(['6h', '1d', '1w', 'all']), hindsight: table(['1d', '3d', '1w', '1m']) },
  { up_to_ms: 14 * DAY_MS, chart: table(['2d', '1w', '1m', 'all']), hindsight: table(['1w', '2w', '1m', '3m']) },
  { up_to_ms: Infinity, chart: table(['3m', '1y', '3y', 'all']), hindsight: table(['6m', '1y', '2y', '5y']) },
];

export function rangesOf(step_ms: number, horizon_ms: number): Ranges {
  const reach_ms = Math.max(step_ms * STEPS, horizon_ms);
  return tables.find(({ up_to_ms }) => reach_ms <= up_to_ms) as Ranges;
}
