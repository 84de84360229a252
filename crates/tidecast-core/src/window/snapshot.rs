//! The whole state as bytes, and back.

use super::aggregates::Aggregates;
use super::closing::Pane;
use super::codec::{DecodeError, Reader, Writer};
use super::engine::Windows;
use super::key::Key;
use super::partial::{Counts, Group};
use super::plan::{WindowPlan, is_near};
use std::sync::Arc;

const MAGIC: u8 = b'W';
const VERSION: u64 = 1;

impl Windows {
    /// Everything that a restart needs, with a version and a checksum.
    #[must_use]
    pub fn snapshot(&self) -> Vec<u8> {
        let mut to = Writer::new(MAGIC, VERSION, self.plan.fingerprint());
        to.signed(self.newest_ms);
        to.signed(self.watermark_ms);
        self.counts.encode(&mut to);
        to.varint(self.keys.len() as u64);
        // Keys are numbered anew, without the gaps that forgotten ones left.
        let mut numbers = Vec::new();
        for (number, (id, known)) in self.keys.iter().enumerate() {
            numbers.resize(id as usize + 1, 0);
            numbers[id as usize] = number as u64;
            to.text(known.key.joined());
            to.signed(known.last_seen_ms);
        }
        to.varint(self.panes.len() as u64);
        for (&(pane_ms, from_ms), pane) in &self.panes {
            Group { pane_ms, from_ms }.encode(&mut to);
            to.varint(pane.keys().len() as u64);
            pane.keys().iter().for_each(|&key| to.varint(numbers[key as usize]));
            pane.aggregates.encode(&mut to, |_| pane_ms);
        }
        to.finish()
    }

    /// The state of which this is a snapshot.
    ///
    /// # Errors
    /// When the bytes are damaged, of another version, or made with another plan: other windows, `by` or measures. Lateness,
    /// limits and the names of measures may differ.
    pub fn restore(plan: &Arc<WindowPlan>, bytes: &[u8]) -> Result<Self, DecodeError> {
        let mut from = Reader::new(bytes, "a snapshot", MAGIC, VERSION, plan.fingerprint())?;
        let mut windows = Self::new(Arc::clone(plan));
        windows.newest_ms = from.time_or_none()?;
        windows.watermark_ms = from.time_or_none()?;
        windows.counts = Counts::decode(&mut from)?;
        let keys = from.length(2)?;
        for number in 0..keys {
            let key = Key::from_joined(from.text()?, plan.spec().by.len()).ok_or_else(|| from.damaged())?;
            let last_seen_ms = Some(from.signed()?).filter(is_near).ok_or_else(|| from.damaged())?;
            if windows.keys.see(&key, last_seen_ms) as usize != number {
                return Err(from.damaged());
            }
        }
        for _ in 0..from.length(2)? {
            let Group { pane_ms, from_ms } = Group::decode(plan, &mut from)?;
            let pane = decode_pane(plan, keys, pane_ms, &mut from)?;
            if windows.panes.insert((pane_ms, from_ms), pane).is_some() {
                return Err(from.damaged());
            }
        }
        from.finish()?;
        Ok(windows)
    }
}

fn decode_pane(plan: &WindowPlan, keys: usize, pane_ms: i64, from: &mut Reader<'_>) -> Result<Pane, DecodeError> {
    let rows = from.length(1)?;
    let mut seen = vec![false; keys];
    let mut of_rows = Vec::with_capacity(rows);
    for _ in 0..rows {
        let key = from.below(keys)?;
        if std::mem::replace(&mut seen[key as usize], true) {
            return Err(from.damaged());
        }
        of_rows.push(key);
    }
    Ok(Pane::from_rows(of_rows, Aggregates::decode(plan, rows, from, |_| pane_ms)?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::{Column, RecordBatch, Schema};
    use crate::window::codec::seal;
    use crate::window::{Measure, Partial, WindowSpec};
    use proptest::prelude::*;

    fn example() -> (Windows, RecordBatch) {
        let texts = ["mean(v)", "min(v)", "distinct(t)", "distinct(v)", "quantile(v, 0.5)"];
        let measure = |text: &&str| Measure {
            name: text.replace(|c: char| !c.is_ascii_alphanumeric(), "_"),
            expression: text.parse().unwrap(),
        };
        let plan = WindowSpec {
            size_ms: 10_000,
            slide_ms: 5_000,
            lateness_ms: 0,
            idle_after_ms: 1,
            by: vec!["a".to_owned(), "b".to_owned()],
            measures: texts.iter().map(measure).collect(),
            max_keys: 10,
            corrections: true,
        };
        let windows = Windows::new(Arc::new(plan.plan().unwrap()));
        let mut batch = RecordBatch::new(Arc::new(Schema::new(windows.plan().fields()).unwrap()));
        for (ms, text) in [(1_000, "x"), (12_000, "y"), (6_000, "x"), (30_000, "y")] {
            batch.push(ms, |_, column| match column {
                Column::Number(numbers) => numbers.push(ms as f64),
                Column::Text(texts) => texts.push(text),
            });
        }
        (windows, batch)
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2_000))]

        /// Damage that the checksum does not show, as if it had been written so.
        #[test]
        fn whatever_has_a_valid_checksum_is_an_error_or_can_be_used(
            changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4),
            cut in prop::option::of(any::<prop::sample::Index>()),
        ) {
            const HEADER: usize = 10;
            let (mut windows, batch) = example();
            let change = |mut bytes: Vec<u8>| {
                bytes.truncate(bytes.len() - 8);
                for (place, byte) in &changes {
                    let place = HEADER + place.index(bytes.len() - HEADER);
                    bytes[place] = *byte;
                }
                bytes.truncate(cut.map_or(bytes.len(), |cut| HEADER + cut.index(bytes.len() - HEADER)));
                seal(bytes)
            };
            let partial = windows.assess(&batch, 0);
            if let Ok(changed) = Partial::decode(&windows.plan, &change(partial.encode())) {
                windows.clone().apply(&changed);
                let judged = windows.judge(changed, i64::MAX, 0);
                windows.clone().apply(&judged);
            }
            windows.apply(&partial);
            if let Ok(mut restored) = Windows::restore(&windows.plan, &change(windows.snapshot())) {
                let partial = restored.assess(&batch, 0);
                restored.apply(&partial);
            }
        }
    }
}
