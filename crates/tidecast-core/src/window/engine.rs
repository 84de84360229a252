//! The state of the windows of a stream.

use super::closing::{Pane, windows_of};
use super::collect::{Judge, collect};
use super::key::{Key, KeyTable};
use super::partial::{Counts, Group, Partial};
use super::plan::FAR_MS;
use super::{ClosedWindow, WindowPlan};
use crate::record::{RecordBatch, Rejections};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Keys not seen for this long are forgotten, if that is at least ten windows.
const FORGET_AFTER_MS: i64 = 3_600_000;
const FORGET_AFTER_WINDOWS: i64 = 10;
/// Forgotten keys are looked for so often in that time.
const FORGET_LOOKS: i64 = 8;

/// The windows over a stream.
///
/// For each batch: [`Self::assess`] says what it adds, the caller may journal that, and [`Self::apply`] takes it in, before
/// the next batch. A single reader has [`Self::assess`]; what workers have made by [`Partial::of`] goes through [`Self::judge`].
///
/// Holds a row for each key and pane with records: of 24 bytes, and 8 to 16 for each field and simple aggregate, 40 and
/// more for each field with quantiles or different values. There are (size + lateness) / slide panes, and one.
#[derive(Clone, Debug)]
pub struct Windows {
    pub(super) plan: Arc<WindowPlan>,
    pub(super) keys: KeyTable,
    /// By where the pane begins, and the first window in which its records count.
    pub(super) panes: BTreeMap<(i64, i64), Pane>,
    pub(super) watermark_ms: i64,
    pub(super) newest_ms: i64,
    pub(super) counts: Counts,
    /// What the clock said when a record last had a newer time than all before, or when it was first asked for since the start. Not
    /// part of what is kept: while the program did not run, time did not pass for the stream.
    heard_at_ms: Option<i64>,
}

impl Windows {
    /// Windows without records.
    #[must_use]
    pub fn new(plan: Arc<WindowPlan>) -> Self {
        Self {
            plan,
            keys: KeyTable::default(),
            panes: BTreeMap::new(),
            watermark_ms: i64::MIN,
            newest_ms: i64::MIN,
            counts: Counts::default(),
            heard_at_ms: None,
        }
    }

    /// What is computed.
    #[must_use]
    pub fn plan(&self) -> &Arc<WindowPlan> {
        &self.plan
    }

    /// What a batch adds. Each record is late or not by the records before it, so that it does not matter where the stream
    /// was cut into batches. `now_ms` is what the clock says: records ahead of it wait for it, and make no others late. Only
    /// notes that time went on: call [`Self::apply`] with the result.
    pub fn assess(&mut self, batch: &RecordBatch, now_ms: i64) -> Partial {
        let mut room = self.plan.spec().max_keys.saturating_sub(self.keys.len());
        let fields = self.plan.spec().by.len();
        let judge = Judge { watermark_ms: self.watermark_ms, now_ms };
        let partial = collect(&self.plan, batch, Some(judge), |joined| {
            if let Some(key) = self.keys.find(joined) {
                return Some(key.clone());
            }
            room = room.checked_sub(1)?;
            Key::from_joined(joined, fields)
        });
        self.hear(&partial, now_ms);
        partial
    }

    /// What a worker's partial adds: without what is too late at the present watermark, and without keys beyond the limit.
    /// `watermark_ms` is what the watermark becomes, as the caller knows it from all workers; it never goes back, nor beyond the
    /// clock. Only notes that time went on: call [`Self::apply`] with the result.
    pub fn judge(&mut self, mut partial: Partial, watermark_ms: i64, now_ms: i64) -> Partial {
        self.hear(&partial, now_ms);
        let size_ms = self.plan.spec().size_ms;
        let first_kept_ms = self.plan.first_kept_ms(self.watermark_ms);
        partial.groups.iter_mut().for_each(|group| group.from_ms = group.from_ms.max(first_kept_ms));
        let mut room = self.plan.spec().max_keys.saturating_sub(self.keys.len());
        let mut admitted: Vec<Option<bool>> = vec![None; partial.keys.len()];
        let mut keep = Vec::with_capacity(partial.rows.len());
        for (row, &(group, key)) in partial.rows.iter().enumerate() {
            let group = partial.groups[group as usize];
            let records = partial.aggregates.count(row);
            if group.from_ms > group.pane_ms {
                partial.counts.late = partial.counts.late.saturating_add(records);
                keep.push(false);
                continue;
            }
            let admitted = admitted[key as usize].get_or_insert_with(|| {
                let known = self.keys.find(partial.keys[key as usize].joined()).is_some();
                let fits = known || room > 0;
                room -= usize::from(fits && !known);
                fits
            });
            keep.push(*admitted);
            if !*admitted {
                partial.counts.too_many_keys = partial.counts.too_many_keys.saturating_add(records);
            } else if group.pane_ms + size_ms <= self.watermark_ms {
                partial.counts.corrected = partial.counts.corrected.saturating_add(records);
            }
        }
        let mut kept = keep.iter();
        partial.rows.retain(|_| kept.next().copied().unwrap_or(false));
        partial.aggregates.retain(&keep);
        let watermark_ms = watermark_ms.min(now_ms.saturating_sub(self.plan.spec().lateness_ms));
        partial.watermark_ms = watermark_ms.min(FAR_MS).max(self.watermark_ms);
        partial
    }

    /// Takes in what [`Self::assess`], [`Self::judge`] or [`Self::tick`] gave, now or before a restart; gives the windows that
    /// are closed by it, and those that it corrects, in the order of their times. Windows without records are not among them.
    pub fn apply(&mut self, partial: &Partial) -> Vec<ClosedWindow> {
        let before_ms = self.watermark_ms;
        let corrected = self.corrected(partial);
        self.merge(partial);
        self.counts += partial.counts;
        self.newest_ms = self.newest_ms.max(partial.newest_ms);
        self.watermark_ms = before_ms.max(partial.watermark_ms);
        let mut closed: Vec<ClosedWindow> = corrected.into_iter().map(|start_ms| self.close(start_ms, true)).collect();
        let due = self.due(before_ms, self.watermark_ms);
        closed.extend(due.into_iter().map(|start_ms| self.close(start_ms, false)));
        self.forget(before_ms);
        closed
    }

    /// Lets time go on when no newer records have come for a while: the watermark advances by as much as the clock has since,
    /// if that closes a window. [`Self::apply`] the result.
    pub fn tick(&mut self, now_ms: i64) -> Option<Partial> {
        if now_ms.saturating_sub(*self.heard_at_ms.get_or_insert(now_ms)) < self.plan.spec().idle_after_ms {
            return None;
        }
        let watermark_ms = self.time_ms(now_ms)? - self.plan.spec().lateness_ms;
        let closes = watermark_ms > self.watermark_ms && !self.due(self.watermark_ms, watermark_ms).is_empty();
        closes.then(|| Partial::new(&self.plan, watermark_ms))
    }

    /// The event time at present: that of the newest record, and as long as has passed since it came; not beyond the clock.
    #[must_use]
    pub fn time_ms(&self, now_ms: i64) -> Option<i64> {
        let since_ms = now_ms.saturating_sub(self.heard_at_ms.unwrap_or(now_ms));
        Some(self.newest_ms()?.saturating_add(since_ms).min(now_ms).min(FAR_MS))
    }

    /// Up to when windows are closed.
    #[must_use]
    pub fn watermark_ms(&self) -> Option<i64> {
        (self.watermark_ms != i64::MIN).then_some(self.watermark_ms)
    }

    /// The newest event time so far.
    #[must_use]
    pub fn newest_ms(&self) -> Option<i64> {
        (self.newest_ms != i64::MIN).then_some(self.newest_ms)
    }

    /// How many records were refused so far, as kept across restarts.
    #[must_use]
    pub fn rejections(&self) -> Rejections {
        self.counts.rejections()
    }

    /// How many late records were taken as corrections so far, as kept across restarts.
    #[must_use]
    pub fn corrected_records(&self) -> u64 {
        self.counts.corrected
    }

    /// The keys that are known, and the event time of each one's newest record. A key is forgotten once that is the larger of
    /// an hour and ten windows before the watermark (and longer ago than lateness and corrections reach).
    pub fn keys(&self) -> impl Iterator<Item = (&Key, i64)> {
        self.keys.iter().map(|(_, known)| (&known.key, known.last_seen_ms))
    }

    /// How many keys are known.
    #[must_use]
    pub fn key_count(&self) -> usize {
        self.keys.len()
    }

    /// The beginnings of closed windows in which rows of a partial count.
    fn corrected(&self, partial: &Partial) -> BTreeSet<i64> {
        if !self.plan.spec().corrections {
            return BTreeSet::new();
        }
        let used: BTreeSet<u32> = partial.rows.iter().map(|&(group, _)| group).collect();
        let groups = used.into_iter().map(|group| partial.groups[group as usize]);
        groups.flat_map(|group| windows_of(&self.plan, group, i64::MIN, self.watermark_ms)).collect()
    }

    fn hear(&mut self, partial: &Partial, now_ms: i64) {
        if partial.newest_ms > self.newest_ms {
            self.heard_at_ms = Some(now_ms);
        }
    }

    fn merge(&mut self, partial: &Partial) {
        let mut seen_ms = vec![i64::MIN; partial.keys.len()];
        for (row, &(_, key)) in partial.rows.iter().enumerate() {
            let seen_ms = &mut seen_ms[key as usize];
            *seen_ms = (*seen_ms).max(partial.aggregates.newest_ms(row));
        }
        let mut ids: Vec<u32> = Vec::with_capacity(partial.keys.len());
        for (key, &ms) in partial.keys.iter().zip(&seen_ms) {
            // Keys without a row are those that were refused.
            ids.push(if ms == i64::MIN { u32::MAX } else { self.keys.see(key, ms) });
        }
        let mut rows: Vec<usize> = (0..partial.rows.len()).collect();
        rows.sort_by_key(|&row| partial.rows[row].0);
        for rows in rows.chunk_by(|&a, &b| partial.rows[a].0 == partial.rows[b].0) {
            let Group { pane_ms, from_ms } = partial.groups[partial.rows[rows[0]].0 as usize];
            let pane = self.panes.entry((pane_ms, from_ms)).or_insert_with(|| Pane::new(&self.plan));
            pane.merge(&partial.aggregates, rows.iter().map(|&row| (row, ids[partial.rows[row].1 as usize])));
        }
    }

    /// Drops panes of which no window is kept, and keys not seen for long.
    fn forget(&mut self, before_ms: i64) {
        self.panes = self.panes.split_off(&(self.plan.first_kept_ms(self.watermark_ms), i64::MIN));
        let spec = self.plan.spec();
        let held_ms = spec.size_ms + spec.lateness_ms + spec.correctable_ms();
        let after_ms = FORGET_AFTER_MS.max(FORGET_AFTER_WINDOWS * spec.size_ms).max(held_ms);
        let look = |ms: i64| ms.div_euclid(after_ms / FORGET_LOOKS);
        if look(before_ms) != look(self.watermark_ms) {
            self.keys.forget_before(self.watermark_ms - after_ms);
        }
    }
}
