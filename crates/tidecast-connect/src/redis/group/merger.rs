//! The merger: reads partial results in order, and knows up to which event time they are complete.

use super::super::error::RedisError;
use super::super::id::StreamId;
use super::super::link::Link;
use super::super::reply::{Entry, GroupInfo, StreamInfo, id, integer, is_absent, items};
use super::super::source::{position, read_cursor};
use super::super::start::StreamStart;
use super::super::tail::{Read, Tail};
use super::super::trouble::Trouble;
use super::completeness::{Completeness, Look};
use super::{GroupOptions, partials_stream};
use ::redis::{Pipeline, Value, cmd};
use std::time::Duration;
use tidecast_core::ports::{Position, StreamHealth};
use tidecast_core::record::Rejections;

/// Partials of one delivery.
const AT_ONCE: usize = 256;
const PATIENCE: Duration = Duration::from_millis(100);

/// What a worker made of a batch of messages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Partial {
    /// The oldest of them.
    pub first: StreamId,
    /// The newest of them.
    pub last: StreamId,
    /// The newest event time in them, ms since the Unix epoch; absent where none was accepted.
    pub newest_event_ms: Option<i64>,
    /// How many there are, refused ones among them.
    pub messages: u64,
    /// Why some of them are not in it.
    pub refused: Rejections,
    /// What the worker handed on.
    pub data: Vec<u8>,
}

/// Partials that came at once.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PartialsDelivery {
    /// They, in the order of their stream.
    pub partials: Vec<Partial>,
    /// Where the reader stands once they are durable.
    pub position: Option<Position>,
    /// The watermark may be this event time, ms, less the lateness allowed: whatever was delivered before it is in what was
    /// read so far.
    pub complete_to_event_ms: Option<i64>,
    /// Nothing waits anywhere: time may move the watermark on.
    pub idle: bool,
    /// Entries that are no partials, and partials that were trimmed unread: only a foreign hand does that.
    pub lost: u64,
}

/// Reads the partials of all workers.
pub struct RedisPartialsReader {
    name: String,
    link: Link,
    options: GroupOptions,
    tail: Tail,
    completeness: Completeness,
    /// Messages that no worker has read yet.
    lag: Option<u64>,
    /// Whether a worker has ever been there, as far as is known.
    has_group: bool,
}

impl RedisPartialsReader {
    /// A reader called `name`, which goes on at the `cursor` that a position of this name held. Nothing is sent yet.
    ///
    /// # Errors
    /// When an option cannot be, or the cursor is not one of this reader.
    pub fn open(name: &str, options: GroupOptions, cursor: Option<&str>) -> Result<Self, RedisError> {
        options.check()?;
        let place = read_cursor(name, cursor)?;
        let partials = partials_stream(&options.stream, &options.analytics);
        Ok(Self {
            name: name.to_owned(),
            link: Link::new(options.address.clone()),
            tail: Tail::new(&partials, place, StreamStart::Beginning, AT_ONCE),
            completeness: Completeness::default(),
            lag: None,
            has_group: true,
            options,
        })
    }

    /// The next partials; none after about a tenth of a second, or while Redis is away. Nothing is lost when the future is dropped.
    pub async fn next_partials(&mut self) -> PartialsDelivery {
        let pause = self.link.pause();
        tokio::time::sleep(pause.min(PATIENCE)).await;
        if pause > PATIENCE {
            return PartialsDelivery::default();
        }
        let GroupOptions { stream, group, .. } = &self.options;
        let mut look = Pipeline::new();
        look.cmd("XPENDING").arg(stream).arg(group);
        look.cmd("XINFO").arg("GROUPS").arg(stream);
        look.cmd("XINFO").arg("STREAM").arg(stream);
        look.cmd("XINFO").arg("STREAM").arg(&self.tail.stream);
        match self.tail.read(&mut self.link, &look).await {
            Ok(read) => {
                self.link.succeeded();
                self.take(&read)
            }
            Err(trouble) => {
                self.link.failed(&trouble);
                PartialsDelivery::default()
            }
        }
    }

    /// Removes the partials up to the position given last, once they are durable elsewhere. Best called before the next read; what
    /// fails here is made up for the next time.
    pub async fn acknowledge(&mut self) {
        let Some(place) = self.tail.place() else { return };
        let mut trim = cmd("XTRIM");
        trim.arg(&self.tail.stream).arg("MINID").arg(place.id.next().to_string());
        if let Err(trouble) = self.link.command(&trim).await {
            self.link.failed(&trouble);
        }
    }

    /// How it stands; the lag is that of the workers.
    #[must_use]
    pub fn health(&self) -> StreamHealth {
        let GroupOptions { stream, group, .. } = &self.options;
        let no_worker = || {
            (!self.has_group)
                .then(|| format!("nobody has read {stream} as group {group} yet; run workers with `--role analyze`"))
        };
        let trouble = self.link.trouble().map(str::to_owned).or_else(no_worker);
        StreamHealth { lag: self.lag, trouble, restarts: self.tail.restarts() }
    }

    fn take(&mut self, read: &Read) -> PartialsDelivery {
        let mut lost = read.lost;
        let mut partials = Vec::with_capacity(read.entries.len());
        for value in &read.entries {
            match Entry::read(value).and_then(|entry| Partial::read(&entry)) {
                Some(partial) => {
                    self.completeness.partial(partial.last, partial.newest_event_ms);
                    partials.push(partial);
                }
                None => lost += 1,
            }
        }
        let place = self.tail.place().map_or(StreamId::ZERO, |place| place.id);
        // Without a look the partials count all the same: they have been read, and are trimmed once they are durable.
        let mut seen = true;
        match look_at(&read.beside, &self.options.group) {
            Ok(Some((look, unread))) => {
                self.lag = unread;
                self.has_group = true;
                self.completeness.advance(look, place);
            }
            Ok(None) => self.has_group = false,
            Err(trouble) => {
                seen = false;
                self.link.failed(&trouble);
            }
        }
        PartialsDelivery {
            partials,
            position: position(&self.name, &self.tail),
            complete_to_event_ms: self.completeness.complete_to_ms(),
            idle: seen && self.completeness.idle() && read.caught_up,
            lost,
        }
    }
}

impl Partial {
    fn read(entry: &Entry<'_>) -> Option<Self> {
        let fields: Vec<_> = entry.fields()?.collect();
        let field = |name: &str| fields.iter().find(|(field, _)| *field == name.as_bytes()).map(|(_, value)| *value);
        let text = |name| std::str::from_utf8(field(name)?).ok();
        Some(Self {
            first: text("first")?.parse().ok()?,
            last: text("last")?.parse().ok()?,
            newest_event_ms: Some(text("newest")?).filter(|text| !text.is_empty()).map(str::parse).transpose().ok()?,
            messages: text("messages")?.parse().ok()?,
            refused: text("refused").and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default(),
            data: field("data")?.to_vec(),
        })
    }
}

/// What the replies to `XPENDING`, `XINFO GROUPS` and `XINFO STREAM` of both streams show, and how many messages the group has
/// not read, if they tell; `None` while there is no group.
fn look_at(replies: &[Value], group: &str) -> Result<Option<(Look, Option<u64>)>, Trouble> {
    let [pending, groups, messages, partials] = replies else { return Ok(None) };
    if is_absent(pending) {
        return Ok(None);
    }
    let (Some(group), Some(messages)) = (GroupInfo::read(groups, group)?, StreamInfo::read(messages)?) else {
        return Ok(None);
    };
    let pending = match pending {
        Value::ServerError(error) => return Err(Trouble::of_command(error)),
        reply => items(reply).ok_or_else(|| Trouble::unreadable("XPENDING"))?,
    };
    let none_pending = pending.first().and_then(integer) == Some(0);
    let smallest = pending.get(1).and_then(id);
    let all_delivered = group.last_delivered >= messages.last || messages.length == 0;
    let unread = messages.added.zip(group.read).map(|(added, read)| added.saturating_sub(read));
    let look = Look {
        newest_partial: StreamInfo::read(partials)?.map_or(StreamId::ZERO, |partials| partials.last),
        published_below: smallest.unwrap_or_else(|| group.last_delivered.next()),
        all: none_pending && all_delivered,
    };
    Ok(Some((look, if all_delivered { Some(0) } else { unread })))
}
