// The last window of the network: asked for anew whenever one closes, bounded in number of antennas.
import { network as networkOf } from '../api/queries';
import { ApiError, messageOf } from '../api/request';
import type { Antenna, Network } from '../api/types';
import { live } from '../state/live.svelte';
import { throttled } from '../state/throttle';

const FEW = 500;
/** More rows than this nobody reads; the page says that it shows the first ones. */
const ANTENNAS_MAX = 10_000;
const REFRESH_MS = 1_000;
/** Ten thousand antennas are some megabytes: their table is refreshed less often than the figures above it. */
const REFRESH_MANY_MS = 15_000;

class NetworkView {
  window = $state.raw<Network | null>(null);
  antennas = $state.raw<Antenna[]>([]);
  /** `missing`: no network monitoring is configured. */
  state = $state<'loading' | 'ready' | 'missing' | 'failed'>('loading');
  error = $state('');
  #loading: AbortController | undefined;
  #loadingAll: AbortController | undefined;

  #refresh = throttled(
    () => void this.#load(),
    () => REFRESH_MS,
  );
  #refreshAll = throttled(
    () => void this.#loadAll(),
    () => REFRESH_MANY_MS,
  );

  /** Called by the page while it is shown; while it is not, nothing is fetched. */
  watch(): () => void {
    void this.#load();
    const unlisten = live.listen((event) => {
      const closed = event.name === 'window' && event.data.analytics === (this.window?.analytics ?? event.data.analytics);
      // Until it has answered once, every event is a reason to try again.
      if (closed || event.name === 'resync' || (event.name === 'status' && this.state !== 'ready')) this.#refresh();
    });
    return () => {
      unlisten();
      this.#refresh.cancel();
      this.#refreshAll.cancel();
      this.#loading?.abort();
      this.#loadingAll?.abort();
    };
  }

  reload(): void {
    void this.#load();
  }

  async #load(): Promise<void> {
    this.#loading?.abort();
    const loading = new AbortController();
    this.#loading = loading;
    try {
      const window = await networkOf(FEW, loading.signal);
      this.window = window;
      const all = window.antennas_total <= window.antennas.length;
      if (all || this.antennas.length < window.antennas.length) this.antennas = window.antennas;
      if (!all) this.#refreshAll();
      this.state = 'ready';
      this.error = '';
    } catch (error) {
      if (!loading.signal.aborted) this.#fail(error);
    }
  }

  async #loadAll(): Promise<void> {
    this.#loadingAll?.abort();
    const loading = new AbortController();
    this.#loadingAll = loading;
    try {
      this.antennas = (await networkOf(ANTENNAS_MAX, loading.signal)).antennas;
    } catch (error) {
      if (!loading.signal.aborted) this.#fail(error);
    }
  }

  #fail(error: unknown): void {
    this.error = messageOf(error);
    const missing = error instanceof ApiError && error.status === 404;
    this.state = missing ? 'missing' : 'failed';
    if (missing) this.window = null;
  }
}

export const network = new NetworkView();
