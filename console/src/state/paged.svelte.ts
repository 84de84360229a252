// A list that is loaded page by page and bounded in number. The first page is shown at once; on a refresh the old rows stay
// until all have come.
import { messageOf } from '../api/request';

interface Page<Row> {
  total: number;
  rows: Row[];
}

export abstract class PagedList<Row> {
  rows = $state.raw<Row[]>([]);
  total = $state(0);
  state = $state<'loading' | 'ready' | 'failed'>('loading');
  error = $state('');
  #loading: AbortController | undefined;

  /** `rows_max`: more rows than this nobody reads; the page says that it shows the first ones. */
  constructor(
    private readonly page_rows: number,
    private readonly rows_max: number,
  ) {}

  protected abstract page(offset: number, limit: number, signal: AbortSignal): Promise<Page<Row>>;

  protected async load(): Promise<void> {
    this.abort();
    const loading = new AbortController();
    this.#loading = loading;
    try {
      const rows: Row[] = [];
      let total = Infinity;
      while (rows.length < Math.min(total, this.rows_max)) {
        const page = await this.page(rows.length, this.page_rows, loading.signal);
        total = page.total;
        rows.push(...page.rows);
        if (this.rows.length < rows.length) this.rows = [...rows];
        this.total = total;
        if (page.rows.length === 0) break;
      }
      this.rows = rows;
      this.state = 'ready';
      this.error = '';
    } catch (error) {
      if (loading.signal.aborted) return;
      this.error = messageOf(error);
      this.state = 'failed';
    }
  }

  protected abort(): void {
    this.#loading?.abort();
  }
}
