//! Trees: the same for the same seed, answered at once as one by one, saved and loaded, and relative to the level.

use crate::{HOUR_MS, daily, hourly};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use tidecast_core::series::RegularSeries;
use tidecast_forecast::Past;
use tidecast_forecast::artifact::Artifact;
use tidecast_forecast::models::trees::Trees;
use tidecast_forecast::models::{Control, FitSettings, Fitted, Model};

const LENGTH: usize = 1_500;

fn settings() -> FitSettings {
    let mut settings = crate::settings();
    settings.tuned.set("trees.count", 40.0);
    settings
}

fn fit(panel: &[RegularSeries]) -> Vec<Arc<dyn Fitted>> {
    let stop = AtomicBool::new(false);
    let control = Control { stop: &stop, progress: &|_| () };
    let fits = Trees.fit(panel, &settings(), &control);
    fits.into_iter()
        .map(|fit| fit.map(|fit| (fit.note, fit.fitted)).unwrap())
        .map(|(note, fitted)| {
            assert_eq!(note, None);
            fitted
        })
        .collect()
}

fn past(values: &[f64], origin: usize) -> Past<'_> {
    Past { values: &values[..origin], next_step: origin as i64, step_ms: HOUR_MS }
}

#[test]
fn seeded_saved_and_batched() {
    let values = daily(LENGTH, 1);
    let panel = [hourly(values.clone()), hourly(daily(LENGTH, 2))];
    let (fitted, again) = (fit(&panel), fit(&panel));
    let origins: Vec<Past<'_>> = (LENGTH - 70..LENGTH).map(|origin| past(&values, origin)).collect();
    for horizon in [1, 24, 60] {
        let at_once = fitted[0].points(&origins, horizon);
        let one_by_one: Vec<Vec<f64>> = origins.iter().map(|past| again[0].point(*past, horizon)).collect();
        assert_eq!(at_once, one_by_one);
        assert!(at_once.iter().all(|row| row.len() == horizon));
    }
    let mut artifact = Artifact::new("trees");
    fitted[1].save(&mut artifact);
    let bytes = artifact.encode();
    let loaded = Trees.load(&Artifact::decode(&bytes).unwrap()).unwrap();
    assert_eq!(loaded.points(&origins, 30), fitted[1].points(&origins, 30));
    // A history cut short, as a damaged file may have it.
    assert!(loaded.point(past(&values, 5), 24).iter().all(|value| value.is_finite()));
    assert!(loaded.point(past(&values, 0), 24).iter().all(|value| value.is_finite()));
}

#[test]
fn a_series_that_has_grown_is_forecast_at_its_new_level() {
    let mut values = daily(LENGTH + 24, 3);
    values[LENGTH - 400..].iter_mut().for_each(|value| *value += 1_000.0);
    let fitted = fit(&[hourly(values[..LENGTH - 400].to_vec())]);
    // The memory reaches back no further than the growth.
    assert!(fitted[0].memory() < 800);
    let shifted: Vec<f64> = daily(LENGTH, 3).iter().map(|value| value + 1_000.0).collect();
    let plain = fitted[0].point(past(&daily(LENGTH, 3), LENGTH), 24);
    let grown = fitted[0].point(past(&shifted, LENGTH), 24);
    for (plain, grown) in plain.iter().zip(&grown) {
        assert!((plain + 1_000.0 - grown).abs() < 0.5, "{plain} and {grown}");
    }
}

#[test]
fn a_pattern_is_found_in_any_step_and_horizon() {
    for (step_ms, season, horizon) in
        [(HOUR_MS, None, 24), (HOUR_MS, None, 200), (7_000, Some(12), 12), (60_000, Some(1), 3)]
    {
        let values: Vec<f64> = daily(LENGTH, 4).into_iter().step_by(if season == Some(12) { 2 } else { 1 }).collect();
        let known = values.len() - horizon;
        let series = RegularSeries { start_ms: 0, step_ms, values: values[..known].to_vec() };
        let stop = AtomicBool::new(false);
        let control = Control { stop: &stop, progress: &|_| () };
        let settings = FitSettings { horizon, season, ..settings() };
        let fit = Trees.fit(&[series], &settings, &control).pop().unwrap().unwrap();
        assert_eq!(fit.note, None);
        let forecast = fit.fitted.point(Past { values: &values[..known], next_step: known as i64, step_ms }, horizon);
        let error = forecast.iter().zip(&values[known..]).map(|(f, a)| (f - a).abs()).sum::<f64>() / horizon as f64;
        assert!(error < 1.0, "{step_ms} {horizon}: {error}");
    }
}
