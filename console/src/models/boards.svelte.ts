// The models of all series: loaded page by page, kept fresh by events, bounded in number.
import { accuracyOverTime, boardsPage, leaderboard } from '../api/queries';
import type { AccuracyOverTime, Board, Leaderboard } from '../api/types';
import { live } from '../state/live.svelte';
import { PagedList } from '../state/paged.svelte';
import { throttled } from '../state/throttle';

const PAGE_ROWS = 500;
const ROWS_MAX = 5_000;
const REFRESH_MS = 2_000;
const REFRESH_MANY_MS = 15_000;
/** The server reads forecasts of up to 40 series for one answer. */
const ACCURACY_MS = 15_000;
const ACCURACY_FIRST_MS = 1_000;
const ACCURACY_SPAN_MS = 28 * 86_400_000;

class Boards extends PagedList<Board> {
  standings = $state.raw<Leaderboard | null>(null);
  accuracy = $state.raw<AccuracyOverTime | null>(null);
  #watched = false;

  #refresh = throttled(
    () => void this.load(),
    () => (this.total > PAGE_ROWS ? REFRESH_MANY_MS : REFRESH_MS),
  );
  #measure = throttled(
    () => void this.#loadAccuracy(),
    // The first answer is waited for; it may need the time of the data, which comes with the first event.
    () => (this.accuracy ? ACCURACY_MS : ACCURACY_FIRST_MS),
  );

  constructor() {
    super(PAGE_ROWS, ROWS_MAX);
  }

  protected async page(offset: number, limit: number, signal: AbortSignal): Promise<{ total: number; rows: Board[] }> {
    if (offset === 0) this.standings = await leaderboard(signal);
    const { total, models } = await boardsPage(offset, limit, signal);
    return { total, rows: models };
  }

  /** Called by the page while it is shown; while it is not, nothing is fetched. */
  watch(): () => void {
    this.#watched = true;
    void this.load();
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
      this.abort();
    };
  }

  reload(): void {
    if (!this.#watched) return;
    void this.load();
    this.#measure();
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
