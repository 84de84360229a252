//! Which windows close, and what is in them.

use super::ClosedWindow;
use super::aggregates::{Aggregates, NO_ROW};
use super::engine::Windows;
use super::key::Key;
use super::partial::Group;
use super::plan::{FAR_MS, Reading, WindowPlan};
use std::collections::{BTreeMap, BTreeSet, HashSet};

/// Rows of one pane, by key.
#[derive(Clone, Debug)]
pub(super) struct Pane {
    /// The row of each key.
    row_of_key: Vec<u32>,
    /// The key of each row.
    keys: Vec<u32>,
    pub(super) aggregates: Aggregates,
}

impl Pane {
    pub(super) fn new(plan: &WindowPlan) -> Self {
        Self { row_of_key: Vec::new(), keys: Vec::new(), aggregates: Aggregates::new(plan) }
    }

    pub(super) fn keys(&self) -> &[u32] {
        &self.keys
    }

    /// Merges rows of aggregates, each into the row of its key.
    pub(super) fn merge(&mut self, other: &Aggregates, rows: impl Iterator<Item = (usize, u32)>) {
        let rows: Vec<(usize, usize)> = rows.map(|(row, key)| (row, self.row(key))).collect();
        self.aggregates.resize(self.keys.len());
        self.aggregates.merge(other, &rows.iter().copied());
    }

    /// Takes aggregates whose rows are those of the keys. Every key is there once.
    pub(super) fn from_rows(keys: Vec<u32>, aggregates: Aggregates) -> Self {
        let mut row_of_key = vec![NO_ROW; keys.iter().max().map_or(0, |&key| key as usize + 1)];
        keys.iter().enumerate().for_each(|(row, &key)| row_of_key[key as usize] = row as u32);
        Self { row_of_key, keys, aggregates }
    }

    fn row(&mut self, key: u32) -> usize {
        let place = key as usize;
        if place >= self.row_of_key.len() {
            self.row_of_key.resize(place + 1, NO_ROW);
        }
        if self.row_of_key[place] == NO_ROW {
            self.row_of_key[place] = self.keys.len() as u32;
            self.keys.push(key);
        }
        self.row_of_key[place] as usize
    }
}

/// The beginnings of the windows in which a group counts and which end after one time, and not after another.
pub(super) fn windows_of(plan: &WindowPlan, group: Group, after_ms: i64, to_ms: i64) -> impl Iterator<Item = i64> {
    let (size_ms, slide_ms) = (plan.spec().size_ms, plan.spec().slide_ms);
    let from_ms = plan.pane_ms(after_ms.saturating_sub(size_ms).max(-FAR_MS)) + slide_ms;
    let to_ms = group.pane_ms.min(to_ms.saturating_sub(size_ms));
    (group.from_ms.max(from_ms)..=to_ms).step_by(slide_ms as usize)
}

impl Windows {
    /// The beginnings of all windows with records whose ends lie after one watermark, and not after another.
    pub(super) fn due(&self, after_ms: i64, to_ms: i64) -> BTreeSet<i64> {
        let windows =
            |&(pane_ms, from_ms): &(i64, i64)| windows_of(&self.plan, Group { pane_ms, from_ms }, after_ms, to_ms);
        self.panes.keys().flat_map(windows).collect()
    }

    pub(super) fn close(&self, start_ms: i64, correction: bool) -> ClosedWindow {
        let plan = &*self.plan;
        let end_ms = start_ms + plan.spec().size_ms;
        let counts = |((_, from_ms), pane): (&(i64, i64), _)| (*from_ms <= start_ms).then_some(pane);
        let mut panes = self.panes.range((start_ms, i64::MIN)..(end_ms, i64::MIN)).filter_map(counts);
        let first = panes.next();
        let mut merged = None;
        for pane in panes {
            let merged = merged.get_or_insert_with(|| first.map_or_else(|| Pane::new(plan), Pane::clone));
            merged.merge(&pane.aggregates, pane.keys.iter().copied().enumerate());
        }
        let mut closed = ClosedWindow {
            start_ms,
            end_ms,
            correction,
            measures: plan.measure_names().clone(),
            by: plan.by().clone(),
            totals: Vec::new(),
            keys: Vec::new(),
            values: Vec::new(),
            last_seen_ms: Vec::new(),
        };
        if let Some(pane) = merged.as_ref().or(first) {
            self.read(pane, &mut closed);
        }
        closed
    }

    fn read(&self, pane: &Pane, closed: &mut ClosedWindow) {
        let plan = &*self.plan;
        let rows = pane.aggregates.len();
        let mut total = Aggregates::new(plan);
        total.resize(1);
        total.merge(&pane.aggregates, &(0..rows).map(|row| (row, 0)));
        let key = |&id: &u32| self.keys.get(id).map(|known| known.key.clone());
        let keys: Vec<Key> = pane.keys.iter().filter_map(key).collect();
        let distinct: BTreeMap<usize, f64> =
            plan.readings().iter().filter_map(|reading| distinct_texts(*reading, &keys)).collect();
        let in_total = |field: usize| distinct.get(&field).copied().unwrap_or(f64::NAN);
        total.read(plan, 0, in_total, &mut closed.totals);
        if plan.by().is_empty() {
            return;
        }
        closed.values.reserve(rows * plan.readings().len());
        for (row, key) in keys.iter().enumerate() {
            let in_key =
                |field: usize| key.texts().nth(field).map_or(0.0, |text| f64::from(u8::from(!text.is_empty())));
            pane.aggregates.read(plan, row, in_key, &mut closed.values);
            closed.last_seen_ms.push(pane.aggregates.newest_ms(row));
        }
        closed.keys = keys;
    }
}

/// For a reading that counts keys: its field, and how many different texts, not empty, the keys have in it.
fn distinct_texts(reading: Reading, keys: &[Key]) -> Option<(usize, f64)> {
    let Reading::DistinctKeys(field) = reading else { return None };
    let texts: HashSet<&str> =
        keys.iter().filter_map(|key| key.texts().nth(field)).filter(|text| !text.is_empty()).collect();
    Some((field, texts.len() as f64))
}
