// The rows of the overview: loaded page by page, kept fresh by events, bounded in number and in points.
import { overviewPage } from '../api/queries';
import type { OverviewRow, Sample, ServerEvent } from '../api/types';
import { seriesName } from '../format/labels';
import { live } from './live.svelte';
import { PagedList } from './paged.svelte';
import { throttled } from './throttle';

const PAGE_ROWS = 200;
const ROWS_MAX = 2_000;
const SPARKLINE_SPAN_MS = 7 * 86_400_000;
const SPARKLINE_POINTS_MAX = 400;
const REDRAW_MS = 100;
const REFRESH_MS = 1_500;
const REFRESH_MANY_MS = 15_000;

class Overview extends PagedList<OverviewRow> {
  #watched = false;
  #phase = '';
  #pending = new Map<string, Sample[]>();

  #refresh = throttled(
    () => void this.load(),
    () => (this.total > PAGE_ROWS ? REFRESH_MANY_MS : REFRESH_MS),
  );
  #redraw = throttled(
    () => this.#apply(),
    () => REDRAW_MS,
  );

  constructor() {
    super(PAGE_ROWS, ROWS_MAX);
  }

  protected async page(offset: number, limit: number, signal: AbortSignal): Promise<{ total: number; rows: OverviewRow[] }> {
    const { total, series } = await overviewPage(offset, limit, signal);
    return { total, rows: series };
  }

  /** Called by the page while it is shown; while it is not, nothing is fetched. */
  watch(): () => void {
    this.#watched = true;
    void this.load();
    return () => {
      this.#watched = false;
      this.#refresh.cancel();
      this.#pending.clear();
      this.abort();
    };
  }

  reload(): void {
    if (this.#watched) void this.load();
  }

  label(series: string): string {
    const row = this.rows.find((candidate) => candidate.series === series);
    return row?.label ?? seriesName(series).labels[0]?.[1] ?? series;
  }

  receive(event: ServerEvent): void {
    if (!this.#watched) return;
    switch (event.name) {
      case 'samples':
        for (const sample of event.data.samples) {
          const waiting = this.#pending.get(sample.series);
          if (!waiting) this.#pending.set(sample.series, [sample]);
          else if (waiting.length < SPARKLINE_POINTS_MAX) waiting.push(sample);
        }
        this.#redraw();
        return;
      case 'status': {
        const changed = event.data.phase !== this.#phase;
        this.#phase = event.data.phase;
        // While data are read and models trained, rows come up one after the other.
        if (changed || event.data.progress) this.#refresh();
        return;
      }
      case 'champion': {
        const { series, to } = event.data;
        this.rows = this.rows.map((row) =>
          row.series === series && row.board ? { ...row, board: { ...row.board, champion: to } } : row,
        );
        this.#refresh();
        return;
      }
      default:
        this.#refresh();
    }
  }

  #apply(): void {
    if (this.#pending.size === 0) return;
    const pending = this.#pending;
    this.#pending = new Map();
    const oldest_ms = live.now_ms - SPARKLINE_SPAN_MS;
    this.rows = this.rows.map((row) => {
      const samples = pending.get(row.series);
      return samples ? withSamples(row, samples, oldest_ms) : row;
    });
  }
}

function withSamples(row: OverviewRow, samples: Sample[], oldest_ms: number): OverviewRow {
  const times = [...row.sparkline.timestamps_ms];
  const values = [...row.sparkline.values];
  let last = row.last;
  for (const sample of samples) {
    if (last && sample.timestamp_ms < last.timestamp_ms) continue;
    last = { timestamp_ms: sample.timestamp_ms, value: sample.value };
    if (times.length > 0 && (times.at(-1) ?? 0) >= sample.timestamp_ms) continue;
    times.push(sample.timestamp_ms);
    values.push(sample.value);
  }
  let drop = Math.max(0, times.length - SPARKLINE_POINTS_MAX);
  while (drop < times.length && (times[drop] ?? 0) < oldest_ms) drop++;
  return {
    ...row,
    last,
    samples: row.samples + samples.length,
    sparkline: { timestamps_ms: times.slice(drop), values: values.slice(drop) },
  };
}

export const overview = new Overview();
