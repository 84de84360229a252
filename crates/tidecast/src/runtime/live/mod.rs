//! What the process knows about itself right now, for the API and the console: phase, sources, jobs, models.
//!
//! The runtime writes it, the API reads it, and every change is broadcast as an [`Event`]. It holds no samples and no
//! forecasts; those are in the store.

mod analytics;
mod board;
mod event;
mod status;

pub use analytics::{AnalyticsView, Anomaly, KeyView, result_metric, result_series};
pub use board::{Accuracy, Board, Candidate, CandidateState, Drift};
pub use event::{ChampionChange, Event, ForecastNotice, WindowNotice};
pub use status::{
    AnalyticsStatus, ForecastStatus, Mode, Phase, Replay, SourceState, SourceStatus, StageProgress, Status,
};

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};
use tidecast_core::ports::Clock;
use tidecast_core::series::{Selector, SeriesKey};
use tokio::sync::broadcast;

/// How many events a slow subscriber may lag behind before it is told to fetch everything again.
const EVENTS_BUFFERED: usize = 1_024;

/// The shared view. Cheap to clone.
#[derive(Clone)]
pub struct Live(Arc<Shared>);

struct Shared {
    clock: Arc<dyn Clock>,
    view: RwLock<View>,
    events: broadcast::Sender<Event>,
    promotions: broadcast::Sender<SeriesKey>,
}

struct View {
    status: Status,
    boards: BTreeMap<SeriesKey, Board>,
    /// Which forecast job serves which series.
    claims: BTreeMap<SeriesKey, String>,
    /// The last window of each analysis.
    analytics: BTreeMap<String, Arc<AnalyticsView>>,
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
            analytics: Vec::new(),
            autoscaling: None,
            forecasts: Vec::new(),
            series: 0,
            samples: 0,
        };
        let view =
            RwLock::new(View { status, boards: BTreeMap::new(), claims: BTreeMap::new(), analytics: BTreeMap::new() });
        let (events, promotions) = (broadcast::Sender::new(EVENTS_BUFFERED), broadcast::Sender::new(EVENTS_BUFFERED));
        Self(Arc::new(Shared { clock, view, events, promotions }))
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

    /// Series that are forecast, of those that match, sorted.
    #[must_use]
    pub fn forecast_series(&self, matches: impl Fn(&SeriesKey) -> bool) -> Vec<SeriesKey> {
        self.read(|view| view.boards.keys().filter(|series| matches(series)).cloned().collect())
    }

    /// Puts a board in place of the former one of its series.
    pub fn put_board(&self, board: Board) {
        self.write(|view| view.boards.insert(board.series.clone(), board));
    }

    /// Takes the board of a series away.
    pub fn remove_board(&self, series: &SeriesKey) {
        self.write(|view| {
            view.boards.remove(series);
            view.claims.remove(series);
        });
    }

    /// Gives a series to a forecast job, for as long as the series exists; `false` when another job has it. A series
    /// has one champion and one board, so it can be served by one job.
    #[must_use]
    pub fn claim(&self, series: &SeriesKey, job: &str) -> bool {
        self.write(|view| view.claims.entry(series.clone()).or_insert_with(|| job.to_owned()) == job)
    }

    /// Changes the board of a series, if it has one.
    pub fn update_board(&self, series: &SeriesKey, change: impl FnOnce(&mut Board)) {
        self.write(|view| view.boards.get_mut(series).map(change));
    }

    /// Shows the results of an analysis, and tells the subscribers.
    pub fn put_analytics(&self, view: AnalyticsView) {
        let notice = WindowNotice { analytics: view.name.clone(), start_ms: view.start_ms, end_ms: view.end_ms };
        self.write(|live| live.analytics.insert(view.name.clone(), Arc::new(view)));
        self.publish(Event::Window(notice));
    }

    /// The last windows of all analytics that have closed one.
    #[must_use]
    pub fn analytics(&self) -> Vec<Arc<AnalyticsView>> {
        self.read(|view| view.analytics.values().cloned().collect())
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

    /// Tells the jobs that the registry has another champion for a series.
    pub fn promoted(&self, series: &SeriesKey) {
        let _no_job_runs = self.0.promotions.send(series.clone());
    }

    /// Series whose champion is changed by hand from now on.
    #[must_use]
    pub fn subscribe_promotions(&self) -> broadcast::Receiver<SeriesKey> {
        self.0.promotions.subscribe()
    }

    // A writer that panicked leaves a complete, perhaps outdated view: showing it beats failing every request.
    fn read<T>(&self, look: impl FnOnce(&View) -> T) -> T {
        look(&self.0.view.read().unwrap_or_else(PoisonError::into_inner))
    }

    fn write<T>(&self, change: impl FnOnce(&mut View) -> T) -> T {
        change(&mut self.0.view.write().unwrap_or_else(PoisonError::into_inner))
    }
}
