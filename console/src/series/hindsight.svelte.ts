// What the forecasts of one series said about the past: asked anew when lead time or range change, and as time goes on.
import { verification } from '../api/queries';
import { messageOf } from '../api/request';
import type { Verification } from '../api/types';
import { throttled } from '../state/throttle';

/** The server reads up to some hundred forecasts for one answer. */
const REFRESH_MS = 10_000;

export class HindsightData {
  answer = $state.raw<Verification | null>(null);
  state = $state<'loading' | 'ready' | 'failed'>('loading');
  error = $state('');
  #asked: { lead: number; span: number } | undefined;
  #fetching: AbortController | undefined;
  readonly refresh = throttled(
    () => void this.#fetch(),
    () => REFRESH_MS,
  );

  constructor(
    readonly series: string,
    readonly now: () => number,
  ) {}

  ask(lead: number, span: number): void {
    if (this.#asked?.lead === lead && this.#asked.span === span) return;
    this.#asked = { lead, span };
    void this.#fetch();
  }

  retry(): void {
    void this.#fetch();
  }

  stop(): void {
    this.refresh.cancel();
    this.#fetching?.abort();
  }

  async #fetch(): Promise<void> {
    if (!this.#asked) return;
    this.#fetching?.abort();
    const fetching = new AbortController();
    this.#fetching = fetching;
    const { lead, span } = this.#asked;
    try {
      this.answer = await verification({ series: this.series, lead, from: this.now() - span }, fetching.signal);
      this.state = 'ready';
      this.error = '';
    } catch (error) {
      if (fetching.signal.aborted) return;
      this.error = messageOf(error);
      this.state = 'failed';
    }
  }
}
