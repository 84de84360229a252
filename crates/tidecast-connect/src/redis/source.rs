//! Records from a Redis stream, read by one process without a consumer group.
//!
//! The position belongs to the reader: it is journalled with what came out of the records, so that after a crash both agree,
//! and every message counts once. Nothing is written to Redis but dead letters.

use super::address::RedisAddress;
use super::dead_letters::{DeadLetterBatch, DeadLetters};
use super::error::RedisError;
use super::link::Link;
use super::place::Place;
use super::reply::Entry;
use super::start::StreamStart;
use super::tail::{Read, Tail};
use crate::records::{RecordDecoder, RecordFormat};
use ::redis::Pipeline;
use std::sync::Arc;
use std::time::Duration;
use tidecast_core::ports::{BoxFuture, Clock, Position, RecordDelivery, RecordSource, SourceError, StreamHealth};
use tidecast_core::record::Rejection;

/// Messages of one delivery.
const AT_ONCE: usize = 10_000;
/// While Redis is away, a delivery without records comes about this often.
const PATIENCE: Duration = Duration::from_millis(100);

/// Which stream to read, and how.
#[derive(Clone, Debug)]
pub struct RedisStreamOptions {
    /// Where Redis is.
    pub address: RedisAddress,
    /// The key of the stream.
    pub stream: String,
    /// Where to begin as long as no position is journalled.
    pub start: StreamStart,
    /// Where refused messages go; they are only counted if absent.
    pub dead_letters: Option<DeadLetters>,
}

/// A Redis stream as a source of records.
pub struct RedisStreamSource {
    name: String,
    link: Link,
    tail: Tail,
    decoder: RecordDecoder,
    dead_letters: Option<DeadLetterBatch>,
    /// Messages that were trimmed unread, and are not yet told.
    lost: u64,
    clock: Arc<dyn Clock>,
}

impl RedisStreamSource {
    /// A source called `name`, which goes on at the `cursor` that a position of this name held. Nothing is sent yet.
    ///
    /// # Errors
    /// When the cursor is not one of this source.
    pub fn open(
        name: &str,
        options: &RedisStreamOptions,
        format: RecordFormat,
        cursor: Option<&str>,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, RedisError> {
        let place = read_cursor(name, cursor)?;
        Ok(Self {
            name: name.to_owned(),
            link: Link::new(options.address.clone()),
            tail: Tail::new(&options.stream, place, options.start.clone(), AT_ONCE),
            decoder: RecordDecoder::new(format),
            dead_letters: options.dead_letters.clone().map(DeadLetterBatch::new),
            lost: 0,
            clock,
        })
    }

    async fn deliver(&mut self) -> RecordDelivery {
        let pause = self.link.pause();
        tokio::time::sleep(pause.min(PATIENCE)).await;
        if pause > PATIENCE {
            return self.delivery(false);
        }
        let caught_up = match self.tail.read(&mut self.link, &Pipeline::new()).await {
            Ok(read) => {
                self.link.succeeded();
                self.lost += read.lost;
                self.decode(&read);
                read.caught_up
            }
            Err(trouble) => {
                self.link.failed(&trouble);
                false
            }
        };
        // Before what they came with is journalled; the records stay in the decoder should nobody wait for this.
        if let Some(dead_letters) = &mut self.dead_letters {
            dead_letters.write(&mut self.link).await;
        }
        self.delivery(caught_up)
    }

    fn decode(&mut self, read: &Read) {
        let now_ms = self.clock.now_ms();
        let mut fields = Vec::new();
        for value in &read.entries {
            let Some((id, content)) = Entry::read(value).and_then(|entry| Some((entry.id, entry.fields()?))) else {
                self.decoder.reject(Rejection::Malformed);
                continue;
            };
            fields.clear();
            fields.extend(content);
            let refused = self.decoder.push(&fields, now_ms);
            if let (Some(reason), Some(dead_letters)) = (refused, &mut self.dead_letters) {
                dead_letters.push(id, reason, &fields);
            }
        }
    }

    fn delivery(&mut self, caught_up: bool) -> RecordDelivery {
        let (records, mut rejections) = self.decoder.take();
        rejections.add(Rejection::Trimmed, std::mem::take(&mut self.lost));
        RecordDelivery { records, position: position(&self.name, &self.tail), rejections, caught_up }
    }
}

impl RecordSource for RedisStreamSource {
    fn next_records(&mut self) -> BoxFuture<'_, Result<RecordDelivery, SourceError>> {
        Box::pin(async { Ok(self.deliver().await) })
    }

    fn acknowledge(&mut self) -> BoxFuture<'_, Result<(), SourceError>> {
        // The position is journalled by whoever reads; the stream is trimmed by whoever writes.
        Box::pin(async { Ok(()) })
    }

    fn health(&self) -> StreamHealth {
        let letters = self.dead_letters.as_ref().and_then(DeadLetterBatch::trouble);
        StreamHealth {
            lag: self.tail.place().and_then(Place::behind),
            trouble: self.link.trouble().or(letters).map(str::to_owned),
            restarts: self.tail.restarts(),
        }
    }
}

/// The place that a journalled cursor is.
pub(super) fn read_cursor(name: &str, cursor: Option<&str>) -> Result<Option<Place>, RedisError> {
    cursor.map(str::parse).transpose().map_err(|_| RedisError::Option {
        reason: format!("the store's position of {name} is not one in a Redis stream; give the source another name"),
    })
}

/// The position to journal, once the start is known.
pub(super) fn position(name: &str, tail: &Tail) -> Option<Position> {
    tail.place().map(|place| Position { source: name.to_owned(), cursor: place.to_string() })
}
