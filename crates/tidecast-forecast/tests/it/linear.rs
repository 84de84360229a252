//! The linear models: what they must find, and what must not matter to them.

use crate::{daily, hourly};
use std::f64::consts::TAU;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use tidecast_core::series::RegularSeries;
use tidecast_forecast::Past;
use tidecast_forecast::artifact::Artifact;
use tidecast_forecast::models::{self, Control, FitSettings, Fitted};

const MODELS: [&str; 2] = ["linear", "autoregression"];
const HORIZON: usize = 24;

fn fit(model: &str, panel: &[RegularSeries], penalties: f64) -> Vec<Arc<dyn Fitted>> {
    let mut settings = FitSettings { horizon: HORIZON, seed: 1, ..FitSettings::default() };
    if penalties > 0.0 {
        for knob in ["linear.penalty", "linear.own_penalty", "autoregression.penalty"] {
            settings.tuned.set(knob, penalties);
        }
    }
    let stop = AtomicBool::new(false);
    let control = Control { stop: &stop, progress: &|_| () };
    let fits = models::by_name(model).unwrap().fit(panel, &settings, &control);
    fits.into_iter().map(|fit| fit.unwrap()).inspect(|fit| assert_eq!(fit.note, None)).map(|fit| fit.fitted).collect()
}

fn forecast(fitted: &dyn Fitted, values: &[f64], horizon: usize) -> Vec<f64> {
    fitted.point(Past { values, next_step: values.len() as i64, step_ms: crate::HOUR_MS }, horizon)
}

#[track_caller]
fn check_close(found: &[f64], expected: &[f64], tolerance: f64) {
    assert_eq!(found.len(), expected.len());
    let worst = found.iter().zip(expected).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
    assert!(worst < tolerance, "{worst}\n{found:?}\n{expected:?}");
}

/// Waves on a slope obey a linear recurrence; it goes below zero, so that no logarithm is taken.
fn waves(length: usize) -> Vec<f64> {
    let wave = |at: f64| 3.0 * (at * TAU / 24.0).sin() + 2.0 * (at * TAU / 168.0).cos() + (at * TAU / 10.0).sin();
    (0..length).map(|at| wave(at as f64) + 0.01 * at as f64 - 5.0).collect()
}

#[test]
fn a_linear_recurrence_goes_on() {
    let values = waves(2_060);
    for model in MODELS {
        let fitted = fit(model, &[hourly(values[..2_000].to_vec())], 1e-9).remove(0);
        // Beyond the horizon of the fit too.
        check_close(&forecast(fitted.as_ref(), &values[..2_000], 60), &values[2_000..], 0.02);
    }
}

#[test]
fn level_and_unit_do_not_matter() {
    let values: Vec<f64> = daily(1_500, 3).iter().map(|value| value - 20.0).collect();
    let changed: Vec<f64> = values.iter().map(|value| 40.0 * value - 7.0).collect();
    for model in MODELS {
        let plain = fit(model, &[hourly(values.clone())], 0.0).remove(0);
        let other = fit(model, &[hourly(changed.clone())], 0.0).remove(0);
        let expected: Vec<f64> = forecast(plain.as_ref(), &values, 30).iter().map(|value| 40.0 * value - 7.0).collect();
        check_close(&forecast(other.as_ref(), &changed, 30), &expected, 0.01);
    }
}

#[test]
fn the_unit_of_logarithms_does_not_matter() {
    let values = daily(1_500, 3);
    let changed: Vec<f64> = values.iter().map(|value| 1e6 * value).collect();
    let plain = fit("autoregression", &[hourly(values.clone())], 0.0).remove(0);
    let other = fit("autoregression", &[hourly(changed.clone())], 0.0).remove(0);
    let expected: Vec<f64> = forecast(plain.as_ref(), &values, 30).iter().map(|value| 1e6 * value).collect();
    check_close(&forecast(other.as_ref(), &changed, 30), &expected, 1.0);
}

#[test]
fn a_panel_of_copies_is_as_one_series() {
    let values = daily(1_500, 5);
    for model in MODELS {
        let alone = fit(model, &[hourly(values.clone())], 0.0).remove(0);
        let copies = fit(model, &vec![hourly(values.clone()); 3], 0.0);
        for copy in copies {
            check_close(&forecast(copy.as_ref(), &values, 24), &forecast(alone.as_ref(), &values, 24), 1e-3);
        }
    }
}

#[test]
fn what_is_saved_forecasts_the_same() {
    let values = daily(1_500, 6);
    for model in MODELS {
        let fitted = fit(model, &[hourly(values.clone())], 0.0).remove(0);
        let mut artifact = Artifact::new(model);
        fitted.save(&mut artifact);
        let restored = models::by_name(model).unwrap().load(&Artifact::decode(&artifact.encode()).unwrap()).unwrap();
        assert_eq!(forecast(restored.as_ref(), &values, 50), forecast(fitted.as_ref(), &values, 50));
        // A damaged file may hand over fewer values than the memory.
        assert!(forecast(restored.as_ref(), &values[..3], 24).iter().all(|value| value.is_finite()));
        assert!(forecast(restored.as_ref(), &[], 24).iter().all(|value| value.is_finite()));
        assert!(models::by_name(model).unwrap().load(&Artifact::new(model)).is_err());
    }
}

#[test]
fn many_origins_are_as_one_by_one() {
    let values = daily(1_600, 7);
    for model in MODELS {
        let fitted = fit(model, &[hourly(values[..1_500].to_vec())], 0.0).remove(0);
        let past =
            |origin: usize| Past { values: &values[..origin], next_step: origin as i64, step_ms: crate::HOUR_MS };
        let pasts: Vec<Past<'_>> = (1_500..1_600).map(past).collect();
        for (past, together) in pasts.iter().zip(fitted.points(&pasts, 30)) {
            check_close(&together, &fitted.point(*past, 30), 1e-3);
        }
    }
}
