//! Records that others bring: clients over HTTP, and parts of this process.
//!
//! Between those who bring and the one who consumes lies a short queue. Who brings waits while it is full, and is told that the
//! records are safe only after the consumer said so: nothing that was accepted is lost, and pressure reaches the client.

use super::wire::{RecordsAccepted, refused_and_noted};
use crate::records::{RecordDecoder, RecordFormat, decode_json};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tidecast_core::ports::{BoxFuture, Clock, RecordDelivery, RecordSource, SourceError, StreamHealth};
use tidecast_core::record::{RecordBatch, Rejections, Schema};
use tokio::sync::{mpsc, oneshot};

/// Batches that wait for the consumer. With the largest body for each, the queue holds 64 MiB of JSON.
const BATCHES_MAX: usize = 16;

/// What waits is given at once up to this many records, so that many small batches share one commit.
const RECORDS_AT_ONCE: usize = 10_000;

/// After this long without records the consumer gets none, so that it can let time pass.
const IDLE: Duration = Duration::from_millis(100);

/// The two ends of a source that others fill. The source is made by the one who consumes; senders can be cloned.
#[must_use]
pub fn push_source(format: RecordFormat, clock: Arc<dyn Clock>) -> (PushSender, PushSource) {
    let (sender, receiver) = mpsc::channel(BATCHES_MAX);
    let waiting = Arc::new(AtomicU64::new(0));
    let schema = Arc::clone(&format.schema);
    let sender = PushSender { format, clock, queue: sender, waiting: Arc::clone(&waiting) };
    (sender, PushSource { schema, queue: receiver, waiting, unacknowledged: Vec::new() })
}

/// The end for those who bring records.
#[derive(Clone)]
pub struct PushSender {
    format: RecordFormat,
    clock: Arc<dyn Clock>,
    queue: mpsc::Sender<Delivery>,
    /// Records in the queue.
    waiting: Arc<AtomicU64>,
}

/// Records that can be sent, and what was refused on the way.
#[derive(Clone, Debug, PartialEq)]
pub struct PushBatch {
    records: RecordBatch,
    rejections: Rejections,
}

/// Records that are in the queue. Dropped before the consumer has taken them, they are withdrawn.
#[derive(Debug)]
pub struct Submitted {
    accepted: RecordsAccepted,
    durable: oneshot::Receiver<()>,
}

/// Why records were not accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PushError {
    /// The consumer is gone, and whether it still stored them is not known.
    #[error("the source takes no more records, since its process is ending; send them again to the one that follows")]
    Closed,
}

struct Delivery {
    batch: PushBatch,
    durable: oneshot::Sender<()>,
}

impl PushSender {
    /// Reads messages in JSON: one object a line, or one object, or an array of objects.
    #[must_use]
    pub fn decode_json(&self, body: &[u8]) -> PushBatch {
        let (records, rejections) = decode_json(&self.format, body, self.clock.now_ms());
        PushBatch { records, rejections }
    }

    /// Reads messages given as their fields' names and values.
    #[must_use]
    pub fn decode_fields<'a, M>(&self, messages: impl IntoIterator<Item = M>) -> PushBatch
    where
        M: AsRef<[(&'a [u8], &'a [u8])]>,
    {
        let mut decoder = RecordDecoder::new(self.format.clone());
        let now_ms = self.clock.now_ms();
        for message in messages {
            decoder.push(message.as_ref(), now_ms);
        }
        let (records, rejections) = decoder.take();
        PushBatch { records, rejections }
    }

    /// Puts records into the queue, once there is room.
    ///
    /// # Errors
    /// When the consumer is gone.
    pub async fn submit(&self, batch: PushBatch) -> Result<Submitted, PushError> {
        let place = self.queue.reserve().await.map_err(|_gone| PushError::Closed)?;
        let (refused, noted) = refused_and_noted(&batch.rejections);
        let accepted = RecordsAccepted { accepted: batch.records.len() as u64, refused, noted };
        let (sender, durable) = oneshot::channel();
        self.waiting.fetch_add(accepted.accepted, Ordering::Relaxed);
        place.send(Delivery { batch, durable: sender });
        Ok(Submitted { accepted, durable })
    }

    /// Brings records, and waits until they are durable.
    ///
    /// # Errors
    /// When the consumer is gone.
    pub async fn send(&self, batch: PushBatch) -> Result<RecordsAccepted, PushError> {
        self.submit(batch).await?.durable().await
    }
}

impl Submitted {
    /// Waits until the records are durable.
    ///
    /// # Errors
    /// When the consumer is gone.
    pub async fn durable(self) -> Result<RecordsAccepted, PushError> {
        self.durable.await.map_err(|_gone| PushError::Closed)?;
        Ok(self.accepted)
    }
}

/// The end for the one who consumes.
pub struct PushSource {
    schema: Arc<Schema>,
    queue: mpsc::Receiver<Delivery>,
    waiting: Arc<AtomicU64>,
    /// Who waits to hear that what was given is durable: each is a sender that does nothing else meanwhile.
    unacknowledged: Vec<oneshot::Sender<()>>,
}

impl PushSource {
    /// What waits now, or comes before long.
    async fn take_waiting(&mut self) -> (RecordBatch, Rejections) {
        let mut records = RecordBatch::new(Arc::clone(&self.schema));
        let mut rejections = Rejections::default();
        // All senders gone is as quiet as none of them speaking, for as long.
        let idle = tokio::time::sleep(IDLE);
        let first = tokio::select! {
            Some(first) = self.queue.recv() => first,
            () = idle => return (records, rejections),
        };
        let mut next = Some(first);
        while let Some(Delivery { batch, durable }) = next {
            self.waiting.fetch_sub(batch.records.len() as u64, Ordering::Relaxed);
            // Who has given up and will send it again must not have it counted twice.
            if !durable.is_closed() {
                records.append(&batch.records);
                rejections.add_all(&batch.rejections);
                self.answer_later(durable, batch.records.is_empty());
            }
            next = if records.len() < RECORDS_AT_ONCE { self.queue.try_recv().ok() } else { None };
        }
        (records, rejections)
    }

    /// Keeps who waits until the records are durable; who brought none need not wait.
    fn answer_later(&mut self, durable: oneshot::Sender<()>, is_empty: bool) {
        if is_empty {
            let _given_up = durable.send(());
        } else {
            self.unacknowledged.push(durable);
        }
    }
}

impl RecordSource for PushSource {
    fn next_records(&mut self) -> BoxFuture<'_, Result<RecordDelivery, SourceError>> {
        Box::pin(async move {
            let (records, rejections) = self.take_waiting().await;
            let caught_up = self.waiting.load(Ordering::Relaxed) == 0;
            Ok(RecordDelivery { records, position: None, rejections, caught_up })
        })
    }

    fn acknowledge(&mut self) -> BoxFuture<'_, Result<(), SourceError>> {
        for durable in self.unacknowledged.drain(..) {
            // Who no longer waits will not mind.
            let _given_up = durable.send(());
        }
        Box::pin(std::future::ready(Ok(())))
    }

    fn health(&self) -> StreamHealth {
        StreamHealth { lag: Some(self.waiting.load(Ordering::Relaxed)), ..StreamHealth::default() }
    }
}
