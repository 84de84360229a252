//! What bounds the state.

use super::{NOW_MS, batch, brief, feed, record, spec, windows};
use tidecast_core::record::Rejection;
use tidecast_core::window::{Partial, WindowSpec, Windows};

#[test]
fn keys_beyond_the_limit_are_refused_and_counted() {
    let limited = WindowSpec { max_keys: 2, ..spec(&[("events", "count()")]) };
    let mut windows = windows(limited);
    feed(&mut windows, &[record(1, "a", 0.0), record(2, "b", 0.0), record(3, "c", 0.0), record(4, "c", 0.0)]);
    feed(&mut windows, &[record(5, "a", 0.0), record(6, "d", 0.0)]);
    assert_eq!((windows.key_count(), windows.rejections().count(Rejection::TooManyKeys)), (2, 3));
    let plan = windows.plan().clone();
    let worker = Partial::of(&plan, &batch(&plan, &[record(7, "e", 0.0), record(8, "b", 0.0)]));
    let judged = windows.judge(worker, 10_000, NOW_MS);
    assert_eq!((judged.records(), judged.rejections().count(Rejection::TooManyKeys)), (1, 1));
    assert_eq!(brief(&windows.apply(&judged)), [(0, false, 4.0)]);
}

#[test]
fn keys_not_seen_for_an_hour_make_room() {
    let limited = WindowSpec { max_keys: 2, ..spec(&[("events", "count()")]) };
    let mut windows = windows(limited);
    feed(&mut windows, &[record(0, "a", 0.0), record(3_000_000, "b", 0.0)]);
    assert_eq!(
        windows.keys().map(|(key, ms)| (key.to_string(), ms)).collect::<Vec<_>>(),
        [("a".to_owned(), 0), ("b".to_owned(), 3_000_000)]
    );
    // Forgotten keys are looked for every eighth of an hour.
    feed(&mut windows, &[record(3_600_000 + 460_000, "b", 0.0)]);
    let mut windows = Windows::restore(windows.plan(), &windows.snapshot()).unwrap();
    feed(&mut windows, &[record(3_600_000 + 460_000, "c", 0.0)]);
    let mut keys: Vec<String> = windows.keys().map(|(key, _)| key.to_string()).collect();
    keys.sort_unstable();
    assert_eq!(keys, ["b", "c"]);
    assert!(windows.rejections().is_empty());
}

#[test]
fn state_does_not_grow_with_the_stream() {
    let sliding = WindowSpec { slide_ms: 2_000, corrections: true, ..spec(&[("p", "quantile(value, 0.5)")]) };
    let mut windows = windows(sliding);
    let mut largest = 0;
    let mut sizes = Vec::new();
    for round in 0..400_i64 {
        let records: Vec<_> = (0..50).map(|step| record(round * 1_000 + step * 20, "a", 7.0)).collect();
        feed(&mut windows, &records);
        let size = windows.snapshot().len();
        largest = largest.max(size);
        sizes.push(size);
    }
    assert!(largest <= 2 * sizes[100], "{largest} bytes at most, {} after a quarter", sizes[100]);
}
