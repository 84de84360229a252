//! Series that break models: every forecast is finite and ordered, and a simpler model says why it answers.

use crate::{HOUR_MS, daily, hourly, settings, train};
use std::sync::atomic::AtomicBool;
use tidecast_core::series::RegularSeries;
use tidecast_forecast::models::{self, Control, FitError, FitSettings};
use tidecast_forecast::training::{self, Trained};

const LEVELS: [f64; 5] = [0.05, 0.1, 0.5, 0.9, 0.95];

/// Series by name.
fn hostile() -> Vec<(&'static str, Vec<f64>)> {
    let mut gaps = daily(2_500, 2);
    gaps[100..600].fill(f64::NAN);
    gaps[2_300..].fill(f64::NAN);
    let mut spikes = daily(2_500, 3);
    for at in [500, 1_700, 2_499] {
        spikes[at] = 1e12;
    }
    vec![
        ("one value", vec![3.0]),
        ("three values", vec![3.0, 4.0, 5.0]),
        ("constant", vec![5.0; 2_500]),
        ("zero", vec![0.0; 400]),
        ("negative", daily(2_500, 1).iter().map(|value| -value).collect()),
        ("mostly zero", (0..2_500).map(|i| if i % 97 == 0 { 9.0 } else { 0.0 }).collect()),
        ("gaps of weeks", gaps),
        ("spikes", spikes),
        ("huge", daily(2_500, 4).iter().map(|value| value * 1e300).collect()),
    ]
}

#[track_caller]
fn check(name: &str, mut trained: Trained) {
    let model = trained.forecaster.model().to_owned();
    trained.forecaster.update(&[f64::NAN, 1e12, f64::INFINITY, -3.0]);
    for horizon in [1, 24, 60] {
        let rows = trained.forecaster.predict(horizon, &LEVELS);
        assert!(rows.iter().flatten().all(|value| value.is_finite()), "{name}: {model}");
        assert!(rows.iter().all(|row| row.len() == horizon), "{name}: {model}");
        for pair in rows.windows(2) {
            assert!(pair[0].iter().zip(&pair[1]).all(|(low, high)| low <= high), "{name}: {model} crosses");
        }
    }
    let restored = training::load(&trained.forecaster.save()).unwrap();
    assert_eq!(restored.predict(30, &LEVELS), trained.forecaster.predict(30, &LEVELS), "{name}: {model}");
}

/// Alone, and all in one panel, where models that learn across series see them together.
#[test]
fn every_forecast_is_finite_and_ordered() {
    for (name, values) in hostile() {
        for model in ["seasonal_naive", "theta", "ets", "mstl", "ridge", "linear", "autoregression"] {
            check(name, train(model, &[hourly(values.clone())]).pop().unwrap().unwrap());
        }
    }
    // Two hours a step: the season of 12 makes the network's window, and this test, short.
    let two_hourly = |values| RegularSeries { step_ms: 2 * HOUR_MS, ..hourly(values) };
    let (names, panel): (Vec<&str>, Vec<RegularSeries>) =
        hostile().into_iter().map(|(name, values)| (name, two_hourly(values))).unzip();
    let settings = FitSettings { horizon: 6, ..settings() };
    let stop = AtomicBool::new(false);
    let control = Control { stop: &stop, progress: &|_| () };
    for results in training::train_all(models::catalogue(), &panel, &settings, &control) {
        for (name, result) in names.iter().zip(results) {
            check(name, result.unwrap());
        }
    }
}

#[test]
fn a_spike_does_not_become_tomorrow() {
    let mut values = daily(2_500, 5);
    values[2_490] = 1e12;
    let trained = train("ridge", &[hourly(values)]).pop().unwrap().unwrap();
    let median = trained.forecaster.predict(24, &[0.5]).remove(0);
    assert!(median.iter().all(|value| (0.0..500.0).contains(value)), "{median:?}");
}

#[test]
fn nothing_known_is_an_error_of_its_own_series_only() {
    let results = train("ridge", &[hourly(vec![f64::NAN; 50]), hourly(daily(100, 6)), hourly(Vec::new())]);
    assert!(matches!(results[0], Err(FitError::NoValues)));
    assert!(results[1].is_ok());
    assert!(matches!(results[2], Err(FitError::NoValues)));
}

#[test]
fn short_histories_say_who_answers() {
    let trained = train("ridge", &[hourly(daily(100, 7))]).pop().unwrap().unwrap();
    assert_eq!(trained.forecaster.model(), "seasonal_naive");
    let note = trained.note.unwrap();
    assert!(note.contains("ridge needs 240 values and the series has 100"), "{note}");
}

#[test]
fn a_known_pattern_is_found() {
    let values = daily(2_600, 8);
    let trained = train("ridge", &[hourly(values[..2_576].to_vec())]).pop().unwrap().unwrap();
    let rows = trained.forecaster.predict(24, &[0.1, 0.5, 0.9]);
    let worst = rows[1].iter().zip(&values[2_576..]).map(|(f, a)| (f - a).abs()).fold(0.0, f64::max);
    assert!(worst < 1.0, "{worst}");
    let score = trained.score.unwrap();
    assert!(score.coverage.is_some_and(|coverage| (0.7..0.9).contains(&coverage)), "{score:?}");
}

#[test]
fn an_unknown_model_lists_the_known() {
    let message = models::by_name("prophet").err().unwrap().to_string();
    assert!(message.starts_with("`prophet` is not a model; known models: auto, seasonal_naive, theta, "), "{message}");
}

#[test]
fn a_stopped_fit_ends() {
    let stop = AtomicBool::new(true);
    let control = Control { stop: &stop, progress: &|_| () };
    for model in ["theta", "ets", "mstl", "ridge", "linear", "autoregression", "lstm", "ensemble"] {
        let model = models::by_name(model).unwrap();
        let result = training::train(model, &[hourly(daily(2_500, 9))], &settings(), &control).pop().unwrap();
        assert!(matches!(result, Err(FitError::Cancelled)));
    }
}
