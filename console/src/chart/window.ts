// The part of time that a chart shows, and the ways to move it. Pure, so that mouse, keys and fingers share it.

export interface TimeWindow {
  from: number;
  to: number;
}

export interface Limits extends TimeWindow {
  /** Closest zoom. */
  span_min: number;
}

export function span(window: TimeWindow): number {
  return window.to - window.from;
}

/** Keeps the window inside the limits, its span first and then its place. */
export function clamped(window: TimeWindow, limits: Limits): TimeWindow {
  const length = Math.min(Math.max(span(window), limits.span_min), span(limits));
  const middle = (window.from + window.to) / 2;
  const from = Math.min(Math.max(middle - length / 2, limits.from), limits.to - length);
  return { from, to: from + length };
}

/** Zooms by `factor` (below 1 is closer) so that `anchor` stays where it is on the screen. */
export function zoomed(window: TimeWindow, factor: number, anchor: number, limits: Limits): TimeWindow {
  const length = Math.min(Math.max(span(window) * factor, limits.span_min), span(limits));
  const place = (anchor - window.from) / span(window);
  const from = anchor - place * length;
  return clamped({ from, to: from + length }, limits);
}

export function moved(window: TimeWindow, by: number, limits: Limits): TimeWindow {
  return clamped({ from: window.from + by, to: window.to + by }, limits);
}
