//! Selection: the better model wins by a margin, reasons are kept, nothing is fitted twice, progress only rises.

use crate::{daily, hourly, settings};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use tidecast_core::series::RegularSeries;
use tidecast_forecast::artifact::{Artifact, LoadError};
use tidecast_forecast::models::ridge::Ridge;
use tidecast_forecast::models::seasonal_naive::SeasonalNaive;
use tidecast_forecast::models::{Control, FitResult, FitSettings, Fitted, Model};
use tidecast_forecast::score::Score;
use tidecast_forecast::season::Cycle;
use tidecast_forecast::select::{self, Choice};

fn choose(candidates: &[&dyn Model], values: Vec<f64>, progress: &(dyn Fn(f64) + Sync)) -> Choice {
    let stop = AtomicBool::new(false);
    let control = Control { stop: &stop, progress };
    select::choose(candidates, &[hourly(values)], &settings(), &control).pop().unwrap().unwrap()
}

#[test]
fn the_challenger_must_be_better_by_a_margin() {
    let score = |[mase, mase_seasonal_naive]: [f64; 2]| Score {
        mase,
        mase_seasonal_naive,
        coverage: None,
        pinball: None,
        origins: 1,
        from_ms: 0,
        to_ms: 1,
    };
    #[track_caller]
    fn check(champion: Option<Score>, challenger: Option<Score>, expected: bool) {
        assert_eq!(select::takes_over(champion.as_ref(), challenger.as_ref()), expected);
    }
    check(None, None, false);
    check(None, Some(score([9.0, 1.0])), true);
    check(Some(score([9.0, 1.0])), None, false);
    check(Some(score([0.8, 1.0])), Some(score([0.8, 1.0])), false);
    check(Some(score([0.8, 1.0])), Some(score([0.795, 1.0])), false);
    check(Some(score([0.8, 1.0])), Some(score([0.78, 1.0])), true);
    // Better in absolute terms, but on easier days.
    check(Some(score([0.8, 1.0])), Some(score([0.7, 0.8])), false);
}

#[test]
fn the_better_model_wins_and_all_scores_are_told() {
    let choice = choose(&[&SeasonalNaive, &Ridge], daily(2_500, 1), &|_| ());
    assert_eq!(choice.trained.forecaster.model(), "ridge");
    let names: Vec<&str> = choice.candidates.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["seasonal_naive", "ridge"]);
    let scores: Vec<f64> = choice.candidates.iter().map(|(_, score)| score.unwrap().mase).collect();
    assert!(scores[1] < 0.95 * scores[0], "{scores:?}");
    assert_eq!(choice.trained.score, choice.candidates[1].1);
}

#[test]
fn a_candidate_that_degraded_leaves_its_reason() {
    let choice = choose(&[&SeasonalNaive, &Ridge], daily(100, 2), &|_| ());
    assert_eq!(choice.trained.forecaster.model(), "seasonal_naive");
    let note = choice.trained.note.unwrap();
    assert!(note.contains("ridge needs 240 values and the series has 100"), "{note}");
}

/// Ridge regression that passes for iterative and counts how often it is fitted.
struct Counted(AtomicUsize);

static COUNTED: Counted = Counted(AtomicUsize::new(0));
static MEMBERS: [&dyn Model; 1] = [&COUNTED];

impl Model for Counted {
    fn name(&self) -> &'static str {
        "counted"
    }

    fn is_iterative(&self) -> bool {
        true
    }

    fn minimum_history(&self, cycle: Cycle) -> usize {
        Ridge.minimum_history(cycle)
    }

    fn fit(&self, panel: &[RegularSeries], settings: &FitSettings, control: &Control<'_>) -> Vec<FitResult> {
        self.0.fetch_add(1, Ordering::Relaxed);
        (control.progress)(0.5);
        Ridge.fit(panel, settings, control)
    }

    fn load(&self, artifact: &Artifact) -> Result<Arc<dyn Fitted>, LoadError> {
        Ridge.load(artifact)
    }
}

/// Gives on what its only member fitted.
struct Echo;

impl Model for Echo {
    fn name(&self) -> &'static str {
        "echo"
    }

    fn is_iterative(&self) -> bool {
        true
    }

    fn minimum_history(&self, cycle: Cycle) -> usize {
        COUNTED.minimum_history(cycle)
    }

    fn members(&self) -> &'static [&'static dyn Model] {
        &MEMBERS
    }

    fn fit(&self, panel: &[RegularSeries], settings: &FitSettings, control: &Control<'_>) -> Vec<FitResult> {
        COUNTED.fit(panel, settings, control)
    }

    fn load(&self, artifact: &Artifact) -> Result<Arc<dyn Fitted>, LoadError> {
        COUNTED.load(artifact)
    }
}

#[test]
fn what_candidates_share_is_fitted_once_and_progress_rises_to_one() {
    let seen = Mutex::new(vec![0.0]);
    let progress = |share: f64| seen.lock().unwrap().push(share);
    let choice = choose(&[&SeasonalNaive, &Ridge, &COUNTED, &Echo], daily(1_500, 3), &progress);
    assert_eq!(COUNTED.0.load(Ordering::Relaxed), 1);
    assert_eq!(choice.candidates[2].1, choice.candidates[3].1);
    let seen = seen.into_inner().unwrap();
    assert!(seen.is_sorted() && seen.len() > 6, "{seen:?}");
    assert!((seen[seen.len() - 1] - 1.0).abs() < 1e-9, "{seen:?}");
}

#[test]
fn a_standing_champion_is_scored_on_the_newest_days() {
    let long = hourly(daily(2_500, 1));
    let trained = crate::train("ridge", &[long.truncated(2_000)]).pop().unwrap().unwrap();
    let saved = [Some(trained.forecaster.save()), None, Some(b"no model".to_vec())];
    let panel = [long.clone(), long.clone(), long.clone()];
    let scores = tidecast_forecast::training::rescore(&saved, &panel, &settings());
    let fresh = crate::train("ridge", &[long]).pop().unwrap().unwrap().score.unwrap();
    let standing = scores[0].unwrap();
    assert_eq!((standing.from_ms, standing.to_ms), (fresh.from_ms, fresh.to_ms), "the same stretch");
    assert!((standing.mase / fresh.mase - 1.0).abs() < 0.1, "{} {}", standing.mase, fresh.mase);
    assert_eq!(scores[1..], [None, None]);
}
