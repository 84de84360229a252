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

  test('forecasts against what came are thinned, and break where time jumps', async () => {
    const { bandPath, leads, linePath, nearest, thinned } = await load('chart/hindsight.ts');
    const all = {
      step_ms: 1,
      timestamps_ms: [0, 1, 2, 3, 9],
      actual: [1, 3, null, null, 5],
      low: [0, 0, 0, 2, 4],
      median: [1, 1, 1, 3, 5],
      high: [2, 2, 2, 4, 6],
    };
    const half = thinned(all, 3);
    assert.deepEqual(half.timestamps, [0, 2, 9]);
    assert.deepEqual(half.actual, [2, null, 5]);
    assert.deepEqual(half.median, [1, 2, 5]);
    assert.equal(half.spacing, 2);
    const same = (value) => value;
    const whole = thinned(all, 100);
    assert.equal(linePath(whole.timestamps, whole.actual, 1, same, same), 'M0.0 1.0L1.0 3.0M9.0 5.0h0');
    assert.equal(bandPath(whole, same, same).match(/M/g).length, 2);
    assert.deepEqual([nearest([0, 10, 20], 14), nearest([0, 10, 20], 16), nearest([0, 10, 20], -5)], [1, 2, 0]);
    assert.deepEqual(leads(HOUR, 24 * HOUR), [HOUR, 6 * HOUR, 12 * HOUR, 24 * HOUR]);
    assert.deepEqual(leads(HOUR / 4, 2 * HOUR), [HOUR / 4, HOUR]);
    assert.deepEqual(leads(10_000, 600_000), [10_000, 60_000, 300_000, 600_000]);
    assert.deepEqual(leads(60_000, 24 * HOUR), [60_000, 600_000, HOUR, 6 * HOUR, 12 * HOUR, 24 * HOUR]);
  });

  test('ranges fit the step and the horizon', async () => {
    const { rangesOf } = await load('series/ranges.ts');
    const cases = [
      [10_000, HOUR / 6, '15min 1h 6h 1d all', '6h'],
      [60_000, HOUR, '15min 1h 6h 1d all', '6h'],
      [300_000, 6 * HOUR, '6h 1d 1w all', '3d'],
      [HOUR / 4, 24 * HOUR, '2d 1w 1m all', '2w'],
      [HOUR, 24 * HOUR, '2d 1w 1m all', '2w'],
      [24 * HOUR, 7 * 24 * HOUR, '3m 1y 3y all', '1y'],
    ];
    for (const [step, horizon, chart, hindsight] of cases) {
      const ranges = rangesOf(step, horizon);
      assert.equal(ranges.chart.map((range) => range.name).join(' '), chart);
      assert.equal(ranges.hindsight[1].name, hindsight);
      const share = horizon / (ranges.chart[1].past_ms + horizon);
      assert.ok(share > 0.01 && share < 0.6, `${step}: ${share}`);
    }
    assert.deepEqual(rangesOf(HOUR, 24 * HOUR).chart.map((range) => range.past_ms / HOUR), [48, 168, 720, Infinity]);
  });

  test('a forecast of a day is summed, a shorter one is a mean', async () => {
    const { ahead, aheadTitle, totalAhead } = await load('format/ahead.ts');
    const day = { series: 'power{id="a"}', forecast: made(0, Array(24).fill(2)), next_day: { low: 24, median: 48, high: 72, steps: 24 } };
    const short = { series: 'loss{id="a"}', forecast: { ...made(0, [2, 4]), step_ms: 10_000 }, next_day: { low: 4, median: 6, high: 8, steps: 2 } };
    const none = { series: 'power{id="c"}', forecast: null, next_day: null };
    assert.deepEqual(ahead(day), { title: 'Next day', total: true, low: 24, median: 48, high: 72, steps: 24 });
    assert.deepEqual(ahead(short), { title: 'Next 20 s', total: false, low: 2, median: 3, high: 4, steps: 2 });
    assert.equal(ahead(none), null);
    assert.deepEqual([aheadTitle([day, none]), aheadTitle([short]), aheadTitle([day, short]), aheadTitle([])], ['Next day', 'Next 20 s', 'Forecast', 'Forecast']);
    assert.deepEqual(totalAhead([day, { ...day, series: 'power{id="b"}' }, none]), { median: 96, series: 2 });
    assert.deepEqual([totalAhead([day, { ...day, series: 'gas' }]), totalAhead([short]), totalAhead([none])], [null, null, null]);
  });

  test('a sparkline stays inside its cell', async () => {
    const { reachOf, sparkline } = await load('overview/sparkline.ts');
    const row = { sparkline: { timestamps_ms: [0, HOUR], values: [4, 5] }, last: { timestamp_ms: HOUR, value: 90 }, forecast: made(HOUR, Array(48).fill(6)) };
    const week = sparkline(row, { past_ms: 168 * HOUR, future_ms: 24 * HOUR });
    assert.equal(week.last, 'M224.0 3.0h0');
    assert.match(week.median, /L256\.0 [\d.]+$/);
    assert.deepEqual(reachOf([row]), { past_ms: HOUR, future_ms: 24 * HOUR });
    assert.deepEqual(reachOf([{ ...row, last: { timestamp_ms: 200 * HOUR, value: 1 }, forecast: null }]), { past_ms: 168 * HOUR, future_ms: 24 * HOUR });
  });

  test('ticks are round', async () => {
    const { roomy, tickLabel, timeTicks, valueTicks } = await load('chart/ticks.ts');
    assert.deepEqual(valueTicks(0, 0.97, 4), [0, 0.5, 1]);
    assert.deepEqual(valueTicks(-3, 12, 4), [-5, 0, 5, 10, 15]);
    assert.deepEqual(valueTicks(5, 5, 4).length >= 2, true);
    assert.deepEqual(valueTicks(NaN, 1, 4), [0, 1]);
    const rooms = [
      [[97, 97.5, 5, 100], [94.75, 99.75]],
      [[99.8, 100, 5, 100], [95, 100]],
      [[60, 100, 5, 100], [60, 100]],
      [[50, 50, 10], [45, 55]],
      [[1, 9, 2], [0, 9]],
      [[0, 0, 5, 100], [0, 5]],
    ];
    for (const [question, expected] of rooms) assert.deepEqual(roomy(...question), expected);
    assert.deepEqual(valueTicks(...roomy(Infinity, -Infinity, 5, 100), 4), [0, 1]);
    assert.deepEqual(timeTicks(0, 48 * HOUR, 4).ticks, [0, 12, 24, 36, 48].map((hours) => hours * HOUR));
    assert.deepEqual([tickLabel(0.5, [0, 0.5]), tickLabel(-5, [-5, 0]), tickLabel(1500, [1000, 1500])], ['0.5', '−5', '1,500']);
  });

  test('boards are narrowed and sorted', async () => {
    const { counted, filtered, sorted } = await load('models/columns.ts');
    const board = (name, state, statistic) => ({
      series: `power{device_id="${name}"}`,
      champion: { model: 'ridge', version: 1 },
      candidates: [],
      drift: state && { state, statistic, since_ms: 0 },
    });
    const boards = [board('a10', 'stable', 0.1), board('a2', 'drifting', 1.2), board('b1', null, 0)];
    assert.deepEqual(counted(boards), { all: 3, drift: 1, training: 0, failed: 0 });
    const names = (rows) => rows.map((row) => row.series.slice(17, -2));
    assert.deepEqual(names(sorted(boards, { column: 'label', descending: false })), ['a2', 'a10', 'b1']);
    assert.deepEqual(names(sorted(boards, { column: 'drift', descending: false })), ['a10', 'a2', 'b1']);
    assert.deepEqual(names(filtered(boards, 'a ridge', 'all')), ['a10', 'a2']);
    assert.deepEqual(names(filtered(boards, '', 'drift')), ['a2']);
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

  test('antennas are narrowed, and sorted with the worst first', async () => {
    const { filtered, silentOnes, sorted, stateOf } = await load('network/columns.ts');
    const antenna = (antenna_id, total_loss, rest = {}) => ({
      antenna_id,
      last_seen_ms: 0,
      silent: false,
      figures: total_loss === null ? {} : { total_loss },
      series: {},
      anomalies: [],
      ...rest,
    });
    const antennas = [antenna('a10', 3), antenna('a9', 3), antenna('b1', null, { silent: true }), antenna('b2', 8, { anomalies: [{}] })];
    const names = (rows) => rows.map((row) => row.antenna_id);
    assert.deepEqual(antennas.map(stateOf), ['ok', 'ok', 'silent', 'outside']);
    assert.deepEqual(names(sorted(antennas, { column: 'lost', descending: true })), ['b2', 'a9', 'a10', 'b1']);
    assert.deepEqual(names(sorted(antennas, { column: 'lost', descending: false })), ['a9', 'a10', 'b2', 'b1']);
    assert.deepEqual(names(sorted(antennas, { column: 'state', descending: true })), ['b1', 'b2', 'a9', 'a10']);
    const heard = [antenna('n1', 1, { last_seen_ms: 900 }), antenna('n2', 1, { last_seen_ms: 100, silent: true })];
    assert.deepEqual(names(sorted(heard, { column: 'heard', descending: true })), ['n2', 'n1']);
    assert.deepEqual(names(silentOnes(heard)), ['n2']);
    assert.deepEqual(names(filtered(antennas, 'A', 'all')), ['a10', 'a9']);
    assert.deepEqual(names(filtered(antennas, '', 'silent')), ['b1']);
    assert.deepEqual(names(filtered(antennas, '', 'outside')), ['b2']);
  });

  test('a network in words', async () => {
    const { ago, anomalyWords, reasonsOf, share } = await load('network/words.ts');
    const anomaly = (measure, value, low, high) => anomalyWords({ measure, value, low, high });
    const cases = [
      [anomaly('avg_latency', 93.2, 41.4, 66.8), 'latency 93 ms, forecast 41 to 67'],
      [anomaly('avg_latency', 67.2, 41.4, 66.8), 'latency 67.2 ms, forecast 41.4 to 66.8'],
      [anomaly('loss_rate', 0.123, 0, 0.061), 'loss 12.3 %, forecast 0 % to 6.1 %'],
      [anomaly('total_packets', 1200, 2400, 3600), 'packets 1,200, forecast 2,400 to 3,600'],
      [[0, 0.0004, 0.05, 0.9996, 1].map(share), ['0 %', '0.04 %', '5.0 %', '99.96 %', '100 %']],
      [[ago(9_900, 10_000), ago(0, 12_400), ago(0, 90_000)], ['now', '12 s ago', '1.5 min ago']],
      [
        reasonsOf({ malformed: 2, unknown_field: 9 }, { late: 3, malformed: 2 }, undefined).map(({ name, count }) => [name, count]),
        [['malformed', 4], ['late', 3], ['unknown_field', 9]],
      ],
    ];
    for (const [actual, expected] of cases) assert.deepEqual(actual, expected);
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
      [figure(-0.00025), '−0.00025'],
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
