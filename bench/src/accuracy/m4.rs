//! M4-hourly: 414 series of the M4 competition, 48 hours ahead.
//!
//! Protocol of the competition (Makridakis et al., *The M4 competition*, 2020): forecasts are made once, from the end of the
//! training part; MASE is scaled by the daily difference there, sMAPE is in percent, and OWA is the mean of both
//! relative to those of Naive2, for which the competition's published figures are taken. All models compete for each series
//! on held-back days of its training part. The published figures beside ours are the competition's best: of
//! each measure by whoever had it.

use super::intervals::{Intervals, LEVELS};
use super::{lower, rows};
use crate::report::Report;
use anyhow::ensure;
use std::path::Path;
use std::sync::atomic::AtomicBool;
use std::time::Instant;
use tidecast_core::series::RegularSeries;
use tidecast_forecast::models::{Control, FitSettings, by_name};
use tidecast_forecast::{select, training};

const SERIES: usize = 414;
const HORIZON: usize = 48;
const SEASON: usize = 24;
const HOUR_MS: i64 = 3_600_000;
/// sMAPE and MASE of Naive2 on these series, as published.
const NAIVE2: (f64, f64) = (18.383, 2.395);
/// MASE and OWA of the competition's best on these series.
const PUBLISHED: (f64, f64) = (0.801, 0.410);

pub(super) fn run(train: &Path, test: &Path, report: &mut Report) -> anyhow::Result<()> {
    let started = Instant::now();
    let known = read(train)?;
    let actual = read(test)?;
    ensure!(known.len() == SERIES && actual.len() == SERIES, "M4-hourly has {SERIES} series, not {}", known.len());
    ensure!(actual.iter().all(|values| values.len() == HORIZON), "the test parts have {HORIZON} values");
    let panel: Vec<RegularSeries> =
        known.iter().map(|values| RegularSeries { start_ms: 0, step_ms: HOUR_MS, values: values.clone() }).collect();
    let settings = FitSettings { horizon: HORIZON, seed: 1, ..FitSettings::default() };
    let (stop, silent) = (AtomicBool::new(false), |_: f64| ());
    let control = Control { stop: &stop, progress: &silent };
    let choices = select::choose(&select::candidates(select::AUTO)?, &panel, &settings, &control);
    let mut score = Score::default();
    let mut intervals = Intervals::of(SERIES);
    for (index, ((known, actual), choice)) in known.iter().zip(&actual).zip(choices).enumerate() {
        let quantiles = choice?.trained.forecaster.predict(HORIZON, &LEVELS);
        let scale = score.add(known, actual, &quantiles[2]);
        intervals.add(index, scale, actual, &quantiles);
    }
    let wall_s = started.elapsed().as_secs_f64();
    let best = |value: f64| Some(("best published", value));
    report.add(lower("MASE of M4-hourly, chosen per series", score.mase(), "", Some(0.80), best(PUBLISHED.0)));
    report.add(lower("OWA of M4-hourly, chosen per series", score.owa(), "", Some(0.41), best(PUBLISHED.1)));
    report.add(lower("the same, wall", wall_s, "s", Some(180.0), None));
    // One forecast of 48 values in a row says nothing about the intervals of one series.
    intervals.report(report, "M4-hourly", &["m4".into(), train.into(), test.into()], false)?;

    let started = Instant::now();
    let mut score = Score::default();
    let trained = training::train(by_name("autoregression")?, &panel, &settings, &control);
    for ((known, actual), trained) in known.iter().zip(&actual).zip(trained) {
        score.add(known, actual, &trained?.forecaster.predict(HORIZON, &[0.5])[0]);
    }
    let wall_s = started.elapsed().as_secs_f64();
    report.add(lower("MASE of M4-hourly, autoregression", score.mase(), "", Some(0.80), best(PUBLISHED.0)));
    report.add(lower("OWA of M4-hourly, autoregression", score.owa(), "", Some(0.41), best(PUBLISHED.1)));
    report.add(lower("the same, wall", wall_s, "s", None, None));
    Ok(())
}

/// Sums over series.
#[derive(Default)]
struct Score {
    series: f64,
    mase: f64,
    smape: f64,
}

impl Score {
    /// Adds a forecast and returns the scale of its series.
    fn add(&mut self, known: &[f64], actual: &[f64], median: &[f64]) -> f64 {
        let seasonal: f64 = known.iter().zip(&known[SEASON..]).map(|(before, now)| (now - before).abs()).sum();
        let scale = seasonal / (known.len() - SEASON) as f64;
        let steps = actual.len() as f64;
        let pairs = || actual.iter().zip(median);
        self.series += 1.0;
        self.mase += pairs().map(|(actual, value)| (actual - value).abs()).sum::<f64>() / steps / scale;
        let share = |(actual, value): (&f64, &f64)| (actual - value).abs() / (actual.abs() + value.abs());
        self.smape += 200.0 * pairs().map(share).sum::<f64>() / steps;
        scale
    }

    fn mase(&self) -> f64 {
        self.mase / self.series
    }

    fn owa(&self) -> f64 {
        0.5 * (self.smape / self.series / NAIVE2.0 + self.mase() / NAIVE2.1)
    }
}

/// One series a row, without those cells that are empty because others are longer.
fn read(path: &Path) -> anyhow::Result<Vec<Vec<f64>>> {
    let cells = |row: &String| -> anyhow::Result<Vec<f64>> {
        let cells = row.split(',').skip(1).map(|cell| cell.trim_matches('"')).filter(|cell| !cell.is_empty());
        Ok(cells.map(str::parse).collect::<Result<_, _>>()?)
    };
    rows(path)?.iter().map(cells).collect()
}
