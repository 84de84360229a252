//! The catalogue: which number stands for which series.
//!
//! Numbers are handed out as series first appear and reach the journal in the same commit as their first samples.

use std::collections::HashMap;
use tidecast_core::ports::StoreError;
use tidecast_core::series::{SampleBatch, Selector, SeriesKey};

/// All series ever seen.
#[derive(Debug, Default)]
pub(crate) struct Catalogue {
    ids: HashMap<SeriesKey, u32>,
    keys: Vec<SeriesKey>,
    /// Keys from here on are not in the journal yet.
    durable: usize,
}

impl Catalogue {
    /// From the journal: keys in ascending order of id, which count up from 0.
    pub(crate) fn restore(keys: Vec<SeriesKey>) -> Self {
        let ids = keys.iter().enumerate().map(|(id, key)| (key.clone(), id as u32)).collect();
        Self { ids, durable: keys.len(), keys }
    }

    pub(crate) fn id(&self, series: &SeriesKey) -> Option<u32> {
        self.ids.get(series).copied()
    }

    /// The ids of a batch's runs, if all its series are known.
    pub(crate) fn ids_of(&self, batch: &SampleBatch) -> Option<Vec<u32>> {
        batch.runs().map(|run| self.id(run.series)).collect()
    }

    /// The ids of a batch's runs; unknown series get one.
    pub(crate) fn assign(&mut self, batch: &SampleBatch) -> Result<Vec<u32>, StoreError> {
        batch.runs().map(|run| self.assign_one(run.series)).collect()
    }

    fn assign_one(&mut self, series: &SeriesKey) -> Result<u32, StoreError> {
        if let Some(id) = self.id(series) {
            return Ok(id);
        }
        let id = u32::try_from(self.keys.len()).map_err(|_| StoreError::Refused {
            reason: "the store has 4,294,967,296 series; use fewer distinct labels".to_owned(),
        })?;
        self.ids.insert(series.clone(), id);
        self.keys.push(series.clone());
        Ok(id)
    }

    /// Series that the next commit must write, with their ids.
    pub(crate) fn pending(&self) -> Vec<(u32, SeriesKey)> {
        let pending = self.keys.iter().enumerate().skip(self.durable);
        pending.map(|(id, key)| (id as u32, key.clone())).collect()
    }

    /// So many pending series are durable now.
    pub(crate) fn committed(&mut self, count: usize) {
        self.durable += count;
    }

    /// The series that match, sorted.
    pub(crate) fn select(&self, selector: &Selector) -> Vec<(SeriesKey, u32)> {
        let matching = self.keys.iter().enumerate().filter(|(_, key)| selector.matches(key));
        let mut matching: Vec<_> = matching.map(|(id, key)| (key.clone(), id as u32)).collect();
        matching.sort_unstable_by(|one, two| one.0.cmp(&two.0));
        matching
    }
}
