//! Tuning: finds the better setting, never twice the same trial, goes on where it stopped, and keeps to the past.

use crate::{HOUR_MS, daily, hourly, settings};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use tidecast_core::series::RegularSeries;
use tidecast_forecast::artifact::{Artifact, LoadError};
use tidecast_forecast::models::seasonal_naive::SeasonalNaive;
use tidecast_forecast::models::{Control, Fit, FitResult, FitSettings, Fitted, Model};
use tidecast_forecast::registry::{Registry, Scope, Study};
use tidecast_forecast::season::Cycle;
use tidecast_forecast::tune::{self, Finding, Trial};
use tidecast_forecast::tuned::{Knob, Tuned};

/// The value so many steps before, plus a bias: both are knobs. Counts its fits.
#[derive(Default)]
struct Lagged(AtomicUsize);

struct FittedLag {
    lag: usize,
    bias: f64,
}

static KNOBS: [Knob; 2] =
    [Knob { name: "lagged.lag", values: &[1.0, 12.0, 24.0] }, Knob { name: "lagged.bias", values: &[5.0, 0.0, -5.0] }];

impl Model for Lagged {
    fn name(&self) -> &'static str {
        "lagged"
    }

    fn is_iterative(&self) -> bool {
        false
    }

    fn minimum_history(&self, _: Cycle) -> usize {
        24
    }

    fn knobs(&self) -> &'static [Knob] {
        &KNOBS
    }

    fn fit(&self, panel: &[RegularSeries], settings: &FitSettings, _: &Control<'_>) -> Vec<FitResult> {
        self.0.fetch_add(1, Ordering::Relaxed);
        let (lag, bias) = (settings.knob("lagged.lag", 1.0) as usize, settings.knob("lagged.bias", 5.0));
        panel.iter().map(|_| Ok(Fit { fitted: Arc::new(FittedLag { lag, bias }), note: None })).collect()
    }

    fn load(&self, artifact: &Artifact) -> Result<Arc<dyn Fitted>, LoadError> {
        SeasonalNaive.load(artifact)
    }
}

impl Fitted for FittedLag {
    fn model(&self) -> &'static str {
        "lagged"
    }

    fn cycle(&self) -> Cycle {
        Cycle { short: 24, long: None }
    }

    fn memory(&self) -> usize {
        24
    }

    fn point(&self, past: tidecast_forecast::Past<'_>, horizon: usize) -> Vec<f64> {
        let recent = &past.values[past.values.len().saturating_sub(self.lag)..];
        recent.iter().cycle().take(horizon).map(|value| value + self.bias).collect()
    }

    fn save(&self, _: &mut Artifact) {}
}

fn search(model: &Lagged, known: &[Trial], stop_after: usize) -> (Option<Finding>, Vec<Trial>) {
    let sample = tune::sample(&[hourly(daily(2_000, 1)), hourly(daily(2_000, 2))], None);
    let stop = AtomicBool::new(false);
    let control = Control { stop: &stop, progress: &|_| () };
    let mut made = Vec::new();
    let model: &dyn Model = model;
    let stopping = Stopping { model, left: AtomicUsize::new(stop_after) };
    let finding = tune::search(&stopping, &sample, &settings(), known, &mut |trial| made.push(trial), &control);
    (finding, made)
}

/// Passes on so many fits, then is cancelled.
struct Stopping<'a> {
    model: &'a dyn Model,
    left: AtomicUsize,
}

impl Model for Stopping<'_> {
    fn name(&self) -> &'static str {
        self.model.name()
    }

    fn is_iterative(&self) -> bool {
        false
    }

    fn minimum_history(&self, cycle: Cycle) -> usize {
        self.model.minimum_history(cycle)
    }

    fn knobs(&self) -> &'static [Knob] {
        self.model.knobs()
    }

    fn fit(&self, panel: &[RegularSeries], settings: &FitSettings, control: &Control<'_>) -> Vec<FitResult> {
        if self.left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1)).is_err() {
            return panel.iter().map(|_| Err(tidecast_forecast::models::FitError::Cancelled)).collect();
        }
        self.model.fit(panel, settings, control)
    }

    fn load(&self, artifact: &Artifact) -> Result<Arc<dyn Fitted>, LoadError> {
        self.model.load(artifact)
    }
}

#[test]
fn the_best_of_every_knob_is_found() {
    let model = Lagged::default();
    let (finding, trials) = search(&model, &[], usize::MAX);
    let finding = finding.unwrap();
    let mut expected = Tuned::none();
    expected.set("lagged.bias", 0.0);
    expected.set("lagged.lag", 24.0);
    assert_eq!(finding.tuned, expected);
    assert!(finding.mase < 0.5 * finding.mase_default && finding.is_complete, "{finding:?}");
    assert!(finding.trials <= tune::trials_max(&model));
    assert_eq!(
        trials.len(),
        model.0.load(Ordering::Relaxed),
        "each trial is one fit: of the past before the held-back part"
    );
}

#[test]
fn a_search_goes_on_where_it_stopped() {
    let whole = search(&Lagged::default(), &[], usize::MAX);
    for stop_after in 0..whole.1.len() {
        let (early, known) = search(&Lagged::default(), &[], stop_after);
        assert_eq!(known, whole.1[..stop_after]);
        assert_eq!(early.is_some(), stop_after > 0);
        assert!(early.is_none_or(|finding| !finding.is_complete));
        let model = Lagged::default();
        let (finding, rest) = search(&model, &known, usize::MAX);
        assert_eq!(finding, whole.0);
        assert_eq!(rest, whole.1[stop_after..]);
        assert_eq!(model.0.load(Ordering::Relaxed), whole.1.len() - stop_after);
    }
}

#[test]
fn the_held_back_part_changes_nothing() {
    let values = daily(2_000, 1);
    let mut other = values.clone();
    // A quarter is held back.
    other[1_500..].iter_mut().for_each(|value| *value = 100.0 - *value);
    let score = |values: Vec<f64>| {
        let stop = AtomicBool::new(false);
        let control = Control { stop: &stop, progress: &|_| () };
        let panel = [hourly(values)];
        let scores = tidecast_forecast::training::validate(&SeasonalNaive, &panel, &settings(), &control);
        scores.into_iter().next().unwrap().unwrap().unwrap()
    };
    assert_eq!(score(values), score(other));
}

#[test]
fn the_sample_stays_the_same_through_a_day() {
    let of = |length: usize| {
        let sample = tune::sample(&[hourly(daily(length, 1))], None);
        tune::fingerprint(&sample, &settings())
    };
    assert_eq!(of(2_400), of(2_423));
    assert_ne!(of(2_400), of(2_424));
    let sample = tune::sample(&[hourly(daily(2_400, 1))], None);
    let other = FitSettings { horizon: 48, ..settings() };
    assert_ne!(tune::fingerprint(&sample, &settings()), tune::fingerprint(&sample, &other));
    assert!(tune::sample(&vec![hourly(daily(30, 1)); 1_000], None).len() <= 64);
    assert!(tune::sample(&[], None).is_empty());
}

#[test]
fn studies_are_kept_by_scope() {
    let directory = tempfile::tempdir().unwrap();
    let registry = Registry::open(directory.path()).unwrap();
    let scope = |horizon| Scope { selector: "power".to_owned(), step_ms: HOUR_MS, horizon, season: None };
    let mut tuned = Tuned::none();
    tuned.set("lagged.lag", 24.0);
    let finding = Finding { tuned: tuned.clone(), mase: 0.5, mase_default: 0.6, trials: 3, is_complete: true };
    let study =
        Study { updated_ms: 5, findings: BTreeMap::from([("lagged".to_owned(), finding)]), ..Study::new(scope(24)) };
    registry.put_study(&study).unwrap();
    registry.put_study(&Study::new(scope(48))).unwrap();
    registry.put_study(&Study { updated_ms: 6, ..study.clone() }).unwrap();
    let studies = registry.studies().unwrap();
    assert_eq!(
        studies.iter().map(|study| (study.scope.horizon, study.updated_ms)).collect::<Vec<_>>(),
        [(24, 6), (48, 0)]
    );
    assert_eq!(studies[0].tuned(), tuned);
    assert!(studies[0].scope.suits(HOUR_MS, &settings()) && !studies[1].scope.suits(HOUR_MS, &settings()));
    assert!(registry.series().unwrap().is_empty() && registry.load_champions().unwrap().is_empty());
}
