// Wheel, shift-drag and fingers on the chart. Dragging without Shift is uPlot's own selection.
import type uPlot from 'uplot';
import { moved, span, zoomed, type Limits, type TimeWindow } from './window';

export interface Gestures {
  window(): TimeWindow;
  limits(): Limits;
  change(window: TimeWindow): void;
}

const WHEEL_STEP = 0.0015;

/** Listens on the plot's overlay; the returned function stops it. */
export function listen(plot: uPlot, gestures: Gestures): () => void {
  const over = plot.over;
  const stop = new AbortController();
  const on = <K extends keyof HTMLElementEventMap>(
    type: K,
    listener: (event: HTMLElementEventMap[K]) => void,
    options: AddEventListenerOptions = {},
  ): void => over.addEventListener(type, listener, { ...options, signal: stop.signal });

  const perPixel = (): number => span(gestures.window()) / over.clientWidth;
  const timeAt = (clientX: number): number =>
    gestures.window().from + (clientX - over.getBoundingClientRect().left) * perPixel();

  on(
    'wheel',
    (event) => {
      event.preventDefault();
      const sideways = Math.abs(event.deltaX) > Math.abs(event.deltaY);
      gestures.change(
        sideways
          ? moved(gestures.window(), event.deltaX * perPixel(), gestures.limits())
          : zoomed(gestures.window(), Math.exp(event.deltaY * WHEEL_STEP), timeAt(event.clientX), gestures.limits()),
      );
    },
    { passive: false },
  );

  let grip: number | null = null;
  on('mousedown', (event) => {
    if (!event.shiftKey || event.button !== 0) return;
    event.preventDefault();
    grip = event.clientX;
    over.style.cursor = 'grabbing';
  });
  addEventListener(
    'mousemove',
    (event) => {
      if (grip === null) return;
      gestures.change(moved(gestures.window(), (grip - event.clientX) * perPixel(), gestures.limits()));
      grip = event.clientX;
    },
    { signal: stop.signal },
  );
  addEventListener(
    'mouseup',
    () => {
      grip = null;
      over.style.cursor = '';
    },
    { signal: stop.signal },
  );

  // One finger moves in time (the page still scrolls up and down: `touch-action: pan-y`), two fingers zoom.
  let fingers: { x: number; distance: number } | null = null;
  const measure = (touches: TouchList): { x: number; distance: number } => {
    const a = touches[0]?.clientX ?? 0;
    const b = touches[1]?.clientX ?? a;
    return { x: (a + b) / 2, distance: Math.max(24, Math.abs(a - b)) };
  };
  on('touchstart', (event) => (fingers = measure(event.touches)), { passive: true });
  on(
    'touchmove',
    (event) => {
      if (!fingers) return;
      const next = measure(event.touches);
      if (event.touches.length > 1) event.preventDefault();
      const anchor = timeAt(fingers.x);
      const closer = event.touches.length > 1 ? fingers.distance / next.distance : 1;
      const shifted = moved(gestures.window(), (fingers.x - next.x) * perPixel(), gestures.limits());
      gestures.change(closer === 1 ? shifted : zoomed(shifted, closer, anchor, gestures.limits()));
      fingers = next;
    },
    { passive: false },
  );
  on('touchend', (event) => (fingers = event.touches.length > 0 ? measure(event.touches) : null), { passive: true });

  return () => stop.abort();
}
