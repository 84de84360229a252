//! The figures of a network-monitoring service, fetched again and again: `GET /metrics` in JSON, as that service has
//! always answered, so that its figures can be kept and forecast before anything else is replaced.

use super::client::{connection_pool, root_cause};
use reqwest::Url;
use reqwest::header::ACCEPT;
use serde::Deserialize;
use std::sync::Arc;
use std::time::Duration;
use tidecast_core::duration::DurationMs;
use tidecast_core::ports::{BoxFuture, Clock, Position, Progress, Source, SourceBatch, SourceError, StreamHealth};
use tidecast_core::series::{SampleBatch, SeriesKey};
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
    name: String,
    series: [SeriesKey; 5],
    clock: Arc<dyn Clock>,
    ticks: Option<Interval>,
    every: Duration,
    last: Option<Metrics>,
    rows: u64,
    health: watch::Sender<StreamHealth>,
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

const FIGURES: [&str; 5] = ["total_packets", "total_loss", "loss_rate", "avg_latency", "active_antennas"];

impl ServiceStats {
    /// In the order of [`FIGURES`].
    fn values(&self) -> [Option<f64>; 5] {
        [self.total_packets, self.total_loss, self.loss_rate, self.avg_latency, self.active_antennas]
    }
}

impl MetricsPoll {
    /// A source that asks for the first time when it is first pulled.
    ///
    /// # Errors
    /// When the address is none, the prefix cannot begin the name of a series, or `every` is not above 0.
    pub fn new(options: MetricsPollOptions, clock: Arc<dyn Clock>) -> Result<Self, SourceError> {
        let wrong = |reason: String| SourceError::Unavailable { what: options.url.clone(), reason };
        let url = Url::parse(&options.url)
            .ok()
            .filter(|url| matches!(url.scheme(), "http" | "https") && url.host_str().is_some())
            .ok_or_else(|| wrong("the address is none; write it as in http://127.0.0.1:8000/metrics".to_owned()))?;
        if !url.username().is_empty() || url.password().is_some() {
            let reason = "the address holds a user or a password, which would reach logs; leave them out".to_owned();
            return Err(SourceError::Unavailable { what: options.name, reason });
        }
        let every = u64::try_from(options.every.0).ok().filter(|&ms| ms > 0);
        let every = every.ok_or_else(|| wrong("`every` must be longer than 0ms, for example 5s".to_owned()))?;
        let series = |figure| SeriesKey::new::<&str, &str>(&format!("{}_{figure}", options.prefix), []);
        let [packets, lost, rate, latency, antennas] = FIGURES.map(series);
        let series = (|| Ok([packets?, lost?, rate?, latency?, antennas?]))();
        let series = series.map_err(|error: tidecast_core::series::LabelError| wrong(error.to_string()))?;
        let http = connection_pool(ANSWER_DEADLINE).map_err(|error| wrong(root_cause(&error)))?;
        Ok(Self {
            http,
            url,
            name: options.name,
            series,
            clock,
            ticks: None,
            every: Duration::from_millis(every),
            last: None,
            rows: 0,
            health: watch::Sender::default(),
        })
    }

    /// How it stands, while it is being pulled as well.
    #[must_use]
    pub fn health(&self) -> watch::Receiver<StreamHealth> {
        self.health.subscribe()
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
            true => format!("{} does not answer within {} s", self.url, ANSWER_DEADLINE.as_secs()),
            false => format!("{} cannot be reached: {}", self.url, root_cause(&error)),
        };
        let mut response = request.send().await.map_err(explain)?;
        if !response.status().is_success() {
            return Err(format!("{} answers {}; does the path lead to the figures?", self.url, response.status()));
        }
        let mut answer = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(explain)? {
            if answer.len() + chunk.len() > ANSWER_BYTES_MAX {
                return Err(format!("{} answers with more than {} KiB", self.url, ANSWER_BYTES_MAX >> 10));
            }
            answer.extend_from_slice(&chunk);
        }
        let unknown = |error| format!("{} answers with something else than the figures in JSON: {error}", self.url);
        serde_json::from_slice(&answer).map_err(unknown)
    }

    /// The figures as samples; `None` where they are those of the last time.
    fn take(&mut self, metrics: Metrics) -> Result<Option<SourceBatch>, String> {
        let Some(last_update) = metrics.last_update.filter(|&seconds| seconds > 0.0) else {
            return Err(format!("{} has no figures yet", self.url));
        };
        let timestamp_ms = (last_update * 1e3).round() as i64;
        if timestamp_ms > self.clock.now_ms().saturating_add(FUTURE_TOLERANCE_MS) {
            return Err(format!("{} says that its last update is yet to come; check the clocks", self.url));
        }
        if self.last == Some(metrics) {
            return Ok(None);
        }
        self.last = Some(metrics);
        let mut samples = SampleBatch::new();
        for (series, value) in self.series.iter().zip(metrics.service_stats.values()) {
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
        Box::pin(async move { Ok(Some(self.next_figures().await)) })
    }

    fn progress(&self) -> Progress {
        Progress { rows: self.rows, ..Progress::default() }
    }
}
