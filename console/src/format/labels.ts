// A series key such as `power{device_id="meter_1"}` taken apart for display.

export interface SeriesName {
  metric: string;
  labels: [name: string, value: string][];
}

export function seriesName(key: string): SeriesName {
  const open = key.indexOf('{');
  if (open < 0) return { metric: key, labels: [] };
  const labels: [string, string][] = [];
  for (const match of key.slice(open).matchAll(/([\w.:-]+)\s*=\s*"((?:[^"\\]|\\.)*)"/g)) {
    labels.push([match[1] ?? '', (match[2] ?? '').replace(/\\(.)/g, '$1')]);
  }
  return { metric: key.slice(0, open), labels };
}
