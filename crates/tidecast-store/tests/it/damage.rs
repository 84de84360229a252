//! Damaged files: an error that names the file, or the right answer; never a panic and never a wrong value.

use crate::simulated::SimulatedStorage;
use crate::world::{Random, Samples, apply, batch, contents, cursor, forecast, forecasts, key, position, wait};
use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use tidecast_core::ports::{SeriesStore, StoreError};
use tidecast_store::{EmbeddedStore, Options};

const RUNS: u64 = 1_200;
const FORECASTS: i64 = 40;

/// A store with two segments, a journal row and forecasts; small, so that most damage hits what holds it together.
fn example() -> (SimulatedStorage, Samples) {
    let storage = SimulatedStorage::new();
    let mut known = Samples::new();
    let store = open(&storage).unwrap();
    for part in 0..3 {
        let samples: Vec<_> = (0..90).map(|i| (key(i % 3), (part * 90 + i as i64) * 1_000, (i % 17) as f64)).collect();
        store.append_blocking(batch(&samples), Some(position(part as u64))).unwrap();
        apply(&mut known, &samples);
        if part < 2 {
            store.flush().unwrap();
        }
    }
    wait(store.put_forecasts((0..FORECASTS).map(forecast).collect())).unwrap();
    drop(store);
    (storage, known)
}

fn open(storage: &SimulatedStorage) -> Result<EmbeddedStore, StoreError> {
    EmbeddedStore::open_on(Arc::new(storage.clone()), "simulated", Options::default())
}

/// Flips bits, cuts the end off, or overwrites a stretch with zeros as a lost block would. Mostly where something is:
/// the databases have much space to spare.
fn damage(bytes: &mut Vec<u8>, random: &mut Random) {
    let used: Vec<usize> = (0..bytes.len()).filter(|&at| bytes[at] != 0).collect();
    let place = |random: &mut Random, length: usize| match random.below(8) {
        0 => random.below(length as u64) as usize,
        _ => used[random.below(used.len() as u64) as usize],
    };
    let at = place(random, bytes.len());
    match random.below(4) {
        0 => bytes.truncate(at),
        1 => {
            let end = bytes.len().min(at + 1 + random.below(8_192) as usize);
            bytes[at..end].fill(0);
        }
        _ => {
            bytes[at] ^= 1 + random.below(255) as u8;
        }
    }
}

/// Opens a store twice, as one does after an error, and reads everything. A second start must not find fewer faults.
fn read(storage: &SimulatedStorage, known: &Samples, about: &str) -> Result<(), StoreError> {
    let read_once = || {
        let store = open(storage)?;
        let found = contents(&store)?;
        assert!(found == *known, "{about}: wrong values");
        assert_eq!(cursor(&store), Some(2), "{about}: wrong cursor");
        for found in forecasts(&store)? {
            assert_eq!(found, forecast(found.origin_ms), "{about}: a wrong forecast");
        }
        // Writing to a damaged file of forecasts may fail, but not with a panic.
        wait(store.put_forecasts(vec![forecast(FORECASTS)]))
    };
    let first = read_once();
    let second = read_once();
    assert!(first.is_ok() || second.is_err(), "{about}: a second start finds nothing wrong after {first:?}");
    first
}

#[test]
fn damage_is_an_error_or_harmless() {
    let (storage, known) = example();
    let files = storage.files();
    let mut errors = BTreeMap::<String, u64>::new();
    for seed in 0..RUNS {
        let mut random = Random(seed);
        let mut files = files.clone();
        let which = (seed % files.len() as u64) as usize;
        let (name, bytes) = &mut files[which];
        let name = name.clone();
        damage(bytes, &mut random);
        let about = format!("seed {seed}, {name} damaged");
        let storage = SimulatedStorage::holding(files);
        match catch_unwind(AssertUnwindSafe(|| read(&storage, &known, &about))) {
            Ok(Ok(())) => continue,
            Ok(Err(StoreError::Corrupt { what, .. })) => assert!(what.contains(&name), "{about}: {what} is blamed"),
            Ok(Err(StoreError::NewerVersion { .. } | StoreError::Unavailable { .. })) => {}
            Ok(Err(other)) => panic!("{about}: {other}"),
            Err(cause) => {
                let message = cause.downcast_ref::<String>().map_or("a panic", String::as_str);
                panic!("{about}: {message}");
            }
        }
        *errors.entry(name).or_default() += 1;
    }
    let share = RUNS / files.len() as u64;
    for (name, _) in &files {
        let found = errors.get(name).copied().unwrap_or(0);
        assert!(found > share / 10, "only {found} of {share} damages of {name} were found");
    }
}

#[test]
fn a_missing_file_is_an_error() {
    let (storage, _) = example();
    for (missing, _) in storage.files().iter().filter(|(name, _)| name != "forecasts.redb") {
        let files = storage.files().into_iter().filter(|(name, _)| name != missing);
        let storage = SimulatedStorage::holding(files);
        for _ in 0..2 {
            let error = open(&storage).unwrap_err();
            assert!(matches!(&error, StoreError::Corrupt { what, .. } if what.contains(missing)), "{error}");
        }
        let segments = storage.files().iter().filter(|(name, _)| name.ends_with(".seg")).count();
        assert!(segments >= 2, "segments are removed when {missing} is missing");
    }
}
