//! Data strewn over time: the number of files stays bounded, and later writes still win.

use crate::simulated::SimulatedStorage;
use crate::world::{Random, Samples, apply, batch, contents, key};
use std::sync::Arc;
use tidecast_store::{EmbeddedStore, Options};

const DAY_MS: i64 = 86_400_000;
const FILES: usize = 64;

#[test]
fn strewn_data_becomes_few_files() {
    for seed in 0..3 {
        let mut random = Random(seed);
        let storage = SimulatedStorage::new();
        let store = EmbeddedStore::open_on(Arc::new(storage.clone()), "simulated", Options::default()).unwrap();
        let mut known = Samples::new();
        for number in 0..200 {
            // One day in a century or so; on every day the same few times, so that most are written over.
            let day = random.below(400) as i64 * 100;
            let samples: Vec<_> = (0..1 + random.below(6))
                .map(|_| (key(random.below(2)), day * DAY_MS + random.below(4) as i64, f64::from(number)))
                .collect();
            store.append_blocking(batch(&samples), None).unwrap();
            apply(&mut known, &samples);
            store.flush().unwrap();
            store.merge().unwrap();
            let files = storage.files().iter().filter(|(name, _)| name.ends_with(".seg")).count();
            assert!(files <= FILES, "seed {seed}: {files} files");
        }
        assert!(contents(&store).unwrap() == known, "seed {seed}");
    }
}
