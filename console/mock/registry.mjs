// The registry behind the mock: versions of each series, their roles, promotions and rollbacks, drift.
import { DAY_MS } from './data.mjs';

const STATES = ['stable', 'stable', 'stable', 'warning', 'stable', 'stable', 'stable', 'drifting', 'stable', 'stable'];

export class Registry {
  #promotions = new Map();

  constructor(world) {
    this.world = world;
  }

  drift(series) {
    const index = this.world.series.indexOf(series);
    const state = STATES[index % 10];
    const statistic = { stable: 0.12 + (index % 7) / 25, warning: 0.68, drifting: 1.24 }[state];
    return { state, statistic, since_ms: this.world.from_ms - ((index * 5) % 9) * DAY_MS };
  }

  /** Versions by model and version. */
  versions(series) {
    const { champion, challenger, candidates } = this.world.board(series);
    const promotions = this.promotions(series);
    const previous = promotions.length > 1 ? promotions.at(-2) : null;
    const fitted = candidates.filter((candidate) => candidate.version !== null && candidate.fitted_ms !== null);
    const aliases = { champion, challenger, previous };
    const versions = fitted.flatMap((candidate) => {
      const newest = candidate.model === 'ridge' ? 3 : 1;
      return Array.from({ length: newest }, (_, i) => this.#version(series, candidate, i + 1, aliases));
    });
    const name = (version) => version && { model: version.model, version: version.version };
    return { series: series.key, champion, challenger, previous: name(previous), versions, promotions };
  }

  #version(series, candidate, version, aliases) {
    const is = (other) => other?.model === candidate.model && other.version === version;
    const older = (candidate.model === 'ridge' ? 3 : 1) - version;
    const to_ms = this.world.from_ms - older * 7 * DAY_MS;
    const mase = (candidate.mase ?? 0.8) + older * 0.02;
    return {
      model: candidate.model,
      version,
      alias: Object.keys(aliases).find((alias) => is(aliases[alias])) ?? null,
      fitted_at_ms: to_ms,
      data: { from_ms: series.timestamps[0], to_ms },
      step_ms: 3_600_000,
      settings: { horizon: 24, season: 168, tuned: candidate.model === 'ridge' && version === 3 ? { 'ridge.lookback': 14 } : {} },
      score: { mase, mase_seasonal_naive: mase / 0.75, coverage: 0.8, pinball: 0.25, origins: 1344, from_ms: to_ms - 56 * DAY_MS, to_ms },
      note: null,
      code_version: '0.1.0',
      artifact_bytes: 48_213 + version * 311,
    };
  }

  promotions(series) {
    if (!this.#promotions.has(series.key)) {
      const first = { model: 'ridge', version: 2, at_ms: this.world.from_ms - 7 * DAY_MS, reason: 'first fit' };
      this.#promotions.set(series.key, [first, { model: 'ridge', version: 3, at_ms: this.world.from_ms, reason: 'refit' }]);
    }
    return this.#promotions.get(series.key);
  }

  promote(series, to, reason) {
    const from = this.world.champions.get(series.key);
    this.promotions(series).push({ ...to, at_ms: this.world.now_ms, reason });
    this.world.champions.set(series.key, to);
    this.world.emit('champion', { series: series.key, from, to, mase_before: null, mase_after: null });
    return { series: series.key, from, to };
  }
}
