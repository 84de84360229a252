//! A full disk: writes are refused with that reason, nothing acknowledged is lost, and the same store goes on once
//! there is space.

use crate::simulated::SimulatedStorage;
use crate::world::{Samples, apply, batch, contents, cursor, forecast, forecasts, key, position, wait};
use std::sync::Arc;
use tidecast_core::ports::{SeriesStore, StoreError};
use tidecast_store::{EmbeddedStore, Options};

fn check(room: u64, head_bytes: usize) {
    let storage = SimulatedStorage::new();
    let options = Options { head_bytes, ..Options::default() };
    let open = || EmbeddedStore::open_on(Arc::new(storage.clone()), "simulated", options).unwrap();
    let mut known = Samples::new();
    let store = open();
    storage.set_capacity(storage.used() + room);
    let mut number = 0;
    let mut append = |store: &EmbeddedStore, known: &mut Samples| {
        number += 1;
        let samples: Vec<_> = (0..2_000).map(|i| (key(i % 7), (number * 2_000 + i) as i64, number as f64)).collect();
        let result = store.append_blocking(batch(&samples), Some(position(number)));
        if result.is_ok() {
            apply(known, &samples);
            assert_eq!(cursor(store), Some(number));
        }
        result
    };
    let mut refused = 0;
    for _ in 0..100_000 {
        // Compaction in the background frees space at any moment, so that the next append may succeed.
        if let Err(error) = append(&store, &mut known) {
            assert!(matches!(error, StoreError::DiskFull { .. }), "{error}");
            refused += 1;
        }
        if refused == 4 {
            break;
        }
    }
    assert_eq!(refused, 4);
    assert_eq!(contents(&store).unwrap(), known);
    storage.set_capacity(u64::MAX);
    for _ in 0..20 {
        append(&store, &mut known).unwrap();
    }
    assert_eq!(contents(&store).unwrap(), known);
    store.compact().unwrap();
    assert_eq!(contents(&store).unwrap(), known);
    drop(store);
    assert_eq!(contents(&open()).unwrap(), known);
}

#[test]
fn goes_on_after_the_disk_was_full() {
    for (room, head_bytes) in [(3_000_000, 64 << 20), (5_000_000, 1 << 20), (1_000_000, 200_000)] {
        check(room, head_bytes);
    }
}

#[test]
fn a_full_disk_keeps_files_from_being_created() {
    let storage = SimulatedStorage::new();
    let open = || EmbeddedStore::open_on(Arc::new(storage.clone()), "simulated", Options::default());
    storage.set_capacity(100_000);
    let error = open().unwrap_err();
    assert!(matches!(error, StoreError::DiskFull { .. }), "{error}");
    storage.set_capacity(u64::MAX);
    let store = open().unwrap();
    storage.set_capacity(storage.used() + 100_000);
    let put = || wait(store.put_forecasts(vec![forecast(1)]));
    let error = put().unwrap_err();
    assert!(matches!(error, StoreError::DiskFull { .. }), "{error}");
    assert_eq!(forecasts(&store).unwrap(), []);
    storage.set_capacity(u64::MAX);
    put().unwrap();
    assert_eq!(forecasts(&store).unwrap(), [forecast(1)]);
    drop(store);
    assert_eq!(forecasts(&open().unwrap()).unwrap(), [forecast(1)]);
    assert!(storage.files().iter().all(|(name, _)| !name.ends_with(".new")), "something unfinished stays behind");
}
