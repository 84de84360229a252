//! Reading while everything moves: what was acknowledged is never out of sight, not for a moment.

use crate::simulated::SimulatedStorage;
use crate::world::{batch, key, now, position};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use tidecast_core::ports::SeriesStore;
use tidecast_core::series::{Selector, TimeRange};
use tidecast_store::{EmbeddedStore, Options};

const BATCHES: u64 = 4_000;
/// Samples from here on are retained in the end.
const RETAINED: u64 = BATCHES / 2;

#[test]
fn acknowledged_samples_are_always_visible() {
    // So small a head is set aside, flushed and merged in the background all the time.
    let options = Options { head_bytes: 8_192, ..Options::default() };
    let store = EmbeddedStore::open_on(Arc::new(SimulatedStorage::new()), "simulated", options).unwrap();
    let acknowledged = AtomicU64::new(0);
    let retained_from = AtomicU64::new(1);
    let under_way = || acknowledged.load(Ordering::SeqCst) < BATCHES;
    thread::scope(|scope| {
        scope.spawn(|| {
            for number in 1..=BATCHES {
                let sample = (key(0), number as i64, number as f64);
                store.append_blocking(batch(&[sample]), Some(position(number))).unwrap();
                acknowledged.store(number, Ordering::SeqCst);
            }
        });
        scope.spawn(|| {
            while under_way() {
                store.flush().unwrap();
                store.merge().unwrap();
                let horizon = acknowledged.load(Ordering::SeqCst) / 2;
                // Readers may expect everything up to here from now on, and nothing after.
                retained_from.store(horizon.max(1), Ordering::SeqCst);
                store.retain_from(horizon as i64).unwrap();
                store.compact().unwrap();
            }
        });
        while under_way() {
            let last = acknowledged.load(Ordering::SeqCst);
            let found = now(store.range(&key(0), TimeRange::ALL, None)).unwrap();
            let first = retained_from.load(Ordering::SeqCst);
            let visible = found.timestamps_ms.iter().zip(&found.values);
            assert!(visible.clone().all(|(&time_ms, &value)| time_ms as f64 == value));
            let expected = (first as i64..=last as i64).collect::<Vec<_>>();
            let from = found.timestamps_ms.partition_point(|&time_ms| time_ms < first as i64);
            let to = found.timestamps_ms.partition_point(|&time_ms| time_ms <= last as i64);
            assert_eq!(&found.timestamps_ms[from..to.max(from)], expected, "of {first} to {last}");
            if last > 0 {
                let newest = now(store.latest(&Selector::all())).unwrap();
                assert!(newest[0].1.timestamp_ms >= last as i64);
            }
        }
    });
    store.retain_from(RETAINED as i64).unwrap();
    let found = now(store.range(&key(0), TimeRange::ALL, None)).unwrap();
    assert_eq!(found.timestamps_ms, (RETAINED as i64..=BATCHES as i64).collect::<Vec<_>>());
}
