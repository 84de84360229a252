// What the person filters and sorts the antennas by, and the span of the charts: kept while they look at one and come back.
import type { Group, Order } from './columns';

const MINUTE_MS = 60_000;
export const spans = [
  { name: '15 min', value: 15 * MINUTE_MS },
  { name: '1 h', value: 60 * MINUTE_MS },
  { name: '6 h', value: 360 * MINUTE_MS },
  { name: '24 h', value: 1_440 * MINUTE_MS },
];

export const choice = $state<{ filter: string; group: Group; order: Order; span_ms: number }>({
  filter: '',
  group: 'all',
  order: { column: 'lost', descending: true },
  span_ms: 15 * MINUTE_MS,
});
