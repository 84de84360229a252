// The chart's colours, read from the design system: a canvas knows no custom properties.

export interface Colours {
  actual: string;
  envelope: string;
  forecast: string;
  fan: string;
  earlier: string;
  earlierMedian: string;
  now: string;
  grid: string;
  axis: string;
  future: string;
}

export function chartColours(): Colours {
  const style = getComputedStyle(document.documentElement);
  const read = (name: string): string => style.getPropertyValue(name).trim();
  return {
    actual: read('--chart-actual'),
    envelope: read('--chart-envelope'),
    forecast: read('--chart-forecast'),
    fan: read('--chart-fan'),
    earlier: read('--chart-earlier'),
    earlierMedian: read('--chart-earlier-median'),
    now: read('--chart-now'),
    grid: read('--chart-grid'),
    axis: read('--chart-axis'),
    future: read('--chart-future'),
  };
}
