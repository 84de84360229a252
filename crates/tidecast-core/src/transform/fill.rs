//! The last value of each key, in place of missing ones.

use crate::record::{RecordBatch, TextColumn};
use crate::window::{DecodeError, Key, KeyTable, Reader, Writer};

/// Last values of so many keys are remembered; further keys have no last value.
pub const FILLED_KEYS_MAX: usize = 1_000_000;
/// Once there are so many, those not seen for this long are forgotten.
const FORGET_AFTER_MS: i64 = 3_600_000;

/// The last value of a field by key.
#[derive(Clone, Debug, Default)]
pub(super) struct LastValues {
    keys: KeyTable,
    /// By the number of the key.
    values: Vec<f64>,
}

impl LastValues {
    /// Fills what is missing in `values`, in the order of the records, and remembers what is not.
    pub(super) fn fill(&mut self, batch: &RecordBatch, by: &[String], values: &mut [f64]) {
        let columns: Vec<Option<&TextColumn>> = by.iter().map(|field| batch.texts(field)).collect();
        if self.keys.len() >= FILLED_KEYS_MAX
            && let Some(newest_ms) = batch.newest_ms()
        {
            self.keys.forget_before(newest_ms.saturating_sub(FORGET_AFTER_MS));
        }
        for (record, (value, &ms)) in values.iter_mut().zip(batch.timestamps_ms()).enumerate() {
            let key = Key::new(columns.iter().map(|column| column.map_or("", |column| column.text(record))));
            if value.is_nan() {
                *value = self.keys.id(&key).map_or(f64::NAN, |id| self.values[id as usize]);
            } else if self.keys.len() < FILLED_KEYS_MAX || self.keys.id(&key).is_some() {
                self.remember(&key, ms, *value);
            }
        }
    }

    fn remember(&mut self, key: &Key, ms: i64, value: f64) -> u32 {
        let id = self.keys.see(key, ms);
        self.values.resize(self.values.len().max(id as usize + 1), f64::NAN);
        self.values[id as usize] = value;
        id
    }

    pub(super) fn encode(&self, to: &mut Writer) {
        to.varint(self.keys.len() as u64);
        for (id, known) in self.keys.iter() {
            to.text(known.key.joined());
            to.signed(known.last_seen_ms);
            to.number(self.values[id as usize]);
        }
    }

    pub(super) fn decode(fields: usize, from: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let mut read = Self::default();
        for number in 0..from.length(3)? {
            let key = Key::from_joined(from.text()?, fields).ok_or_else(|| from.damaged())?;
            let (ms, value) = (from.signed()?, from.number()?);
            if read.remember(&key, ms, value) as usize != number {
                return Err(from.damaged());
            }
        }
        Ok(read)
    }
}
