// The columns that the overview can be sorted by.
import type { OverviewRow } from '../api/types';
import { ahead } from '../format/ahead';
import { newestAccuracy, skill } from '../format/skill';

export type Column = 'label' | 'last' | 'next_day' | 'skill' | 'coverage' | 'model';

export interface Order {
  column: Column;
  descending: boolean;
}

/** `meter_2` before `meter_10`. */
export const natural = new Intl.Collator('en', { numeric: true });

const keys: Record<Column, (row: OverviewRow) => string | number | null> = {
  label: (row) => row.label,
  last: (row) => row.last?.value ?? null,
  next_day: (row) => ahead(row)?.median ?? null,
  skill: (row) => {
    const newest = newestAccuracy(row.board);
    return newest && skill(newest.accuracy);
  },
  coverage: (row) => newestAccuracy(row.board)?.accuracy.coverage ?? null,
  model: (row) => row.board?.champion?.model ?? null,
};

/** Rows without a value come last whichever way the others are turned. */
export function sorted(rows: OverviewRow[], order: Order): OverviewRow[] {
  const key = keys[order.column];
  const sign = order.descending ? -1 : 1;
  return rows
    .map((row) => ({ row, key: key(row) }))
    .sort((a, b) => {
      if (a.key === null || b.key === null) return Number(a.key === null) - Number(b.key === null);
      const compared =
        typeof a.key === 'number' && typeof b.key === 'number'
          ? a.key - b.key
          : natural.compare(String(a.key), String(b.key));
      return sign * compared || natural.compare(a.row.label, b.row.label);
    })
    .map((entry) => entry.row);
}

export function filtered(rows: OverviewRow[], text: string): OverviewRow[] {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  if (words.length === 0) return rows;
  return rows.filter((row) => {
    const haystack = `${row.label} ${row.series} ${row.board?.champion?.model ?? ''}`.toLowerCase();
    return words.every((word) => haystack.includes(word));
  });
}
