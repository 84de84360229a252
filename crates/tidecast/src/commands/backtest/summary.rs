//! Sums up a contest: who did how well, series by series and all in all.

use super::contest::Run;
use super::input::Input;
use super::measures::{Outcome, mean, mean_by_step, median};
use crate::report::{Exhibit, Measures, Report, Row, Standing};
use tidecast_core::series::{RegularSeries, SeriesKey};
use tidecast_forecast::backtest::{BacktestPlan, LEVELS};
use tidecast_forecast::select;

/// Most values of a series that are shown in detail: two weeks of hours.
const EXHIBIT_STEPS: usize = 336;
/// Most series that are shown in detail; odd, so that the median is one of them.
const EXHIBITS_MAX: usize = 49;

/// Everything that is printed. The last run is the one whose results are listed per series.
pub(super) fn summarise(input: &Input, runs: &[Run], wall_s: f64) -> Option<Report> {
    let Input { keys, panel, plan, .. } = input;
    let spokesman = runs.last()?;
    let compared: Vec<usize> =
        (0..panel.len()).filter(|&index| runs.iter().all(|run| run.outcomes[index].measures.mase.is_some())).collect();
    let of_spokesman = |measure: &dyn Fn(&Outcome) -> Option<f64>| mean(spokesman.outcomes.iter().map(measure));
    let ends = |index: usize| {
        // The origin is the last value known; the first one forecast comes a step later.
        let known = |series: &RegularSeries| series.timestamp_ms(origin(plan, series.len(), index)) - series.step_ms;
        panel.iter().map(known).max().unwrap_or(0)
    };
    Some(Report {
        model: spokesman.name.clone(),
        horizon: plan.horizon,
        stride: plan.stride,
        origins: plan.origins,
        season: plan.season,
        refit_every: plan.refit_every,
        step_ms: panel.first()?.step_ms,
        data_ms: [
            panel.iter().map(|series| series.start_ms).min()?,
            panel.iter().filter_map(RegularSeries::origin_ms).max()?,
        ],
        origins_ms: [ends(0), ends(plan.origins - 1)],
        mase: of_spokesman(&|one| one.measures.mase),
        mase_seasonal_naive: of_spokesman(&|one| one.mase_seasonal_naive),
        coverage: of_spokesman(&|one| one.measures.coverage),
        pinball: of_spokesman(&|one| one.measures.pinball),
        leaderboard: leaderboard(runs, &compared),
        series_compared: compared.len(),
        series: keys.iter().enumerate().map(|(index, key)| row(key, index, runs, spokesman)).collect(),
        exhibits: exhibits(keys, panel, plan, spokesman),
        wall_s,
    })
}

/// Index of the first value forecast from an origin.
fn origin(plan: &BacktestPlan, length: usize, index: usize) -> usize {
    length - plan.horizon - (plan.origins - 1 - index) * plan.stride
}

fn leaderboard(runs: &[Run], compared: &[usize]) -> Vec<Standing> {
    let mut standings: Vec<Standing> = runs.iter().map(|run| standing(run, runs, compared)).collect();
    let error = |one: &Standing| one.measures.mase.unwrap_or(f64::INFINITY);
    standings.sort_by(|a, b| error(a).total_cmp(&error(b)));
    standings.iter_mut().enumerate().for_each(|(index, one)| one.rank = index + 1);
    standings
}

fn standing(run: &Run, runs: &[Run], compared: &[usize]) -> Standing {
    let outcomes = || compared.iter().map(|&index| &run.outcomes[index]);
    let average = |measure: &dyn Fn(&Measures) -> Option<f64>| mean(outcomes().map(|one| measure(&one.measures)));
    let error = |run: &Run, index: usize| run.outcomes[index].measures.mase.unwrap_or(f64::INFINITY);
    let unbeaten = |index: usize| {
        let rivals = runs.iter().filter(|one| one.name != select::AUTO);
        rivals.map(|one| error(one, index)).fold(f64::INFINITY, f64::min) >= error(run, index)
    };
    Standing {
        rank: 0,
        model: run.name.clone(),
        measures: Measures {
            mase: average(&|one| one.mase),
            mae: average(&|one| one.mae),
            smape: average(&|one| one.smape),
            coverage: average(&|one| one.coverage),
            pinball: average(&|one| one.pinball),
        },
        mase_median: median(outcomes().map(|one| one.measures.mase)),
        best_on: compared.iter().filter(|&&index| unbeaten(index)).count(),
        wall_s: run.wall_s,
        mase_by_step: mean_by_step(outcomes().map(|one| one.scaled_error_by_step.as_slice())),
        coverage_by_step: mean_by_step(outcomes().map(|one| one.coverage_by_step.as_slice())),
    }
}

fn row(series: &SeriesKey, index: usize, runs: &[Run], spokesman: &Run) -> Row {
    let outcome = &spokesman.outcomes[index];
    Row {
        series: series.clone(),
        model: outcome.model.clone(),
        measures: outcome.measures,
        mase_seasonal_naive: outcome.mase_seasonal_naive,
        error_by_step: outcome.error_by_step.clone(),
        candidates: spokesman.tryouts.get(index).cloned().unwrap_or_default(),
        contestants: runs.iter().map(|run| (run.name.clone(), run.outcomes[index].measures)).collect(),
        note: outcome.note.clone(),
    }
}

/// All series from the best to the worst, or some that are spread evenly over those with a MASE.
fn exhibits(keys: &[SeriesKey], panel: &[RegularSeries], plan: &BacktestPlan, run: &Run) -> Vec<Exhibit> {
    let mut order: Vec<usize> = (0..keys.len()).filter(|&index| !run.outcomes[index].forecasts.is_empty()).collect();
    let error = |index: &usize| run.outcomes[*index].measures.mase.unwrap_or(f64::INFINITY);
    order.sort_by(|a, b| error(a).total_cmp(&error(b)));
    // A series without a MASE is in nobody's ranking.
    let ranked = order.iter().filter(|index| error(index).is_finite()).count();
    let last = ranked.saturating_sub(1);
    let places: Vec<usize> = if order.len() <= EXHIBITS_MAX {
        (0..order.len()).collect()
    } else {
        let mut spread: Vec<usize> = (0..EXHIBITS_MAX).map(|at| at * last / (EXHIBITS_MAX - 1)).collect();
        spread.dedup();
        spread
    };
    let standing = |place: usize| match place {
        _ if ranked <= 3 => None,
        0 => Some("best"),
        _ if place == last / 2 => Some("median"),
        _ if place == last => Some("worst"),
        _ => None,
    };
    let exhibit = |place: usize| {
        let index = order[place];
        let rank = (place < ranked).then_some(place + 1);
        let exhibit = exhibit(&keys[index], &panel[index], plan, run, index);
        Exhibit { rank, standing: standing(place), ..exhibit }
    };
    places.into_iter().map(exhibit).collect()
}

fn exhibit(key: &SeriesKey, series: &RegularSeries, plan: &BacktestPlan, run: &Run, index: usize) -> Exhibit {
    let outcome = &run.outcomes[index];
    let first = origin(plan, series.len(), 0).max(series.len().saturating_sub(EXHIBIT_STEPS));
    let mut forecast = vec![vec![f64::NAN; series.len() - first]; LEVELS.len()];
    // Where forecasts overlap the later one, which knew more, is shown: ascending origins overwrite.
    for made in &outcome.forecasts {
        for (row, quantile) in forecast.iter_mut().zip(&made.quantiles) {
            for (ahead, value) in quantile.iter().enumerate() {
                if let Some(cell) = (made.origin + ahead).checked_sub(first).and_then(|at| row.get_mut(at)) {
                    *cell = *value;
                }
            }
        }
    }
    Exhibit {
        series: key.clone(),
        rank: None,
        standing: None,
        model: outcome.model.clone(),
        mase: outcome.measures.mase,
        start_ms: series.timestamp_ms(first),
        actual: series.values[first..].to_vec(),
        forecast,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tidecast_forecast::backtest::PastForecast;

    fn run(name: &str, errors: &[Option<f64>], wall_s: f64) -> Run {
        let outcome = |mase: &Option<f64>| Outcome {
            model: Some(name.to_owned()),
            note: None,
            measures: Measures { mase: *mase, ..Measures::default() },
            mase_seasonal_naive: Some(1.0),
            error_by_step: Vec::new(),
            scaled_error_by_step: mase.iter().copied().collect(),
            coverage_by_step: vec![0.8],
            forecasts: Vec::new(),
        };
        Run { name: name.to_owned(), outcomes: errors.iter().map(outcome).collect(), tryouts: Vec::new(), wall_s }
    }

    #[test]
    fn exhibits_are_spread_from_the_best_to_the_worst() {
        for (series, shown) in [(1, 1), (4, 4), (49, 49), (50, 49), (1_000, 49)] {
            let mut ridge = run("ridge", &(0..series).map(|at| Some(at as f64)).collect::<Vec<_>>(), 0.0);
            let made = || PastForecast { origin: 2, quantiles: vec![vec![1.0]; LEVELS.len()] };
            ridge.outcomes.iter_mut().for_each(|outcome| outcome.forecasts.push(made()));
            // One that has no MASE.
            ridge.outcomes[series / 3].measures.mase = (series < 4).then_some(0.0);
            let keys = vec!["power".parse().unwrap(); series];
            let panel = vec![RegularSeries { start_ms: 0, step_ms: 1, values: vec![1.0; 3] }; series];
            let plan = BacktestPlan { horizon: 1, stride: 1, origins: 1, season: 1, refit_every: None };
            let exhibits = exhibits(&keys, &panel, &plan, &ridge);
            assert_eq!(exhibits.len(), shown);
            let names: Vec<&str> = exhibits.iter().filter_map(|one| one.standing).collect();
            let ranks: Vec<usize> = exhibits.iter().filter_map(|one| one.rank).collect();
            assert!(ranks.is_sorted() && ranks[0] == 1, "{ranks:?}");
            if series > 4 {
                assert_eq!(names, ["best", "median", "worst"], "{series}");
                assert_eq!(ranks.last(), Some(&(series - 1)));
            }
        }
    }

    #[test]
    fn contestants_are_ranked_on_the_series_that_all_have() {
        let runs = [
            run("naive", &[Some(1.0), Some(1.0), Some(0.1)], 0.1),
            run("ridge", &[Some(0.5), Some(0.9), None], 1.0),
            run("auto", &[Some(0.5), Some(0.9), Some(0.1)], 2.0),
        ];
        let board = leaderboard(&runs, &[0, 1]);
        let names: Vec<(usize, &str, usize)> = board.iter().map(|one| (one.rank, &*one.model, one.best_on)).collect();
        assert_eq!(names, [(1, "ridge", 2), (2, "auto", 2), (3, "naive", 0)]);
        assert_eq!(board[0].measures.mase, Some(0.7));
        assert_eq!(board[0].mase_by_step, [Some(0.7)]);
        assert_eq!(board[2].mase_median, Some(1.0));
    }
}
