//! The bundled meters: 24 hours ahead from 90 daily origins, beside LightGBM in the same run.
//!
//! Protocol: every model, and the choice among them for each series, is fitted on what lies before the last 90 days, with
//! the public holidays of the meters' country; from day to day the forecasters are told the values that came, and are
//! not fitted again. MASE is scaled by the weekly difference in the time before. The wall time has all of it. The peer is
//! `bench/peers/lightgbm_meters.py`, whose time is that of fit and prediction alone.

use super::intervals::{Intervals, LEVELS};
use super::lower;
use crate::report::Report;
use crate::{meters, peer};
use anyhow::Context;
use std::sync::atomic::AtomicBool;
use std::time::Instant;
use tidecast_core::forecast::accuracy;
use tidecast_core::series::RegularSeries;
use tidecast_forecast::models::{Control, FitSettings};
use tidecast_forecast::select;

const WHAT: &str = "MASE of the bundled meters, 24 h ahead, 90 daily origins";
const DAY: usize = 24;
const WEEK: usize = 7 * DAY;
const ORIGINS: usize = 90;

pub(super) fn run(report: &mut Report) -> anyhow::Result<()> {
    let panel = meters::read()?;
    let started = Instant::now();
    let settings = FitSettings { horizon: DAY, seed: 1, holidays: Some("GB".parse()?), ..FitSettings::default() };
    let (stop, silent) = (AtomicBool::new(false), |_: f64| ());
    let control = Control { stop: &stop, progress: &silent };
    let known: Vec<RegularSeries> = panel.iter().map(|series| series.truncated(series.len() - ORIGINS * DAY)).collect();
    let choices = select::choose(&select::candidates(select::AUTO)?, &known, &settings, &control);
    let mut intervals = Intervals::of(panel.len());
    let (mut mase, mut naive) = (0.0, 0.0);
    for (index, (series, choice)) in panel.iter().zip(choices).enumerate() {
        let mut forecaster = choice?.trained.forecaster;
        let first = known[index].len();
        let scale = accuracy::mase_scale(&known[index].values, WEEK).context("a meter that never changes")?;
        for origin in (first..series.len()).step_by(DAY) {
            if origin > first {
                forecaster.update(&series.values[origin - DAY..origin]);
            }
            let quantiles = forecaster.predict(DAY, &LEVELS);
            let actual = &series.values[origin..origin + DAY];
            let share = 1.0 / (ORIGINS * panel.len()) as f64;
            mase += share * accuracy::mase(&quantiles[2], actual, scale).unwrap_or(f64::NAN);
            let week_before = &series.values[origin - WEEK..origin - WEEK + DAY];
            naive += share * accuracy::mase(week_before, actual, scale).unwrap_or(f64::NAN);
            intervals.add(index, scale, actual, &quantiles);
        }
    }
    let wall_s = started.elapsed().as_secs_f64();
    let data = meters::path()?;
    let lightgbm = peer::run("lightgbm_meters.py", "lightgbm pandas numpy", &[data.as_os_str()])?;
    let theirs = |name: &str| lightgbm.first().map(|answer| peer::number(answer, name)).transpose();
    report.add(lower(WHAT, mase, "", Some(0.65), theirs("mase")?.map(|mase| ("LightGBM", mase))));
    report.add(lower("the same beside last week's values", mase, "", None, Some(("seasonal naive", naive))));
    let seconds = theirs("fit_predict_wall_s")?.map(|seconds| ("LightGBM, fit and predict", seconds));
    report.add(lower("the same, everything included, wall", wall_s, "s", Some(10.0), seconds));
    intervals.report(report, "meters", &["meters".into(), data.into_os_string()], true)
}
