// The questions that the console asks, one function each.
import { request } from './request';
import type { Board, Forecast, OverviewPage, OverviewRow, Range, SeriesSpan } from './types';

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

export async function boards(signal?: AbortSignal): Promise<Board[]> {
  return (await request<{ models: Board[] }>('models', {}, signal)).models;
}
