//! Integration tests of forecasting: accuracy, hostile series, honesty of the backtest, selection, saving and the
//! registry.
#![expect(clippy::unwrap_used, reason = "a step that fails fails the test")]

mod accuracy;
mod artifact;
mod backtest;
mod hostile;
mod known_ahead;
mod linear;
mod lstm;
mod registry;
mod select;
mod trees;
mod tune;

use std::sync::atomic::AtomicBool;
use tidecast_core::series::RegularSeries;
use tidecast_forecast::models::{self, Control, FitError, FitSettings};
use tidecast_forecast::training::{self, Trained};

const HOUR_MS: i64 = 3_600_000;
fn settings() -> FitSettings {
    FitSettings { horizon: 24, seed: 1, ..FitSettings::default() }
}

fn hourly(values: Vec<f64>) -> RegularSeries {
    RegularSeries { start_ms: 0, step_ms: HOUR_MS, values }
}

/// A day and a week with a little noise that depends on the seed alone.
fn daily(length: usize, seed: u64) -> Vec<f64> {
    let mut state = seed;
    (0..length)
        .map(|hour| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let noise = (state >> 40) as f64 / f64::from(1 << 24);
            let day = (hour as f64 / 24.0 * std::f64::consts::TAU).sin();
            let weekend = if (hour / 24) % 7 >= 5 { 3.0 } else { 0.0 };
            20.0 + 5.0 * day + weekend + noise
        })
        .collect()
}

fn train(model: &str, panel: &[RegularSeries]) -> Vec<Result<Trained, FitError>> {
    let stop = AtomicBool::new(false);
    let control = Control { stop: &stop, progress: &|_| () };
    training::train(models::by_name(model).unwrap(), panel, &settings(), &control)
}
