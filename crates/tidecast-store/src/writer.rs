//! The writer thread: gathers what waits into one commit, and answers everyone when it is durable.
//!
//! While one commit is being synchronised the next gathers, so a slow disk makes larger commits instead of longer
//! queues. The queue is bounded in bytes by the semaphore that hands out [`Reply::admission`]:
//! whoever finds it full waits.

use crate::engine::Engine;
use crate::error::duplicate;
use crate::journal::row;
use crate::sync;
use std::collections::VecDeque;
use std::sync::mpsc::SyncSender;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};
use tidecast_core::forecast::Forecast;
use tidecast_core::ports::{Position, StateChange, StoreError};
use tidecast_core::series::SampleBatch;
use tokio::sync::{OwnedSemaphorePermit, oneshot};

/// A commit gathers no more than this.
const COMMIT_BYTES: usize = 4 * 1024 * 1024;
const COMMIT_APPENDS: usize = 4_096;
/// The head is flushed at this many journal rows even if they are tiny: dropping them holds up the writer.
const HEAD_ROWS: usize = 32_768;

/// One thing to write, and who waits for it.
#[derive(Debug)]
pub(crate) enum Request {
    Append(Append),
    Forecasts(Vec<Forecast>, Reply),
}

/// A batch to append.
#[derive(Debug)]
pub(crate) struct Append {
    pub(crate) batch: SampleBatch,
    /// One id for each run of the batch.
    pub(crate) ids: Vec<u32>,
    /// The batch as the journal keeps it.
    pub(crate) encoded: Vec<u8>,
    pub(crate) position: Option<Position>,
    pub(crate) changes: Vec<StateChange>,
    pub(crate) reply: Reply,
}

/// Answers the one who waits, and makes room for the next.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) sender: oneshot::Sender<Result<(), StoreError>>,
    pub(crate) admission: OwnedSemaphorePermit,
}

impl Reply {
    fn send(self, result: Result<(), StoreError>) {
        drop(self.admission);
        // Whoever waited may have gone; what was written stays written.
        let _ = self.sender.send(result);
    }
}

/// What waits to be written.
#[derive(Debug, Default)]
pub(crate) struct Queue {
    waiting: Mutex<Waiting>,
    arrived: Condvar,
}

#[derive(Debug, Default)]
struct Waiting {
    requests: VecDeque<Request>,
    bytes: usize,
    closed: bool,
}

impl Queue {
    /// Gives the request back once the queue is closed.
    pub(crate) fn push(&self, request: Request) -> Result<(), Box<Request>> {
        let mut waiting = sync::lock(&self.waiting);
        if waiting.closed {
            return Err(Box::new(request));
        }
        waiting.bytes += request.bytes();
        waiting.requests.push_back(request);
        self.arrived.notify_one();
        Ok(())
    }

    /// Closes the queue and drops what waits, so that nobody waits for a writer that is gone.
    fn abandon(&self) {
        let mut waiting = sync::lock(&self.waiting);
        waiting.closed = true;
        let abandoned = std::mem::take(&mut waiting.requests);
        drop(waiting);
        drop(abandoned);
    }

    /// Lets the writer finish what waits and end.
    pub(crate) fn close(&self) {
        sync::lock(&self.waiting).closed = true;
        self.arrived.notify_one();
    }

    /// Waits for requests, then up to `delay` for their company; `None` once closed and empty.
    fn take(&self, delay: Duration) -> Option<Vec<Request>> {
        let mut waiting = sync::lock(&self.waiting);
        while waiting.requests.is_empty() {
            if waiting.closed {
                return None;
            }
            waiting = self.arrived.wait(waiting).unwrap_or_else(PoisonError::into_inner);
        }
        let deadline = Instant::now() + delay;
        while waiting.bytes < COMMIT_BYTES && waiting.requests.len() < COMMIT_APPENDS && !waiting.closed {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                break;
            }
            waiting = self.arrived.wait_timeout(waiting, left).unwrap_or_else(PoisonError::into_inner).0;
        }
        let mut taken = Vec::new();
        let mut bytes = 0;
        while taken.len() < COMMIT_APPENDS {
            let fits = |request: &mut Request| bytes == 0 || bytes + request.bytes() <= COMMIT_BYTES;
            let Some(request) = waiting.requests.pop_front_if(fits) else { break };
            bytes += request.bytes();
            taken.push(request);
        }
        waiting.bytes -= bytes;
        Some(taken)
    }
}

impl Request {
    fn bytes(&self) -> usize {
        match self {
            Self::Append(append) => append.encoded.len() + changes_bytes(&append.changes) + 64,
            Self::Forecasts(forecasts, _) => forecasts.iter().map(forecast_bytes).sum(),
        }
    }
}

pub(crate) fn changes_bytes(changes: &[StateChange]) -> usize {
    let bytes = |change: &StateChange| match change {
        StateChange::Append { name, bytes } | StateChange::Replace { name, bytes } => name.len() + bytes.len() + 16,
    };
    changes.iter().map(bytes).sum()
}

/// About what a forecast takes.
pub(crate) fn forecast_bytes(forecast: &Forecast) -> usize {
    256 + forecast.quantiles.iter().map(|row| row.len() * 8).sum::<usize>()
}

/// Writes until the queue is closed.
pub(crate) struct Writer {
    pub(crate) engine: Arc<Engine>,
    pub(crate) queue: Arc<Queue>,
    pub(crate) commit_delay: Duration,
    /// The active head is set aside at this size.
    pub(crate) freeze_bytes: usize,
    /// Wakes the flusher.
    pub(crate) frozen: SyncSender<()>,
}

impl Drop for Writer {
    /// Also when a panic ends it.
    fn drop(&mut self) {
        self.queue.abandon();
    }
}

impl Writer {
    pub(crate) fn run(self) {
        while let Some(requests) = self.queue.take(self.commit_delay) {
            let mut appends = Vec::new();
            let (mut forecasts, mut forecast_replies) = (Vec::new(), Vec::new());
            for request in requests {
                match request {
                    Request::Append(append) => appends.push(append),
                    Request::Forecasts(some, reply) => {
                        forecasts.extend(some);
                        forecast_replies.push(reply);
                    }
                }
            }
            if !appends.is_empty() {
                let result = self.commit(&appends);
                answer(appends.into_iter().map(|append| append.reply), &result);
            }
            if !forecast_replies.is_empty() {
                let result = self.engine.forecasts.put(&forecasts);
                answer(forecast_replies, &result);
            }
        }
    }

    /// Makes the batches durable in one commit, then visible in one step.
    fn commit(&self, appends: &[Append]) -> Result<(), StoreError> {
        self.make_room()?;
        let row = row::seal(appends.iter().map(|append| append.encoded.as_slice()));
        let positions: Vec<&Position> = appends.iter().filter_map(|append| append.position.as_ref()).collect();
        let changes: Vec<&StateChange> = appends.iter().flat_map(|append| &append.changes).collect();
        let sequence = {
            let mut journal = sync::lock(&self.engine.journal);
            self.engine.settle(&mut journal)?;
            let pending = sync::read(&self.engine.catalogue).pending();
            let sequence = journal.append(&row, &pending, &positions, &changes)?;
            sync::write(&self.engine.catalogue).committed(pending.len());
            sequence
        };
        let mut live = sync::write(&self.engine.live);
        for append in appends {
            for (run, &id) in append.batch.runs().zip(&append.ids) {
                live.active.push(id, run.timestamps_ms, run.values);
            }
        }
        live.active.complete_row(sequence);
        drop(live);
        let mut cursors = sync::write(&self.engine.positions);
        for position in positions {
            cursors.insert(position.source.clone(), position.cursor.clone());
        }
        Ok(())
    }

    /// Sets the active head aside when it is full, having waited for the one before to become segments. That wait
    /// is what slows writers down when the disk or the compression cannot keep up.
    fn make_room(&self) -> Result<(), StoreError> {
        let is_full = || {
            let live = sync::read(&self.engine.live);
            live.active.bytes() >= self.freeze_bytes || live.active.rows() >= HEAD_ROWS
        };
        if is_full() {
            self.engine.flush_frozen()?;
            self.engine.freeze();
            // A full channel means that the flusher is about to look anyway.
            let _ = self.frozen.try_send(());
        }
        Ok(())
    }
}

fn answer(replies: impl IntoIterator<Item = Reply>, result: &Result<(), StoreError>) {
    for reply in replies {
        reply.send(result.as_ref().copied().map_err(duplicate));
    }
}
