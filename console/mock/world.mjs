// The state behind the mock: stored series, a replay's clock, models that are trained and take over.
import { DAY_MS, HOUR_MS, hourly, lowerBound, many, meters, short } from './data.mjs';
import { forecast, nextDay } from './forecast.mjs';
import { Network } from './network.mjs';
import { Registry } from './registry.mjs';

const PROGRESS = {
  loading: { stage: 'ingest', done: 52_000, total: 123_840 },
  fitting: { stage: 'select', done: 3, total: null },
};

export class World {
  /** `scenario`: live, loading, fitting, ended, stale, empty, many, short (of 10 s steps), failed, or network with -empty,
      -trouble, -many, -polled;
      `speed`: data ms per wall ms. */
  constructor({ scenario = 'live', speed = 7200 } = {}) {
    this.scenario = scenario;
    this.speed = speed;
    const [first, detail] = scenario.split('-');
    this.network =
      first === 'network'
        ? new Network({ antennas: detail === 'many' ? 10_000 : 24, [detail]: true })
        : null;
    this.series = this.network || scenario === 'empty' ? [] : scenario === 'many' ? many(1000) : scenario === 'short' ? short() : meters();
    this.step_ms = this.series[0]?.step_ms ?? HOUR_MS;
    this.last_ms = Math.max(...this.series.map((series) => series.timestamps.at(-1)), 0) || Date.now();
    const day_ms = scenario === 'short' ? HOUR_MS : DAY_MS;
    this.from_ms = this.last_ms - 14 * day_ms;
    this.now_ms = scenario === 'ended' || scenario === 'empty' ? this.last_ms : this.from_ms + 4 * day_ms;
    // A store served years after its last sample: nothing moves any more.
    if (scenario === 'stale') this.now_ms = Date.now();
    if (this.network) this.now_ms = this.network.end_ms + 1_000;
    this.started_ms = Date.now();
    this.ticks = 0;
    this.champions = new Map(this.series.map((series) => [series.key, { model: 'ridge', version: 3 }]));
    this.listeners = new Set();
    this.registry = new Registry(this);
  }

  get phase() {
    if (['loading', 'fitting', 'failed'].includes(this.scenario)) return this.scenario;
    if (this.scenario === 'stale') return 'live';
    return this.now_ms >= this.last_ms && this.series.length > 0 ? 'ended' : 'live';
  }

  visible(series) {
    return lowerBound(series.timestamps, this.now_ms + 1);
  }

  find(key) {
    return this.network ? this.network.find(key) : this.series.find((series) => series.key === key);
  }

  select(selector) {
    return selector ? [this.find(selector)].filter(Boolean) : this.series;
  }

  status() {
    const messages = {
      live: 'Replaying the last 14 days of ten real meters; a new forecast of the next day every hour.',
      ended: 'The recorded data end here.',
      fitting: 'Choosing a model for each of ten series',
      loading: 'Reading smart_meters_10.csv.gz',
      failed: 'The store ./tidecast-demo cannot be written: no space left on the device. Free some and start again.',
    };
    return {
      version: '0.1.0',
      mode: 'demo',
      phase: this.phase,
      message: this.network ? 'Network monitoring.' : this.scenario === 'short' ? 'A forecast of the next 10 min every 10 s.' : this.series.length === 0 ? 'Waiting for data.' : messages[this.phase],
      now_ms: this.now_ms,
      started_ms: this.started_ms,
      progress: PROGRESS[this.phase] ?? null,
      replay: this.series.length > 0 ? { from_ms: this.from_ms, to_ms: this.last_ms, speed: this.speed } : null,
      sources: [],
      analytics: [],
      ...this.network?.status(),
      forecasts: [],
      series: this.phase === 'loading' ? 0 : this.series.length,
      samples: this.series.reduce((sum, series) => sum + this.visible(series), 0),
    };
  }

  newest(series) {
    const origin = Math.floor(Math.min(this.now_ms, this.last_ms) / this.step_ms) * this.step_ms;
    return forecast(series, origin, this.champions.get(series.key));
  }

  board(series) {
    const index = this.series.indexOf(series);
    const champion = this.champions.get(series.key);
    const ridge = 0.66 + ((index * 7) % 10) / 40;
    const lstm = ridge - 0.07 + ((index * 3) % 5) / 30;
    const naive = ridge / (0.72 + ((index * 3) % 4) / 25);
    const progress = Math.min(1, this.ticks / (20 + (index % 10) * 8));
    const reigns = champion.model === 'lstm';
    const accuracy = (mase, coverage, origins) => ({ mase, mase_seasonal_naive: naive, coverage, origins });
    const short = index % 10 === 9;
    const candidates = [
      candidate('lstm', 1, reigns ? 'champion' : short ? 'failed' : progress < 1 ? 'training' : 'challenger', {
        mase: progress < 1 || short ? null : lstm,
        coverage: progress < 1 || short ? null : 0.81,
        fitted_ms: progress < 1 || short ? null : this.from_ms,
        progress: progress < 1 && !short ? progress : null,
        reason: short ? 'needs 60 days without gaps' : null,
      }),
      candidate('ridge', 3, reigns ? 'challenger' : 'champion', { mase: ridge, coverage: 0.8, fitted_ms: this.from_ms }),
      candidate('seasonal_naive', 1, 'challenger', { mase: naive, coverage: 0.78, fitted_ms: this.from_ms }),
    ];
    const challenger = candidates.find(({ model, state }) => state === 'challenger' && model !== 'seasonal_naive');
    return {
      series: series.key,
      champion,
      challenger: challenger ? { model: challenger.model, version: challenger.version } : null,
      drift: this.registry.drift(series),
      note: short ? 'Ridge answers because the LSTM needs 60 days without gaps and this series has 41.' : null,
      season: series.season ?? 168,
      step_ms: this.step_ms,
      backtest: accuracy(reigns ? lstm : ridge, 0.79 + (index % 4) / 40, 28),
      live: this.ticks > 2 ? accuracy((reigns ? lstm : ridge) * 1.03, 0.74 + (index % 6) / 30, 72 + this.ticks) : null,
      candidates,
    };
  }

  row(series) {
    const end = this.visible(series);
    const start = lowerBound(series.timestamps, this.now_ms - 7 * DAY_MS + 1);
    const made = this.phase === 'fitting' || this.network ? null : this.newest(series);
    return {
      series: series.key,
      label: series.label,
      step_ms: this.network ? this.network.answer(0).window_ms : this.step_ms,
      samples: end,
      last: end > 0 ? { timestamp_ms: series.timestamps[end - 1], value: series.values[end - 1] } : null,
      sparkline: hourly(series.timestamps.slice(start, end), series.values.slice(start, end)),
      forecast: made,
      next_day: made && nextDay(made),
      board: made && this.board(series),
    };
  }

  /** One step of data goes by, or one window. */
  tick() {
    if (this.network) return this.closeWindow();
    if (this.phase !== 'live' || this.scenario === 'stale' || this.series.length === 0) return;
    this.now_ms += this.step_ms;
    this.ticks++;
    const samples = [];
    for (const series of this.series) {
      const at = this.visible(series) - 1;
      if (series.timestamps[at] === this.now_ms) {
        samples.push({ series: series.key, timestamp_ms: this.now_ms, value: series.values[at] });
      }
    }
    this.emit('samples', { now_ms: this.now_ms, samples });
    const forecasts = this.series.map((series) => ({
      series: series.key,
      origin_ms: this.now_ms,
      model: this.champions.get(series.key),
    }));
    this.emit('forecasts', { forecasts });
    for (const series of this.series) this.maybeTakeOver(series);
    this.emit('status', this.status());
  }

  closeWindow() {
    const closed = this.network.tick();
    if (closed) {
      this.now_ms = closed.end_ms + 1_000;
      this.emit('samples', { now_ms: this.now_ms, samples: [] });
      this.emit('window', closed);
    }
    this.emit('status', this.status());
  }

  maybeTakeOver(series) {
    const { champion, candidates } = this.board(series);
    const [lstm, ridge] = candidates;
    if (champion.model !== 'ridge' || lstm.mase === null || lstm.mase >= ridge.mase) return;
    this.champions.set(series.key, { model: 'lstm', version: 1 });
    this.emit('champion', {
      series: series.key,
      from: champion,
      to: { model: 'lstm', version: 1 },
      mase_before: ridge.mase,
      mase_after: lstm.mase,
    });
  }

  emit(name, data) {
    for (const listener of this.listeners) listener(name, data);
  }
}

function candidate(model, version, state, rest) {
  return { model, version, state, mase: null, coverage: null, fitted_ms: null, progress: null, reason: null, ...rest };
}
