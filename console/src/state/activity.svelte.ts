// What happened while the person looked elsewhere: changes of champion, newest first, and the toasts that announce them.
import type { ChampionChange } from '../api/types';
import { modelName } from '../format/model';
import { measure } from '../format/number';

const ENTRIES_MAX = 50;
const TOASTS_MAX = 3;
const TOAST_MS = 7_000;

export interface Entry {
  id: number;
  series: string;
  at_ms: number;
  text: string;
  /** Whether it is worth a person's attention: the first champion of a series is not. */
  news: boolean;
}

class Activity {
  entries = $state.raw<Entry[]>([]);
  toasts = $state.raw<Entry[]>([]);
  #next = 0;

  champion(change: ChampionChange, label: string, at_ms: number): void {
    const entry = { id: this.#next++, series: change.series, at_ms, text: sentence(change, label), news: change.from !== null };
    this.entries = [entry, ...this.entries].slice(0, ENTRIES_MAX);
    if (!entry.news) return;
    this.toasts = [...this.toasts, entry].slice(-TOASTS_MAX);
    setTimeout(() => this.dismiss(entry.id), TOAST_MS);
  }

  dismiss(id: number): void {
    this.toasts = this.toasts.filter((toast) => toast.id !== id);
  }
}

function sentence(change: ChampionChange, label: string): string {
  const name = modelName(change.to.model);
  const after = change.mase_after;
  const before = change.mase_before;
  if (!change.from) return `${name} answers for ${label}${after === null ? '' : `: MASE ${measure(after)}`}`;
  const verb = change.from.model === change.to.model ? 'was refitted for' : 'took over';
  const figures = after === null || before === null ? '' : `: ${measure(after)} instead of ${measure(before)}`;
  return `${name} ${verb} ${label}${figures}`;
}

export const activity = new Activity();
