// The parts of the console that need no browser: tables for the chart, windows, readings, order, words.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { createServer } from 'vite';

const HOUR = 3_600_000;

describe('pure parts', { timeout: 60_000 }, () => {
  let vite;
  const load = (path) => vite.ssrLoadModule(`/src/${path}`);

  before(async () => {
    vite = await createServer({ server: { middlewareMode: true, ws: false }, appType: 'custom', logLevel: 'error' });
  });
  after(() => vite?.close());

  const made = (origin, median) => ({
    series: 's',
    origin_ms: origin,
    step_ms: HOUR,
    model: { model: 'ridge', version: 1 },
    levels: [0.1, 0.5, 0.9],
    quantiles: [median.map((value) => value - 1), median, median.map((value) => value + 1)],
  });

  test('a forecast becomes a fan over its own hours', async () => {
    const { fan } = await load('chart/table.ts');
    assert.deepEqual(fan(made(0, [5, 6, 7]), HOUR, 2 * HOUR), {
      timestamps: [2 * HOUR],
      low: [5],
      median: [6],
      high: [7],
    });
  });

  test('a gap in the data breaks the line, a missing column does not', async () => {
    const { assemble, COLUMN, fan } = await load('chart/table.ts');
    const past = { timestamps: [0, HOUR, 4 * HOUR], mean: [1, 2, 3], least: null, most: null, spacing: HOUR };
    const columns = assemble(past, [], fan(made(4 * HOUR, [9])));
    assert.deepEqual(columns[0], [0, HOUR, 2.5 * HOUR, 4 * HOUR, 5 * HOUR]);
    assert.deepEqual(columns[COLUMN.actual], [1, 2, null, 3, undefined]);
    assert.deepEqual(columns[COLUMN.median], [undefined, undefined, undefined, undefined, 9]);
  });

  test('a reading holds the actual against the earlier forecast, and looks ahead with the newest', async () => {
    const { readAt } = await load('chart/reading.ts');
    const { fan } = await load('chart/table.ts');
    const past = { timestamps: [HOUR, 2 * HOUR], mean: [10, 11], least: null, most: null, spacing: HOUR };
    const earlier = [fan(made(0, [8, 9, 9]))];
    const newest = fan(made(2 * HOUR, [12]));
    const read = (time) => {
      const { actual, median, kind } = readAt(time, past, earlier, newest);
      return { actual, median, kind };
    };
    assert.deepEqual(read(2.1 * HOUR), { actual: 11, median: 9, kind: 'earlier' });
    assert.deepEqual(read(3 * HOUR), { actual: null, median: 12, kind: 'newest' });
    assert.equal(readAt(40 * HOUR, past, earlier, newest), null);
  });

  test('windows keep their anchor and stay inside the limits', async () => {
    const { clamped, moved, zoomed } = await load('chart/window.ts');
    const limits = { from: 0, to: 100, span_min: 10 };
    const cases = [
      [zoomed({ from: 20, to: 60 }, 0.5, 30, limits), { from: 25, to: 45 }],
      [zoomed({ from: 20, to: 60 }, 0.01, 40, limits), { from: 35, to: 45 }],
      [zoomed({ from: 20, to: 60 }, 9, 40, limits), { from: 0, to: 100 }],
      [moved({ from: 20, to: 60 }, 70, limits), { from: 60, to: 100 }],
      [clamped({ from: -50, to: 500 }, limits), { from: 0, to: 100 }],
    ];
    for (const [actual, expected] of cases) assert.deepEqual(actual, expected);
  });

  test('rows are sorted by what is shown, those without a value last', async () => {
    const { sorted } = await load('overview/columns.ts');
    const row = (label, last) => ({ label, last: last === null ? null : { value: last }, board: null, next_day: null });
    const rows = [row('meter_10', 5), row('meter_2', null), row('meter_1', 7)];
    const order = (column, descending) => sorted(rows, { column, descending }).map((entry) => entry.label);
    assert.deepEqual(order('label', false), ['meter_1', 'meter_2', 'meter_10']);
    assert.deepEqual(order('last', true), ['meter_1', 'meter_10', 'meter_2']);
    assert.deepEqual(order('last', false), ['meter_10', 'meter_1', 'meter_2']);
  });

  test('figures and words', async () => {
    const { figure, interval } = await load('format/number.ts');
    const { duration, replaySpeed } = await load('format/time.ts');
    const { skillWords } = await load('format/skill.ts');
    const { seriesName } = await load('format/labels.ts');
    const cases = [
      [figure(3.14159), '3.14'],
      [figure(-1234.5), '−1,235'],
      [figure(0.00123), '0.0012'],
      [interval(936.4, 1153), '936 – 1,153'],
      [duration(5_400_000), '1.5 h'],
      [replaySpeed(3600), '1 h a second'],
      [skillWords(0.284), '28 % better'],
      [skillWords(-0.05), '5 % worse'],
      [seriesName('power{device_id="a\\"b",zone="x,y"}').labels, [['device_id', 'a"b'], ['zone', 'x,y']]],
    ];
    for (const [actual, expected] of cases) assert.deepEqual(actual, expected);
  });
});
