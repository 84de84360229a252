//! The standing job: every minute, the next day of 2,000 series of 15 minutes, each of which has a new sample.

use crate::report::{Better, Figure, Report};
use anyhow::{Context, ensure};
use std::f64::consts::TAU;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Instant;
use tidecast::runtime::clock::ReplayClock;
use tidecast::runtime::forecasting::{ForecastJob, Forecasting};
use tidecast::runtime::live::{Live, Mode};
use tidecast_core::duration::DurationMs;
use tidecast_core::ports::SeriesStore;
use tidecast_core::series::{RegularSeries, SampleBatch, Selector, SeriesKey, TimeRange};
use tidecast_forecast::models::{self, Control};
use tidecast_forecast::registry::{Description, Registry};
use tidecast_forecast::training;
use tidecast_store::{EmbeddedStore, Options};

const SERIES: usize = 2_000;
const QUARTER_MS: i64 = 900_000;
const STEPS_A_DAY: usize = 96;
/// Days that the model is fitted on; the store has the newest two weeks of every series.
const DAYS_FITTED: usize = 60;
const DAYS_STORED: usize = 14;
const TICKS: usize = 5;
/// What a minute allows on one core.
const BAR_S: f64 = 60.0;

pub(crate) fn run(report: &mut Report) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
    runtime.block_on(async { tokio::spawn(measure()).await? })?.into_iter().for_each(|figure| report.add(figure));
    Ok(())
}

async fn measure() -> anyhow::Result<Vec<Figure>> {
    let directory = tempfile::tempdir()?;
    let store = Arc::new(EmbeddedStore::open(directory.path(), Options::default())?);
    let registry = Arc::new(Registry::open(&directory.path().join("models"))?);
    let keys: Vec<SeriesKey> = (0..SERIES)
        .map(|index| format!("power{{device_id=\"meter_{index}\"}}").parse())
        .collect::<Result<_, _>>()
        .context("a series of the bench")?;
    let fitted = DAYS_FITTED * STEPS_A_DAY;
    publish(&registry, &keys, fitted)?;
    for keys in keys.chunks(100) {
        append(&store, keys, fitted - DAYS_STORED * STEPS_A_DAY..fitted).await?;
    }
    let clock = ReplayClock::default();
    clock.set(step_ms(fitted));
    let live = Live::new(Mode::Run, Arc::new(clock.clone()), 0);
    let port: Arc<dyn SeriesStore> = Arc::clone(&store) as Arc<dyn SeriesStore>;
    let mut forecasting = Forecasting::new(job(), port, registry, live)?;
    forecasting.resume().await?;
    ensure!(forecasting.refresh().await?.len() == SERIES, "not every champion was taken up");
    let (mut cpu_s, mut wall_s) = (0.0, 0.0);
    for tick in 0..TICKS {
        let step = fitted + tick;
        append(&store, &keys, step..step + 1).await?;
        clock.set(step_ms(step));
        let (cpu, wall) = (cpu_seconds()?, Instant::now());
        let made = forecasting.refresh().await?;
        cpu_s += cpu_seconds()? - cpu;
        wall_s += wall.elapsed().as_secs_f64();
        ensure!(made.len() == SERIES, "{} of {SERIES} series were forecast", made.len());
    }
    let figure = |what: &str, ours: f64, unit: &'static str, bar: Option<f64>| Figure {
        what: format!("{SERIES} series of 15 min, a new sample and the next day of each: {what}"),
        ours,
        unit,
        bar,
        peer: None,
        better: Better::Lower,
    };
    let each = TICKS as f64;
    Ok(vec![
        figure("CPU", cpu_s / each, "s", Some(BAR_S)),
        figure("wall", wall_s / each, "s", Some(BAR_S)),
        figure("CPU of one series", 1e3 * cpu_s / each / SERIES as f64, "ms", None),
    ])
}

fn job() -> ForecastJob {
    ForecastJob {
        name: "next_day".to_owned(),
        selector: Selector::all(),
        horizon: DurationMs::DAY,
        every: DurationMs::MINUTE,
        model: "ridge".to_owned(),
        levels: vec![0.1, 0.5, 0.9],
        refit: DurationMs::DAY,
        season: None,
        holidays: None,
        covariates: Vec::new(),
        known_ahead: Arc::default(),
    }
}

/// Makes the same fit the champion of every series.
fn publish(registry: &Registry, keys: &[SeriesKey], length: usize) -> anyhow::Result<()> {
    let series = RegularSeries { start_ms: 0, step_ms: QUARTER_MS, values: (0..length).map(value).collect() };
    let settings = job().settings(QUARTER_MS);
    let (stop, silent) = (AtomicBool::new(false), |_: f64| ());
    let control = Control { stop: &stop, progress: &silent };
    let model = models::by_name("ridge")?;
    let trained = training::train(model, &[series], &settings, &control).pop().context("one series, one result")??;
    let now_ms = step_ms(length);
    for key in keys {
        let description = Description {
            fitted_at_ms: now_ms,
            data: TimeRange::new(0, step_ms(length - 1)),
            step_ms: QUARTER_MS,
            settings: settings.clone(),
            score: trained.score,
            note: None,
        };
        let version = registry.publish(key, trained.forecaster.as_ref(), description)?.version;
        registry.promote(key, &version, now_ms, "the bench")?;
    }
    Ok(())
}

async fn append(store: &EmbeddedStore, keys: &[SeriesKey], steps: std::ops::Range<usize>) -> anyhow::Result<()> {
    let mut batch = SampleBatch::new();
    for key in keys {
        let (times, values): (Vec<i64>, Vec<f64>) = steps.clone().map(|step| (step_ms(step), value(step))).unzip();
        batch.push_run(key, &times, &values);
    }
    Ok(store.append(batch, None).await?)
}

fn step_ms(step: usize) -> i64 {
    QUARTER_MS * step as i64
}

/// A day, half a day, and a little that repeats never.
fn value(step: usize) -> f64 {
    let turn = |steps: f64| (step as f64 / steps * TAU).sin();
    20.0 + 5.0 * turn(STEPS_A_DAY as f64) + turn(STEPS_A_DAY as f64 / 2.0) + (step * 7_919 % 13) as f64 / 13.0
}

/// Processor time of this process so far, user and system, of all threads.
fn cpu_seconds() -> anyhow::Result<f64> {
    let stat = std::fs::read_to_string("/proc/self/stat").context("processor time is read from /proc")?;
    let fields: Vec<&str> = stat.rsplit(") ").next().unwrap_or_default().split(' ').collect();
    let ticks = |index: usize| -> anyhow::Result<f64> { Ok(fields.get(index).context("/proc/self/stat")?.parse()?) };
    // Linux counts them in hundredths on every platform that we build for.
    Ok((ticks(11)? + ticks(12)?) / 100.0)
}
