// The columns that the antennas can be sorted by, and what they can be narrowed to.
import type { Antenna, NetworkFigure } from '../api/types';
import { natural } from '../overview/columns';
import type { Sortable } from '../shell/order';

export type Column = 'antenna' | 'packets' | 'lost' | 'loss' | 'success' | 'latency' | 'p95' | 'heard' | 'state';
export interface Order {
  column: Column;
  descending: boolean;
}
export const columns: Sortable<Column>[] = [
  { column: 'antenna', title: 'Antenna', words: true },
  { column: 'packets', title: 'Packets', end: true },
  { column: 'lost', title: 'Lost', hint: 'Packets lost in the last window', end: true },
  { column: 'loss', title: 'Loss', hint: 'Share of packets lost', end: true },
  { column: 'success', title: 'Success', hint: 'Share of packets delivered', end: true },
  { column: 'latency', title: 'Latency', hint: 'Mean latency, ms', end: true },
  { column: 'p95', title: 'p95', hint: 'Latency that 95 % stay below, ms', end: true },
  { column: 'heard', title: 'Last heard', hint: 'How long ago', end: true },
  { column: 'state', title: 'State', hint: 'Silent, or outside what was forecast for it' },
];
export type Group = 'all' | 'silent' | 'outside';
export type AntennaState = 'ok' | 'outside' | 'silent';

export function stateOf(antenna: Antenna): AntennaState {
  if (antenna.silent) return 'silent';
  return antenna.anomalies.length > 0 ? 'outside' : 'ok';
}

const of =
  (name: NetworkFigure) =>
  (antenna: Antenna): number | null =>
    antenna.figures[name] ?? null;
const urgency: Record<AntennaState, number> = { ok: 0, outside: 1, silent: 2 };

const keys: Record<Column, (antenna: Antenna) => string | number | null> = {
  antenna: (antenna) => antenna.antenna_id,
  packets: of('total_packets'),
  lost: of('total_loss'),
  loss: of('loss_rate'),
  success: of('success_rate'),
  latency: of('avg_latency'),
  p95: of('latency_p95'),
  // By how long it is silent.
  heard: (antenna) => -antenna.last_seen_ms,
  state: (antenna) => urgency[stateOf(antenna)],
};

/** Antennas without a value come last whichever way the others are turned; among equals the first name is first. */
export function sorted(antennas: Antenna[], order: Order): Antenna[] {
  const key = keys[order.column];
  const sign = order.descending ? -1 : 1;
  return antennas
    .map((antenna) => ({ antenna, key: key(antenna) }))
    .sort((a, b) => {
      if (a.key === null || b.key === null) {
        if (a.key !== b.key) return Number(a.key === null) - Number(b.key === null);
      } else {
        const compared =
          typeof a.key === 'number' && typeof b.key === 'number' ? a.key - b.key : natural.compare(String(a.key), String(b.key));
        if (compared !== 0) return sign * compared;
      }
      return natural.compare(a.antenna.antenna_id, b.antenna.antenna_id);
    })
    .map((entry) => entry.antenna);
}

/** The antennas that are silent, the longest first. */
export function silentOnes(antennas: Antenna[]): Antenna[] {
  return sorted(filtered(antennas, '', 'silent'), { column: 'heard', descending: true });
}

const inGroup: Record<Group, (antenna: Antenna) => boolean> = {
  all: () => true,
  silent: (antenna) => antenna.silent,
  outside: (antenna) => antenna.anomalies.length > 0,
};

export function filtered(antennas: Antenna[], text: string, group: Group): Antenna[] {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  return antennas.filter((antenna) => {
    if (!inGroup[group](antenna)) return false;
    const id = antenna.antenna_id.toLowerCase();
    return words.every((word) => id.includes(word));
  });
}
