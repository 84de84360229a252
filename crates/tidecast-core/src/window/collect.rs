//! From a batch of records to what it adds: each record to the row of its pane and key.

use super::aggregates::NO_ROW;
use super::key::{Key, join};
use super::partial::{Group, Partial};
use super::plan::{WindowPlan, is_time};
use crate::record::{RecordBatch, TextColumn};
use hashbrown::{DefaultHashBuilder, HashMap, HashTable};
use std::hash::BuildHasher;

const UNSEEN: u32 = u32::MAX;
const REFUSED: u32 = u32::MAX - 1;

/// How far time has come for who judges what is late.
#[derive(Clone, Copy)]
pub(super) struct Judge {
    pub(super) watermark_ms: i64,
    /// What the clock says: a record with a time ahead of it does not make others late.
    pub(super) now_ms: i64,
}

/// What a batch adds. Where there is a judge, each record is judged by the watermark as the records before it have left
/// it, so that it does not matter where a stream is cut into batches. `admit` gives the key of its joined texts, or none
/// where there are too many.
pub(super) fn collect(
    plan: &WindowPlan,
    batch: &RecordBatch,
    judge: Option<Judge>,
    admit: impl FnMut(&str) -> Option<Key>,
) -> Partial {
    let lateness_ms = plan.spec().lateness_ms;
    let mut watermark_ms = judge.map_or(i64::MIN, |judge| judge.watermark_ms);
    let mut partial = Partial::new(plan, watermark_ms);
    let mut keys = BatchKeys::new(plan, batch, admit);
    let mut panes = Panes::new(plan);
    let mut rows = Rows(HashTable::with_capacity(keys.capacity()));
    let mut row_of_record = Vec::with_capacity(batch.len());
    for (record, &ms) in batch.timestamps_ms().iter().enumerate() {
        let mut row = || {
            if !is_time(&ms) {
                partial.counts.bad_timestamp += 1;
                return NO_ROW;
            }
            let Some(group) = panes.group(ms, watermark_ms, &mut partial) else {
                partial.counts.late += 1;
                return NO_ROW;
            };
            let key = keys.key(record, &mut partial.keys);
            if key == REFUSED {
                partial.counts.too_many_keys += 1;
                return NO_ROW;
            }
            partial.newest_ms = partial.newest_ms.max(ms);
            if let Some(Judge { now_ms, .. }) = judge {
                watermark_ms = watermark_ms.max(ms.min(now_ms).saturating_sub(lateness_ms));
            }
            rows.row(group, key, &mut partial.rows)
        };
        row_of_record.push(row());
    }
    partial.watermark_ms = watermark_ms;
    partial.aggregates.resize(partial.rows.len());
    partial.aggregates.add(plan, batch, &row_of_record);
    partial
}

/// The group of a time: mostly that of the record before.
struct Panes<'a> {
    plan: &'a WindowPlan,
    correctable_ms: i64,
    numbers: HashMap<Group, u32>,
    /// The pane of the last record.
    pane_ms: i64,
    first_end_ms: i64,
    last_end_ms: i64,
    /// The number of the pane's group of records that are in time for all of its windows.
    in_time: Option<u32>,
}

impl<'a> Panes<'a> {
    fn new(plan: &'a WindowPlan) -> Self {
        let correctable_ms = plan.spec().correctable_ms();
        let (pane_ms, end_ms) = (i64::MAX, i64::MAX);
        Self {
            plan,
            correctable_ms,
            numbers: HashMap::new(),
            pane_ms,
            first_end_ms: end_ms,
            last_end_ms: end_ms,
            in_time: None,
        }
    }

    /// `None` where it is too late for any window.
    #[inline]
    fn group(&mut self, ms: i64, watermark_ms: i64, partial: &mut Partial) -> Option<u32> {
        let slide_ms = self.plan.spec().slide_ms;
        if ms < self.pane_ms || ms >= self.pane_ms.saturating_add(slide_ms) {
            self.pane_ms = self.plan.pane_ms(ms);
            self.first_end_ms = self.pane_ms + slide_ms;
            self.last_end_ms = self.plan.last_end_ms(ms);
            self.in_time = None;
        }
        let gone_ms = watermark_ms.saturating_sub(self.correctable_ms);
        if self.last_end_ms <= gone_ms {
            return None;
        }
        partial.counts.corrected += u64::from(self.last_end_ms <= watermark_ms);
        if self.first_end_ms <= gone_ms {
            let group = Group { pane_ms: self.pane_ms, from_ms: self.plan.first_kept_ms(watermark_ms) };
            return Some(self.number(group, partial));
        }
        if self.in_time.is_none() {
            let group = Group { pane_ms: self.pane_ms, from_ms: self.plan.first_window_ms(self.pane_ms) };
            self.in_time = Some(self.number(group, partial));
        }
        self.in_time
    }

    fn number(&mut self, group: Group, partial: &mut Partial) -> u32 {
        *self.numbers.entry(group).or_insert_with(|| {
            partial.groups.push(group);
            partial.groups.len() as u32 - 1
        })
    }
}

/// Rows by group and key.
struct Rows(HashTable<u32>);

impl Rows {
    #[inline]
    fn row(&mut self, group: u32, key: u32, rows: &mut Vec<(u32, u32)>) -> u32 {
        // Both are small numbers of our own making, so one multiplication spreads them well enough.
        let hash = |(group, key): (u32, u32)| {
            let product = (u64::from(group) << 32 | u64::from(key)).wrapping_mul(0x9E37_79B9_7F4A_7C15);
            product ^ product >> 32
        };
        let wanted = (group, key);
        if let Some(&row) = self.0.find(hash(wanted), |&row| rows[row as usize] == wanted) {
            return row;
        }
        let row = rows.len() as u32;
        rows.push(wanted);
        self.0.insert_unique(hash(wanted), row, |&row| hash(rows[row as usize]));
        row
    }
}

/// The keys of a batch's records.
struct BatchKeys<'a, Admit> {
    columns: Vec<Option<&'a TextColumn>>,
    admit: Admit,
    /// By one field: the key of each of its distinct texts.
    by_text: Vec<u32>,
    /// By several: for each combination, a record that has it, and its key.
    by_texts: HashTable<(usize, u32)>,
    hasher: DefaultHashBuilder,
    joined: String,
}

impl<'a, Admit: FnMut(&str) -> Option<Key>> BatchKeys<'a, Admit> {
    fn new(plan: &WindowPlan, batch: &'a RecordBatch, admit: Admit) -> Self {
        let columns: Vec<_> = plan.spec().by.iter().map(|field| batch.texts(field)).collect();
        let distinct = match columns.as_slice() {
            [Some(column)] => column.distinct_len(),
            _ => 0,
        };
        Self {
            columns,
            admit,
            by_text: vec![UNSEEN; distinct],
            by_texts: HashTable::new(),
            hasher: DefaultHashBuilder::default(),
            joined: String::new(),
        }
    }

    /// About how many keys there may be.
    fn capacity(&self) -> usize {
        self.by_text.len()
    }

    /// The number of a record's key in `keys`, or `REFUSED`.
    #[inline]
    fn key(&mut self, record: usize, keys: &mut Vec<Key>) -> u32 {
        if let [Some(column)] = self.columns.as_slice() {
            let text = column.ids()[record];
            if self.by_text[text as usize] == UNSEEN {
                self.by_text[text as usize] = self.admit(record, keys);
            }
            return self.by_text[text as usize];
        }
        let columns = &self.columns;
        let ids = |record: usize| columns.iter().map(move |column| column.map_or(0, |column| column.ids()[record]));
        let hash = self.hasher.hash_one(IdsHash(ids(record)));
        if let Some(&(_, key)) = self.by_texts.find(hash, |&(other, _)| ids(other).eq(ids(record))) {
            return key;
        }
        let key = self.admit(record, keys);
        let (columns, hasher) = (&self.columns, &self.hasher);
        let ids = |record: usize| columns.iter().map(move |column| column.map_or(0, |column| column.ids()[record]));
        self.by_texts.insert_unique(hash, (record, key), |&(record, _)| hasher.hash_one(IdsHash(ids(record))));
        key
    }

    fn admit(&mut self, record: usize, keys: &mut Vec<Key>) -> u32 {
        self.joined.clear();
        join(self.columns.iter().map(|column| column.map_or("", |column| column.text(record))), &mut self.joined);
        let Some(key) = (self.admit)(&self.joined) else { return REFUSED };
        keys.push(key);
        keys.len() as u32 - 1
    }
}

/// Hashes numbers one after the other.
struct IdsHash<I>(I);

impl<I: Iterator<Item = u32> + Clone> std::hash::Hash for IdsHash<I> {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.0.clone().for_each(|id| state.write_u32(id));
    }
}
