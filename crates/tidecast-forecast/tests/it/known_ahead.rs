//! What is known ahead, holidays and covariates, helps every model, survives a restart, and gives nothing of the future away.

use crate::{HOUR_MS, settings};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use tidecast_core::forecast::accuracy;
use tidecast_core::ports::Forecaster;
use tidecast_core::series::RegularSeries;
use tidecast_forecast::models::{self, Control, FitSettings};
use tidecast_forecast::training;

/// 2018-01-01, a Monday.
const START_MS: i64 = 17_532 * 24 * HOUR_MS;
/// The first hour of 2019-04-22, Easter Monday.
const EASTER_MONDAY: usize = 476 * 24;

fn series(values: Vec<f64>) -> RegularSeries {
    RegularSeries { start_ms: START_MS, step_ms: HOUR_MS, values }
}

/// Office hours on workdays that are no British holidays.
fn office(hours: usize) -> Vec<f64> {
    let country: tidecast_forecast::holidays::Country = "GB".parse().unwrap();
    let load = |hour: usize| {
        let at_work = hour / 24 % 7 < 5 && !country.is_holiday(START_MS + hour as i64 * HOUR_MS);
        let noise = (hour * 7_919 % 101) as f64 / 101.0;
        if at_work && (8..18).contains(&(hour % 24)) { 50.0 + noise } else { 10.0 + noise }
    };
    (0..hours).map(load).collect()
}

/// A temperature that changes from day to day, and a load that follows it.
fn heated(hours: usize) -> (Vec<f64>, Vec<f64>) {
    let temperature = |hour: usize| ((hour / 24 * 7_919 % 31) as f64 - 15.0) + 3.0 * (hour % 24) as f64 / 24.0;
    let temperatures: Vec<f64> = (0..hours).map(temperature).collect();
    let loads = temperatures.iter().enumerate().map(|(hour, t)| 200.0 - 4.0 * t + (hour * 7_919 % 101) as f64 / 50.0);
    (temperatures.clone(), loads.collect())
}

fn forecaster(model: &str, values: &[f64], settings: &FitSettings) -> Box<dyn Forecaster> {
    let stop = AtomicBool::new(false);
    let control = Control { stop: &stop, progress: &|_| () };
    let panel = [series(values.to_vec())];
    let trained = training::train(models::by_name(model).unwrap(), &panel, settings, &control);
    trained.into_iter().next().unwrap().unwrap().forecaster
}

fn error(forecaster: &dyn Forecaster, actual: &[f64]) -> f64 {
    accuracy::mae(&forecaster.predict(24, &[0.5])[0], actual).unwrap()
}

#[test]
fn a_holiday_is_forecast_and_not_copied() {
    let values = office(EASTER_MONDAY + 9 * 24);
    let known = FitSettings { holidays: Some("GB".parse().unwrap()), ..settings() };
    for model in ["seasonal_naive", "ridge", "linear", "ets"] {
        for (at, what) in [(EASTER_MONDAY, "the holiday"), (EASTER_MONDAY + 7 * 24, "the same day a week later")] {
            let with = error(&*forecaster(model, &values[..at], &known), &values[at..at + 24]);
            let without = error(&*forecaster(model, &values[..at], &settings()), &values[at..at + 24]);
            assert!(with < 2.5, "{model}, {what}: {with}");
            assert!(model != "seasonal_naive" || without > 10.0, "{what}: {without} without knowing");
        }
    }
}

#[test]
fn a_covariate_tells_what_the_past_does_not() {
    let (temperatures, loads) = heated(2_400 + 48);
    let covariate = |hours: usize| -> Arc<[RegularSeries]> { vec![series(temperatures[..hours].to_vec())].into() };
    let known = FitSettings { covariates: covariate(2_424), ..settings() };
    let mut with = forecaster("ridge", &loads[..2_400], &known);
    let without = forecaster("ridge", &loads[..2_400], &settings());
    let (after, before) = (error(&*with, &loads[2_400..2_424]), error(&*without, &loads[2_400..2_424]));
    assert!(after < 0.2 * before, "{after} instead of {before}");

    // A day later, also after a restart: the new values of the covariate are told.
    let mut restored = training::load(&with.save()).unwrap();
    for forecaster in [&mut with, &mut restored] {
        forecaster.foresee(covariate(2_448));
        forecaster.update(&loads[2_400..2_424]);
        assert!(error(&**forecaster, &loads[2_424..2_448]) < 0.2 * before);
    }
    let levels = [0.1, 0.5, 0.9];
    assert_eq!(with.predict(24, &levels), restored.predict(24, &levels));
    // Where the covariate's future is not known, a day before stands in for it.
    restored.foresee(covariate(2_424));
    assert!(restored.predict(24, &levels).iter().flatten().all(|value| value.is_finite()));
}
