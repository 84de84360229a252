//! `tidecast demo --once`: load, choose, forecast, print, and say how good such forecasts were on the held-back days.

use super::{job, recording};
use crate::commands::format::{Format, csv_cell, print};
use crate::commands::instant;
use crate::commands::progress;
use crate::commands::table::Table;
use crate::runtime::clock::{ReplayClock, SystemClock};
use crate::runtime::forecasting::Forecasting;
use crate::runtime::host::open_registry;
use crate::runtime::live::{Accuracy, Live, Mode};
use crate::runtime::recording::Recording;
use crate::runtime::replay::Replay;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;
use tidecast_core::duration::DurationMs;
use tidecast_core::forecast::Forecast;
use tidecast_core::ports::{Clock, SeriesStore};
use tidecast_core::series::{SeriesKey, TimeRange};
use tidecast_store::{EmbeddedStore, Options};

/// Everything `--once` prints.
#[derive(Serialize)]
struct Report {
    /// Rows of the recording that were stored.
    rows: usize,
    /// Rows held back, on which the accuracy is measured.
    rows_held_back: usize,
    meters: usize,
    /// Seconds per stage.
    stages: BTreeMap<&'static str, f64>,
    /// Chosen model by meter.
    model: BTreeMap<String, String>,
    /// Mean over the meters, daily forecasts of the held-back days; null when none of them is left.
    mase: Option<f64>,
    mase_seasonal_naive: Option<f64>,
    coverage: Option<f64>,
    forecasts: Vec<ForecastRow>,
}

#[derive(Serialize)]
struct ForecastRow {
    series: SeriesKey,
    origin: String,
    timestamps: Vec<String>,
    p10: Vec<f64>,
    p50: Vec<f64>,
    p90: Vec<f64>,
    /// How good this meter's forecasts of the held-back days were.
    #[serde(skip)]
    accuracy: Option<Accuracy>,
}

pub(super) async fn run(directory: &Path, format: Format) -> anyhow::Result<()> {
    let mut stages = BTreeMap::new();
    let mut stopwatch = Stopwatch(Instant::now());
    let recording = recording::load().await?;
    stages.insert("read", stopwatch.lap());

    let store: Arc<dyn SeriesStore> = Arc::new(EmbeddedStore::open(directory, Options::default())?);
    let clock = ReplayClock::default();
    let live = Live::new(Mode::Demo, Arc::new(clock.clone()), SystemClock.now_ms());
    let replay = Replay { recording: &recording, store: &*store, clock: &clock, live: &live, speed: DurationMs::HOUR };
    let stored = Replay::position(&*store).await?;
    clock.set(super::position(&recording, stored));
    if super::is_incomplete(&recording, stored) {
        super::load(&replay).await?;
    }
    stages.insert("ingest", stopwatch.lap());

    let bar = progress::spinner("fit");
    let registry = Arc::new(open_registry(directory, None)?);
    let mut forecasting = Forecasting::new(job(), Arc::clone(&store), registry, live)?;
    forecasting.resume().await?;
    forecasting.fit_first().await?;
    bar.finish_and_clear();
    stages.insert("fit", stopwatch.lap());

    let forecasts = forecasting.refresh().await?;
    stages.insert("forecast", stopwatch.lap());

    let accuracies = evaluate(forecasting, &recording);
    stages.insert("evaluate", stopwatch.lap());
    let report = report(&recording, clock.now_ms(), stages, &forecasts, &accuracies);
    Ok(print(&render(&report, format)?)?)
}

/// Seconds between events.
struct Stopwatch(Instant);

impl Stopwatch {
    fn lap(&mut self) -> f64 {
        let lap_s = self.0.elapsed().as_secs_f64();
        self.0 = Instant::now();
        lap_s
    }
}

/// Forecasts every held-back day from the evening before, with the champions as they were chosen, and scores it.
fn evaluate(forecasting: Forecasting, recording: &Recording) -> BTreeMap<SeriesKey, Accuracy> {
    let job = job();
    let mut accuracies = BTreeMap::new();
    for mut served in forecasting.into_served() {
        let Some(points) = recording.columns().get(&served.series) else { continue };
        while served.origin_ms() < recording.last_ms {
            let forecast = served.forecast(&job);
            served.stored(&forecast);
            let from = points.timestamps_ms.partition_point(|&at| at <= served.origin_ms());
            let to = points.timestamps_ms.partition_point(|&at| at <= served.origin_ms() + job.horizon.0);
            if from == to || served.observe(&points.slice(from..to)).is_none() {
                break;
            }
        }
        if let Some(accuracy) = served.live_accuracy() {
            accuracies.insert(served.series, accuracy);
        }
    }
    accuracies
}

fn report(
    recording: &Recording,
    position_ms: i64,
    stages: BTreeMap<&'static str, f64>,
    forecasts: &[Forecast],
    accuracies: &BTreeMap<SeriesKey, Accuracy>,
) -> Report {
    let rows = |range: TimeRange| {
        let times: BTreeSet<i64> =
            recording.columns().values().flat_map(|points| points.timestamps_ms.iter().copied()).collect();
        times.into_iter().filter(|&at| range.contains(at)).count()
    };
    let mean = |measure: &dyn Fn(&Accuracy) -> Option<f64>| {
        let values: Vec<f64> = accuracies.values().filter_map(measure).collect();
        (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64)
    };
    let row = |forecast: &Forecast| ForecastRow {
        series: forecast.series.clone(),
        origin: instant::format(forecast.origin_ms),
        timestamps: forecast.timestamps_ms().map(instant::format).collect(),
        p10: forecast.quantile(0.1).unwrap_or_default().to_vec(),
        p50: forecast.median().to_vec(),
        p90: forecast.quantile(0.9).unwrap_or_default().to_vec(),
        accuracy: accuracies.get(&forecast.series).copied(),
    };
    Report {
        rows: rows(TimeRange::new(i64::MIN, position_ms.saturating_add(1))),
        rows_held_back: rows(TimeRange::new(position_ms.saturating_add(1), i64::MAX)),
        meters: recording.columns().len(),
        stages,
        model: forecasts.iter().map(|f| (f.series.short_name(), f.model.model.clone())).collect(),
        mase: mean(&|accuracy| Some(accuracy.mase)),
        mase_seasonal_naive: mean(&|accuracy| Some(accuracy.mase_seasonal_naive)),
        coverage: mean(&|accuracy| accuracy.coverage),
        forecasts: forecasts.iter().map(row).collect(),
    }
}

fn render(report: &Report, format: Format) -> anyhow::Result<String> {
    Ok(match format {
        Format::Json => serde_json::to_string(report)? + "\n",
        Format::Csv => csv(report),
        Format::Table => table(report),
    })
}

fn csv(report: &Report) -> String {
    let mut rows = String::from("series,timestamp,p10,p50,p90\n");
    for forecast in &report.forecasts {
        let series = csv_cell(&forecast.series.to_string());
        let quantiles = forecast.p10.iter().zip(&forecast.p50).zip(&forecast.p90);
        for (timestamp, ((p10, p50), p90)) in forecast.timestamps.iter().zip(quantiles) {
            let _infallible = writeln!(rows, "{series},{timestamp},{p10},{p50},{p90}");
        }
    }
    rows
}

fn table(report: &Report) -> String {
    let mut table = Table::new(&["meter", "model", "next day", "low", "high", "MASE", "last week's", "coverage"]);
    let total = |values: &[f64]| format!("{:.0}", values.iter().sum::<f64>());
    let number = |value: Option<f64>| value.map_or_else(|| "-".to_owned(), |value| format!("{value:.3}"));
    let percent = |value: Option<f64>| value.map_or_else(|| "-".to_owned(), |value| format!("{:.0}%", 100.0 * value));
    for forecast in &report.forecasts {
        let meter = forecast.series.short_name();
        let accuracy = forecast.accuracy;
        table.row(vec![
            meter.clone(),
            report.model.get(&meter).cloned().unwrap_or_default(),
            total(&forecast.p50),
            total(&forecast.p10),
            total(&forecast.p90),
            number(accuracy.map(|accuracy| accuracy.mase)),
            number(accuracy.map(|accuracy| accuracy.mase_seasonal_naive)),
            percent(accuracy.and_then(|accuracy| accuracy.coverage)),
        ]);
    }
    let stages: Vec<String> = report.stages.iter().map(|(stage, wall_s)| format!("{stage} {wall_s:.2} s")).collect();
    format!(
        "{table}\n{} rows of {} meters stored. Over the {} hours held back, forecast daily: MASE {}, last week's values {}, \
         80 % interval covers {}.\n{}\n",
        report.rows,
        report.meters,
        report.rows_held_back,
        number(report.mase),
        number(report.mase_seasonal_naive),
        percent(report.coverage),
        stages.join(", "),
    )
}
