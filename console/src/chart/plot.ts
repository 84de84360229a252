// How the chart is drawn: uPlot's options from our colours, and the "now" line with the tinted future behind it.
import uPlot from 'uplot';
import { figure } from '../format/number';
import { timeLabels } from './axis';
import type { Colours } from './colours';
import { COLUMN } from './table';

export interface PlotSources {
  colours(): Colours;
  now(): number;
  /** Dragging ended on [from, to]. */
  selected(from: number, to: number): void;
  reset(): void;
  /** The pointer is at this time, or has left. */
  pointed(time: number | null): void;
}

export const SCALE = 'y';
const EDGE_PX = 22;

export function plotOptions(sources: PlotSources, width: number, height: number): uPlot.Options {
  const { colours } = sources;
  // Whole pixels: uPlot reads the line height from the digits before "px".
  const font = `12px ${getComputedStyle(document.body).fontFamily}`;
  const hidden = { points: { show: false }, spanGaps: false } as const;
  const edge: uPlot.Series = { ...hidden, stroke: 'transparent', width: 0 };
  const line = (stroke: keyof Colours, thickness: number, dash?: number[]): uPlot.Series => ({
    ...hidden,
    stroke: () => colours()[stroke],
    width: thickness,
    ...(dash ? { dash } : {}),
  });

  return {
    width,
    height,
    ms: 1,
    tzDate: (time) => uPlot.tzDate(new Date(time), 'Etc/UTC'),
    padding: [14, 14, 0, 0],
    legend: { show: false },
    scales: { x: { time: true, auto: false }, [SCALE]: { range: (_plot, least, most) => verticalRange(least, most) } },
    axes: [
      {
        font,
        stroke: () => colours().axis,
        grid: { show: false },
        ticks: { stroke: () => colours().grid, size: 5, width: 1 },
        size: 46,
        gap: 6,
        space: 72,
        lineGap: 1.3,
        values: (plot, splits, _axis, _space, increment) =>
          // A label at the very edge would be cut off.
          timeLabels(splits, increment).map((label, i) =>
            plot.valToPos(splits[i] ?? 0, 'x') > plot.over.clientWidth - EDGE_PX ? '' : label,
          ),
      },
      {
        scale: SCALE,
        font,
        stroke: () => colours().axis,
        grid: { stroke: () => colours().grid, width: 1 },
        ticks: { show: false },
        size: 58,
        gap: 8,
        space: 44,
        values: (_plot, splits, _axis, _space, increment) => splits.map((split) => axisFigure(split, increment)),
      },
    ],
    // The order is that of `COLUMN`.
    series: [
      {},
      edge,
      edge,
      edge,
      edge,
      line('earlierMedian', 1),
      line('fan', 1),
      line('fan', 1),
      line('forecast', 2, [6, 4]),
      line('actual', 1.6),
    ],
    bands: [
      { series: [COLUMN.most, COLUMN.least], fill: () => colours().envelope },
      { series: [COLUMN.earlierHigh, COLUMN.earlierLow], fill: () => colours().earlier },
      { series: [COLUMN.high, COLUMN.low], fill: () => colours().fan },
    ],
    cursor: {
      y: false,
      drag: { x: true, y: false, setScale: false, dist: 6 },
      points: {
        size: (_plot, series) => (series === COLUMN.actual || series === COLUMN.median ? 8 : 0),
        fill: (_plot, series) => (series === COLUMN.actual ? colours().actual : colours().forecast),
        width: () => 0,
      },
      bind: {
        // Shift-drag moves instead of selecting, so uPlot must not see it.
        mousedown: (_plot, _target, handler) => (event) => (event.shiftKey ? null : handler(event)),
        dblclick: () => () => {
          sources.reset();
          return null;
        },
      },
    },
    hooks: {
      drawClear: [(plot) => tintFuture(plot, sources)],
      draw: [(plot) => drawNow(plot, sources)],
      setCursor: [(plot) => {
        const left = plot.cursor.left;
        sources.pointed(left === undefined || left === null || left < 0 ? null : plot.posToVal(left, 'x'));
      }],
      setSelect: [(plot) => {
        if (plot.select.width < 2) return;
        const from = plot.posToVal(plot.select.left, 'x');
        const to = plot.posToVal(plot.select.left + plot.select.width, 'x');
        plot.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
        sources.selected(from, to);
      }],
    },
  };
}

/** Zero belongs to the picture when the data come near it, else the movement matters more. */
function verticalRange(least: number, most: number): [number, number] {
  if (!Number.isFinite(least) || !Number.isFinite(most)) return [0, 1];
  const margin = (most - least || Math.abs(most) || 1) * 0.06;
  const low = least >= 0 && least < most * 0.4 ? 0 : least - margin;
  return [low, most + margin];
}

/** As many decimals as the distance between two grid lines needs. */
function axisFigure(value: number, increment: number): string {
  if (Math.abs(value) >= 1e6) return figure(value);
  const decimals = (/\.(\d+)/.exec(String(increment))?.[1] ?? '').length;
  return value.toLocaleString('en-GB', { minimumFractionDigits: decimals, maximumFractionDigits: decimals });
}

function tintFuture(plot: uPlot, sources: PlotSources): void {
  const { ctx, bbox } = plot;
  const x = Math.max(bbox.left, plot.valToPos(sources.now(), 'x', true));
  if (x >= bbox.left + bbox.width) return;
  ctx.save();
  ctx.fillStyle = sources.colours().future;
  ctx.fillRect(x, bbox.top, bbox.left + bbox.width - x, bbox.height);
  ctx.restore();
}

function drawNow(plot: uPlot, sources: PlotSources): void {
  const { ctx, bbox } = plot;
  const x = Math.round(plot.valToPos(sources.now(), 'x', true));
  if (x < bbox.left || x > bbox.left + bbox.width) return;
  const ratio = devicePixelRatio;
  ctx.save();
  ctx.strokeStyle = ctx.fillStyle = sources.colours().now;
  ctx.lineWidth = ratio;
  ctx.beginPath();
  ctx.moveTo(x, bbox.top);
  ctx.lineTo(x, bbox.top + bbox.height);
  ctx.stroke();
  ctx.font = `600 ${11 * ratio}px ${getComputedStyle(document.body).fontFamily}`;
  ctx.textAlign = 'center';
  ctx.textBaseline = 'bottom';
  ctx.fillText('now', Math.min(x, bbox.left + bbox.width - 12 * ratio), bbox.top - 2 * ratio);
  ctx.restore();
}
