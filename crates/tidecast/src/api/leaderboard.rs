//! How the models stand across all series: who answers for how many, and how good each was where it was tried.

use super::context::Context;
use super::extract::Query;
use super::series::Selection;
use crate::runtime::live::{Board, CandidateState};
use axum::Json;
use axum::extract::State;
use serde::Serialize;
use std::collections::BTreeMap;
use std::sync::Arc;
use tidecast_connect::http::wire::ErrorBody;
use utoipa::ToSchema;

/// Models across series.
#[derive(Serialize, ToSchema)]
pub(super) struct Leaderboard {
    /// Series that match and have models.
    series: usize,
    /// By how many series they answer for, then by error.
    models: Vec<ModelStanding>,
}

/// One model across series.
#[derive(Debug, Default, PartialEq, Serialize, ToSchema)]
struct ModelStanding {
    /// The model's name.
    model: String,
    /// Series for which it answers.
    champion: usize,
    /// Series for which it was fitted and is not the champion.
    challenger: usize,
    /// Series for which it is being fitted.
    training: usize,
    /// Series for which it waits to be fitted.
    queued: usize,
    /// Series for which it could not be fitted.
    failed: usize,
    /// Series in the means.
    measured: usize,
    /// Mean over series of its backtest MASE.
    mase_mean: Option<f64>,
    /// Median over series of its backtest MASE.
    mase_median: Option<f64>,
    /// Mean over series of its backtest coverage, 0 to 1.
    coverage: Option<f64>,
}

/// The models across all series that match.
#[utoipa::path(get, path = "/v1/leaderboard", tag = "forecasts", params(Selection),
    responses((status = 200, body = Leaderboard), (status = "default", body = ErrorBody)))]
pub(super) async fn leaderboard(
    State(context): State<Arc<Context>>,
    Query(query): Query<Selection>,
) -> Json<Leaderboard> {
    let boards = context.state.live.boards(&query.selector);
    Json(Leaderboard { series: boards.len(), models: standings(&boards) })
}

#[derive(Default)]
struct Tally {
    standing: ModelStanding,
    errors: Vec<f64>,
    coverages: Vec<f64>,
}

fn standings(boards: &[Board]) -> Vec<ModelStanding> {
    let mut tallies: BTreeMap<&str, Tally> = BTreeMap::new();
    for candidate in boards.iter().flat_map(|board| &board.candidates) {
        let tally = tallies.entry(&candidate.model).or_default();
        match candidate.state {
            CandidateState::Champion => tally.standing.champion += 1,
            CandidateState::Challenger => tally.standing.challenger += 1,
            CandidateState::Training => tally.standing.training += 1,
            CandidateState::Queued => tally.standing.queued += 1,
            CandidateState::Failed => tally.standing.failed += 1,
        }
        tally.errors.extend(candidate.mase.filter(|mase| mase.is_finite()));
        tally.coverages.extend(candidate.coverage.filter(|coverage| coverage.is_finite()));
    }
    let mut standings: Vec<ModelStanding> = tallies.into_iter().map(|(model, tally)| tally.sum_up(model)).collect();
    let error = |one: &ModelStanding| one.mase_mean.unwrap_or(f64::INFINITY);
    standings.sort_by(|a, b| b.champion.cmp(&a.champion).then(error(a).total_cmp(&error(b))));
    standings
}

impl Tally {
    fn sum_up(mut self, model: &str) -> ModelStanding {
        self.errors.sort_unstable_by(f64::total_cmp);
        let mean = |values: &[f64]| (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64);
        let middle = self.errors.len() / 2;
        let median = self.errors.get(middle).map(|upper| {
            let lower = if self.errors.len().is_multiple_of(2) { self.errors[middle - 1] } else { *upper };
            f64::midpoint(lower, *upper)
        });
        ModelStanding {
            model: model.to_owned(),
            measured: self.errors.len(),
            mase_mean: mean(&self.errors),
            mase_median: median,
            coverage: mean(&self.coverages),
            ..self.standing
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::runtime::live::Candidate;

    fn candidate(model: &str, state: CandidateState, mase: Option<f64>) -> Candidate {
        Candidate {
            model: model.to_owned(),
            version: None,
            state,
            mase,
            coverage: mase.map(|_| 0.8),
            fitted_ms: None,
            progress: None,
            reason: None,
        }
    }

    #[test]
    fn models_are_counted_and_averaged_across_series() {
        let candidates = [("ridge", 0.5, 0.75), ("naive", 1.0, 1.5)];
        let boards = [0.0, 0.25].map(|more| Board {
            series: format!("s{}", more * 100.0).parse().unwrap(),
            champion: None,
            note: None,
            season: 24,
            step_ms: 1,
            backtest: None,
            live: None,
            drift: None,
            challenger: None,
            candidates: candidates
                .iter()
                .map(|(model, first, second)| {
                    let state = if *model == "ridge" { CandidateState::Champion } else { CandidateState::Challenger };
                    candidate(model, state, Some(if more > 0.0 { *second } else { *first }))
                })
                .chain([candidate("lstm", CandidateState::Queued, None)])
                .collect(),
        });
        let standings = standings(&boards);
        let order: Vec<(&str, usize, usize)> =
            standings.iter().map(|one| (one.model.as_str(), one.champion, one.queued)).collect();
        assert_eq!(order, [("ridge", 2, 0), ("naive", 0, 0), ("lstm", 0, 2)]);
        let errors: Vec<[Option<f64>; 2]> = standings.iter().map(|one| [one.mase_mean, one.mase_median]).collect();
        assert_eq!(errors, [[Some(0.625); 2], [Some(1.25); 2], [None; 2]]);
    }
}
