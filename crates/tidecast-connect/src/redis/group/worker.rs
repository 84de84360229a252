//! A worker: takes messages from a consumer group, and hands on partial results.

use super::super::batch_size::BatchSize;
use super::super::error::RedisError;
use super::super::id::StreamId;
use super::super::link::Link;
use super::super::reply::{Entry, GroupInfo, StreamInfo, bytes, entries_of, fields_of, id, integer, is_absent, items};
use super::super::start::StreamStart;
use super::super::tail::{size_of, wait_for_entry};
use super::super::trouble::Trouble;
use super::{GroupOptions, partials_stream};
use crate::records::{RecordDecoder, RecordFormat};
use ::redis::{Pipeline, Value, cmd};
use std::sync::Arc;
use std::time::Duration;
use tidecast_core::ports::{Clock, RecordDelivery, StreamHealth};
use tidecast_core::record::{Rejection, Rejections};
use tokio::time::Instant;

/// Messages of one batch.
const AT_ONCE: usize = 5_000;
const PATIENCE: Duration = Duration::from_millis(100);
/// Messages before ours are looked for this often while they could be claimed.
const CLAIMS_WITHIN: u32 = 4;

/// What became of a partial.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Publication {
    /// It is in the partials stream, and its messages are acknowledged.
    Done,
    /// It is not, or that is not known. Forget it: the messages that it was made of come again, here or with another worker,
    /// unless they were acknowledged.
    Void,
}

/// A worker of a consumer group.
pub struct RedisGroupReader {
    link: Link,
    options: GroupOptions,
    consumer: String,
    partials: String,
    decoder: RecordDecoder,
    clock: Arc<dyn Clock>,
    size: BatchSize,
    /// Whether messages may be pending for us that we do not hold.
    own_first: bool,
    batch: Batch,
    claim_next: Option<Instant>,
    last_delivered: StreamId,
    /// How many messages had ever been added when that one was, if it is known.
    passed: Option<u64>,
    lag: Option<u64>,
    /// Messages that were trimmed before anyone read them, and are not yet told to the merger.
    trimmed: u64,
    /// Partials that wait for the merger.
    waiting: u64,
    caught_up: bool,
}

/// Messages that are with the caller.
#[derive(Default)]
struct Batch {
    ids: Vec<StreamId>,
    /// All that is pending for us, these among them.
    pending: u64,
    /// How many of them are no longer in the stream.
    deleted: u64,
    newest_event_ms: Option<i64>,
}

impl RedisGroupReader {
    /// A worker with a name that no other one of the group has. Nothing is sent yet.
    ///
    /// # Errors
    /// When an option cannot be.
    pub fn open(
        options: GroupOptions,
        consumer: &str,
        format: RecordFormat,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, RedisError> {
        options.check()?;
        Ok(Self {
            link: Link::new(options.address.clone()),
            partials: partials_stream(&options.stream, &options.analytics),
            consumer: consumer.to_owned(),
            decoder: RecordDecoder::new(format),
            clock,
            size: BatchSize::up_to(AT_ONCE),
            own_first: true,
            batch: Batch::default(),
            claim_next: None,
            last_delivered: StreamId::ZERO,
            passed: None,
            lag: None,
            trimmed: 0,
            waiting: 0,
            caught_up: false,
            options,
        })
    }

    /// The next messages; none after about a tenth of a second, or while Redis is away. Those of a batch that was not
    /// published come again. What was refused among them counts once they are published.
    pub async fn next_records(&mut self) -> RecordDelivery {
        let pause = self.link.pause();
        tokio::time::sleep(pause.min(PATIENCE)).await;
        if !self.batch.ids.is_empty() {
            self.own_first = true;
        }
        self.batch = Batch::default();
        // What a dropped call left there comes again.
        self.decoder.take();
        if pause <= PATIENCE {
            match self.try_next().await {
                Ok(()) => self.link.succeeded(),
                Err(trouble) => {
                    self.own_first = true;
                    self.link.failed(&trouble);
                }
            }
        }
        let (records, mut rejections) = self.decoder.take();
        rejections.add(Rejection::Trimmed, self.trimmed + self.batch.deleted);
        self.batch.newest_event_ms = records.newest_ms();
        RecordDelivery { records, position: None, rejections, caught_up: self.caught_up }
    }

    /// Hands on what became of the last batch, and what of it was refused, and acknowledges its messages, in one step.
    pub async fn publish(&mut self, partial: &[u8], refused: &Rejections) -> Publication {
        if self.batch.ids.is_empty() && self.trimmed == 0 {
            return Publication::Void;
        }
        let batch = std::mem::take(&mut self.batch);
        // Until the answer is known.
        self.own_first = true;
        match self.try_publish(&batch, partial, refused).await {
            Ok(true) => {
                self.trimmed = 0;
                self.own_first = batch.pending > batch.ids.len() as u64;
                Publication::Done
            }
            Ok(false) => Publication::Void,
            Err(trouble) => {
                self.link.failed(&trouble);
                Publication::Void
            }
        }
    }

    /// How it stands.
    #[must_use]
    pub fn health(&self) -> StreamHealth {
        let full = || {
            (self.waiting >= self.options.partials_waiting_max)
                .then(|| format!("{} partials wait in {} for the merger; is it running?", self.waiting, self.partials))
        };
        StreamHealth { lag: self.lag, trouble: self.link.trouble().map(str::to_owned).or_else(full), restarts: 0 }
    }

    /// Fills the batch.
    async fn try_next(&mut self) -> Result<(), Trouble> {
        if self.waiting >= self.options.partials_waiting_max {
            tokio::time::sleep(PATIENCE).await;
            let length = self.link.command(cmd("XLEN").arg(&self.partials)).await?;
            self.waiting = integer(&length).unwrap_or_default();
            if self.waiting >= self.options.partials_waiting_max {
                return Ok(());
            }
        }
        if !self.own_first {
            self.claim_from_others().await?;
        }
        if !self.own_first && self.caught_up {
            let behind = self.last_delivered;
            wait_for_entry(&mut self.link, &self.options.stream, behind).await?;
        }
        self.read().await?;
        if self.own_first && self.batch.ids.is_empty() {
            self.own_first = false;
            self.read().await?;
        }
        Ok(())
    }

    async fn read(&mut self) -> Result<(), Trouble> {
        let GroupOptions { stream, group, .. } = &self.options;
        let asked = self.size.count();
        let mut transaction = Pipeline::new();
        transaction.cmd("XINFO").arg("STREAM").arg(stream);
        transaction.cmd("XINFO").arg("GROUPS").arg(stream);
        transaction.cmd("XREADGROUP").arg("GROUP").arg(group).arg(&self.consumer).arg("COUNT").arg(asked);
        transaction.arg("STREAMS").arg(stream).arg(if self.own_first { "0" } else { ">" });
        transaction.cmd("XINFO").arg("CONSUMERS").arg(stream).arg(group);
        transaction.cmd("XLEN").arg(&self.partials);
        let mut replies = self.link.transaction(transaction).await?;
        let (Some(waiting), Some(consumers), Some(entries), Some(groups), Some(info)) =
            (replies.pop(), replies.pop(), replies.pop(), replies.pop(), replies.pop())
        else {
            return Err(Trouble::unreadable("MULTI"));
        };
        if is_absent(&entries) {
            return self.create_group().await;
        }
        let entries = entries_of(entries, "XREADGROUP")?;
        self.waiting = integer(&waiting).unwrap_or_default();
        let (info, group) = (StreamInfo::read(&info)?, GroupInfo::read(&groups, &self.options.group)?);
        self.batch.pending = pending_of(&consumers, &self.consumer)?;
        self.caught_up = !self.own_first && entries.len() < asked;
        if let Some(largest) = entries.iter().map(size_of).max() {
            self.size.learn(largest);
        }
        self.decode(&entries)?;
        if let (Some(info), Some(mut group), false) = (info, group, self.own_first) {
            // Some versions of Redis do not count as read what was trimmed before; unless another worker has read since, we know.
            if group.last_delivered == self.last_delivered {
                group.read = group.read.max(self.passed);
            }
            let passed_by = passed_by(&info, group);
            self.trimmed += passed_by;
            self.last_delivered = self.batch.ids.last().copied().unwrap_or(group.last_delivered);
            let delivered = group.read.map(|read| read + passed_by + entries.len() as u64);
            self.passed = delivered;
            let behind = info.added.zip(delivered).map(|(added, delivered)| added.saturating_sub(delivered));
            self.lag = if self.caught_up { Some(0) } else { behind };
        }
        Ok(())
    }

    /// Decodes a batch.
    fn decode(&mut self, entries: &[Value]) -> Result<(), Trouble> {
        let now_ms = self.clock.now_ms();
        let mut fields = Vec::new();
        for value in entries {
            let entry = Entry::read(value).ok_or_else(|| Trouble::unreadable("XREADGROUP"))?;
            self.batch.ids.push(entry.id);
            match entry.fields() {
                Some(content) => {
                    fields.clear();
                    fields.extend(content);
                    self.decoder.push(&fields, now_ms);
                }
                None => self.batch.deleted += 1,
            }
        }
        Ok(())
    }

    /// Creates the group, and with it the stream if need be.
    async fn create_group(&mut self) -> Result<(), Trouble> {
        let GroupOptions { stream, group, start, .. } = &self.options;
        let start = match start {
            StreamStart::Beginning => "0".to_owned(),
            StreamStart::End => "$".to_owned(),
            StreamStart::Id(id) => id.to_string(),
            StreamStart::Group(other) => {
                let mut look = Pipeline::new();
                look.cmd("XINFO").arg("GROUPS").arg(stream);
                let replies = self.link.transaction(look).await?;
                let found = replies.first().map(|groups| GroupInfo::read(groups, other)).transpose()?.flatten();
                let missing =
                    || Trouble::told(format!("{stream} has no consumer group {other} to go on from; waiting for it"));
                found.ok_or_else(missing)?.last_delivered.to_string()
            }
        };
        let mut create = cmd("XGROUP");
        create.arg("CREATE").arg(stream).arg(group).arg(start).arg("MKSTREAM");
        match self.link.command(&create).await {
            // Another worker was faster.
            Err(trouble) if trouble.reason.contains("BUSYGROUP") => Ok(()),
            outcome => outcome.map(drop),
        }
    }

    /// Takes over messages that others have held for too long, and forgets consumers that are gone.
    async fn claim_from_others(&mut self) -> Result<(), Trouble> {
        let now = Instant::now();
        if self.claim_next.is_some_and(|next| now < next) {
            return Ok(());
        }
        let GroupOptions { stream, group, claim_after, .. } = &self.options;
        let idle_ms = claim_after.as_millis() as u64;
        let mut transaction = Pipeline::new();
        transaction.cmd("XAUTOCLAIM").arg(stream).arg(group).arg(&self.consumer).arg(idle_ms);
        transaction.arg("0").arg("COUNT").arg(self.size.count()).arg("JUSTID");
        transaction.cmd("EVAL").arg(include_str!("forget.lua")).arg(1).arg(stream).arg(group).arg(idle_ms);
        let replies = self.link.transaction(transaction).await?;
        let Some(reply) = replies.first() else { return Err(Trouble::unreadable("XAUTOCLAIM")) };
        if is_absent(reply) {
            return Ok(());
        }
        let parts = match reply {
            Value::ServerError(error) => return Err(Trouble::of_command(error)),
            reply => items(reply).ok_or_else(|| Trouble::unreadable("XAUTOCLAIM"))?,
        };
        let count = |part: usize| parts.get(part).and_then(items).map_or(0, <[Value]>::len);
        let claimed = count(1);
        self.trimmed += count(2) as u64;
        if claimed > 0 {
            self.own_first = true;
        }
        let more = parts.first().and_then(id).is_some_and(|next| next != StreamId::ZERO);
        if !more && claimed == 0 {
            self.claim_next = Some(now + self.options.claim_after / CLAIMS_WITHIN);
        }
        Ok(())
    }

    async fn try_publish(&mut self, batch: &Batch, partial: &[u8], refused: &Rejections) -> Result<bool, Trouble> {
        let ids = &batch.ids;
        // Without messages it tells how many were trimmed.
        let (first, last) =
            ids.iter().min().zip(ids.iter().max()).unwrap_or((&self.last_delivered, &self.last_delivered));
        let newest = batch.newest_event_ms.map(|newest| newest.to_string()).unwrap_or_default();
        let mut publish = cmd("EVAL");
        publish.arg(include_str!("publish.lua")).arg(2).arg(&self.options.stream).arg(&self.partials);
        publish.arg(&self.options.group).arg(&self.consumer).arg(batch.pending).arg(12);
        publish.arg("first").arg(first.to_string()).arg("last").arg(last.to_string());
        publish.arg("newest").arg(newest).arg("messages").arg(ids.len());
        publish.arg("refused").arg(serde_json::to_string(refused).unwrap_or_default()).arg("data").arg(partial);
        for id in ids {
            publish.arg(id.to_string());
        }
        Ok(self.link.command(&publish).await? != Value::Nil)
    }
}

/// How many messages were trimmed between the last one that the group was given and the first that is there.
fn passed_by(info: &StreamInfo, group: GroupInfo) -> u64 {
    let gap = info.first.is_none_or(|first| first.id > group.last_delivered);
    match (gap, info.removed(), group.read) {
        (true, Some(removed), Some(read)) => removed.saturating_sub(read),
        _ => 0,
    }
}

/// How many messages are pending for a consumer.
fn pending_of(consumers: &Value, name: &str) -> Result<u64, Trouble> {
    let unreadable = || Trouble::unreadable("XINFO CONSUMERS");
    for consumer in items(consumers).ok_or_else(unreadable)? {
        let fields = fields_of(consumer, "XINFO CONSUMERS")?;
        if fields.get("name").and_then(bytes) == Some(name.as_bytes()) {
            return fields.get("pending").and_then(integer).ok_or_else(unreadable);
        }
    }
    Ok(0)
}
