//! What the process knows about itself right now, for the API and the console: phase, sources, jobs, models.
//!
//! The runtime writes it, the API reads it, and every change is broadcast as an [`Event`]. It holds no samples and no
//! forecasts; those are in the store.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};
use tidecast_core::forecast::ModelVersion;
use tidecast_core::ports::Clock;
use tidecast_core::series::{Selector, SeriesKey};
use tokio::sync::broadcast;
use utoipa::ToSchema;

/// How many events a slow subscriber may lag behind before it is told to fetch everything again.
const EVENTS_BUFFERED: usize = 1_024;

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
    /// `ingest`, `select`, `fit` or `train`.
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
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SourceStatus {
    /// Its key in the configuration.
    pub name: String,
    /// Its type, `csv`.
    pub kind: String,
    /// What it is doing.
    pub state: SourceState,
    /// Rows turned into samples.
    pub rows: u64,
    /// Malformed rows left out.
    pub rows_skipped: u64,
    /// Why it failed.
    pub error: Option<String>,
}

/// What a source is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum SourceState {
    /// Samples are flowing.
    Reading,
    /// Its end is reached and durable.
    Done,
    /// It cannot go on.
    Failed,
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

/// The models of one series: who serves, who competes, how good they are.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Board {
    /// The series.
    #[schema(value_type = String)]
    pub series: SeriesKey,
    /// The model that answers.
    #[schema(value_type = Option<ModelVersionSchema>)]
    pub champion: Option<ModelVersion>,
    /// Why a simpler model answers, if so.
    pub note: Option<String>,
    /// Season used, in steps.
    pub season: u64,
    /// Distance between values, ms.
    pub step_ms: i64,
    /// Accuracy of the champion when it was chosen, on the past only.
    pub backtest: Option<Accuracy>,
    /// Accuracy of stored forecasts against the actual values that have arrived since.
    pub live: Option<Accuracy>,
    /// Every model that was tried.
    pub candidates: Vec<Candidate>,
}

/// How good forecasts were.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Accuracy {
    /// Mean absolute scaled error.
    pub mase: f64,
    /// The same of the seasonal naive forecast on the same origins.
    pub mase_seasonal_naive: f64,
    /// Share of actual values inside the outermost quantiles, 0 to 1.
    pub coverage: Option<f64>,
    /// Number of forecasts compared.
    pub origins: u64,
}

/// One model in competition for a series.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Candidate {
    /// The model's name.
    pub model: String,
    /// Its version in the registry, once fitted.
    pub version: Option<u32>,
    /// How it stands.
    pub state: CandidateState,
    /// Its backtest error.
    pub mase: Option<f64>,
    /// Its backtest coverage, 0 to 1.
    pub coverage: Option<f64>,
    /// When it was fitted, ms since the Unix epoch.
    pub fitted_ms: Option<i64>,
    /// How far its training is, 0 to 1.
    pub progress: Option<f64>,
    /// Why it failed or does not suit.
    pub reason: Option<String>,
}

/// How a candidate stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum CandidateState {
    /// It answers.
    Champion,
    /// It is fitted and was worse.
    Challenger,
    /// It is being fitted.
    Training,
    /// It waits to be fitted.
    Queued,
    /// It could not be fitted.
    Failed,
}

/// The shape of [`ModelVersion`] in the OpenAPI document; the domain crate knows nothing of OpenAPI.
#[derive(ToSchema)]
#[schema(as = ModelVersion)]
pub struct ModelVersionSchema {
    /// The model's name.
    pub model: String,
    /// Its version, from 1.
    pub version: u32,
}

/// What subscribers are told.
#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    /// The status changed.
    Status(Box<Status>),
    /// Samples arrived (durable).
    Samples {
        /// Time of the data.
        now_ms: i64,
        /// The samples.
        samples: Vec<SeriesSample>,
    },
    /// New forecasts are in the store.
    Forecasts(Vec<ForecastNotice>),
    /// A series is served by another model from now on.
    Champion(ChampionChange),
}

/// One sample and its series.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct SeriesSample {
    /// The series.
    #[schema(value_type = String)]
    pub series: SeriesKey,
    /// Milliseconds since the Unix epoch.
    pub timestamp_ms: i64,
    /// The value.
    pub value: f64,
}

/// Says that a forecast is in the store, without its values.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ForecastNotice {
    /// The series.
    #[schema(value_type = String)]
    pub series: SeriesKey,
    /// Its origin, ms since the Unix epoch.
    pub origin_ms: i64,
    /// Who made it.
    #[schema(value_type = ModelVersionSchema)]
    pub model: ModelVersion,
}

/// A challenger won, or the first champion was chosen.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ChampionChange {
    /// The series.
    #[schema(value_type = String)]
    pub series: SeriesKey,
    /// Who answered until now.
    #[schema(value_type = Option<ModelVersionSchema>)]
    pub from: Option<ModelVersion>,
    /// Who answers from now on.
    #[schema(value_type = ModelVersionSchema)]
    pub to: ModelVersion,
    /// Backtest error of the former.
    pub mase_before: Option<f64>,
    /// Backtest error of the new one.
    pub mase_after: Option<f64>,
}

/// The shared view. Cheap to clone.
#[derive(Clone)]
pub struct Live(Arc<Shared>);

struct Shared {
    clock: Arc<dyn Clock>,
    view: RwLock<View>,
    events: broadcast::Sender<Event>,
}

struct View {
    status: Status,
    boards: BTreeMap<SeriesKey, Board>,
}

impl Live {
    /// A process that has just started; `clock` tells the time of the data, `started_ms` is the wall clock.
    #[must_use]
    pub fn new(mode: Mode, clock: Arc<dyn Clock>, started_ms: i64) -> Self {
        let status = Status {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            mode,
            phase: Phase::Starting,
            message: "Opening the store".to_owned(),
            now_ms: clock.now_ms(),
            started_ms,
            progress: None,
            replay: None,
            sources: Vec::new(),
            forecasts: Vec::new(),
            series: 0,
            samples: 0,
        };
        let view = RwLock::new(View { status, boards: BTreeMap::new() });
        Self(Arc::new(Shared { clock, view, events: broadcast::Sender::new(EVENTS_BUFFERED) }))
    }

    /// The status at this moment.
    #[must_use]
    pub fn status(&self) -> Status {
        let mut status = self.read(|view| view.status.clone());
        status.now_ms = self.now_ms();
        status
    }

    /// The time of the data, ms since the Unix epoch.
    #[must_use]
    pub fn now_ms(&self) -> i64 {
        self.0.clock.now_ms()
    }

    /// Changes the status and tells the subscribers.
    pub fn update_status(&self, change: impl FnOnce(&mut Status)) {
        self.write(|view| change(&mut view.status));
        self.publish(Event::Status(Box::new(self.status())));
    }

    /// Says how far long work has come.
    pub fn show_progress(&self, stage: &str, done: u64, total: Option<u64>) {
        let progress = StageProgress { stage: stage.to_owned(), done, total };
        self.update_status(|status| status.progress = Some(progress));
    }

    /// Boards of the series that match, sorted by series.
    #[must_use]
    pub fn boards(&self, selector: &Selector) -> Vec<Board> {
        self.read(|view| view.boards.values().filter(|board| selector.matches(&board.series)).cloned().collect())
    }

    /// The board of one series.
    #[must_use]
    pub fn board(&self, series: &SeriesKey) -> Option<Board> {
        self.read(|view| view.boards.get(series).cloned())
    }

    /// Puts a board in place of the former one of its series.
    pub fn put_board(&self, board: Board) {
        self.write(|view| view.boards.insert(board.series.clone(), board));
    }

    /// Changes the board of a series, if it has one.
    pub fn update_board(&self, series: &SeriesKey, change: impl FnOnce(&mut Board)) {
        self.write(|view| view.boards.get_mut(series).map(change));
    }

    /// Tells every subscriber; none listening is fine.
    pub fn publish(&self, event: Event) {
        let _nobody_listens = self.0.events.send(event);
    }

    /// Everything that happens from now on.
    #[must_use]
    pub fn subscribe(&self) -> broadcast::Receiver<Event> {
        self.0.events.subscribe()
    }

    // A writer that panicked leaves a complete, perhaps outdated view: showing it beats failing every request.
    fn read<T>(&self, look: impl FnOnce(&View) -> T) -> T {
        look(&self.0.view.read().unwrap_or_else(PoisonError::into_inner))
    }

    fn write<T>(&self, change: impl FnOnce(&mut View) -> T) -> T {
        change(&mut self.0.view.write().unwrap_or_else(PoisonError::into_inner))
    }
}
