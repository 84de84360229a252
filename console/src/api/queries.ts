// The questions that the console asks, one function each.
import { request, send } from './request';
import type {
  AccuracyOverTime,
  Autoscaling,
  Board,
  BoardsPage,
  Forecast,
  Leaderboard,
  ModelVersion,
  Network,
  OverviewPage,
  OverviewRow,
  Promoted,
  Range,
  SeriesSpan,
  SeriesVersions,
  Verification,
} from './types';

export function overviewPage(offset: number, limit: number, signal?: AbortSignal): Promise<OverviewPage> {
  return request('overview', { offset, limit }, signal);
}

/** The overview's row of one series. Its key is a valid selector, which may match further series with more labels. */
export async function overviewRow(series: string, signal?: AbortSignal): Promise<OverviewRow | null> {
  const page = await request<OverviewPage>('overview', { selector: series, limit: 20 }, signal);
  return page.series.find((row) => row.series === series) ?? null;
}

export async function seriesSpan(series: string, signal?: AbortSignal): Promise<SeriesSpan | null> {
  const answer = await request<{ series: SeriesSpan[] }>('series', { selector: series }, signal);
  return answer.series.find((span) => span.series === series) ?? null;
}

export interface RangeQuestion {
  series: string;
  from: number;
  to: number;
  points?: number;
  aggregate?: 'min' | 'max' | 'mean' | 'last';
}

export function range(question: RangeQuestion, signal?: AbortSignal): Promise<Range> {
  return request('range', { ...question, from: Math.round(question.from), to: Math.round(question.to) }, signal);
}

/** Forecasts whose origin is in [from, to), ascending; `limit` keeps the newest. */
export async function forecasts(
  series: string,
  from: number,
  to: number,
  limit: number,
  signal?: AbortSignal,
): Promise<Forecast[]> {
  const answer = await request<{ forecasts: Forecast[] }>('forecasts', { series, from, to, limit }, signal);
  return answer.forecasts;
}

/** The boards of a part of all series, sorted by series. */
export function boardsPage(offset: number, limit: number, signal?: AbortSignal): Promise<BoardsPage> {
  return request('models', { offset, limit }, signal);
}

/** The board of one series. Its key is a valid selector, which may match further series with more labels. */
export async function boardOf(series: string, signal?: AbortSignal): Promise<Board | null> {
  const page = await request<BoardsPage>('models', { selector: series }, signal);
  return page.models.find((board) => board.series === series) ?? null;
}

export function leaderboard(signal?: AbortSignal): Promise<Leaderboard> {
  return request('leaderboard', {}, signal);
}

export function accuracyOverTime(from: number, signal?: AbortSignal): Promise<AccuracyOverTime> {
  return request('accuracy', { from: Math.round(from) }, signal);
}

export interface VerificationQuestion {
  series: string;
  /** Milliseconds before. */
  lead: number;
  from: number;
}

export function verification(question: VerificationQuestion, signal?: AbortSignal): Promise<Verification> {
  const { series, lead, from } = question;
  return request('verification', { series, lead: `${Math.round(lead)}ms`, from: Math.round(from) }, signal);
}

/** The last window of the network, with up to `limit` antennas. */
export function network(limit: number, signal?: AbortSignal): Promise<Network> {
  return request('network', { limit }, signal);
}

/** How a workload is scaled; `window`: how much of the past, as `6h` or `all`. */
export function autoscaling(window: string, signal?: AbortSignal): Promise<Autoscaling> {
  return request('autoscaling', { window }, signal);
}

export async function versionsOf(series: string, signal?: AbortSignal): Promise<SeriesVersions | null> {
  const answer = await request<{ series: SeriesVersions[] }>('models/versions', { selector: series }, signal);
  return answer.series.find((versions) => versions.series === series) ?? null;
}

export function promote(series: string, version: ModelVersion, reason: string): Promise<Promoted> {
  return send('models/promote', { series, version: `${version.model}/${version.version}`, ...given(reason) });
}

/** `from` is who answers now: an order that is sent twice is not obeyed twice. */
export function rollBack(series: string, from: ModelVersion | null, reason: string): Promise<Promoted> {
  return send('models/rollback', { series, ...(from ? { from: `${from.model}/${from.version}` } : {}), ...given(reason) });
}

const given = (reason: string): { reason?: string } => (reason ? { reason } : {});
