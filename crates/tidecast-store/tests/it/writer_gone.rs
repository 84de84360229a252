//! A writer thread that is gone: whoever writes learns it instead of waiting for ever, and reading goes on.

use crate::simulated::SimulatedStorage;
use crate::world::{Samples, apply, batch, contents, key, position};
use std::io;
use std::sync::Arc;
use tidecast_core::ports::StoreError;
use tidecast_store::storage::{Storage, StorageFile};
use tidecast_store::{EmbeddedStore, Options};

/// Panics where a segment is to be written, which brings down the flusher and then the writer.
#[derive(Debug)]
struct PanickingStorage(SimulatedStorage);

impl Storage for PanickingStorage {
    fn open(&self, name: &str) -> io::Result<Arc<dyn StorageFile>> {
        assert!(!name.ends_with(".seg"), "as the test wants it");
        self.0.open(name)
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        self.0.remove(name)
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        self.0.rename(from, to)
    }

    fn names(&self) -> io::Result<Vec<String>> {
        self.0.names()
    }

    fn sync_names(&self) -> io::Result<()> {
        self.0.sync_names()
    }
}

#[test]
fn writes_fail_and_reads_go_on() {
    let storage = SimulatedStorage::new();
    let options = Options { head_bytes: 1_000, ..Options::default() };
    let store = EmbeddedStore::open_on(Arc::new(PanickingStorage(storage.clone())), "simulated", options).unwrap();
    let mut known = Samples::new();
    let mut append = |number: u64| {
        let samples: Vec<_> = (0..100).map(|i| (key(1), (number * 100 + i) as i64, number as f64)).collect();
        let result = store.append_blocking(batch(&samples), Some(position(number)));
        if result.is_ok() {
            apply(&mut known, &samples);
        }
        result
    };
    let error = (1..10).find_map(|number| append(number).err()).unwrap();
    assert!(matches!(error, StoreError::Unavailable { .. }), "{error}");
    let error = append(10).unwrap_err();
    assert!(matches!(error, StoreError::Unavailable { .. }), "{error}");
    assert_eq!(contents(&store).unwrap(), known);
    drop(store);
    let store = EmbeddedStore::open_on(Arc::new(storage), "simulated", options).unwrap();
    assert_eq!(contents(&store).unwrap(), known);
}
