//! The same windows by a computation that keeps every record and looks at one after the other.

use super::Record;
use std::collections::{BTreeMap, BTreeSet};
use tidecast_core::window::{CORRECTABLE_WINDOWS, ClosedWindow, WindowSpec};

/// The measures that it knows, by the names used below.
pub(crate) const MEASURES: [(&str, &str); 12] = [
    ("events", "count()"),
    ("sum", "sum(value)"),
    ("mean", "mean(value)"),
    ("least", "min(value)"),
    ("greatest", "max(value)"),
    ("events_per_s", "rate()"),
    ("sum_per_s", "rate(value)"),
    ("share", "sum(value) / sum(value)"),
    ("values", "distinct(value)"),
    ("keys", "distinct(key)"),
    ("last", "last(value)"),
    ("median", "quantile(value, 0.5)"),
];

/// The place of the measure that is only close.
const MEDIAN: usize = 11;

/// By window: the records over all keys, and those of each key.
#[derive(Debug, Default)]
pub(crate) struct Naive {
    windows: BTreeMap<i64, Vec<Record>>,
    pub(crate) late: u64,
    pub(crate) watermark_ms: Option<i64>,
}

impl Naive {
    pub(crate) fn of(spec: &WindowSpec, records: &[Record]) -> Self {
        let mut naive = Self::default();
        let kept_ms = if spec.corrections { CORRECTABLE_WINDOWS * spec.size_ms } else { 0 };
        for record in records {
            let last_ms = record.ms.div_euclid(spec.slide_ms) * spec.slide_ms;
            let mut taken = false;
            for place in 0..spec.size_ms / spec.slide_ms {
                let start_ms = last_ms - place * spec.slide_ms;
                if naive.watermark_ms.is_none_or(|watermark_ms| start_ms + spec.size_ms + kept_ms > watermark_ms) {
                    naive.windows.entry(start_ms).or_default().push(record.clone());
                    taken = true;
                }
            }
            naive.late += u64::from(!taken);
            naive.watermark_ms = naive.watermark_ms.max(Some(record.ms - spec.lateness_ms));
        }
        naive
    }

    /// Fails unless the last result of every closed window is what it should be, and each came once if they are never corrected.
    pub(crate) fn check(&self, spec: &WindowSpec, closed: &[ClosedWindow]) {
        let mut last: BTreeMap<i64, &ClosedWindow> = BTreeMap::new();
        for window in closed {
            let before = last.insert(window.start_ms, window);
            assert!(spec.corrections || before.is_none(), "window {} came twice", window.start_ms);
            assert!(window.correction || before.is_none(), "window {} closed twice", window.start_ms);
        }
        let is_closed = |start_ms: &i64| Some(start_ms + spec.size_ms) <= self.watermark_ms;
        let expected: BTreeSet<i64> = self.windows.keys().copied().filter(is_closed).collect();
        assert_eq!(last.keys().copied().collect::<BTreeSet<_>>(), expected);
        for (start_ms, window) in last {
            let records = &self.windows[&start_ms];
            assert_eq!(window.end_ms, start_ms + spec.size_ms);
            assert_values(&window.totals, spec, records);
            let mut keys: Vec<&str> = Vec::new();
            for record in records {
                if !keys.contains(&record.key) {
                    keys.push(record.key);
                }
            }
            let mut have: Vec<String> = window.keys.iter().map(ToString::to_string).collect();
            have.sort_unstable();
            keys.sort_unstable();
            assert_eq!(have, keys);
            for ((key, values), &seen_ms) in window.rows().zip(&window.last_seen_ms) {
                let of_key: Vec<Record> =
                    records.iter().filter(|record| record.key == key.to_string()).cloned().collect();
                assert_eq!(Some(seen_ms), of_key.iter().map(|record| record.ms).max());
                assert_values(values, spec, &of_key);
            }
        }
    }
}

fn assert_values(have: &[f64], spec: &WindowSpec, records: &[Record]) {
    let mut values: Vec<f64> = records.iter().map(|record| record.value).filter(|value| !value.is_nan()).collect();
    values.sort_unstable_by(f64::total_cmp);
    // Values are quarters, so that their sums are exact.
    let sum: f64 = values.iter().sum();
    let seconds = spec.size_ms as f64 / 1e3;
    let keys: BTreeSet<&str> = records.iter().map(|record| record.key).collect();
    let mut different = values.clone();
    different.dedup();
    let undefined = f64::NAN;
    // The greatest of several that are equally new.
    let numbers = records.iter().filter(|record| !record.value.is_nan());
    let last = numbers.max_by(|a, b| a.ms.cmp(&b.ms).then(a.value.total_cmp(&b.value)));
    let expected = [
        records.len() as f64,
        sum,
        if values.is_empty() { undefined } else { sum / values.len() as f64 },
        values.first().copied().unwrap_or(undefined),
        values.last().copied().unwrap_or(undefined),
        records.len() as f64 / seconds,
        sum / seconds,
        if sum == 0.0 { undefined } else { 1.0 },
        different.len() as f64,
        keys.len() as f64,
        last.map_or(undefined, |record| record.value),
    ];
    let same = have.iter().zip(&expected).all(|(a, b)| a == b || a.is_nan() && b.is_nan());
    assert!(same, "{have:?} should be {expected:?}");
    let median = values.get(values.len().saturating_sub(1) / 2).copied().unwrap_or(undefined);
    let close = (have[MEDIAN] - median).abs() <= 0.01 * median.abs() || have[MEDIAN].is_nan() && median.is_nan();
    assert!(close, "median {} should be {median}", have[MEDIAN]);
}
