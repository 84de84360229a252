// Brings past, earlier forecasts and the newest forecast onto one time axis, as uPlot wants them.
//
// In a column `undefined` means "this column has nothing to say at this time" and the line goes on, whereas `null` is a
// gap in the data, where the line must break.
import type { Forecast } from '../api/types';

export interface Past {
  timestamps: number[];
  mean: (number | null)[];
  /** Least and most of each bucket; null while the samples themselves are shown. */
  least: (number | null)[] | null;
  most: (number | null)[] | null;
  /** What lies between two neighbours: the bucket, or the step of the series. */
  spacing: number | null;
}

/** One forecast's quantiles over (from, to]. */
export interface Fan {
  timestamps: number[];
  low: number[];
  median: number[];
  high: number[];
}

export const COLUMN = {
  most: 1,
  least: 2,
  earlierHigh: 3,
  earlierLow: 4,
  earlierMedian: 5,
  high: 6,
  low: 7,
  median: 8,
  actual: 9,
} as const;

type Cell = number | null | undefined;
export type Columns = [number[], ...Cell[][]];

export function fan(forecast: Forecast, from = -Infinity, to = Infinity): Fan {
  const result: Fan = { timestamps: [], low: [], median: [], high: [] };
  const { quantiles, levels } = forecast;
  const middle = levels.reduce((best, level, i) => (Math.abs(level - 0.5) < Math.abs((levels[best] ?? 1) - 0.5) ? i : best), 0);
  const steps = quantiles[middle]?.length ?? 0;
  for (let i = 0; i < steps; i++) {
    const time = forecast.origin_ms + (i + 1) * forecast.step_ms;
    if (time <= from || time > to) continue;
    const median = quantiles[middle]?.[i] ?? NaN;
    result.timestamps.push(time);
    result.median.push(median);
    result.low.push(quantiles[0]?.[i] ?? median);
    result.high.push(quantiles.at(-1)?.[i] ?? median);
  }
  return result;
}

export function assemble(past: Past, earlier: Fan[], newest: Fan | null): Columns {
  const rows = new Map<number, Cell[]>();
  const set = (time: number, column: number, value: Cell): void => {
    let row = rows.get(time);
    if (!row) rows.set(time, (row = []));
    row[column] = value;
  };

  const gap = past.spacing === null ? Infinity : past.spacing * 1.5;
  past.timestamps.forEach((time, i) => {
    const before = past.timestamps[i - 1];
    if (before !== undefined && time - before > gap) {
      const between = (before + time) / 2;
      for (const column of [COLUMN.actual, COLUMN.least, COLUMN.most]) set(between, column, null);
    }
    set(time, COLUMN.actual, past.mean[i]);
    if (past.least && past.most) {
      set(time, COLUMN.least, past.least[i]);
      set(time, COLUMN.most, past.most[i]);
    }
  });

  let previous: number | undefined;
  for (const block of earlier) {
    const first = block.timestamps[0];
    const step = (block.timestamps[1] ?? Infinity) - (first ?? 0);
    if (first !== undefined && previous !== undefined && first - previous > step * 1.5) {
      for (const column of [COLUMN.earlierLow, COLUMN.earlierMedian, COLUMN.earlierHigh]) {
        set((previous + first) / 2, column, null);
      }
    }
    block.timestamps.forEach((time, i) => {
      set(time, COLUMN.earlierLow, block.low[i]);
      set(time, COLUMN.earlierMedian, block.median[i]);
      set(time, COLUMN.earlierHigh, block.high[i]);
    });
    previous = block.timestamps.at(-1) ?? previous;
  }

  newest?.timestamps.forEach((time, i) => {
    set(time, COLUMN.low, newest.low[i]);
    set(time, COLUMN.median, newest.median[i]);
    set(time, COLUMN.high, newest.high[i]);
  });

  const times = [...rows.keys()].sort((a, b) => a - b);
  const columns: Columns = [times];
  for (let column = 1; column <= COLUMN.actual; column++) columns.push(times.map((time) => rows.get(time)?.[column]));
  return columns;
}

/** The fan opens from the last actual, so that past and future are one line. */
export function opened(newest: Fan, origin: number, value: number): Fan {
  return {
    timestamps: [origin, ...newest.timestamps],
    low: [value, ...newest.low],
    median: [value, ...newest.median],
    high: [value, ...newest.high],
  };
}
