// The autoscaling of a workload as of now: asked for anew whenever the server says that time has passed.
import { autoscaling as autoscalingOf } from '../api/queries';
import { ApiError, messageOf } from '../api/request';
import type { Autoscaling } from '../api/types';
import { live } from '../state/live.svelte';
import { throttled } from '../state/throttle';
import { choice } from './choice.svelte';

const REFRESH_MS = 900;

class AutoscalingView {
  view = $state.raw<Autoscaling | null>(null);
  /** `missing`: nothing is scaled here. */
  state = $state<'loading' | 'ready' | 'missing' | 'failed'>('loading');
  error = $state('');
  #loading: AbortController | undefined;

  #refresh = throttled(
    () => void this.#load(),
    () => REFRESH_MS,
  );

  /** Called by the page while it is shown; while it is not, nothing is fetched. */
  watch(): () => void {
    const unlisten = live.listen((event) => {
      if (event.name === 'status' || event.name === 'resync') this.#refresh();
    });
    return () => {
      unlisten();
      this.#refresh.cancel();
      this.#loading?.abort();
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
      this.view = await autoscalingOf(choice.span, loading.signal);
      this.state = 'ready';
      this.error = '';
    } catch (error) {
      if (loading.signal.aborted) return;
      this.error = messageOf(error);
      const missing = error instanceof ApiError && error.status === 404;
      this.state = missing ? 'missing' : 'failed';
      if (missing) this.view = null;
    }
  }
}

export const autoscaling = new AutoscalingView();
