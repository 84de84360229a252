//! Reads a stream from a place on, without a consumer group, and notices what happens to it meanwhile.
//!
//! Each read is one transaction of `XINFO STREAM` and `XREAD`, so that the stream's account of itself belongs to the entries
//! that come with it. While entries wait, the next read is under way when the last one is handed over.

use super::batch_size::BatchSize;
use super::id::StreamId;
use super::link::{Link, Replies};
use super::place::{Look, Place};
use super::reply::{Entry, GroupInfo, Landmark, StreamInfo, entries_of, items};
use super::start::StreamStart;
use super::trouble::Trouble;
use ::redis::{Pipeline, Value, cmd};
use std::time::Duration;

/// How long a read waits for entries.
const WAIT: Duration = Duration::from_millis(100);
/// After the first one came, others get this long to join it: a read and a commit cost the same for one as for hundreds.
const GATHER: Duration = Duration::from_millis(10);

/// A reader of one stream.
pub(super) struct Tail {
    pub(super) stream: String,
    place: Option<Place>,
    start: StreamStart,
    size: BatchSize,
    /// Whether the last read took all that there was.
    caught_up: bool,
    ahead: Option<Replies>,
    restarts: u64,
}

/// What a read gave.
#[derive(Default)]
pub(super) struct Read {
    /// Entries, for [`Entry::read`].
    pub(super) entries: Vec<Value>,
    /// Entries that were trimmed, or went away with the stream, before they were read.
    pub(super) lost: u64,
    /// Replies to what was asked in the same transaction.
    pub(super) beside: Vec<Value>,
    /// Whether it took all that there was.
    pub(super) caught_up: bool,
}

impl Tail {
    /// Reads from a journalled place, or else from the start.
    pub(super) fn new(stream: &str, place: Option<Place>, start: StreamStart, most: usize) -> Self {
        Self {
            stream: stream.to_owned(),
            place,
            start,
            size: BatchSize::up_to(most),
            caught_up: false,
            ahead: None,
            restarts: 0,
        }
    }

    /// Where it stands; `None` until the start is known.
    pub(super) fn place(&self) -> Option<&Place> {
        self.place.as_ref()
    }

    /// How often the stream was set back, or another took its place.
    pub(super) fn restarts(&self) -> u64 {
        self.restarts
    }

    /// The next entries, or none after about a tenth of a second. `beside` is asked in the same transaction. Nothing is lost when
    /// the future is dropped.
    pub(super) async fn read(&mut self, link: &mut Link, beside: &Pipeline) -> Result<Read, Trouble> {
        let read = self.try_read(link, beside).await;
        if read.is_err() {
            self.ahead = None;
            self.caught_up = false;
        }
        read
    }

    async fn try_read(&mut self, link: &mut Link, beside: &Pipeline) -> Result<Read, Trouble> {
        if self.place.is_none() {
            self.place = Some(self.find_start(link).await?);
        }
        if self.caught_up {
            self.wait(link).await?;
        }
        let asked = self.size.count();
        if self.ahead.is_none() {
            self.ahead = Some(link.begin(self.transaction(beside)).await?);
        }
        let Some(ahead) = &mut self.ahead else { return Ok(Read::default()) };
        let replies = ahead.received().await;
        self.ahead = None;
        let mut beside_replies = replies?;
        let (Some(entries), Some(info)) = (beside_replies.pop(), beside_replies.pop()) else {
            return Err(Trouble::unreadable("MULTI"));
        };
        let Some(info) = StreamInfo::read(&info)? else {
            let lost = self.place.as_mut().map_or(0, Place::vanish);
            self.caught_up = true;
            return Ok(Read { lost, beside: beside_replies, caught_up: true, ..Read::default() });
        };
        let place = self.place.get_or_insert_default();
        let trimmed = match place.look(&info) {
            Look::Same { trimmed } => trimmed,
            Look::Doubtful(landmark) => {
                let lost = self.resolve(link, &info, landmark).await?;
                return Ok(Read { lost, ..Read::default() });
            }
        };
        let entries = entries_of(entries, "XREAD")?;
        let last = entries.last().map(|entry| Entry::read(entry).ok_or_else(|| Trouble::unreadable("XREAD")));
        self.caught_up = entries.len() < asked;
        place.advance(last.transpose()?.map(|entry| entry.id), entries.len() as u64, self.caught_up, &info);
        if let Some(largest) = entries.iter().map(size_of).max() {
            self.size.learn(largest);
        }
        if !self.caught_up {
            self.ahead = link.begin_if_connected(self.transaction(beside));
        }
        Ok(Read { entries, lost: trimmed, beside: beside_replies, caught_up: self.caught_up })
    }

    fn transaction(&self, beside: &Pipeline) -> Pipeline {
        let mut transaction = beside.clone();
        let id = self.place.as_ref().map_or(StreamId::ZERO, |place| place.id).to_string();
        transaction.cmd("XINFO").arg("STREAM").arg(&self.stream);
        transaction.cmd("XREAD").arg("COUNT").arg(self.size.count()).arg("STREAMS").arg(&self.stream).arg(id);
        transaction
    }

    /// Waits for an entry, and then a little for others.
    async fn wait(&self, link: &mut Link) -> Result<(), Trouble> {
        let id = self.place.as_ref().map_or(StreamId::ZERO, |place| place.id);
        if wait_for_entry(link, &self.stream, id).await? {
            tokio::time::sleep(GATHER).await;
        }
        Ok(())
    }

    /// The stream holds less than we have read. A replica that took over without the newest entries has read on from where it stands;
    /// another stream begins at its beginning.
    async fn resolve(
        &mut self,
        link: &mut Link,
        info: &StreamInfo,
        landmark: Option<Landmark>,
    ) -> Result<u64, Trouble> {
        let mut same = false;
        if let Some(landmark) = landmark {
            let mut range = cmd("XRANGE");
            range.arg(&self.stream).arg(landmark.id.to_string()).arg(landmark.id.to_string());
            let found = link.command(&range).await?;
            same = items(&found).and_then(<[Value]>::first).and_then(Landmark::of) == Some(landmark);
        }
        let place = self.place.get_or_insert_default();
        let lost = if same {
            place.set_back(info);
            0
        } else {
            place.begin_anew(info)
        };
        self.restarts += 1;
        self.caught_up = false;
        Ok(lost)
    }

    /// Where the start is: what "the end" means is settled at the first contact.
    async fn find_start(&self, link: &mut Link) -> Result<Place, Trouble> {
        let mut look = Pipeline::new();
        look.cmd("XINFO").arg("STREAM").arg(&self.stream);
        look.cmd("XINFO").arg("GROUPS").arg(&self.stream);
        let replies = link.transaction(look).await?;
        let [info, groups] = &replies[..] else { return Err(Trouble::unreadable("XINFO")) };
        let info = StreamInfo::read(info)?;
        Ok(match &self.start {
            StreamStart::Id(id) => Place::at(*id, None),
            StreamStart::Group(name) => {
                let group = GroupInfo::read(groups, name)?.ok_or_else(|| {
                    Trouble::told(format!(
                        "{} has no consumer group {name} to go on from; waiting for it, or choose another start",
                        self.stream
                    ))
                })?;
                Place::at(group.last_delivered, group.read)
            }
            StreamStart::Beginning => Place::at(StreamId::ZERO, info.map_or(Some(0), |info| info.removed())),
            StreamStart::End => {
                info.map_or(Place::at(StreamId::ZERO, Some(0)), |info| Place::at(info.last, info.added))
            }
        })
    }
}

/// Waits about a tenth of a second for an entry behind another, and says whether there is one.
pub(super) async fn wait_for_entry(link: &mut Link, stream: &str, behind: StreamId) -> Result<bool, Trouble> {
    let mut wait = cmd("XREAD");
    wait.arg("COUNT").arg(1).arg("BLOCK").arg(WAIT.as_millis() as u64);
    wait.arg("STREAMS").arg(stream).arg(behind.to_string());
    Ok(link.command(&wait).await? != Value::Nil)
}

/// Bytes of an entry.
pub(super) fn size_of(value: &Value) -> usize {
    match value {
        Value::BulkString(bytes) => bytes.len(),
        Value::Array(values) => values.iter().map(size_of).sum(),
        _ => 0,
    }
}
