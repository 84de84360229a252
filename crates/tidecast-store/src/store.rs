//! The embedded store: the engine with its threads, behind the port.

use crate::blocking::block_on;
use crate::engine::Engine;
use crate::error::Place;
use crate::journal::row;
use crate::lock::DirectoryLock;
use crate::merge::Effort;
use crate::storage::{DirectoryStorage, Storage};
use crate::sync;
use crate::writer::{Append, Queue, Reply, Request, Writer, changes_bytes, forecast_bytes};
use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::sync_channel;
use std::thread::{self, JoinHandle};
use std::time::Duration;
use tidecast_core::forecast::Forecast;
use tidecast_core::ports::{
    BoxFuture, ForecastQuery, KeptState, Position, SeriesStore, SeriesSummary, StateChange, StateStore, StoreError,
};
use tidecast_core::series::{Bucket, Points, Sample, SampleBatch, Selector, SeriesKey, TimeRange};
use tokio::sync::{Semaphore, oneshot};

/// Timestamps lie between minus and plus this many ms (73 million years), so that differences never overflow.
pub const TIMESTAMP_LIMIT_MS: i64 = 1 << 61;
/// A batch has at most this many samples: it is committed, and held in memory, as a whole.
pub const BATCH_SAMPLES_LIMIT: usize = 1 << 20;

/// What waits to be written takes at most about this much memory; a larger batch waits until it is alone.
const QUEUE_BYTES: usize = 16 * 1024 * 1024;
/// The queue counts in units of this size, since its counter has 32 bits.
const QUEUE_UNIT_BYTES: usize = 1024;

/// How a store trades memory and latency. The default suits both a laptop and a server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Options {
    /// Memory for recent samples. More makes larger segments, and a longer start after a crash.
    pub head_bytes: usize,
    /// How long a commit waits for company. Commits share an fsync without waiting whenever several writers are
    /// at it, so this is worth raising only on disks that synchronise slowly.
    pub commit_delay: Duration,
}

impl Default for Options {
    fn default() -> Self {
        Self { head_bytes: 32 * 1024 * 1024, commit_delay: Duration::ZERO }
    }
}

/// A store in a directory of this machine, open in this process only.
///
/// Reads run on the calling thread, also inside the futures of [`SeriesStore`]: they take microseconds to a few
/// milliseconds, from the page cache as a rule. Writes run on a thread of the store's own; a future dropped
/// before it is done may or may not have written. Dropping the store finishes what waits.
#[derive(Debug)]
pub struct EmbeddedStore {
    engine: Arc<Engine>,
    queue: Arc<Queue>,
    admission: Arc<Semaphore>,
    threads: Vec<JoinHandle<()>>,
    lock: Option<DirectoryLock>,
}

impl EmbeddedStore {
    /// Opens the store in a directory, and creates it if it is not there.
    ///
    /// # Errors
    /// When another process has it open, it was written by a newer version, is damaged or cannot be written.
    pub fn open(path: &Path, options: Options) -> Result<Self, StoreError> {
        let storage = DirectoryStorage::create(path)
            .map_err(|error| StoreError::NotWritable { path: path.display().to_string(), reason: error.to_string() })?;
        let lock = DirectoryLock::acquire(path)?;
        let mut store = Self::open_on(Arc::new(storage), &path.display().to_string(), options)?;
        store.lock = Some(lock);
        Ok(store)
    }

    /// Opens the store on any storage, which nobody else may be using; `name` stands for it in messages.
    ///
    /// # Errors
    /// When it was written by a newer version, is damaged or cannot be written.
    pub fn open_on(storage: Arc<dyn Storage>, name: &str, options: Options) -> Result<Self, StoreError> {
        let engine = Arc::new(Engine::open(storage, Place::new(name))?);
        let queue = Arc::new(Queue::default());
        let admission = Arc::new(Semaphore::new(QUEUE_BYTES / QUEUE_UNIT_BYTES));
        let mut store = Self { engine, queue, admission, threads: Vec::new(), lock: None };
        store.start(options)?;
        Ok(store)
    }

    /// Writer, flusher and merger; each wakes the next, and ends when the one before has ended.
    fn start(&mut self, options: Options) -> Result<(), StoreError> {
        let (frozen, flusher_wakes) = sync_channel::<()>(1);
        let (flushed, merger_wakes) = sync_channel::<()>(1);
        let writer = Writer {
            engine: Arc::clone(&self.engine),
            queue: Arc::clone(&self.queue),
            commit_delay: options.commit_delay,
            freeze_bytes: options.head_bytes / 2,
            frozen,
        };
        let engine = Arc::clone(&self.engine);
        let flusher = move || {
            while flusher_wakes.recv().is_ok() {
                // The writer meets the same error when it needs the room, and answers with it.
                report("flush", &engine, engine.flush_frozen());
                let _ = flushed.try_send(());
            }
        };
        let engine = Arc::clone(&self.engine);
        let merger = move || {
            while merger_wakes.recv().is_ok() {
                report("merge", &engine, engine.maintain(Effort::Background));
            }
        };
        self.spawn("store-writer", || writer.run())?;
        self.spawn("store-flusher", flusher)?;
        self.spawn("store-merger", merger)
    }

    fn spawn(&mut self, name: &str, run: impl FnOnce() + Send + 'static) -> Result<(), StoreError> {
        let thread = thread::Builder::new().name(name.to_owned()).spawn(run);
        let thread = thread.map_err(|error| self.engine.place.io("starting a thread", &error))?;
        self.threads.push(thread);
        Ok(())
    }

    /// Tells other processes that find the store locked where this one serves.
    ///
    /// # Errors
    /// When the lock file cannot be written.
    pub fn announce(&self, address: &str) -> Result<(), StoreError> {
        let written = self.lock.as_ref().map_or(Ok(()), |lock| lock.write_owner(Some(address)));
        written.map_err(|error| self.engine.place.io("the lock file", &error))
    }

    /// [`SeriesStore::append`] for threads: returns when the batch is durable.
    ///
    /// # Errors
    /// As [`SeriesStore::append`].
    pub fn append_blocking(&self, batch: SampleBatch, position: Option<Position>) -> Result<(), StoreError> {
        block_on(self.write_batch(batch, position, Vec::new()))
    }

    /// Moves everything in memory into segments. Blocks.
    ///
    /// # Errors
    /// When writing fails; nothing is lost.
    pub fn flush(&self) -> Result<(), StoreError> {
        self.engine.flush()
    }

    /// Merges segments as far as that keeps reads fast, which also happens in the background. Blocks.
    ///
    /// # Errors
    /// When writing fails; nothing is lost.
    pub fn merge(&self) -> Result<(), StoreError> {
        self.engine.maintain(Effort::Background)
    }

    /// Flushes, merges every window's segments into one, and gives free space back to the file system. Blocks.
    ///
    /// # Errors
    /// When writing fails; nothing is lost.
    pub fn compact(&self) -> Result<(), StoreError> {
        self.engine.flush()?;
        self.engine.maintain(Effort::Full)?;
        sync::lock(&self.engine.journal).shrink()?;
        self.engine.forecasts.shrink()
    }

    /// Drops samples, and forecasts by origin, older than `retain_from_ms`: from sight at once, from the disk as
    /// whole segments. The horizon never moves back. Blocks.
    ///
    /// # Errors
    /// When writing fails.
    pub fn retain_from(&self, retain_from_ms: i64) -> Result<(), StoreError> {
        self.engine.retain_from(retain_from_ms)
    }

    /// Keeps every forecast whose origin is at most seven days before `now_ms`, and of older ones the last origin
    /// in each hour for each model version. Blocks.
    ///
    /// # Errors
    /// When writing fails.
    pub fn thin_forecasts(&self, now_ms: i64) -> Result<(), StoreError> {
        let retain_from_ms = sync::read(&self.engine.live).retain_from_ms;
        self.engine.forecasts.thin(now_ms, retain_from_ms)
    }

    async fn write_batch(
        &self,
        batch: SampleBatch,
        position: Option<Position>,
        changes: Vec<StateChange>,
    ) -> Result<(), StoreError> {
        check(&batch)?;
        if batch.is_empty() && position.is_none() && changes.is_empty() {
            return Ok(());
        }
        self.write(batch.len() * 32 + changes_bytes(&changes), |reply| {
            let known = sync::read(&self.engine.catalogue).ids_of(&batch);
            let ids = match known {
                Some(ids) => ids,
                None => sync::write(&self.engine.catalogue).assign(&batch)?,
            };
            let encoded = row::encode_batch(&batch, &ids);
            Ok(Request::Append(Append { batch, ids, encoded, position, changes, reply }))
        })
        .await
    }

    async fn write_forecasts(&self, forecasts: Vec<Forecast>) -> Result<(), StoreError> {
        if forecasts.is_empty() {
            return Ok(());
        }
        let bytes = forecasts.iter().map(forecast_bytes).sum();
        self.write(bytes, |reply| Ok(Request::Forecasts(forecasts, reply))).await
    }

    /// Waits for room in the queue, then for the commit.
    async fn write(
        &self,
        bytes: usize,
        request: impl FnOnce(Reply) -> Result<Request, StoreError>,
    ) -> Result<(), StoreError> {
        let closed = || StoreError::Unavailable {
            what: format!("writing to the store {}", self.engine.place.path()),
            reason: "its writer has stopped; start again".to_owned(),
        };
        let units = bytes.clamp(QUEUE_UNIT_BYTES, QUEUE_BYTES) / QUEUE_UNIT_BYTES;
        let admission = Arc::clone(&self.admission).acquire_many_owned(units as u32).await.map_err(|_| closed())?;
        let (sender, done) = oneshot::channel();
        self.queue.push(request(Reply { sender, admission })?).map_err(|_| closed())?;
        done.await.unwrap_or_else(|_| Err(closed()))
    }
}

impl Drop for EmbeddedStore {
    fn drop(&mut self) {
        self.queue.close();
        for thread in self.threads.drain(..) {
            // A thread that panicked has nothing left to finish.
            let _ = thread.join();
        }
    }
}

impl SeriesStore for EmbeddedStore {
    fn append(&self, batch: SampleBatch, position: Option<Position>) -> BoxFuture<'_, Result<(), StoreError>> {
        Box::pin(self.write_batch(batch, position, Vec::new()))
    }

    fn cursor<'a>(&'a self, source: &'a str) -> BoxFuture<'a, Result<Option<String>, StoreError>> {
        Box::pin(async move { Ok(sync::read(&self.engine.positions).get(source).cloned()) })
    }

    fn series<'a>(&'a self, selector: &'a Selector) -> BoxFuture<'a, Result<Vec<SeriesSummary>, StoreError>> {
        Box::pin(async move { self.engine.summaries(selector) })
    }

    fn range<'a>(
        &'a self,
        series: &'a SeriesKey,
        range: TimeRange,
        bucket: Option<Bucket>,
    ) -> BoxFuture<'a, Result<Points, StoreError>> {
        Box::pin(async move { self.engine.range(series, range, bucket) })
    }

    fn latest<'a>(&'a self, selector: &'a Selector) -> BoxFuture<'a, Result<Vec<(SeriesKey, Sample)>, StoreError>> {
        Box::pin(async move { self.engine.latest(selector) })
    }

    fn put_forecasts(&self, forecasts: Vec<Forecast>) -> BoxFuture<'_, Result<(), StoreError>> {
        Box::pin(self.write_forecasts(forecasts))
    }

    fn forecasts(&self, query: ForecastQuery) -> BoxFuture<'_, Result<Vec<Forecast>, StoreError>> {
        Box::pin(async move {
            let origins = sync::read(&self.engine.live).retained(query.origins);
            self.engine.forecasts.query(&ForecastQuery { origins, ..query })
        })
    }
}

impl StateStore for EmbeddedStore {
    fn commit(
        &self,
        samples: SampleBatch,
        position: Option<Position>,
        changes: Vec<StateChange>,
    ) -> BoxFuture<'_, Result<(), StoreError>> {
        Box::pin(self.write_batch(samples, position, changes))
    }

    fn state<'a>(&'a self, name: &'a str) -> BoxFuture<'a, Result<KeptState, StoreError>> {
        Box::pin(async move {
            let mut journal = sync::lock(&self.engine.journal);
            self.engine.settle(&mut journal)?;
            journal.state(name)
        })
    }
}

/// Refuses what cannot be stored: sources turn missing values into no sample before they come here.
fn check(batch: &SampleBatch) -> Result<(), StoreError> {
    let refuse = |reason| Err(StoreError::Refused { reason });
    if batch.len() > BATCH_SAMPLES_LIMIT {
        return refuse(format!(
            "a batch of {} samples is too large; send at most {BATCH_SAMPLES_LIMIT} at once",
            batch.len()
        ));
    }
    for run in batch.runs() {
        if let Some(at) = run.values.iter().position(|value| !value.is_finite()) {
            return refuse(format!(
                "{} at {} ms is {}; leave missing values out",
                run.series, run.timestamps_ms[at], run.values[at]
            ));
        }
        let outside = |time_ms: &&i64| !(-TIMESTAMP_LIMIT_MS..=TIMESTAMP_LIMIT_MS).contains(*time_ms);
        if let Some(time_ms) = run.timestamps_ms.iter().find(outside) {
            return refuse(format!("{} has a sample at {time_ms} ms; check the unit of its timestamps", run.series));
        }
    }
    Ok(())
}

fn report(what: &str, engine: &Engine, result: Result<(), StoreError>) {
    if let Err(error) = result {
        tracing::warn!(store = engine.place.path(), %error, "background {what} failed, it is tried again later");
    }
}
