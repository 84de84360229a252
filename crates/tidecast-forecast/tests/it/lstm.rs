//! The LSTM and the ensemble with it: trained once, saved, loaded and fed on.

use crate::{HOUR_MS, daily, settings};
use std::sync::Mutex;
use std::sync::atomic::AtomicBool;
use tidecast_core::series::RegularSeries;
use tidecast_forecast::models::ensemble::Ensemble;
use tidecast_forecast::models::lstm::Lstm;
use tidecast_forecast::models::{Control, FitSettings};
use tidecast_forecast::training;

const LEVELS: [f64; 3] = [0.1, 0.5, 0.9];

#[test]
fn loaded_forecasters_go_on_as_those_saved() {
    let (stop, seen) = (AtomicBool::new(false), Mutex::new(vec![0.0]));
    let progress = |share: f64| seen.lock().unwrap().push(share);
    let control = Control { stop: &stop, progress: &progress };
    // Two hours a step: the season of 12 makes the network's window, and this test, short.
    let values: Vec<f64> = daily(3_000, 1).into_iter().step_by(2).collect();
    let known = RegularSeries { start_ms: 0, step_ms: 2 * HOUR_MS, values: values[..1_400].to_vec() };
    let settings = FitSettings { horizon: 6, ..settings() };
    let results = training::train_all(&[&Lstm, &Ensemble], &[known], &settings, &control);
    for (name, mut results) in ["lstm", "ensemble"].into_iter().zip(results) {
        let mut trained = results.pop().unwrap().unwrap();
        assert_eq!((trained.forecaster.model(), trained.note), (name, None));
        let score = trained.score.unwrap();
        assert!(score.relative_error() < 1.0, "{name}: {score:?}");
        let bytes = trained.forecaster.save();
        let mut loaded = training::load(&bytes).unwrap();
        assert_eq!(loaded.predict(10, &LEVELS), trained.forecaster.predict(10, &LEVELS), "{name}");
        for newer in values[1_400..].chunks(25) {
            loaded.update(newer);
            trained.forecaster.update(newer);
            assert_eq!(loaded.predict(10, &LEVELS), trained.forecaster.predict(10, &LEVELS), "{name}");
        }
        for length in (0..bytes.len()).step_by(1_009) {
            assert!(training::load(&bytes[..length]).is_err(), "{name}: {length}");
        }
    }
    let seen = seen.into_inner().unwrap();
    assert!(seen.is_sorted() && seen.len() > 100, "{seen:?}");
    assert!((seen[seen.len() - 1] - 1.0).abs() < 1e-9);
}
