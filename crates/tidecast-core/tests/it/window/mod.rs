//! Windows of event time: equality with a computation that keeps everything, and named scenarios.

mod damage;
mod equality;
mod limits;
mod naive;
mod sketch;
mod time;
mod totals;

use std::sync::Arc;
use tidecast_core::record::{Column, RecordBatch, Schema};
use tidecast_core::window::{ClosedWindow, Measure, WindowPlan, WindowSpec, Windows};

/// What the clock says: later than any record.
const NOW_MS: i64 = i64::MAX;

/// One message of a test.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Record {
    pub(crate) ms: i64,
    pub(crate) key: &'static str,
    /// Not there where it is NaN.
    pub(crate) value: f64,
}

pub(crate) fn record(ms: i64, key: &'static str, value: f64) -> Record {
    Record { ms, key, value }
}

/// Windows of 10 s with a lateness of 2 s, by `key`, with these measures.
pub(crate) fn spec(measures: &[(&str, &str)]) -> WindowSpec {
    let measure = |(name, text): &(&str, &str)| Measure { name: (*name).to_owned(), expression: text.parse().unwrap() };
    WindowSpec {
        size_ms: 10_000,
        slide_ms: 10_000,
        lateness_ms: 2_000,
        idle_after_ms: 5_000,
        by: vec!["key".to_owned()],
        measures: measures.iter().map(measure).collect(),
        max_keys: 1_000,
        corrections: false,
    }
}

pub(crate) fn windows(spec: WindowSpec) -> Windows {
    Windows::new(Arc::new(spec.plan().unwrap()))
}

/// The records with the columns that the plan needs: a number is the record's value, a text its key.
pub(crate) fn batch(plan: &WindowPlan, records: &[Record]) -> RecordBatch {
    let mut batch = RecordBatch::new(Arc::new(Schema::new(plan.fields()).unwrap()));
    for record in records {
        batch.push(record.ms, |_, column| match column {
            Column::Number(numbers) => numbers.push(record.value),
            Column::Text(texts) => texts.push(record.key),
        });
    }
    batch
}

/// What comes out when these records come in one batch.
pub(crate) fn feed(windows: &mut Windows, records: &[Record]) -> Vec<ClosedWindow> {
    let partial = windows.assess(&batch(windows.plan(), records), NOW_MS);
    windows.apply(&partial)
}

/// Beginning in seconds, whether it is a correction, and total of the first measure of each window.
pub(crate) fn brief(closed: &[ClosedWindow]) -> Vec<(i64, bool, f64)> {
    closed.iter().map(|window| (window.start_ms / 1_000, window.correction, window.totals[0])).collect()
}
