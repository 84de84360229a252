//! Results over all keys, by several fields, and the keys on top.

use super::{NOW_MS, Record, batch, record, spec, windows};
use std::sync::Arc;
use tidecast_core::record::{Column, Field, FieldKind, RecordBatch, Schema};
use tidecast_core::window::{ClosedWindow, WindowSpec, Windows};

fn close(spec: WindowSpec, records: &[Record]) -> ClosedWindow {
    let mut windows = windows(spec);
    let partial = windows.assess(&batch(windows.plan(), records), NOW_MS);
    windows.apply(&partial);
    let end =
        windows.judge(tidecast_core::window::Partial::of(windows.plan(), &batch(windows.plan(), &[])), 10_000, NOW_MS);
    windows.apply(&end).remove(0)
}

#[test]
fn totals_are_merges_over_keys_and_not_sums_of_their_results() {
    let measures = [
        ("ratio", "sum(value) / sum(value)"),
        ("mean", "mean(value)"),
        ("keys", "distinct(key)"),
        ("median", "quantile(value, 0.5)"),
    ];
    let records = [record(1, "a", 1.0), record(2, "a", 2.0), record(3, "a", 3.0), record(4, "b", 100.0)];
    let closed = close(spec(&measures), &records);
    assert_eq!((closed.total("ratio"), closed.total("mean"), closed.total("keys")), (1.0, 26.5, 2.0));
    assert!((closed.total("median") - 2.0).abs() < 0.02 && closed.total("no such measure").is_nan());
    let rows: Vec<(String, f64, f64)> =
        closed.rows().map(|(key, values)| (key.to_string(), values[1], values[2])).collect();
    assert_eq!(rows, [("a".to_owned(), 2.0, 1.0), ("b".to_owned(), 100.0, 1.0)]);
    assert_eq!(closed.last_seen_ms, [3, 4]);
}

#[test]
fn the_largest_come_first_and_what_is_undefined_not_at_all() {
    let records =
        [record(1, "a", 2.0), record(1, "b", 5.0), record(1, "c", f64::NAN), record(1, "d", 5.0), record(1, "e", -1.0)];
    let closed = close(spec(&[("mean", "mean(value)")]), &records);
    let top = |count| closed.top("mean", count).into_iter().map(|(key, _)| key.to_string()).collect::<String>();
    assert_eq!([top(0), top(1), top(3), top(9)], ["", "b", "bda", "bdae"]);
    assert!(closed.top("median", 1).is_empty());
}

#[test]
fn without_fields_to_group_by_there_are_only_totals() {
    let spec = WindowSpec { by: Vec::new(), ..spec(&[("sum", "sum(value)"), ("keys", "distinct(key)")]) };
    let closed = close(spec, &[record(1, "a", 1.0), record(2, "b", 2.0), record(3, "b", 4.0)]);
    assert_eq!((closed.totals.as_slice(), closed.keys.len(), closed.values.len()), (&[7.0, 2.0][..], 0, 0));
}

#[test]
fn several_fields_make_one_key() {
    let field = |name: &str| Field { name: name.to_owned(), kind: FieldKind::Text, required: true };
    let spec = WindowSpec {
        by: vec!["site".to_owned(), "antenna".to_owned()],
        ..spec(&[("events", "count()"), ("sites", "distinct(site)"), ("antennas", "distinct(antenna)")])
    };
    let mut windows = Windows::new(Arc::new(spec.plan().unwrap()));
    let mut batch = RecordBatch::new(Arc::new(Schema::new(vec![field("antenna"), field("site")]).unwrap()));
    for (antenna, site) in [("1", "x"), ("2", "x"), ("1", "y"), ("1", "x"), ("", "y")] {
        batch.push(1, |column, values| {
            if let Column::Text(texts) = values {
                texts.push(if column == 0 { antenna } else { site });
            }
        });
    }
    batch.push(99_000, |_, values| {
        if let Column::Text(texts) = values {
            texts.push("late");
        }
    });
    let partial = windows.assess(&batch, NOW_MS);
    let closed = windows.apply(&partial).remove(0);
    let rows: Vec<(Vec<&str>, f64)> = closed.rows().map(|(key, values)| (key.texts().collect(), values[0])).collect();
    assert_eq!(rows, [(vec!["x", "1"], 2.0), (vec!["x", "2"], 1.0), (vec!["y", "1"], 1.0), (vec!["y", ""], 1.0)]);
    assert_eq!((closed.total("events"), closed.total("sites"), closed.total("antennas")), (5.0, 2.0, 2.0));
}
