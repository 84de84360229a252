//! What the process says about itself: phase, progress, sources, jobs.

use serde::{Deserialize, Serialize};
use tidecast_core::record::Rejections;
use utoipa::ToSchema;

/// Where the process is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// Opening the store.
    Starting,
    /// Reading sources that have an end for the first time.
    Loading,
    /// Fitting and selecting the first models.
    Fitting,
    /// Forecasts are there and are kept fresh.
    Live,
    /// The replayed data have come to their end.
    Ended,
    /// Something is broken; the message says what to do.
    Failed,
}

/// Which verb started the process.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// `tidecast demo`
    Demo,
    /// `tidecast run`
    Run,
    /// `tidecast serve`
    Serve,
}

/// Everything about the process itself.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Status {
    /// This build.
    pub version: String,
    /// Which verb started it.
    pub mode: Mode,
    /// Where it is in its life.
    pub phase: Phase,
    /// What a person should read.
    pub message: String,
    /// The time of the data, ms since the Unix epoch: the replay's in the demo, else the wall clock.
    pub now_ms: i64,
    /// When the process started, wall clock, ms since the Unix epoch.
    pub started_ms: i64,
    /// Long work under way.
    pub progress: Option<StageProgress>,
    /// The replay, in the demo.
    pub replay: Option<Replay>,
    /// The configured sources.
    pub sources: Vec<SourceStatus>,
    /// The configured analytics, and the services that are polled in place of one.
    pub analytics: Vec<AnalyticsStatus>,
    /// The workload whose autoscaling is shown.
    #[serde(default)]
    pub autoscaling: Option<String>,
    /// The configured forecasts.
    pub forecasts: Vec<ForecastStatus>,
    /// Series in the store.
    pub series: u64,
    /// Samples in the store.
    pub samples: u64,
}

/// How far long work has come.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct StageProgress {
    /// `ingest` or `fit`.
    pub stage: String,
    /// Units done.
    pub done: u64,
    /// Units in all, if known.
    pub total: Option<u64>,
}

/// Held-back data that are fed in as if they arrived now.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Replay {
    /// First replayed instant, ms since the Unix epoch.
    pub from_ms: i64,
    /// Last replayed instant, ms since the Unix epoch.
    pub to_ms: i64,
    /// Data milliseconds per wall-clock millisecond.
    pub speed: f64,
}

/// One configured source.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct SourceStatus {
    /// Its key in the configuration.
    pub name: String,
    /// Its type, such as `csv` or `redis_stream`.
    pub kind: String,
    /// What it is doing.
    pub state: SourceState,
    /// Rows or records taken.
    pub rows: u64,
    /// Malformed rows left out.
    pub rows_skipped: u64,
    /// Records a second, lately; of streams only.
    pub rate: Option<f64>,
    /// Records that wait behind the last one taken, where the stream can tell.
    pub lag: Option<u64>,
    /// Records refused, or remarkable, by reason; of streams only.
    #[schema(value_type = std::collections::BTreeMap<String, u64>)]
    pub refused: Rejections,
    /// Why it failed, or what it waits for.
    pub error: Option<String>,
}

/// What a source is doing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum SourceState {
    /// Samples are flowing, or would if there were new ones.
    Reading,
    /// It has not been reached yet, or its server is away or does not answer as it should; then the error says what to do.
    #[default]
    Waiting,
    /// Its end is reached and durable.
    Done,
    /// It cannot go on.
    Failed,
}

/// One configured analysis of a stream.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct AnalyticsStatus {
    /// Its key in the configuration.
    pub name: String,
    /// The source it reads.
    pub input: String,
    /// Whether it is the network monitoring, which has an API and a page of its own.
    pub is_network: bool,
    /// How long a window is, ms.
    pub window_ms: i64,
    /// Up to here windows are closed, ms since the Unix epoch.
    pub watermark_ms: Option<i64>,
    /// Windows closed since the start.
    pub windows: u64,
    /// When the newest closed window ended, ms since the Unix epoch.
    pub last_window_ms: Option<i64>,
    /// Keys that are remembered, such as antennas.
    pub keys: u64,
    /// Keys that have been silent for longer than they should.
    pub silent: u64,
    /// Keys outside the band that was forecast for them.
    pub anomalous: u64,
    /// Records refused by reason: late ones, too many keys, rules.
    #[schema(value_type = std::collections::BTreeMap<String, u64>)]
    pub refused: Rejections,
}

/// One configured forecast.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ForecastStatus {
    /// Its key in the configuration.
    pub name: String,
    /// Which series it covers.
    pub selector: String,
    /// How far it looks ahead, ms.
    pub horizon_ms: i64,
    /// How often it runs, ms.
    pub every_ms: i64,
    /// Its quantile levels.
    pub levels: Vec<f64>,
    /// When it last ran, time of the data, ms since the Unix epoch.
    pub last_run_ms: Option<i64>,
    /// How long that took, wall-clock ms.
    pub last_run_wall_ms: Option<u64>,
    /// How often it has run since the start.
    pub runs: u64,
}
