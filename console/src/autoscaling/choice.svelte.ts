// The span of the charts, and which decisions are listed: kept while the person looks elsewhere and comes back.

const HOUR_MS = 3_600_000;
export const spans = [
  { name: '1 h', value: '1h' },
  { name: '6 h', value: '6h' },
  { name: '24 h', value: '24h' },
  { name: 'All', value: 'all' },
];
export type Direction = 'all' | 'up' | 'down';

export const choice = $state<{ span: string; direction: Direction }>({ span: '6h', direction: 'all' });

/** How long a span is; of `all`, as long as there are data. */
export function spanOf(span: string, all_ms: number): number {
  return span === 'all' ? all_ms : Math.min(Number.parseInt(span, 10) * HOUR_MS, all_ms);
}
