// The figures of a network in words.
import type { Anomaly } from '../api/types';
import { count, figure } from '../format/number';
import { duration } from '../format/time';

/** A share of one, finer than whole percents where it is near none or all. */
export function share(value: number): string {
  const percent = value * 100;
  const edge = Math.min(Math.abs(percent), Math.abs(100 - percent));
  return `${percent.toFixed(edge === 0 ? 0 : edge < 1 ? 2 : 1)} %`;
}

const names: Record<string, string> = {
  total_packets: 'packets',
  total_loss: 'lost packets',
  delivered_packets: 'delivered packets',
  loss_rate: 'loss',
  success_rate: 'success',
  avg_latency: 'latency',
  latency_p50: 'p50 of latency',
  latency_p95: 'p95 of latency',
  latency_p99: 'p99 of latency',
  active_antennas: 'active antennas',
};

/** As in "latency 93 ms, forecast 41 to 67". */
export function anomalyWords({ measure, value, low, high }: Anomaly): string {
  const name = names[measure] ?? measure.replaceAll('_', ' ');
  if (measure.endsWith('_rate')) return `${name} ${share(value)}, forecast ${share(low)} to ${share(high)}`;
  const unit = measure.includes('latency') ? ' ms' : '';
  // Whole numbers where they still tell the value from the interval.
  const [at, from, to] = [value, low, high].map(Math.round) as [number, number, number];
  const text = from >= 10 && (at < from || at > to) ? (number: number) => count(Math.round(number)) : figure;
  return `${name} ${text(value)}${unit}, forecast ${text(low)} to ${text(high)}`;
}

/** How long before `now_ms`, in whole seconds or coarser. */
export function ago(time_ms: number, now_ms: number): string {
  const seconds = Math.round((now_ms - time_ms) / 1_000);
  return seconds < 1 ? 'now' : `${duration(seconds * 1_000)} ago`;
}

const reasons: Record<string, string> = {
  malformed: 'not in the format of the source',
  missing_field: 'without a field that is needed',
  not_a_number: 'without a number where one is needed',
  bad_text: 'with an identifier that is too long or not UTF-8',
  bad_timestamp: 'with a time that is no time',
  future_timestamp: 'with a time ahead of the clock',
  rule_broken: 'against a rule of the configuration',
  late: 'after their window was closed',
  too_many_keys: 'of a new antenna beyond the limit',
  trimmed: 'trimmed from the stream before they could be read',
  timestamp_in_milliseconds: 'with a time in milliseconds, read as such',
  unknown_field: 'with fields that nothing uses',
};
/** These are counted, and taken all the same. */
const taken = new Set(['timestamp_in_milliseconds', 'unknown_field']);

export interface Reason {
  name: string;
  words: string;
  count: number;
  taken: boolean;
}

/** Counts by reason of all tallies together, the most frequent first. */
export function reasonsOf(...tallies: (Record<string, number> | undefined)[]): Reason[] {
  const counts = new Map<string, number>();
  for (const tally of tallies) {
    for (const [name, count] of Object.entries(tally ?? {})) counts.set(name, (counts.get(name) ?? 0) + count);
  }
  return [...counts]
    .filter(([, count]) => count > 0)
    .map(([name, count]) => ({ name, words: reasons[name] ?? name.replaceAll('_', ' '), count, taken: taken.has(name) }))
    .sort((a, b) => Number(a.taken) - Number(b.taken) || b.count - a.count);
}
