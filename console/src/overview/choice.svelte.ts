// What the person filters and sorts by: kept while they look at a series and come back.
import type { Order } from './columns';

export const choice = $state<{ filter: string; order: Order }>({
  filter: '',
  order: { column: 'label', descending: false },
});
