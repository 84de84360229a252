//! The figures of a network-monitoring service, fetched again and again: `GET /metrics` in JSON, as that service has
//! always answered, so that its figures can be kept and forecast before anything else is replaced.

use super::client::{check_address, connection_pool, root_cause};
use reqwest::Url;
use reqwest::header::ACCEPT;
use serde::Deserialize;
use std::sync::Arc;
use std::time::Duration;
use tidecast_core::duration::DurationMs;
use tidecast_core::ports::{BoxFuture, Clock, Position, Progress, Source, SourceBatch, SourceError, StreamHealth};
use tidecast_core::series::{LabelError, SampleBatch, SeriesKey};
use tokio::sync::watch;
use tokio::time::{Interval, MissedTickBehavior};

/// A service that takes longer has nothing new to say either.
const ANSWER_DEADLINE: Duration = Duration::from_secs(10);
/// The answer has some hundred bytes.
const ANSWER_BYTES_MAX: usize = 64 << 10;
/// The clocks of two machines differ by less.
const FUTURE_TOLERANCE_MS: i64 = 60_000;

/// Which service is asked, and how often.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MetricsPollOptions {
    /// The name of the source, unique in a store.
    pub name: String,
    /// The address, `http://analytics-service:8000/metrics`.
    pub url: String,
    /// The time between two requests.
    pub every: DurationMs,
    /// What the names of the series begin with: `network` gives `network_total_packets`.
    pub prefix: String,
}

/// A source of samples that never ends: one of every figure for each time at which the service made new ones.
pub struct MetricsPoll {
    http: reqwest::Client,
    url: Url,
    /// The address as messages show it: a query may hold a key.
    shown: String,
    name: String,
    series: [SeriesKey; FIGURES.len()],
    clock: Arc<dyn Clock>,
    ticks: Option<Interval>,
    every: Duration,
    last: Option<Metrics>,
    rows: u64,
    health: watch::Sender<StreamHealth>,
    /// What was given last, until it is known to be durable.
    given: Option<PolledFigures>,
    durable: watch::Sender<Option<PolledFigures>>,
}

/// The figures of one answer.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PolledFigures {
    /// When the service made them, ms since the Unix epoch.
    pub at_ms: i64,
    /// In the order of [`MetricsPoll::FIGURES`]; NaN where there is none.
    pub values: [f64; FIGURES.len()],
}

/// The answer, as it travels.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
struct Metrics {
    /// Seconds since the Unix epoch; 0 or null before the first figures.
    last_update: Option<f64>,
    service_stats: ServiceStats,
}

/// Every figure keeps the unit it has there.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
struct ServiceStats {
    total_packets: Option<f64>,
    total_loss: Option<f64>,
    loss_rate: Option<f64>,
    avg_latency: Option<f64>,
    active_antennas: Option<f64>,
}

/// Those of the answer, and those that follow from them.
const FIGURES: [&str; 7] =
    ["total_packets", "total_loss", "delivered_packets", "loss_rate", "success_rate", "avg_latency", "active_antennas"];

impl ServiceStats {
    /// In the order of [`FIGURES`].
    fn values(&self) -> [Option<f64>; FIGURES.len()] {
        let Self { total_packets, total_loss, loss_rate, avg_latency, active_antennas } = *self;
        let delivered = total_packets.zip(total_loss).map(|(packets, lost)| packets - lost);
        // From the counts where there are any: a rate may be one of a hundred there.
        let counted = delivered.zip(total_packets).filter(|(_, packets)| *packets > 0.0);
        let success_rate = match counted {
            Some((delivered, packets)) => Some(delivered / packets),
            None => loss_rate.filter(|rate| (0.0..=1.0).contains(rate)).map(|rate| 1.0 - rate),
        };
        [total_packets, total_loss, delivered, loss_rate, success_rate, avg_latency, active_antennas]
    }
}

impl MetricsPollOptions {
    /// Whether the address can be asked.
    ///
    /// # Errors
    /// When it is none or holds credentials, saying so without showing it.
    pub fn check_url(&self) -> Result<(), String> {
        self.parsed_url().map(drop)
    }

    /// Whether the prefix can begin the names of series.
    ///
    /// # Errors
    /// When it cannot.
    pub fn check_prefix(&self) -> Result<(), LabelError> {
        self.series().map(drop)
    }

    fn parsed_url(&self) -> Result<Url, String> {
        check_address(&self.url).map_err(|reason| format!("{reason}; write it as in http://127.0.0.1:8000/metrics"))
    }

    fn series(&self) -> Result<[SeriesKey; FIGURES.len()], LabelError> {
        let series = |figure| SeriesKey::new::<&str, &str>(&format!("{}_{figure}", self.prefix), []);
        let [packets, lost, delivered, loss_rate, success_rate, latency, antennas] = FIGURES.map(series);
        Ok([packets?, lost?, delivered?, loss_rate?, success_rate?, latency?, antennas?])
    }
}

impl MetricsPoll {
    /// What is kept of each answer, as the series are named behind their prefix.
    pub const FIGURES: [&str; 7] = FIGURES;

    /// A source that asks for the first time when it is first pulled.
    ///
    /// # Errors
    /// When the address is none, the prefix cannot begin the name of a series, or `every` is not above 0.
    pub fn new(options: MetricsPollOptions, clock: Arc<dyn Clock>) -> Result<Self, SourceError> {
        let wrong = |reason: String| SourceError::Unavailable { what: options.name.clone(), reason };
        let url = options.parsed_url().map_err(wrong)?;
        let every = u64::try_from(options.every.0).ok().filter(|&ms| ms > 0);
        let every = every.ok_or_else(|| wrong("`every` must be longer than 0ms, for example 5s".to_owned()))?;
        let series = options.series().map_err(|error| wrong(error.to_string()))?;
        let http = connection_pool(ANSWER_DEADLINE).map_err(|error| wrong(root_cause(&error)))?;
        let mut shown = url.clone();
        shown.set_query(None);
        Ok(Self {
            http,
            shown: shown.to_string(),
            url,
            name: options.name,
            series,
            clock,
            ticks: None,
            every: Duration::from_millis(every),
            last: None,
            rows: 0,
            health: watch::Sender::default(),
            given: None,
            durable: watch::Sender::default(),
        })
    }

    /// How it stands, while it is being pulled as well.
    #[must_use]
    pub fn health(&self) -> watch::Receiver<StreamHealth> {
        self.health.subscribe()
    }

    /// The newest figures that are durable, while it is being pulled as well.
    #[must_use]
    pub fn figures(&self) -> watch::Receiver<Option<PolledFigures>> {
        self.durable.subscribe()
    }

    /// Waits for new figures, however long the service is away.
    async fn next_figures(&mut self) -> SourceBatch {
        loop {
            self.tick().await;
            let trouble = match self.fetch().await.and_then(|metrics| self.take(metrics)) {
                Ok(Some(batch)) => {
                    self.report(None);
                    return batch;
                }
                Ok(None) => None,
                Err(trouble) => Some(trouble),
            };
            self.report(trouble);
        }
    }

    async fn tick(&mut self) {
        let every = self.every;
        let ticks = self.ticks.get_or_insert_with(|| {
            let mut ticks = tokio::time::interval(every);
            ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
            ticks
        });
        ticks.tick().await;
    }

    async fn fetch(&self) -> Result<Metrics, String> {
        let request = self.http.get(self.url.clone()).header(ACCEPT, "application/json");
        let explain = |error: reqwest::Error| match error.is_timeout() {
            true => format!("{} does not answer within {} s", self.shown, ANSWER_DEADLINE.as_secs()),
            false => format!("{} cannot be reached: {}", self.shown, root_cause(&error)),
        };
        let mut response = request.send().await.map_err(explain)?;
        if !response.status().is_success() {
            return Err(format!("{} answers {}; does the path lead to the figures?", self.shown, response.status()));
        }
        let mut answer = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(explain)? {
            if answer.len() + chunk.len() > ANSWER_BYTES_MAX {
                return Err(format!("{} answers with more than {} KiB", self.shown, ANSWER_BYTES_MAX >> 10));
            }
            answer.extend_from_slice(&chunk);
        }
        let unknown = |error| format!("{} answers with something else than the figures in JSON: {error}", self.shown);
        serde_json::from_slice(&answer).map_err(unknown)
    }

    /// The figures as samples; `None` where they are those of the last time.
    fn take(&mut self, metrics: Metrics) -> Result<Option<SourceBatch>, String> {
        let Some(last_update) = metrics.last_update.filter(|&seconds| seconds > 0.0) else {
            return Err(format!("{} has no figures yet", self.shown));
        };
        let timestamp_ms = (last_update * 1e3).round() as i64;
        if timestamp_ms > self.clock.now_ms().saturating_add(FUTURE_TOLERANCE_MS) {
            return Err(format!("{} says that its last update is yet to come; check the clocks", self.shown));
        }
        if self.last == Some(metrics) {
            return Ok(None);
        }
        self.last = Some(metrics);
        let mut samples = SampleBatch::new();
        let values = metrics.service_stats.values();
        self.given = Some(PolledFigures { at_ms: timestamp_ms, values: values.map(|value| value.unwrap_or(f64::NAN)) });
        for (series, value) in self.series.iter().zip(values) {
            if let Some(value) = value {
                samples.push(series, timestamp_ms, value);
            }
        }
        self.rows += 1;
        let position = Position { source: self.name.clone(), cursor: timestamp_ms.to_string() };
        Ok(Some(SourceBatch { samples, position }))
    }

    fn report(&self, trouble: Option<String>) {
        self.health.send_if_modified(|health| {
            let is_news = health.trouble != trouble;
            health.trouble = trouble;
            is_news
        });
    }
}

impl Source for MetricsPoll {
    fn next_batch(&mut self) -> BoxFuture<'_, Result<Option<SourceBatch>, SourceError>> {
        // Who asks for more has made durable what it has.
        if let Some(figures) = self.given.take() {
            self.durable.send_replace(Some(figures));
        }
        Box::pin(async move { Ok(Some(self.next_figures().await)) })
    }

    fn progress(&self) -> Progress {
        Progress { rows: self.rows, ..Progress::default() }
    }
}
