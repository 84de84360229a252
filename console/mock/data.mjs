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

/** Latency and loss of a few antennas, every 10 s of the last day, with another last value than the hour's mean. */
export function short() {
  const step_ms = 10_000;
  const end_ms = Math.floor(Date.now() / step_ms) * step_ms;
  const timestamps = Array.from({ length: DAY_MS / step_ms }, (_, i) => end_ms - DAY_MS + (i + 1) * step_ms);
  const noise = (i, salt) => (Math.abs(Math.sin(i * 12.9898 + salt) * 43758.5453) % 1) - 0.5;
  const measures = { avg_latency: [48, 6, 14], loss_rate: [0.04, 0.01, 0.03] };
  return Object.entries(measures).flatMap(([measure, [level, swing, spread]]) =>
    Array.from({ length: 3 }, (_, k) => ({
      key: `network_${measure}{antenna_id="antenna-${k}"}`,
      label: `antenna-${k}`,
      step_ms,
      season: 60,
      steps: 60,
      timestamps,
      values: timestamps.map((time, i) => level + swing * Math.sin(time / 600_000 + k) + spread * noise(i, k)),
    })),
  );
}

/** At most one point an hour, as the server's sparklines have: means. */
export function hourly(timestamps, values) {
  const hours = new Map();
  timestamps.forEach((time, i) => {
    const hour = Math.floor(time / HOUR_MS) * HOUR_MS;
    if (!hours.has(hour)) hours.set(hour, []);
    hours.get(hour).push(values[i]);
  });
  return {
    timestamps_ms: [...hours.keys()],
    values: [...hours.values()].map((group) => group.reduce((sum, value) => sum + value, 0) / group.length),
  };
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
