// What the person filters and sorts the models by: kept while they look at one series and come back.
import type { Group, Order } from './columns';

export const choice = $state<{ filter: string; group: Group; order: Order }>({
  filter: '',
  group: 'all',
  order: { column: 'label', descending: false },
});
