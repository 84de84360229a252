//! The traits through which the domain reaches the world, and the closed errors that come back.
//!
//! [`Source`] and [`SeriesStore`] do I/O and are asynchronous; [`ArtifactStorage`] does a little of it and blocks;
//! [`Forecaster`] computes and is synchronous; [`Clock`] is the only way to learn what time it is.

use crate::forecast::Forecast;
use crate::record::{RecordBatch, Rejections};
use crate::series::{Bucket, Points, RegularSeries, Sample, SampleBatch, Selector, SeriesKey, TimeRange};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::pin::Pin;
use std::sync::Arc;

/// A boxed future, so that the asynchronous ports can be used as trait objects.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Tells the time.
pub trait Clock: Send + Sync {
    /// Milliseconds since the Unix epoch.
    fn now_ms(&self) -> i64;
}

/// How far a source has been read. Stores keep it in the same commit as the samples it covers, so that a restart
/// continues exactly behind what is durable.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Position {
    /// Which source, unique in a store.
    pub source: String,
    /// Where in it; only the source can read this.
    pub cursor: String,
}

/// What a source gives at once.
#[derive(Clone, Debug, PartialEq)]
pub struct SourceBatch {
    /// The samples.
    pub samples: SampleBatch,
    /// Where the source stands once they are durable.
    pub position: Position,
}

/// How far a source has come, for progress bars and counters.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Progress {
    /// Bytes read, as stored (compressed if the source is).
    pub bytes_read: u64,
    /// Bytes there are in all, if known.
    pub bytes_total: Option<u64>,
    /// Rows turned into samples.
    pub rows: u64,
    /// Malformed rows left out (only with `on_error: skip`).
    pub rows_skipped: u64,
}

/// Where samples come from. The caller pulls, so a slow store slows the source instead of filling memory.
pub trait Source: Send {
    /// The next batch; `None` at the end of a source that has one.
    fn next_batch(&mut self) -> BoxFuture<'_, Result<Option<SourceBatch>, SourceError>>;

    /// How far it has come.
    fn progress(&self) -> Progress;
}

/// Why a source cannot go on.
#[derive(Debug, thiserror::Error)]
pub enum SourceError {
    /// Something in the data is malformed.
    #[error("{location}: {reason}")]
    Malformed {
        /// File, line and column, or stream and id.
        location: String,
        /// What is wrong, and what to do.
        reason: String,
    },
    /// What was asked for is not there.
    #[error("{what} was not found; check the path, or the bucket and key")]
    NotFound {
        /// The file or object.
        what: String,
    },
    /// The other side refuses or cannot be reached.
    #[error("{what} cannot be read: {reason}")]
    Unavailable {
        /// The file, object or server.
        what: String,
        /// Why, and what to do.
        reason: String,
    },
}

/// One series of a store.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SeriesSummary {
    /// The series.
    pub series: SeriesKey,
    /// Its oldest sample's time, ms since the Unix epoch.
    pub first_ms: i64,
    /// Its newest sample's time, ms since the Unix epoch.
    pub last_ms: i64,
    /// How many samples it has, at most: samples written twice and not yet compacted may count twice.
    pub samples: u64,
}

/// Which forecasts of a series to fetch.
#[derive(Clone, Debug, PartialEq)]
pub struct ForecastQuery {
    /// The series.
    pub series: SeriesKey,
    /// Origins to include.
    pub origins: TimeRange,
    /// Keep only this many newest origins.
    pub limit: usize,
}

/// Where series and forecasts are kept.
///
/// Writing the same (series, timestamp), or the same (series, model version, origin), twice stores it once and the
/// last write wins. All retry, replay and takeover rests on that. An `Ok` from a write means that it is durable.
pub trait SeriesStore: Send + Sync {
    /// Stores a batch and, in the same commit, the position of the source it came from.
    fn append(&self, batch: SampleBatch, position: Option<Position>) -> BoxFuture<'_, Result<(), StoreError>>;

    /// The cursor last stored for a source.
    fn cursor<'a>(&'a self, source: &'a str) -> BoxFuture<'a, Result<Option<String>, StoreError>>;

    /// The series that match, sorted.
    fn series<'a>(&'a self, selector: &'a Selector) -> BoxFuture<'a, Result<Vec<SeriesSummary>, StoreError>>;

    /// Samples of one series in ascending time, or one point per bucket. Empty for an unknown series.
    fn range<'a>(
        &'a self,
        series: &'a SeriesKey,
        range: TimeRange,
        bucket: Option<Bucket>,
    ) -> BoxFuture<'a, Result<Points, StoreError>>;

    /// The newest sample of every series that matches, sorted by series.
    fn latest<'a>(&'a self, selector: &'a Selector) -> BoxFuture<'a, Result<Vec<(SeriesKey, Sample)>, StoreError>>;

    /// Stores forecasts.
    fn put_forecasts(&self, forecasts: Vec<Forecast>) -> BoxFuture<'_, Result<(), StoreError>>;

    /// Forecasts of one series by ascending origin, then model version.
    fn forecasts(&self, query: ForecastQuery) -> BoxFuture<'_, Result<Vec<Forecast>, StoreError>>;
}

/// Why a store refuses.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Another process has the store open.
    #[error("the store {path} is in use by {owner}; stop it, or talk to it with --server")]
    Locked {
        /// The store.
        path: String,
        /// Who has it: a process id, and its address if it serves.
        owner: String,
    },
    /// The store was written by a newer Tidecast.
    #[error("the store {path} has format version {found}, this build reads up to {supported}; use a newer tidecast")]
    NewerVersion {
        /// The store.
        path: String,
        /// Its version.
        found: u32,
        /// Ours.
        supported: u32,
    },
    /// The directory cannot be created or written.
    #[error("the store {path} cannot be written: {reason}; check its owner and permissions")]
    NotWritable {
        /// The store.
        path: String,
        /// What the operating system said.
        reason: String,
    },
    /// No space is left. Everything acknowledged before is safe.
    #[error(
        "the disk of the store {path} is full; free space or set a shorter retention, then start again. Acknowledged data is safe"
    )]
    DiskFull {
        /// The store.
        path: String,
    },
    /// A checksum or structure is wrong.
    #[error("{what} is damaged: {reason}; restore it from a backup, or move it away to go on without it")]
    Corrupt {
        /// The file.
        what: String,
        /// What is wrong.
        reason: String,
    },
    /// The batch holds something that cannot be stored.
    #[error("the samples are refused: {reason}")]
    Refused {
        /// What, and what to do.
        reason: String,
    },
    /// Reading or writing failed otherwise, or the server cannot be reached.
    #[error("{what} failed: {reason}")]
    Unavailable {
        /// What was tried.
        what: String,
        /// Why, and what to do.
        reason: String,
    },
}

/// A fitted model of one series, together with the recent values that it needs to forecast.
pub trait Forecaster: Send + Sync {
    /// The model's name, as in the registry.
    fn model(&self) -> &str;

    /// Takes newly observed values (NaN where missing), one per step after those seen so far. Changes the state from
    /// which it forecasts, never the fitted parameters; costs far less than a fit.
    fn update(&mut self, values: &[f64]);

    /// Takes what is known of the covariates from now on: their newest values and those to come, in the order in which they were
    /// given to the fit. A forecaster without covariates ignores them. Returns whether what it forecasts next is another.
    fn foresee(&mut self, covariates: Arc<[RegularSeries]>) -> bool;

    /// Forecasts the next `horizon` steps: one row per level (ascending, in (0, 1)), one finite value per step, rows
    /// never crossing.
    fn predict(&self, horizon: usize, levels: &[f64]) -> Vec<Vec<f64>>;

    /// Everything needed to go on after a restart, as bytes that the same model can load.
    fn save(&self) -> Vec<u8>;
}

/// Where trained models and what is known about them are kept: objects under keys such as `folder/name`, each there as
/// it was written or not at all, whenever a process dies. Durable when a write returns.
///
/// Calls block, over a network for as long as it takes: keep them off the threads that serve requests.
pub trait ArtifactStorage: fmt::Debug + Send + Sync {
    /// The folders at the top, sorted.
    fn folders(&self) -> Result<Vec<String>, ArtifactError>;

    /// Keys of all objects in a folder, at any depth, sorted; none where there is no such folder.
    fn keys(&self, folder: &str) -> Result<Vec<String>, ArtifactError>;

    /// An object; `None` where there is none.
    fn get(&self, key: &str) -> Result<Option<Vec<u8>>, ArtifactError>;

    /// Several objects, each as [`Self::get`] would give it, in the order of their keys.
    fn get_all(&self, keys: &[String]) -> Vec<Result<Option<Vec<u8>>, ArtifactError>> {
        keys.iter().map(|key| self.get(key)).collect()
    }

    /// Writes a new object; `false`, and nothing changes, where there is one already.
    fn create(&self, key: &str, bytes: &[u8]) -> Result<bool, ArtifactError>;

    /// Writes an object in place of the one that may be there.
    fn replace(&self, key: &str, bytes: &[u8]) -> Result<(), ArtifactError>;

    /// Removes an object; none being there is fine.
    fn remove(&self, key: &str) -> Result<(), ArtifactError>;

    /// Removes what writes that never ended have left in a folder, and says how many there were.
    fn remove_unfinished(&self, folder: &str) -> Result<usize, ArtifactError>;

    /// Where an object is, for messages.
    fn place(&self, key: &str) -> String;
}

/// Why artifacts cannot be read or written.
#[derive(Clone, Debug, thiserror::Error)]
pub enum ArtifactError {
    /// The file system refuses.
    #[error("{place} cannot be {doing}: {reason}; check permissions and free space of the registry")]
    Io {
        /// The file or directory.
        place: String,
        /// "read", "written", ...
        doing: &'static str,
        /// What the operating system said.
        reason: String,
    },
    /// The other side refuses or cannot be reached.
    #[error("{place} cannot be {doing}: {reason}")]
    Unavailable {
        /// The object.
        place: String,
        /// "read", "written", ...
        doing: &'static str,
        /// Why, and what to do.
        reason: String,
    },
}

/// Records that a stream gave at once.
#[derive(Clone, Debug, PartialEq)]
pub struct RecordDelivery {
    /// The records; none when nothing came for a while.
    pub records: RecordBatch,
    /// Where the stream stands once they are durable; `None` where the stream itself keeps its place (a consumer group), or has
    /// none.
    pub position: Option<Position>,
    /// What was refused on the way here.
    pub rejections: Rejections,
    /// Nothing more waits, as far as the stream can tell: without records the caller may let time pass.
    pub caught_up: bool,
}

/// Where records come from. The caller pulls, processes, commits, and then acknowledges.
pub trait RecordSource: Send {
    /// The next records, in the order of the stream. Comes back without any when none arrive for about a tenth of a second.
    /// So it does while a server is away, to which it returns with back-off: an error is one that waiting does not mend.
    /// Nothing is lost when the future is dropped.
    fn next_records(&mut self) -> BoxFuture<'_, Result<RecordDelivery, SourceError>>;

    /// Says that everything given so far is durable: the stream may forget it.
    fn acknowledge(&mut self) -> BoxFuture<'_, Result<(), SourceError>>;

    /// How it stands, for people.
    fn health(&self) -> StreamHealth;
}

/// How a stream stands.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct StreamHealth {
    /// Messages that wait in the stream behind the last one read, if the stream can tell.
    pub lag: Option<u64>,
    /// Why nothing comes at present; absent while all is well.
    pub trouble: Option<String>,
    /// How often the stream was found deleted and begun anew, or set back to an earlier state.
    #[serde(default)]
    pub restarts: u64,
}

/// What a computation over a stream remembers, as the store keeps it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StateChange {
    /// One more change on top of all that is kept.
    Append {
        /// Whose state.
        name: String,
        /// The change, readable by its owner only.
        bytes: Vec<u8>,
    },
    /// The whole state, in place of everything that was kept.
    Replace {
        /// Whose state.
        name: String,
        /// The state, readable by its owner only.
        bytes: Vec<u8>,
    },
}

/// A store that keeps, beside series, what computations over streams remember: in one commit with the position of the stream and
/// with the samples that came out, so that after a crash all three agree.
pub trait StateStore: SeriesStore {
    /// Stores all of it in one commit. Samples are visible to readers, and everything is durable, when it returns. After an
    /// error it may be durable or not: changes are not idempotent, so read state and cursor again before going on.
    fn commit(
        &self,
        samples: SampleBatch,
        position: Option<Position>,
        changes: Vec<StateChange>,
    ) -> BoxFuture<'_, Result<(), StoreError>>;

    /// What is kept under a name: the state last put in place, if any, and the changes since, oldest first. After a failed
    /// commit this also settles what the cursor of its source is: ask for the state first.
    fn state<'a>(&'a self, name: &'a str) -> BoxFuture<'a, Result<KeptState, StoreError>>;
}

/// What a store keeps of a computation.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KeptState {
    /// The whole state as it was last put in place.
    pub base: Option<Vec<u8>>,
    /// The changes since then, oldest first.
    pub changes: Vec<Vec<u8>>,
}
