//! Boards: who serves a series, who competes, as the API and the console show it.

use super::served::Served;
use crate::runtime::live::{Accuracy, Board, Candidate, CandidateState};
use std::collections::BTreeMap;
use tidecast_core::forecast::ModelVersion;
use tidecast_core::series::SeriesKey;
use tidecast_forecast::models::Model;
use tidecast_forecast::registry::Metadata;
use tidecast_forecast::score::Score;

/// The board of a series after its first choice; `queued` are still to be tried.
pub(super) fn first(served: &Served, scores: &[(String, Option<Score>)], queued: &[&'static dyn Model]) -> Board {
    let mut board = of_champion(served);
    board.candidates = scores.iter().map(|(model, score)| candidate(model, score.as_ref())).collect();
    board.candidates.extend(queued.iter().map(|model| waiting(model.name())));
    crown(&mut board, served);
    board
}

/// The board of a series whose champion came from the registry: the newest version of every model is a candidate.
pub(super) fn resumed(served: &Served, versions: Vec<Metadata>, slow: &[&'static dyn Model]) -> Board {
    let newest: BTreeMap<String, Metadata> =
        versions.into_iter().map(|metadata| (metadata.version.model.clone(), metadata)).collect();
    // Slow candidates are trained together and only the best of them is kept: one version means that all were tried.
    let tried = slow.iter().any(|model| newest.contains_key(model.name()));
    let untried: Vec<Candidate> = slow.iter().filter(|_| !tried).map(|model| waiting(model.name())).collect();
    let mut board = of_champion(served);
    board.candidates = newest
        .into_values()
        .map(|metadata| Candidate {
            version: Some(metadata.version.version),
            fitted_ms: Some(metadata.description.fitted_at_ms),
            ..candidate(&metadata.version.model, metadata.description.score.as_ref())
        })
        .chain(untried)
        .collect();
    crown(&mut board, served);
    board
}

/// The board of a series that cannot be forecast.
pub(super) fn failed(series: &SeriesKey, step_ms: i64, reason: &str) -> Board {
    Board {
        series: series.clone(),
        champion: None,
        note: Some(reason.to_owned()),
        season: 0,
        step_ms,
        backtest: None,
        live: None,
        drift: None,
        challenger: None,
        candidates: Vec::new(),
    }
}

fn of_champion(served: &Served) -> Board {
    Board {
        series: served.series.clone(),
        champion: Some(served.champion.version.clone()),
        note: served.note(),
        season: served.season as u64,
        step_ms: served.step_ms(),
        backtest: served.champion.score.as_ref().map(accuracy),
        live: served.live_accuracy(),
        drift: served.drift().map(Into::into),
        challenger: None,
        candidates: Vec::new(),
    }
}

/// Puts the scores of a later choice on a board.
pub(super) fn rescore(board: &mut Board, scores: &[(String, Option<Score>)]) {
    for (model, score) in scores {
        let new = candidate(model, score.as_ref());
        match board.candidates.iter_mut().find(|have| have.model == *model) {
            Some(have) => *have = Candidate { version: have.version, fitted_ms: have.fitted_ms, ..new },
            None => board.candidates.push(new),
        }
    }
}

/// Says which version of a model was fitted when.
pub(super) fn versioned(board: &mut Board, version: &ModelVersion, fitted_ms: i64) {
    for have in board.candidates.iter_mut().filter(|have| have.model == version.model) {
        have.version = Some(version.version);
        have.fitted_ms = Some(fitted_ms);
    }
}

/// Says who answers from now on.
pub(super) fn crown(board: &mut Board, served: &Served) {
    let champion = &served.champion;
    board.champion = Some(champion.version.clone());
    board.note = served.note();
    board.drift = served.drift().map(Into::into);
    board.backtest = champion.score.as_ref().map(accuracy);
    board.season = served.season as u64;
    for have in &mut board.candidates {
        let wins = have.model == champion.version.model;
        have.state = match have.state {
            _ if wins => CandidateState::Champion,
            CandidateState::Champion => CandidateState::Challenger,
            other => other,
        };
    }
    versioned(board, &champion.version, champion.fitted_ms);
    board.challenger = challenger(board);
}

/// The newest fitted version that competes.
fn challenger(board: &Board) -> Option<ModelVersion> {
    let competes = |have: &&Candidate| have.state == CandidateState::Challenger && have.mase.is_some();
    let fitted = board.candidates.iter().filter(competes).filter(|have| have.version.is_some());
    let newest = fitted.max_by_key(|have| have.fitted_ms)?;
    Some(ModelVersion { model: newest.model.clone(), version: newest.version? })
}

/// Lets candidates whose training came to nothing wait again.
pub(super) fn requeue(board: &mut Board) {
    for have in board.candidates.iter_mut().filter(|have| have.state == CandidateState::Training) {
        have.state = CandidateState::Queued;
        have.progress = None;
    }
}

/// Says why a model does not compete.
pub(super) fn unsuitable(board: &mut Board, model: &str, reason: &str) {
    for have in board.candidates.iter_mut().filter(|have| have.model == model) {
        *have = Candidate { state: CandidateState::Failed, reason: Some(reason.to_owned()), ..waiting(model) };
    }
}

fn candidate(model: &str, score: Option<&Score>) -> Candidate {
    Candidate {
        state: CandidateState::Challenger,
        mase: score.map(|score| score.mase),
        coverage: score.and_then(|score| score.coverage),
        ..waiting(model)
    }
}

fn waiting(model: &str) -> Candidate {
    Candidate {
        model: model.to_owned(),
        version: None,
        state: CandidateState::Queued,
        mase: None,
        coverage: None,
        fitted_ms: None,
        progress: None,
        reason: None,
    }
}

fn accuracy(score: &Score) -> Accuracy {
    Accuracy {
        mase: score.mase,
        mase_seasonal_naive: score.mase_seasonal_naive,
        coverage: score.coverage,
        origins: score.origins as u64,
    }
}
