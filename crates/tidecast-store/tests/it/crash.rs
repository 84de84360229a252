//! Power cuts at every kind of moment: what was acknowledged is there afterwards, and nothing is there by half.
//!
//! Flushes, merges and retention happen between the batches at random, by explicit calls so that a seed repeats the
//! same operations. After every cut the store must also go on working.
//!
//! One seed a run; `TIDECAST_STORE_SEED=n` repeats a single one.

use crate::simulated::SimulatedStorage;
use crate::world::{Random, Samples, apply, batch, contents, cursor, forecast, forecasts, hide, key, position, wait};
use std::sync::Arc;
use tidecast_core::ports::{SeriesStore, StoreError};
use tidecast_core::series::SeriesKey;
use tidecast_store::{EmbeddedStore, Options};

const RUNS: u64 = 1_000;
const CUTS: usize = 3;

#[test]
fn acknowledged_samples_survive_power_cuts() {
    if let Ok(seed) = std::env::var("TIDECAST_STORE_SEED") {
        run(seed.parse().unwrap());
        return;
    }
    let next = std::sync::atomic::AtomicU64::new(0);
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                loop {
                    let seed = next.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
                    if seed >= RUNS {
                        break;
                    }
                    let outcome = std::panic::catch_unwind(|| run(seed));
                    assert!(outcome.is_ok(), "repeat with TIDECAST_STORE_SEED={seed}");
                }
            });
        }
    });
}

/// What is known about a store.
#[derive(Default)]
struct Known {
    /// What was acknowledged.
    samples: Samples,
    cursor: Option<u64>,
    forecasts: u64,
    batches: u64,
    retain_from_ms: i64,
    /// What failed when the power went, and may have happened all the same.
    uncertain: Option<Uncertain>,
}

enum Uncertain {
    /// A batch, as a whole, and its cursor.
    Batch(Vec<(SeriesKey, i64, f64)>, u64),
    Retention(i64),
}

impl Known {
    /// Takes note of an operation and its result.
    fn note(&mut self, operation: Uncertain, result: Result<(), StoreError>) -> Result<(), StoreError> {
        match result {
            Ok(()) => self.happened(operation),
            Err(_) => self.uncertain = Some(operation),
        }
        result
    }

    fn happened(&mut self, uncertain: Uncertain) {
        match uncertain {
            Uncertain::Batch(samples, number) => {
                apply(&mut self.samples, &samples);
                self.cursor = Some(number);
            }
            Uncertain::Retention(horizon_ms) => self.retain_from_ms = horizon_ms,
        }
        hide(&mut self.samples, self.retain_from_ms);
    }
}

fn run(seed: u64) {
    let mut random = Random(seed);
    let mut storage = SimulatedStorage::new();
    let mut known = Known { retain_from_ms: i64::MIN, ..Known::default() };
    for _ in 0..CUTS {
        storage.cut_power_in(1 + random.below(300));
        if let Ok(store) = EmbeddedStore::open_on(Arc::new(storage.clone()), "simulated", Options::default()) {
            work(&store, &storage, &mut random, &mut known);
        }
        assert!(!storage.has_power(), "the store failed without a power cut, seed {seed}");
        storage = storage.after_power_cut(&mut random);
        let open = || EmbeddedStore::open_on(Arc::new(storage.clone()), "simulated", Options::default());
        let store = open().unwrap();
        verify(&store, &mut known, seed);
        for _ in 0..random.below(4) {
            operate(&store, &mut random, &mut known).unwrap();
            verify(&store, &mut known, seed);
        }
        drop(store);
        verify(&open().unwrap(), &mut known, seed);
    }
}

/// Writes until the power goes.
fn work(store: &EmbeddedStore, storage: &SimulatedStorage, random: &mut Random, known: &mut Known) {
    while storage.has_power() {
        // What the power cut interrupts has promised nothing.
        let _ = operate(store, random, known);
    }
}

fn operate(store: &EmbeddedStore, random: &mut Random, known: &mut Known) -> Result<(), StoreError> {
    match random.below(16) {
        0..3 => store.flush(),
        3..5 => store.merge(),
        5 => store.compact(),
        6 => {
            let horizon_ms = known.retain_from_ms.max(random.below(400) as i64 * 60_000);
            let result = store.retain_from(horizon_ms);
            known.note(Uncertain::Retention(horizon_ms), result)
        }
        7..9 => {
            wait(store.put_forecasts(vec![forecast(origin_ms(known.forecasts))]))?;
            known.forecasts += 1;
            Ok(())
        }
        _ => append(store, random, known),
    }
}

fn append(store: &EmbeddedStore, random: &mut Random, known: &mut Known) -> Result<(), StoreError> {
    known.batches += 1;
    let number = known.batches;
    let count = 1 + random.below(40);
    let samples: Vec<(SeriesKey, i64, f64)> = (0..count)
        .map(|index| (key(random.below(3)), random.below(2_000) as i64 * 60_000, (number * 100 + index) as f64))
        .collect();
    let result = store.append_blocking(batch(&samples), Some(position(number)));
    known.note(Uncertain::Batch(samples, number), result)
}

/// Beyond every horizon.
fn origin_ms(number: u64) -> i64 {
    (1 << 40) + number as i64
}

fn verify(store: &EmbeddedStore, known: &mut Known, seed: u64) {
    let found = contents(store).unwrap();
    // A batch that retention hides shows in the cursor alone.
    let as_known = found == known.samples && cursor(store) == known.cursor;
    let uncertain = known.uncertain.take();
    if !as_known {
        known.happened(uncertain.unwrap_or_else(|| panic!("seed {seed}: samples are lost or torn")));
        assert!(found == known.samples, "seed {seed}: a batch is there by half, or others are lost");
    } else if let Some(Uncertain::Retention(horizon_ms)) = uncertain {
        // It may have happened without hiding anything yet. Done once more it is certain.
        store.retain_from(horizon_ms).unwrap();
        known.happened(Uncertain::Retention(horizon_ms));
        assert!(contents(store).unwrap() == known.samples, "seed {seed}: retention hides too much or too little");
    }
    assert_eq!(cursor(store), known.cursor, "seed {seed}");
    let stored = forecasts(store).unwrap();
    assert!(stored.len() as u64 >= known.forecasts, "seed {seed}: forecasts are lost");
    for (origin, found) in stored.iter().enumerate() {
        assert_eq!(*found, forecast(origin_ms(origin as u64)), "seed {seed}");
    }
    known.forecasts = stored.len() as u64;
}
