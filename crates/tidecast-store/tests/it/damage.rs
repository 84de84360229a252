//! Damaged files: an error that names the file, or the right answer; never a panic and never a wrong value.

use crate::simulated::SimulatedStorage;
use crate::world::{Random, Samples, apply, batch, contents, key, position};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use tidecast_core::ports::StoreError;
use tidecast_store::{EmbeddedStore, Options};

const RUNS: u64 = 400;

/// A store with two segments and a journal row.
fn example() -> (SimulatedStorage, Samples) {
    let storage = SimulatedStorage::new();
    let mut known = Samples::new();
    let store = EmbeddedStore::open_on(Arc::new(storage.clone()), "simulated", Options::default()).unwrap();
    for part in 0..3 {
        let samples: Vec<_> =
            (0..3_000_i64).map(|i| (key(i as u64 % 3), (part * 3_000 + i) * 1_000, (i % 97) as f64)).collect();
        store.append_blocking(batch(&samples), Some(position(part as u64))).unwrap();
        apply(&mut known, &samples);
        if part < 2 {
            store.flush().unwrap();
        }
    }
    drop(store);
    (storage, known)
}

#[test]
fn damage_is_an_error_or_harmless() {
    let (storage, known) = example();
    let files = storage.files();
    let mut errors = 0;
    for seed in 0..RUNS {
        let mut random = Random(seed);
        let mut files = files.clone();
        let which = random.below(files.len() as u64) as usize;
        let (name, bytes) = &mut files[which];
        let name = name.clone();
        if random.below(4) == 0 {
            bytes.truncate(random.below(bytes.len() as u64) as usize);
        } else {
            for _ in 0..1 + random.below(8) {
                let at = random.below(bytes.len() as u64) as usize;
                bytes[at] ^= 1 + random.below(255) as u8;
            }
        }
        let read = || {
            let store =
                EmbeddedStore::open_on(Arc::new(SimulatedStorage::holding(files)), "simulated", Options::default())?;
            contents(&store)
        };
        match catch_unwind(AssertUnwindSafe(read)) {
            Ok(Ok(found)) => assert!(found == known, "seed {seed}: wrong values from a damaged {name}"),
            Ok(Err(StoreError::Corrupt { what, .. })) => {
                assert!(what.contains(&name), "seed {seed}: {what} is blamed for {name}");
                errors += 1;
            }
            Ok(Err(StoreError::NewerVersion { .. } | StoreError::Unavailable { .. })) => errors += 1,
            Ok(Err(other)) => panic!("seed {seed}: {other}"),
            Err(_) => panic!("seed {seed}: a panic reached the user from a damaged {name}"),
        }
    }
    assert!(errors > RUNS / 10, "only {errors} of {RUNS} damages were found");
}
