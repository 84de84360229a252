// The bundled meters in memory, and made-up ones for tests of a long list.
import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';

export const HOUR_MS = 3_600_000;
export const DAY_MS = 24 * HOUR_MS;

/** Series of the bundled file: `{key, label, timestamps, values}`, hourly. */
export function meters() {
  const file = new URL('../../data/smart_meters_10.csv.gz', import.meta.url);
  const [head, ...lines] = gunzipSync(readFileSync(file)).toString('utf8').trim().split('\n');
  const names = head.split(',').slice(1);
  const all = names.map((name) => ({ key: `power{device_id="${name}"}`, label: name, timestamps: [], values: [] }));
  for (const line of lines) {
    const cells = line.split(',');
    const time = Date.parse(`${cells[0].replace(' ', 'T')}Z`);
    for (let i = 0; i < all.length; i++) {
      if (cells[i + 1] === '') continue;
      all[i].timestamps.push(time);
      all[i].values.push(Number(cells[i + 1]));
    }
  }
  return all;
}

/** `count` series that repeat the bundled ones at another height, the last 60 days only. */
export function many(count) {
  const originals = meters();
  return Array.from({ length: count }, (_, i) => {
    const original = originals[i % originals.length];
    const factor = 0.5 + ((i * 37) % 100) / 50;
    const name = `meter_${i + 1}`;
    return {
      key: `power{device_id="${name}"}`,
      label: name,
      timestamps: original.timestamps.slice(-60 * 24),
      values: original.values.slice(-60 * 24).map((value) => Math.round(value * factor * 10) / 10),
    };
  });
}

/** Index of the first time not before `time`. */
export function lowerBound(times, time) {
  let low = 0;
  let high = times.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (times[middle] < time) low = middle + 1;
    else high = middle;
  }
  return low;
}
