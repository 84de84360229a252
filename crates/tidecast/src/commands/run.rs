//! `tidecast run`: everything a configuration file asks for, until the process is asked to end.

use super::check::model_names;
use super::format::print;
use crate::config::{AnalyticsConfig, Config, ForecastConfig, ProcessEnvironment, SourceConfig, StoreConfig};
use crate::exit::UsageError;
use crate::runtime::clock::SystemClock;
use crate::runtime::forecasting::{ForecastJob, Forecasting};
use crate::runtime::host::{Host, count};
use crate::runtime::ingest::run_source;
use crate::runtime::listen;
use crate::runtime::live::{AnalyticsStatus, ForecastStatus, Live, Mode, Phase, SourceStatus};
use crate::runtime::polling;
use crate::runtime::stream::{Role, start_workers};
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

    /// Which part of it, where several processes share a stream by a consumer group
    #[arg(long, value_enum, default_value_t)]
    role: Role,
}

pub(crate) async fn run(args: Args) -> anyhow::Result<()> {
    let config = Config::load(&args.file, &ProcessEnvironment, &model_names())?;
    if args.role == Role::Analyze {
        return analyze(&config).await;
    }
    let StoreConfig::Embedded(directory) = &config.store;
    let host =
        Host::start(Mode::Run, directory, config.registry.as_ref(), &config.server, Arc::new(SystemClock)).await?;
    print(&format!("Console: http://{}/\n", host.address))?;
    carry_out(host, config, args.role, std::future::ready(Ok(()))).await
}

/// Runs what a configuration asks for until the process is asked to end. Forecasts wait for `prepared`, streams do not.
pub(super) async fn carry_out(
    host: Host,
    config: Config,
    role: Role,
    prepared: impl Future<Output = anyhow::Result<()>>,
) -> anyhow::Result<()> {
    announce(&host.live, &config);
    host.streams(Arc::new(SystemClock)).start(&config, role)?;
    tokio::spawn(housekeeping(Arc::clone(&host.store), config.retention));
    let mut jobs = Vec::new();
    for (name, forecast) in &config.forecasts {
        let job = job(name, forecast);
        let every = job.every;
        jobs.push((Forecasting::new(job, host.port(), Arc::clone(&host.registry), host.live.clone())?, every));
    }
    let (store, live) = (host.port(), host.live.clone());
    let working = async {
        prepared.await?;
        work(config.sources, jobs, store, live).await;
        anyhow::Ok(())
    };
    tokio::select! {
        result = working => result?,
        () = listen::ended(host.shutdown.clone()) => {}
    }
    host.ended().await
}

/// A worker without a store: it hands on what it makes of its part of the streams.
async fn analyze(config: &Config) -> anyhow::Result<()> {
    let shares =
        |source: &SourceConfig| matches!(source, SourceConfig::RedisStream { redis, .. } if redis.group.is_some());
    if !config.sources.values().any(shares) {
        return Err(UsageError("no source has a `group`, so there is nothing to share among workers".to_owned()).into());
    }
    let live = Live::new(Mode::Run, Arc::new(SystemClock), SystemClock.now_ms());
    announce(&live, config);
    let shutdown = listen::shutdown_signal()?;
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    start_workers(config, &live, &clock)?;
    listen::ended(shutdown).await;
    Ok(())
}

/// Loads, fits, forecasts, and goes on for ever. What fails is logged and tried again at the next tick.
async fn work(
    sources: BTreeMap<String, SourceConfig>,
    mut jobs: Vec<(Forecasting, DurationMs)>,
    store: Arc<dyn SeriesStore>,
    live: Live,
) {
    let message = if jobs.is_empty() { "Reading the sources; nothing is forecast" } else { "Forecasts are kept fresh" };
    for (job, _) in &mut jobs {
        log("the models of an earlier run cannot be used", job.resume().await);
    }
    let loading = load(sources, Arc::clone(&store), live.clone());
    let known = jobs.iter().any(|(job, _)| job.serves_any());
    let mut loading = Some(loading);
    if !known && let Some(loading) = loading.take() {
        // Nothing can be forecast before there are samples, and on a part of them it would be done twice.
        loading.await;
        live.update_status(|status| status.phase = Phase::Fitting);
        for (job, _) in &mut jobs {
            log("series cannot be fitted", job.fit_first().await);
        }
    }
    let mut tickers = Vec::new();
    for (mut job, every) in jobs {
        log("forecasts cannot be made", job.refresh().await.map(drop));
        let (ticks, receiver) = mpsc::channel(1);
        tickers.push(ticks.clone());
        tokio::spawn(tick(ticks, every));
        tokio::spawn(job.run(receiver));
    }
    // After a restart, forecasts come from what is there already, and sources bring the rest meanwhile.
    if let Some(loading) = loading {
        loading.await;
        tickers.iter().for_each(|ticks| _ = ticks.try_send(()));
    }
    log("series cannot be counted", count(&*store, &live).await);
    live.update_status(|status| {
        status.phase = Phase::Live;
        status.message = message.to_owned();
    });
    std::future::pending::<()>().await;
}

fn log(what: &str, result: anyhow::Result<()>) {
    if let Err(error) = result {
        tracing::error!("{what}: {error:#}; trying again");
    }
}

fn announce(live: &Live, config: &Config) {
    live.update_status(|status| {
        status.phase = Phase::Loading;
        status.message = "Reading the sources".to_owned();
        status.sources = config
            .sources
            .iter()
            .map(|(name, source)| SourceStatus {
                name: name.clone(),
                kind: source.kind().to_owned(),
                ..SourceStatus::default()
            })
            .collect();
        let analytics = config.analytics.iter().map(|(name, analytics)| analysis(name, analytics));
        status.analytics = analytics.chain(polling::described(config)).collect();
        status.forecasts = config.forecasts.iter().map(|(name, forecast)| describe(&job(name, forecast))).collect();
    });
}

fn analysis(name: &str, analytics: &AnalyticsConfig) -> AnalyticsStatus {
    AnalyticsStatus {
        name: name.to_owned(),
        input: analytics.keys.input.clone(),
        is_network: analytics.is_network,
        window_ms: analytics.keys.window.0,
        ..AnalyticsStatus::default()
    }
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
    let forecast = forecast.clone();
    ForecastJob {
        name: name.to_owned(),
        selector: forecast.series,
        horizon: forecast.horizon,
        every: forecast.every,
        model: forecast.model,
        levels: forecast.quantiles,
        refit: forecast.refit,
        season: forecast.season,
        holidays: forecast.holidays,
        covariates: forecast.covariates,
        known_ahead: Arc::default(),
    }
}

/// Reads every file to its end, side by side, and starts to poll services.
async fn load(sources: BTreeMap<String, SourceConfig>, store: Arc<dyn SeriesStore>, live: Live) {
    let mut running = tokio::task::JoinSet::new();
    for (name, source) in sources {
        let (store, live) = (Arc::clone(&store), live.clone());
        match source {
            SourceConfig::Csv { path, options } => {
                running.spawn(async move {
                    let opened = async {
                        let cursor = store.cursor(&path).await?;
                        anyhow::Ok(CsvSource::open(&path, options, cursor.as_deref()).await?)
                    };
                    run_source(&name, opened.await, &*store, &live).await;
                });
            }
            SourceConfig::HttpPoll(keys) => {
                tokio::spawn(async move { polling::poll(&name, keys, &*store, &live).await });
            }
            // Streams have no end, and run by themselves.
            SourceConfig::RedisStream { .. } | SourceConfig::Push { .. } => {}
        }
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
