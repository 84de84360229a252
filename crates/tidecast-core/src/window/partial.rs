//! What some records add to the windows of a stream.

use super::aggregates::Aggregates;
use super::codec::{DecodeError, Reader, Writer};
use super::collect::collect;
use super::key::Key;
use super::plan::{WindowPlan, is_near};
use crate::record::{RecordBatch, Rejection, Rejections};
use std::ops::AddAssign;

const MAGIC: u8 = b'P';
const VERSION: u64 = 1;

/// What some records add: aggregates for each key and pane, how far time has come, and how many records were refused.
///
/// It is the unit that is journalled and that workers exchange.
#[derive(Clone, Debug, PartialEq)]
pub struct Partial {
    pub(super) fingerprint: u64,
    pub(super) keys: Vec<Key>,
    pub(super) groups: Vec<Group>,
    /// Group and key of each row of the aggregates, in the order in which they first came.
    pub(super) rows: Vec<(u32, u32)>,
    pub(super) aggregates: Aggregates,
    /// `i64::MIN` where there is none, as for the watermark.
    pub(super) newest_ms: i64,
    pub(super) watermark_ms: i64,
    pub(super) counts: Counts,
}

/// Records of one pane that count in the same windows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Group {
    /// Where the pane begins.
    pub(super) pane_ms: i64,
    /// Where the first window begins that was not yet final when they came. In later ones of the pane they count, in earlier ones not.
    pub(super) from_ms: i64,
}

/// Records that were not simply taken.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Counts {
    /// Too late for any window.
    pub(super) late: u64,
    /// Late, and taken as a correction.
    pub(super) corrected: u64,
    pub(super) too_many_keys: u64,
    pub(super) bad_timestamp: u64,
}

impl Partial {
    pub(super) fn new(plan: &WindowPlan, watermark_ms: i64) -> Self {
        Self {
            fingerprint: plan.fingerprint(),
            keys: Vec::new(),
            groups: Vec::new(),
            rows: Vec::new(),
            aggregates: Aggregates::new(plan),
            newest_ms: i64::MIN,
            watermark_ms,
            counts: Counts::default(),
        }
    }

    /// What a batch adds, as one of several workers sees it: it knows no watermark, and so judges no lateness. Whoever
    /// merges does, by [`super::Windows::judge`]. As many keys as there are in the batch.
    #[must_use]
    pub fn of(plan: &WindowPlan, batch: &RecordBatch) -> Self {
        collect(plan, batch, None, |joined| Key::from_joined(joined, plan.spec().by.len()))
    }

    /// Whether it changes nothing and counts nothing: it need not be journalled. That time advances is a change.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty() && self.counts == Counts::default() && self.watermark_ms == i64::MIN
    }

    /// How many records it has taken.
    #[must_use]
    pub fn records(&self) -> u64 {
        (0..self.rows.len()).fold(0, |records, row| records.saturating_add(self.aggregates.count(row)))
    }

    /// The newest event time in it.
    #[must_use]
    pub fn newest_ms(&self) -> Option<i64> {
        (self.newest_ms != i64::MIN).then_some(self.newest_ms)
    }

    /// The watermark after it; `None` where it was not judged.
    #[must_use]
    pub fn watermark_ms(&self) -> Option<i64> {
        (self.watermark_ms != i64::MIN).then_some(self.watermark_ms)
    }

    /// How many records were refused.
    #[must_use]
    pub fn rejections(&self) -> Rejections {
        self.counts.rejections()
    }

    /// How many records were late, and were taken all the same as corrections of closed windows.
    #[must_use]
    pub fn corrected(&self) -> u64 {
        self.counts.corrected
    }

    /// As bytes, with a version and a checksum.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut to = Writer::new(MAGIC, VERSION, self.fingerprint);
        to.signed(self.newest_ms);
        to.signed(self.watermark_ms);
        self.counts.encode(&mut to);
        to.varint(self.keys.len() as u64);
        self.keys.iter().for_each(|key| to.text(key.joined()));
        to.varint(self.groups.len() as u64);
        self.groups.iter().for_each(|group| group.encode(&mut to));
        to.varint(self.rows.len() as u64);
        for &(group, key) in &self.rows {
            to.varint(u64::from(group));
            to.varint(u64::from(key));
        }
        self.aggregates.encode(&mut to, |row| self.groups[self.rows[row].0 as usize].pane_ms);
        to.finish()
    }

    /// What [`Self::encode`] wrote.
    ///
    /// # Errors
    /// When the bytes are damaged, of another version, or of another plan.
    pub fn decode(plan: &WindowPlan, bytes: &[u8]) -> Result<Self, DecodeError> {
        let fingerprint = plan.fingerprint();
        let mut from = Reader::new(bytes, "a journalled change", MAGIC, VERSION, fingerprint)?;
        let newest_ms = from.time_or_none()?;
        let watermark_ms = from.time_or_none()?;
        let counts = Counts::decode(&mut from)?;
        let fields = plan.spec().by.len();
        let key = |from: &mut Reader<'_>| Key::from_joined(from.text()?, fields).ok_or_else(|| from.damaged());
        let keys: Vec<Key> = (0..from.length(1)?).map(|_| key(&mut from)).collect::<Result<_, _>>()?;
        let groups: Vec<Group> =
            (0..from.length(2)?).map(|_| Group::decode(plan, &mut from)).collect::<Result<_, _>>()?;
        let mut rows = Vec::with_capacity(from.length(2)?);
        for _ in 0..rows.capacity() {
            rows.push((from.below(groups.len())?, from.below(keys.len())?));
        }
        let pane_ms = |row: usize| groups[rows[row].0 as usize].pane_ms;
        let aggregates = Aggregates::decode(plan, rows.len(), &mut from, pane_ms)?;
        from.finish()?;
        Ok(Self { fingerprint, keys, groups, rows, aggregates, newest_ms, watermark_ms, counts })
    }
}

impl Group {
    pub(super) fn encode(&self, to: &mut Writer) {
        to.signed(self.pane_ms);
        to.signed(self.pane_ms - self.from_ms);
    }

    pub(super) fn decode(plan: &WindowPlan, from: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let damaged = from.damaged();
        let pane_ms = from.signed()?;
        let from_ms = pane_ms.checked_sub(from.signed()?).ok_or_else(|| damaged.clone())?;
        let aligned = |ms| is_near(&ms) && plan.pane_ms(ms) == ms;
        let sound =
            aligned(pane_ms) && aligned(from_ms) && (plan.first_window_ms(pane_ms)..=pane_ms).contains(&from_ms);
        if sound { Ok(Self { pane_ms, from_ms }) } else { Err(damaged) }
    }
}

impl Counts {
    pub(super) fn rejections(self) -> Rejections {
        let mut rejections = Rejections::default();
        rejections.add(Rejection::Late, self.late);
        rejections.add(Rejection::TooManyKeys, self.too_many_keys);
        rejections.add(Rejection::BadTimestamp, self.bad_timestamp);
        rejections
    }

    pub(super) fn encode(self, to: &mut Writer) {
        [self.late, self.corrected, self.too_many_keys, self.bad_timestamp]
            .into_iter()
            .for_each(|count| to.varint(count));
    }

    pub(super) fn decode(from: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(Self {
            late: from.varint()?,
            corrected: from.varint()?,
            too_many_keys: from.varint()?,
            bad_timestamp: from.varint()?,
        })
    }
}

impl AddAssign for Counts {
    fn add_assign(&mut self, other: Self) {
        self.late = self.late.saturating_add(other.late);
        self.corrected = self.corrected.saturating_add(other.corrected);
        self.too_many_keys = self.too_many_keys.saturating_add(other.too_many_keys);
        self.bad_timestamp = self.bad_timestamp.saturating_add(other.bad_timestamp);
    }
}
