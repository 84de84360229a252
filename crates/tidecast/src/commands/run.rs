//! `tidecast run`: everything a configuration file asks for, until the process is asked to end.

use super::check::model_names;
use super::format::print;
use crate::config::{Config, ForecastConfig, ProcessEnvironment, SourceConfig, StoreConfig};
use crate::runtime::clock::SystemClock;
use crate::runtime::forecasting::{ForecastJob, Forecasting};
use crate::runtime::host::{Host, count};
use crate::runtime::ingest::run_source;
use crate::runtime::listen;
use crate::runtime::live::{ForecastStatus, Live, Mode, Phase, SourceState, SourceStatus};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tidecast_connect::files::CsvSource;
use tidecast_core::duration::DurationMs;
use tidecast_core::ports::{Clock, SeriesStore};
use tidecast_store::EmbeddedStore;
use tokio::sync::mpsc;

const EXAMPLES: &str = "Examples:
  tidecast check -f tidecast.yaml && tidecast run -f tidecast.yaml

Every key of the file: docs/configuration.md";

/// How often the store is put in order: old samples dropped, forecasts thinned.
const HOUSEKEEPING: Duration = Duration::from_secs(60);

/// Run what a configuration file asks for: sources, forecasts, API and console
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    /// Configuration file
    #[arg(short, long, value_name = "FILE")]
    file: PathBuf,
}

pub(crate) async fn run(args: Args) -> anyhow::Result<()> {
    let config = Config::load(&args.file, &ProcessEnvironment, &model_names())?;
    let StoreConfig::Embedded(directory) = &config.store;
    let host = Host::start(Mode::Run, directory, &config.server, Arc::new(SystemClock)).await?;
    print(&format!("Console: http://{}/\n", host.address))?;
    announce(&host, &config);
    tokio::spawn(housekeeping(Arc::clone(&host.store), config.retention));
    count(&*host.store, &host.live).await?;
    let jobs = config.forecasts.iter().map(|(name, forecast)| job(name, forecast));
    let mut forecasting = Vec::new();
    for job in jobs {
        let every = job.every;
        let mut job = Forecasting::new(job, host.port(), Arc::clone(&host.registry), host.live.clone())?;
        job.resume().await?;
        forecasting.push((job, every));
    }
    // Forecasts come first from what is there already, and again once the sources have brought the rest.
    let loading = tokio::spawn(load(config.sources, host.port(), host.live.clone()));
    let (store, live) = (host.port(), host.live.clone());
    let ended = listen::ended(host.shutdown.clone());
    let work = async {
        loading.await?;
        count(&*store, &live).await?;
        live.update_status(|status| status.phase = Phase::Fitting);
        for (job, _) in &mut forecasting {
            job.fit_first().await?;
            job.refresh().await?;
        }
        live.update_status(|status| {
            status.phase = Phase::Live;
            status.message = "Forecasts are kept fresh".to_owned();
        });
        for (job, every) in forecasting {
            let (ticks, receiver) = mpsc::channel(1);
            tokio::spawn(tick(ticks, every));
            tokio::spawn(job.run(receiver));
        }
        anyhow::Ok(())
    };
    tokio::select! {
        result = work => if let Err(error) = result {
            tracing::error!("{error:#}");
            live.update_status(|status| {
                status.phase = Phase::Failed;
                status.message = format!("{error:#}");
            });
        },
        () = ended => {}
    }
    host.ended().await
}

fn announce(host: &Host, config: &Config) {
    host.live.update_status(|status| {
        status.phase = Phase::Loading;
        status.message = "Reading the sources".to_owned();
        status.sources = config
            .sources
            .keys()
            .map(|name| SourceStatus {
                name: name.clone(),
                kind: "csv".to_owned(),
                state: SourceState::Reading,
                rows: 0,
                rows_skipped: 0,
                error: None,
            })
            .collect();
        status.forecasts = config.forecasts.iter().map(|(name, forecast)| describe(&job(name, forecast))).collect();
    });
}

/// A job as the status shows it before its first run.
pub(crate) fn describe(job: &ForecastJob) -> ForecastStatus {
    ForecastStatus {
        name: job.name.clone(),
        selector: job.selector.to_string(),
        horizon_ms: job.horizon.0,
        every_ms: job.every.0,
        levels: job.levels.clone(),
        last_run_ms: None,
        last_run_wall_ms: None,
        runs: 0,
    }
}

fn job(name: &str, forecast: &ForecastConfig) -> ForecastJob {
    let ForecastConfig { series, horizon, every, model, quantiles, refit, season } = forecast.clone();
    ForecastJob { name: name.to_owned(), selector: series, horizon, every, model, levels: quantiles, refit, season }
}

/// Reads every source to its end, side by side.
async fn load(sources: BTreeMap<String, SourceConfig>, store: Arc<dyn SeriesStore>, live: Live) {
    let mut running = tokio::task::JoinSet::new();
    for (name, source) in sources {
        let (store, live) = (Arc::clone(&store), live.clone());
        running.spawn(async move {
            let SourceConfig::Csv { path, options } = source;
            let opened = async {
                let cursor = store.cursor(&path).await?;
                anyhow::Ok(CsvSource::open(&path, options, cursor.as_deref()).await?)
            };
            run_source(&name, opened.await, &*store, &live).await;
        });
    }
    running.join_all().await;
}

async fn tick(ticks: mpsc::Sender<()>, every: DurationMs) {
    let period = Duration::from_millis(u64::try_from(every.0).unwrap_or(1).max(1));
    let mut interval = tokio::time::interval_at(tokio::time::Instant::now() + period, period);
    interval.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Skip);
    loop {
        interval.tick().await;
        if ticks.send(()).await.is_err() {
            return;
        }
    }
}

async fn housekeeping(store: Arc<EmbeddedStore>, retention: Option<DurationMs>) {
    let mut interval = tokio::time::interval(HOUSEKEEPING);
    loop {
        interval.tick().await;
        let now_ms = SystemClock.now_ms();
        let store = Arc::clone(&store);
        let done = tokio::task::spawn_blocking(move || {
            if let Some(retention) = retention {
                store.retain_from(now_ms.saturating_sub(retention.0))?;
            }
            store.thin_forecasts(now_ms)
        });
        if let Ok(Err(error)) = done.await {
            tracing::error!("the store cannot be put in order: {error}");
        }
    }
}
