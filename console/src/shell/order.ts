// Orders of a list: by which column, and which way round.

export interface Order<Column extends string> {
  column: Column;
  descending: boolean;
}

/** A column that a list can be sorted by. */
export interface Sortable<Column extends string> {
  column: Column;
  title: string;
  hint?: string;
  /** Figures stand at the end of their cell. */
  end?: boolean;
  /** Names start with the first, figures with the largest. */
  words?: boolean;
}

/** By another column; by the same one, the other way round. */
export function turned<Column extends string>(order: Order<Column>, { column, words = false }: Sortable<Column>): Order<Column> {
  return { column, descending: order.column === column ? !order.descending : !words };
}
