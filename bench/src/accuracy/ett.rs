//! ETTm1: 7 variables of an electricity transformer every 15 minutes, 96 steps ahead.
//!
//! Protocol of Informer and Autoformer: 12, 4 and 4 months of 30 days to fit, to choose and to test; variables
//! standardised by the mean and deviation of the first part; every window of the last part, stride 1, none dropped, with
//! lookbacks that reach back into the second; errors averaged over windows, steps and variables. Fitted on the first part
//! alone. The published figures beside ours are PatchTST's with a lookback of 512 (Nie et al., 2023).

use super::intervals::{Intervals, LEVELS};
use super::{lower, rows};
use crate::report::Report;
use anyhow::{Context, ensure};
use std::path::Path;
use std::sync::atomic::AtomicBool;
use std::time::Instant;
use tidecast_core::forecast::accuracy;
use tidecast_core::series::RegularSeries;
use tidecast_forecast::Past;
use tidecast_forecast::models::{Control, FitSettings, by_name};
use tidecast_forecast::training;

const VARIABLES: usize = 7;
const HORIZON: usize = 96;
const MONTH: usize = 30 * 96;
/// Rows before the parts to choose and to test on, and all.
const BORDERS: [usize; 3] = [12 * MONTH, 16 * MONTH, 20 * MONTH];
const STEP_MS: i64 = 900_000;
/// 2016-07-01 00:00, the first row.
const START_MS: i64 = 1_467_331_200_000;
const PUBLISHED: (f64, f64) = (0.290, 0.342);

pub(super) fn run(path: &Path, report: &mut Report) -> anyhow::Result<()> {
    let started = Instant::now();
    let columns = read(path)?;
    let series = |values: &[f64]| RegularSeries { start_ms: START_MS, step_ms: STEP_MS, values: values.to_vec() };
    let panel: Vec<RegularSeries> = columns.iter().map(|values| series(&values[..BORDERS[0]])).collect();
    let settings = FitSettings { horizon: HORIZON, seed: 1, ..FitSettings::default() };
    let (stop, silent) = (AtomicBool::new(false), |_: f64| ());
    let fits = by_name("linear")?.fit(&panel, &settings, &Control { stop: &stop, progress: &silent });
    let (mut squared, mut absolute, mut count) = (0.0, 0.0, 0.0);
    for (values, fit) in columns.iter().zip(fits) {
        let fitted = fit?.fitted;
        let past = |origin: usize| -> anyhow::Result<Past<'_>> {
            let next_step = START_MS / STEP_MS + i64::try_from(origin)?;
            Ok(Past { values: &values[origin - fitted.memory()..origin], next_step, step_ms: STEP_MS })
        };
        let origins = BORDERS[1]..=BORDERS[2] - HORIZON;
        let pasts = origins.clone().map(past).collect::<anyhow::Result<Vec<_>>>()?;
        for (origin, forecast) in origins.zip(fitted.points(&pasts, HORIZON)) {
            for (actual, value) in values[origin..].iter().zip(&forecast) {
                squared += (actual - value).powi(2);
                absolute += (actual - value).abs();
                count += 1.0;
            }
        }
    }
    let wall_s = started.elapsed().as_secs_f64();
    let what = |measure: &str| format!("{measure} of ETTm1, 96 steps ahead, linear");
    report.add(lower(&what("MSE"), squared / count, "", Some(0.300), Some(("PatchTST, published", PUBLISHED.0))));
    report.add(lower(&what("MAE"), absolute / count, "", Some(0.345), Some(("PatchTST, published", PUBLISHED.1))));
    report.add(lower("the same, fit and 79,975 forecasts, wall", wall_s, "s", Some(120.0), None));
    intervals(path, &columns, &panel, &settings, report)
}

/// Intervals learned on the first part, which follow the errors of the second and the third, from every 24th origin there.
fn intervals(
    path: &Path,
    columns: &[Vec<f64>],
    panel: &[RegularSeries],
    settings: &FitSettings,
    report: &mut Report,
) -> anyhow::Result<()> {
    let (stop, silent) = (AtomicBool::new(false), |_: f64| ());
    let control = Control { stop: &stop, progress: &silent };
    let trained = training::train(by_name("linear")?, panel, settings, &control);
    let mut intervals = Intervals::of(VARIABLES);
    for (index, (values, trained)) in columns.iter().zip(trained).enumerate() {
        let mut forecaster = trained?.forecaster;
        let scale = accuracy::mase_scale(&values[..BORDERS[0]], 96).context("a variable that never changes")?;
        let mut seen = BORDERS[0];
        for origin in (BORDERS[1]..=BORDERS[2] - HORIZON).step_by(24) {
            forecaster.update(&values[seen..origin]);
            seen = origin;
            intervals.add(index, scale, &values[origin..origin + HORIZON], &forecaster.predict(HORIZON, &LEVELS));
        }
    }
    intervals.report(report, "ETTm1", &["ett".into(), path.into()], true)
}

/// The columns, standardised by the part to fit.
fn read(path: &Path) -> anyhow::Result<Vec<Vec<f64>>> {
    let mut columns = vec![Vec::new(); VARIABLES];
    for row in rows(path)?.iter().take(BORDERS[2]) {
        for (column, cell) in columns.iter_mut().zip(row.split(',').skip(1)) {
            column.push(cell.parse::<f64>()?);
        }
    }
    for column in &mut columns {
        ensure!(column.len() == BORDERS[2], "{} has {} rows instead of {}", path.display(), column.len(), BORDERS[2]);
        let known = &column[..BORDERS[0]];
        let mean = known.iter().sum::<f64>() / known.len() as f64;
        let variance = known.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / known.len() as f64;
        column.iter_mut().for_each(|value| *value = (*value - mean) / variance.sqrt());
    }
    Ok(columns)
}
