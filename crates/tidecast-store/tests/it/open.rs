//! Opening: locks, versions, places that cannot be written; and what is refused.

use crate::world::{batch, contents, forecast, forecasts, key, now, position, wait};
use std::fs;
use tidecast_core::ports::{SeriesStore, StoreError};
use tidecast_core::series::{Aggregate, Bucket, TimeRange};
use tidecast_store::{BATCH_SAMPLES_LIMIT, EmbeddedStore, Options, TIMESTAMP_LIMIT_MS};

#[test]
fn the_second_opener_learns_who_has_it() {
    let directory = tempfile::tempdir().unwrap();
    let store = EmbeddedStore::open(directory.path(), Options::default()).unwrap();
    let owner = || match EmbeddedStore::open(directory.path(), Options::default()) {
        Err(StoreError::Locked { owner, .. }) => owner,
        other => panic!("{other:?}"),
    };
    assert_eq!(owner(), format!("process {}", std::process::id()));
    store.announce("http://127.0.0.1:8080").unwrap();
    assert_eq!(owner(), format!("process {}, which serves at http://127.0.0.1:8080", std::process::id()));
    drop(store);
    EmbeddedStore::open(directory.path(), Options::default()).unwrap();
}

#[test]
fn a_newer_version_is_left_alone() {
    let directory = tempfile::tempdir().unwrap();
    drop(EmbeddedStore::open(directory.path(), Options::default()).unwrap());
    let journal = redb::Database::open(directory.path().join("journal.redb")).unwrap();
    let transaction = journal.begin_write().unwrap();
    let meta = redb::TableDefinition::<&str, i64>::new("meta");
    transaction.open_table(meta).unwrap().insert("format_version", 2).unwrap();
    transaction.commit().unwrap();
    drop(journal);
    let error = EmbeddedStore::open(directory.path(), Options::default()).unwrap_err();
    assert!(matches!(error, StoreError::NewerVersion { found: 2, supported: 1, .. }), "{error}");
}

#[test]
fn a_place_that_cannot_be_written_is_named() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("file");
    fs::write(&file, "").unwrap();
    let error = EmbeddedStore::open(&file.join("store"), Options::default()).unwrap_err();
    assert!(matches!(error, StoreError::NotWritable { .. }), "{error}");
}

#[test]
fn what_cannot_be_stored_is_refused_as_a_whole() {
    let directory = tempfile::tempdir().unwrap();
    let store = EmbeddedStore::open(directory.path(), Options::default()).unwrap();
    let cases = [
        vec![(key(1), 0, 1.0), (key(1), 1, f64::NAN)],
        vec![(key(1), 0, f64::INFINITY)],
        vec![(key(1), TIMESTAMP_LIMIT_MS + 1, 1.0)],
        vec![(key(1), i64::MIN, 1.0)],
        (0..=BATCH_SAMPLES_LIMIT as i64).map(|time_ms| (key(1), time_ms, 1.0)).collect(),
    ];
    for case in cases {
        let error = store.append_blocking(batch(&case), None).unwrap_err();
        assert!(matches!(error, StoreError::Refused { .. }), "{error}");
    }
    assert!(contents(&store).unwrap().is_empty());
    let extremes = [(key(1), -TIMESTAMP_LIMIT_MS, 1.0), (key(1), TIMESTAMP_LIMIT_MS, f64::MAX)];
    store.append_blocking(batch(&extremes), Some(position(1))).unwrap();
    store.compact().unwrap();
    assert_eq!(contents(&store).unwrap()[&key(1)].len(), 2);
}

#[test]
fn extreme_times_overflow_nothing() {
    let directory = tempfile::tempdir().unwrap();
    let store = EmbeddedStore::open(directory.path(), Options::default()).unwrap();
    let times = [-TIMESTAMP_LIMIT_MS, -1, 0, TIMESTAMP_LIMIT_MS];
    let samples = times.map(|time_ms| (key(1), time_ms, 1.0));
    let origins = [i64::MIN, 0, i64::MAX - 1];
    for round in 0..2 {
        store.append_blocking(batch(&samples), Some(position(round))).unwrap();
        wait(store.put_forecasts(origins.map(forecast).into())).unwrap();
        store.thin_forecasts(i64::MIN).unwrap();
        store.thin_forecasts(i64::MAX).unwrap();
        store.retain_from(i64::MIN).unwrap();
        store.flush().unwrap();
    }
    for width_ms in [1, i64::MAX] {
        for aggregate in [Aggregate::Mean, Aggregate::Last] {
            let bucket = Some(Bucket { width_ms, aggregate });
            let points = now(store.range(&key(1), TimeRange::ALL, bucket)).unwrap();
            assert!(points.timestamps_ms.is_sorted() && !points.values.is_empty());
        }
    }
    assert_eq!(forecasts(&store).unwrap(), origins.map(forecast));
    store.retain_from(0).unwrap();
    store.retain_from(-1).unwrap();
    assert_eq!(contents(&store).unwrap()[&key(1)].len(), 2);
    assert_eq!(forecasts(&store).unwrap().len(), 2);
    store.retain_from(i64::MAX).unwrap();
    store.append_blocking(batch(&samples), None).unwrap();
    store.compact().unwrap();
    assert!(contents(&store).unwrap().is_empty());
}
