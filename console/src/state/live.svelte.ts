// The one event stream of the console: status and connection as state, everything else handed to whoever listens.
import { readEvents } from '../api/events';
import { wasAborted } from '../api/request';
import type { ServerEvent, Status } from '../api/types';
import { session } from './session.svelte';

const RETRY_FIRST_MS = 500;
const RETRY_MAX_MS = 15_000;
/** A connection that is back within this was never missed. */
const MISSED_AFTER_MS = 1_500;

export type Connection = 'connecting' | 'live' | 'reconnecting';
type Listener = (event: ServerEvent) => void;

class Live {
  status = $state.raw<Status | null>(null);
  connection = $state<Connection>('connecting');
  now_ms = $state(0);
  /** Since when, by this computer's clock, nothing has come; null while everything shown is fresh. */
  lost_ms = $state<number | null>(null);
  #missed: ReturnType<typeof setTimeout> | undefined;
  #listeners = new Set<Listener>();
  #retry: (() => void) | undefined;

  listen(listener: Listener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Connects, and connects again, until `signal` aborts. */
  async run(signal: AbortSignal): Promise<void> {
    let wait_ms = RETRY_FIRST_MS;
    let reached = false;
    while (!signal.aborted) {
      try {
        await readEvents(
          signal,
          () => {
            this.connection = 'live';
            this.#found();
            wait_ms = RETRY_FIRST_MS;
            if (reached) this.#deliver({ name: 'resync', data: {} });
            reached = true;
          },
          (event) => this.#deliver(event),
        );
      } catch (error) {
        if (signal.aborted && wasAborted(error)) return;
      }
      if (this.connection === 'live') this.#lose();
      this.connection = reached ? 'reconnecting' : 'connecting';
      // Without jitter every open console would return to a restarted server in the same instant.
      await this.#pause(wait_ms * (0.75 + Math.random() / 2), signal);
      wait_ms = Math.min(wait_ms * 2, RETRY_MAX_MS);
      while (session.asking && !signal.aborted) await this.#pause(RETRY_MAX_MS, signal);
    }
  }

  /** Ends the present wait, as after a new token or a click on the connection state. */
  retryNow(): void {
    this.#retry?.();
  }

  #lose(): void {
    const at_ms = Date.now();
    this.#missed = setTimeout(() => (this.lost_ms = at_ms), MISSED_AFTER_MS);
  }

  #found(): void {
    clearTimeout(this.#missed);
    this.lost_ms = null;
  }

  #pause(wait_ms: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const end = (): void => {
        clearTimeout(timer);
        signal.removeEventListener('abort', end);
        resolve();
      };
      const timer = setTimeout(end, wait_ms);
      this.#retry = end;
      signal.addEventListener('abort', end);
    });
  }

  #deliver(event: ServerEvent): void {
    if (event.name === 'status') {
      this.status = event.data;
      this.now_ms = event.data.now_ms;
    } else if (event.name === 'samples') {
      this.now_ms = Math.max(this.now_ms, event.data.now_ms);
    }
    for (const listener of this.#listeners) listener(event);
  }
}

export const live = new Live();
