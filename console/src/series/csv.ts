// The shown part of a series as a CSV file, made in the browser.
import { range } from '../api/queries';
import type { Fan } from '../chart/table';
import type { TimeWindow } from '../chart/window';

/** The server refuses more raw samples than this in one answer. */
const POINTS_MAX = 1_000_000;

export async function csvOf(series: string, window: TimeWindow, fans: Fan[]): Promise<string> {
  const actuals = await range({ series, from: window.from, to: window.to, points: POINTS_MAX });
  const rows = new Map<number, (number | null | undefined)[]>();
  actuals.timestamps_ms.forEach((time, i) => rows.set(time, [actuals.values[i]]));
  // Later fans overwrite earlier ones: ahead of now the newest forecast stands.
  for (const fan of fans) {
    fan.timestamps.forEach((time, i) => {
      if (time < window.from || time >= window.to) return;
      const row = rows.get(time) ?? [];
      rows.set(time, [row[0], fan.median[i], fan.low[i], fan.high[i]]);
    });
  }
  const lines = [...rows.entries()]
    .sort(([a], [b]) => a - b)
    .map(([time, row]) => `${new Date(time).toISOString()},${[0, 1, 2, 3].map((i) => row[i] ?? '').join(',')}`);
  return `timestamp,actual,median,low,high\n${lines.join('\n')}\n`;
}

export function save(text: string, name: string): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(new Blob([text], { type: 'text/csv' }));
  link.download = name;
  link.click();
  URL.revokeObjectURL(link.href);
}
