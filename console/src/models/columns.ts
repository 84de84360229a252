// The columns that the list of models can be sorted by, and what it can be narrowed to.
import type { Board } from '../api/types';
import { modelName } from '../format/model';
import { measured, skill } from '../format/skill';
import { natural } from '../overview/columns';
import { seriesName } from '../format/labels';

export type Column = 'label' | 'model' | 'drift' | 'backtest' | 'live' | 'fitted';
export interface Order {
  column: Column;
  descending: boolean;
}
export const groups = ['all', 'drift', 'training', 'failed'] as const;
export type Group = (typeof groups)[number];

export function labelOf(series: string): string {
  return seriesName(series).labels[0]?.[1] ?? series;
}

/** When the champion was fitted. */
export function fittedMs(board: Board): number | null {
  return board.candidates.find((candidate) => candidate.state === 'champion')?.fitted_ms ?? null;
}

const keys: Record<Column, (board: Board) => string | number | null> = {
  label: (board) => labelOf(board.series),
  model: (board) => board.champion?.model ?? null,
  drift: (board) => board.drift?.statistic ?? null,
  backtest: (board) => measured(board.backtest)?.mase ?? null,
  live: (board) => {
    const accuracy = measured(board.live);
    return accuracy && skill(accuracy);
  },
  fitted: fittedMs,
};

/** Rows without a value come last whichever way the others are turned. */
export function sorted(boards: Board[], order: Order): Board[] {
  const key = keys[order.column];
  const sign = order.descending ? -1 : 1;
  return boards
    .map((board) => ({ board, key: key(board) }))
    .sort((a, b) => {
      if (a.key === null || b.key === null) return Number(a.key === null) - Number(b.key === null);
      const compared =
        typeof a.key === 'number' && typeof b.key === 'number' ? a.key - b.key : natural.compare(String(a.key), String(b.key));
      return sign * compared || natural.compare(a.board.series, b.board.series);
    })
    .map((entry) => entry.board);
}

const inGroup: Record<Group, (board: Board) => boolean> = {
  all: () => true,
  drift: (board) => board.drift?.state === 'warning' || board.drift?.state === 'drifting',
  training: (board) => board.candidates.some((candidate) => candidate.state === 'training' || candidate.state === 'queued'),
  failed: (board) => board.champion === null || board.candidates.some((candidate) => candidate.state === 'failed'),
};

export function counted(boards: Board[]): Record<Group, number> {
  const count = (group: Group): number => boards.filter(inGroup[group]).length;
  return { all: boards.length, drift: count('drift'), training: count('training'), failed: count('failed') };
}

export function filtered(boards: Board[], text: string, group: Group): Board[] {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  return boards.filter((board) => {
    if (!inGroup[group](board)) return false;
    const model = board.champion ? `${board.champion.model} ${modelName(board.champion.model)}` : '';
    const haystack = `${board.series} ${model}`.toLowerCase();
    return words.every((word) => haystack.includes(word));
  });
}
