//! A champion that is fitted: the next day of a 15-minute series with intervals.
//!
//! Protocol: the ensemble, which meets the bar on accuracy, is fitted on half a year of the bundled meters, hours made
//! quarters of an hour by interpolation; then it forecasts 96 steps with five quantiles, series by series, on one thread.
//! The peer is `bench/peers/keras_next_day.py`: one network, one step at a time, without intervals.

use super::statistical::thread_s;
use crate::meters;
use crate::peer;
use crate::report::{Better, Figure, Report};
use std::sync::atomic::AtomicBool;
use tidecast_core::series::RegularSeries;
use tidecast_forecast::models::{Control, FitSettings, by_name};
use tidecast_forecast::training;

const STEPS: usize = 96;
const HOURS: usize = 180 * 24;
const LEVELS: [f64; 5] = [0.05, 0.1, 0.5, 0.9, 0.95];
const TIMES: usize = 100;
const BAR: f64 = 2_000.0;

pub(super) fn run(report: &mut Report) -> anyhow::Result<()> {
    let panel: Vec<RegularSeries> = meters::read()?.iter().map(quarters).collect();
    let settings = FitSettings { horizon: STEPS, seed: 1, ..FitSettings::default() };
    let (stop, silent) = (AtomicBool::new(false), |_: f64| ());
    let control = Control { stop: &stop, progress: &silent };
    let trained = training::train(by_name("ensemble")?, &panel, &settings, &control);
    let forecasters = trained.into_iter().collect::<Result<Vec<_>, _>>()?;
    let start_s = thread_s()?;
    let mut values = 0;
    for one in forecasters.iter().cycle().take(TIMES * forecasters.len()) {
        values += one.forecaster.predict(STEPS, &LEVELS).iter().map(Vec::len).sum::<usize>();
    }
    let made = (values / STEPS / LEVELS.len()) as f64;
    let peer = peer::run("keras_next_day.py", "tensorflow", &[] as &[&str])?;
    let peer = peer.first().map(|answer| peer::number(answer, "series_per_cpu_s")).transpose()?;
    report.add(Figure {
        what: "next day of a 15-minute series with intervals, ensemble".to_owned(),
        ours: made / (thread_s()? - start_s),
        unit: "series/CPU-s",
        bar: Some(BAR),
        peer: peer.map(|peer| ("Keras, step by step".to_owned(), peer)),
        better: Better::Higher,
    });
    Ok(())
}

/// The newest hours of a series as quarters of an hour.
fn quarters(hourly: &RegularSeries) -> RegularSeries {
    let skipped = hourly.len().saturating_sub(HOURS);
    let pairs = hourly.values[skipped..].windows(2);
    let values = pairs.flat_map(|pair| (0..4).map(move |part| pair[0] + (pair[1] - pair[0]) * f64::from(part) / 4.0));
    let values = values.collect();
    RegularSeries { start_ms: hourly.timestamp_ms(skipped), step_ms: hourly.step_ms / 4, values }
}
