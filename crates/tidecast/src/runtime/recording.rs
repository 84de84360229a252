//! Recorded data of which the newest part is held back, to be replayed as if it arrived now.

use std::collections::BTreeMap;
use tidecast_core::duration::DurationMs;
use tidecast_core::series::{Points, SampleBatch, SeriesKey, TimeRange};

/// Series in memory, split in time.
#[derive(Clone, Debug, PartialEq)]
pub struct Recording {
    columns: BTreeMap<SeriesKey, Points>,
    /// First instant that is held back, ms since the Unix epoch.
    pub held_back_from_ms: i64,
    /// Time of the last sample, ms since the Unix epoch.
    pub last_ms: i64,
}

impl Recording {
    /// Holds back the last `held_back` of the data. `None` without samples.
    #[must_use]
    pub fn new(columns: BTreeMap<SeriesKey, Points>, held_back: DurationMs) -> Option<Self> {
        let last_ms = columns.values().filter_map(|points| points.timestamps_ms.last().copied()).max()?;
        Some(Self { columns, held_back_from_ms: last_ms.saturating_sub(held_back.0).saturating_add(1), last_ms })
    }

    /// The series and all their samples, held back or not.
    #[must_use]
    pub fn columns(&self) -> &BTreeMap<SeriesKey, Points> {
        &self.columns
    }

    /// The samples of a range as one batch, by time and then series, as they would have arrived.
    #[must_use]
    pub fn batch(&self, range: TimeRange) -> SampleBatch {
        let mut samples: Vec<(i64, &SeriesKey, f64)> = Vec::new();
        for (series, points) in &self.columns {
            let from = points.timestamps_ms.partition_point(|&at| at < range.from_ms);
            let to = points.timestamps_ms.partition_point(|&at| at < range.to_ms);
            let columns = points.timestamps_ms[from..to].iter().zip(&points.values[from..to]);
            samples.extend(columns.map(|(&at, &value)| (at, series, value)));
        }
        samples.sort_by_key(|(at, _, _)| *at);
        let mut batch = SampleBatch::with_capacity(samples.len());
        for (at, series, value) in samples {
            batch.push(series, at, value);
        }
        batch
    }

    /// The earliest sample time after `after_ms`: when something next happens.
    #[must_use]
    pub fn next_ms(&self, after_ms: i64) -> Option<i64> {
        let next = |points: &Points| {
            let index = points.timestamps_ms.partition_point(|&at| at <= after_ms);
            points.timestamps_ms.get(index).copied()
        };
        self.columns.values().filter_map(next).min()
    }

    /// Time of the first sample, ms since the Unix epoch.
    #[must_use]
    pub fn first_ms(&self) -> i64 {
        let firsts = self.columns.values().filter_map(|points| points.timestamps_ms.first().copied());
        firsts.min().unwrap_or(self.last_ms)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn holds_back_the_newest_part() {
        let key = |name: &str| name.parse::<SeriesKey>().unwrap();
        let points = |at: &[i64]| Points { timestamps_ms: at.to_vec(), values: at.iter().map(|&t| t as f64).collect() };
        let columns = BTreeMap::from([(key("a"), points(&[0, 10, 20, 30])), (key("b"), points(&[10, 25]))]);
        let recording = Recording::new(columns, DurationMs(20)).unwrap();
        assert_eq!(recording.held_back_from_ms, 11);
        let history = recording.batch(TimeRange::new(i64::MIN, recording.held_back_from_ms));
        let order: Vec<_> =
            history.runs().map(|run| (run.series.name().to_owned(), run.timestamps_ms.to_vec())).collect();
        assert_eq!(order, [("a".to_owned(), vec![0, 10]), ("b".to_owned(), vec![10])]);
        assert_eq!(recording.next_ms(10), Some(20));
        assert_eq!(recording.next_ms(20), Some(25));
        assert_eq!(recording.next_ms(30), None);
    }
}
