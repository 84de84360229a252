//! What computations over streams remember agrees with position and samples: after power cuts, and after writes that
//! failed.

use crate::simulated::SimulatedStorage;
use crate::world::{Random, contents, cursor, key, now, position, wait};
use std::sync::Arc;
use tidecast_core::ports::{KeptState, StateChange, StateStore, StoreError};
use tidecast_core::series::SampleBatch;
use tidecast_store::{EmbeddedStore, Options};

const NAME: &str = "analytics/network";

fn open(storage: &SimulatedStorage) -> Result<EmbeddedStore, StoreError> {
    EmbeddedStore::open_on(Arc::new(storage.clone()), "simulated", Options::default())
}

/// Commits a number as sample, position and change; now and then the whole state so far in place of all changes.
fn commit(store: &EmbeddedStore, number: u64) -> Result<(), StoreError> {
    let mut samples = SampleBatch::new();
    samples.push(&key(0), number as i64 * 1_000, number as f64);
    let change = if number.is_multiple_of(7) {
        let all: Vec<u8> = (1..=number).flat_map(u64::to_le_bytes).collect();
        StateChange::Replace { name: NAME.to_owned(), bytes: all }
    } else {
        StateChange::Append { name: NAME.to_owned(), bytes: number.to_le_bytes().to_vec() }
    };
    let other = StateChange::Append { name: "analytics/net".to_owned(), bytes: vec![0] };
    wait(store.commit(samples, Some(position(number)), vec![change, other]))
}

/// The numbers that are remembered, oldest first.
fn remembered(kept: KeptState) -> Vec<u64> {
    let bytes: Vec<u8> = kept.base.into_iter().chain(kept.changes).flatten().collect();
    bytes.chunks_exact(8).map(|number| u64::from_le_bytes(number.try_into().unwrap())).collect()
}

fn check_agreement(store: &EmbeddedStore, what: &str) {
    let kept = now(store.state(NAME)).unwrap();
    assert!(kept.changes.len() < 7, "{what}: changes before a replacement are gone");
    let numbers: Vec<u64> = (1..=cursor(store).unwrap_or(0)).collect();
    assert_eq!(remembered(kept), numbers, "{what}");
    assert_eq!(now(store.state("analytics/net")).unwrap().changes.len(), numbers.len(), "{what}");
    let samples = contents(store).unwrap().remove(&key(0)).unwrap_or_default();
    assert_eq!(samples.into_values().collect::<Vec<_>>(), numbers.iter().map(|n| *n as f64).collect::<Vec<_>>());
}

#[test]
fn state_position_and_samples_agree_after_power_cuts() {
    for seed in 0..200 {
        let mut random = Random(seed);
        let mut storage = SimulatedStorage::new();
        for cut in 0..3 {
            let store = open(&storage).unwrap();
            check_agreement(&store, &format!("seed {seed}, cut {cut}"));
            let from = cursor(&store).unwrap_or(0);
            storage.cut_power_in(random.below(120) + 1);
            let acknowledged = (from + 1..from + 40).take_while(|&number| commit(&store, number).is_ok()).last();
            drop(store);
            storage = storage.after_power_cut(&mut random);
            let store = open(&storage).unwrap();
            assert!(cursor(&store) >= acknowledged, "seed {seed}, cut {cut}: what was acknowledged is there");
        }
    }
}

#[test]
fn after_a_full_disk_state_and_position_agree() {
    let storage = SimulatedStorage::new();
    let store = open(&storage).unwrap();
    let filler = |number: u64| StateChange::Append { name: format!("filler {number}"), bytes: vec![7; 100_000] };
    storage.set_capacity(storage.used() + 3_000_000);
    let mut number = 0;
    while commit(&store, number + 1).is_ok() && number < 1_000 {
        number += 1;
        if wait(store.commit(SampleBatch::new(), None, vec![filler(number)])).is_err() {
            break;
        }
    }
    assert!(number < 1_000, "the disk became full");
    storage.set_capacity(u64::MAX);
    check_agreement(&store, "after room was made");
    let next = cursor(&store).unwrap_or(0) + 1;
    commit(&store, next).unwrap();
    check_agreement(&store, "after going on");
}

#[test]
fn an_unknown_name_remembers_nothing() {
    let store = open(&SimulatedStorage::new()).unwrap();
    assert_eq!(now(store.state("nobody")).unwrap(), KeptState::default());
}
