// Past forecasts of the mock held against what came: always exactly the lead time before.
import { DAY_MS, HOUR_MS, lowerBound } from './data.mjs';
import { forecast } from './forecast.mjs';


export function verification(series, world, lead_ms, from, to) {
  const { season = 168, steps = 24, step_ms = HOUR_MS } = series;
  const lead = Math.max(1, Math.round(lead_ms / step_ms));
  const answer = {
    step_ms,
    horizon_ms: steps * step_ms,
    lead_ms: [lead * step_ms, lead * step_ms],
    from_ms: from,
    to_ms: to,
    levels: [0.1, 0.9],
    timestamps_ms: [],
    actual: [],
    low: [],
    median: [],
    high: [],
    overall: null,
    periods: [],
  };
  const first = Math.max(lowerBound(series.timestamps, from), season * 5);
  const end = Math.min(world.visible(series), lowerBound(series.timestamps, to));
  const scale = seasonalScale(series, first, season);
  for (let i = first; i < end; i++) {
    const time = series.timestamps[i];
    const made = forecast(series, time - lead * step_ms, { model: 'ridge', version: 1 });
    answer.timestamps_ms.push(time);
    answer.actual.push(series.values[i]);
    answer.low.push(made.quantiles[0][lead - 1]);
    answer.median.push(made.quantiles[1][lead - 1]);
    answer.high.push(made.quantiles[2][lead - 1]);
  }
  const naive = answer.timestamps_ms.map((_, k) => series.values[first + k - season]);
  const period = (from_ms, to_ms, indices) => {
    const mean = (error) => indices.reduce((sum, k) => sum + error(k), 0) / indices.length;
    const mae = mean((k) => Math.abs(answer.actual[k] - answer.median[k]));
    return {
      from_ms,
      to_ms,
      mae,
      mase: mae / scale,
      mase_seasonal_naive: mean((k) => Math.abs(answer.actual[k] - naive[k])) / scale,
      coverage: mean((k) => (answer.actual[k] >= answer.low[k] && answer.actual[k] <= answer.high[k] ? 1 : 0)),
      values: indices.length,
    };
  };
  const days = Map.groupBy ? Map.groupBy(answer.timestamps_ms.keys(), (k) => dayOf(answer, k)) : grouped(answer);
  answer.periods = [...days].map(([day, indices]) => period(day, day + DAY_MS, indices));
  const all = [...answer.timestamps_ms.keys()];
  if (all.length > 0) answer.overall = period(answer.timestamps_ms[0], answer.timestamps_ms.at(-1) + step_ms, all);
  return answer;
}

const dayOf = (answer, k) => Math.floor(answer.timestamps_ms[k] / DAY_MS) * DAY_MS;

function grouped(answer) {
  const groups = new Map();
  for (const k of answer.timestamps_ms.keys()) {
    const day = dayOf(answer, k);
    if (!groups.has(day)) groups.set(day, []);
    groups.get(day).push(k);
  }
  return groups;
}

function seasonalScale(series, end, season) {
  let [sum, count] = [0, 0];
  for (let i = Math.max(season, end - 8 * season); i < end; i++, count++) sum += Math.abs(series.values[i] - series.values[i - season]);
  return sum / Math.max(1, count) || 1;
}

/** Means over series of each day. */
export function accuracy(world, from, to) {
  const measured = world.series.slice(0, 8);
  const days = new Map();
  for (const series of measured) {
    for (const period of verification(series, world, 12 * HOUR_MS, from, to).periods) {
      if (!days.has(period.from_ms)) days.set(period.from_ms, []);
      days.get(period.from_ms).push(period);
    }
  }
  const periods = [...days.values()].map((day) => {
    const mean = (measure) => day.reduce((sum, one) => sum + one[measure], 0) / day.length;
    const [mase, mase_seasonal_naive, coverage, mae] = ['mase', 'mase_seasonal_naive', 'coverage', 'mae'].map(mean);
    return { ...day[0], mae, mase, mase_seasonal_naive, coverage, values: day.reduce((sum, one) => sum + one.values, 0) };
  });
  return { series: world.series.length, series_measured: measured.length, periods };
}

/** How the models stand across all series. */
export function leaderboard(boards) {
  const tallies = new Map();
  for (const { model, state, mase, coverage } of boards.flatMap((board) => board.candidates)) {
    if (!tallies.has(model)) {
      tallies.set(model, { model, champion: 0, challenger: 0, training: 0, queued: 0, failed: 0, errors: [], coverages: [] });
    }
    const tally = tallies.get(model);
    tally[state]++;
    if (mase !== null) tally.errors.push(mase);
    if (coverage !== null) tally.coverages.push(coverage);
  }
  const mean = (values) => (values.length > 0 ? values.reduce((sum, value) => sum + value, 0) / values.length : null);
  const models = [...tallies.values()].map(({ errors, coverages, ...tally }) => ({
    ...tally,
    measured: errors.length,
    mase_mean: mean(errors),
    mase_median: errors.toSorted((a, b) => a - b)[errors.length >> 1] ?? null,
    coverage: mean(coverages),
  }));
  return { series: boards.length, models: models.sort((a, b) => b.champion - a.champion) };
}
