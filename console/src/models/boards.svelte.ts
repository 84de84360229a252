// The models of all series: loaded page by page, kept fresh by events, bounded in number.
import { accuracyOverTime, boardsPage, leaderboard } from '../api/queries';
import { messageOf } from '../api/request';
import type { AccuracyOverTime, Board, Leaderboard } from '../api/types';
import { live } from '../state/live.svelte';
import { throttled } from '../state/throttle';

const PAGE_ROWS = 500;
/** More rows than this nobody reads; the page says that it shows the first ones. */
const ROWS_MAX = 5_000;
const REFRESH_MS = 2_000;
const REFRESH_MANY_MS = 15_000;
/** The server reads forecasts of up to 40 series for one answer. */
const ACCURACY_MS = 15_000;
const ACCURACY_FIRST_MS = 1_000;
const ACCURACY_SPAN_MS = 28 * 86_400_000;

class Boards {
  rows = $state.raw<Board[]>([]);
  total = $state(0);
  standings = $state.raw<Leaderboard | null>(null);
  accuracy = $state.raw<AccuracyOverTime | null>(null);
  state = $state<'loading' | 'ready' | 'failed'>('loading');
  error = $state('');
  #loading: AbortController | undefined;
  #watched = false;

  #refresh = throttled(
    () => void this.#load(),
    () => (this.total > PAGE_ROWS ? REFRESH_MANY_MS : REFRESH_MS),
  );
  #measure = throttled(
    () => void this.#loadAccuracy(),
    // The first answer is waited for; it may need the time of the data, which comes with the first event.
    () => (this.accuracy ? ACCURACY_MS : ACCURACY_FIRST_MS),
  );

  /** Called by the page while it is shown; while it is not, nothing is fetched. */
  watch(): () => void {
    this.#watched = true;
    void this.#load();
    this.#measure();
    const unlisten = live.listen((event) => {
      if (event.name === 'samples') return;
      this.#refresh();
      this.#measure();
    });
    return () => {
      this.#watched = false;
      unlisten();
      this.#refresh.cancel();
      this.#measure.cancel();
      this.#loading?.abort();
    };
  }

  reload(): void {
    if (!this.#watched) return;
    void this.#load();
    this.#measure();
  }

  async #load(): Promise<void> {
    this.#loading?.abort();
    const loading = new AbortController();
    this.#loading = loading;
    try {
      const standings = await leaderboard(loading.signal);
      const rows: Board[] = [];
      let total = Infinity;
      while (rows.length < Math.min(total, ROWS_MAX)) {
        const page = await boardsPage(rows.length, PAGE_ROWS, loading.signal);
        total = page.total;
        rows.push(...page.models);
        // The first page is shown at once; on a refresh the old rows stay until all have come.
        if (this.rows.length < rows.length) this.rows = [...rows];
        this.total = total;
        if (page.models.length === 0) break;
      }
      this.rows = rows;
      this.standings = standings;
      this.state = 'ready';
      this.error = '';
    } catch (error) {
      if (loading.signal.aborted) return;
      this.error = messageOf(error);
      this.state = 'failed';
    }
  }

  async #loadAccuracy(): Promise<void> {
    if (live.now_ms === 0) return;
    try {
      const accuracy = await accuracyOverTime(live.now_ms - ACCURACY_SPAN_MS);
      this.accuracy = accuracy;
    } catch {
      // The chart is an extra: the page says the rest without it, and the next event asks again.
    }
  }
}

export const allBoards = new Boards();
