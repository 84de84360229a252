//! What a restart reads: the champions of a thousand series, each a ridge regression over a month of lags.

use crate::report::{Better, Figure, Report};
use anyhow::{Context, ensure};
use std::f64::consts::TAU;
use std::sync::atomic::AtomicBool;
use std::time::Instant;
use tidecast_core::series::{RegularSeries, SeriesKey, TimeRange};
use tidecast_forecast::models::{Control, FitSettings, ridge::Ridge};
use tidecast_forecast::registry::{Description, Registry};
use tidecast_forecast::training;

const SERIES: usize = 1_000;
const HOUR_MS: i64 = 3_600_000;

pub(crate) fn run(report: &mut Report) -> anyhow::Result<()> {
    let directory = tempfile::tempdir()?;
    let bytes = publish(&Registry::open(directory.path())?)?;
    let registry = Registry::open(directory.path())?;
    let start = Instant::now();
    let champions = registry.load_champions()?;
    let wall_s = start.elapsed().as_secs_f64();
    let loaded = champions.iter().filter(|champion| champion.is_ok()).count();
    ensure!(loaded == SERIES, "{loaded} of {SERIES} champions came back");
    let figure = |what: String, ours: f64, unit: &'static str| Figure {
        what,
        ours,
        unit,
        bar: None,
        peer: None,
        better: Better::Lower,
    };
    report.add(figure(format!("{SERIES} champions loaded, wall"), 1e3 * wall_s, "ms"));
    report.add(figure("one of them on disk".to_owned(), bytes as f64 / 1e3, "kB"));
    Ok(())
}

/// Publishes and promotes the same forecaster under many names; returns its size.
fn publish(registry: &Registry) -> anyhow::Result<u64> {
    let hours = 100 * 24;
    // A day and a half as well as a day, so that no two days are alike.
    let value = |hour: i32| (f64::from(hour) / 24.0 * TAU).sin() + (f64::from(hour) / 36.0 * TAU).cos();
    let series = RegularSeries { start_ms: 0, step_ms: HOUR_MS, values: (0..hours).map(value).collect() };
    let settings = FitSettings { horizon: 24, seed: 1, ..FitSettings::default() };
    let (stop, silent) = (AtomicBool::new(false), |_: f64| ());
    let control = Control { stop: &stop, progress: &silent };
    let trained = training::train(&Ridge, &[series], &settings, &control).pop().context("one series, one result")??;
    let mut bytes = 0;
    for index in 0..SERIES {
        let key: SeriesKey = format!("power{{device_id=\"meter_{index}\"}}").parse()?;
        let description = Description {
            fitted_at_ms: 0,
            data: TimeRange::new(0, i64::from(hours) * HOUR_MS),
            step_ms: HOUR_MS,
            settings: settings.clone(),
            score: trained.score,
            note: None,
        };
        let metadata = registry.publish(&key, trained.forecaster.as_ref(), description)?;
        registry.promote(&key, &metadata.version, 0, "the bench")?;
        bytes = metadata.artifact_bytes;
    }
    Ok(bytes)
}
