//! Power cuts at every kind of moment: what was acknowledged is there afterwards, and nothing is there by half.
//!
//! One seed a run; `TIDECAST_STORE_SEED=n` repeats a single one.

use crate::simulated::SimulatedStorage;
use crate::world::{Random, Samples, apply, batch, contents, cursor, key, now, position};
use std::sync::Arc;
use tidecast_core::forecast::{Forecast, ModelVersion};
use tidecast_core::ports::{ForecastQuery, SeriesStore};
use tidecast_core::series::{SeriesKey, TimeRange};
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
    /// A batch that was not acknowledged, and may be there as a whole.
    uncertain: Option<(Vec<(SeriesKey, i64, f64)>, u64)>,
}

fn run(seed: u64) {
    let mut random = Random(seed);
    let mut storage = SimulatedStorage::new();
    let mut known = Known::default();
    for _ in 0..CUTS {
        storage.cut_power_in(1 + random.below(300));
        if let Ok(store) = EmbeddedStore::open_on(Arc::new(storage.clone()), "simulated", Options::default()) {
            work(&store, &storage, &mut random, &mut known);
        }
        assert!(!storage.has_power(), "the store failed without a power cut, seed {seed}");
        storage = storage.after_power_cut(&mut random);
        let store = EmbeddedStore::open_on(Arc::new(storage.clone()), "simulated", Options::default());
        verify(&store.unwrap(), &mut known, seed);
    }
}

/// Writes until the power goes.
fn work(store: &EmbeddedStore, storage: &SimulatedStorage, random: &mut Random, known: &mut Known) {
    while storage.has_power() {
        // Maintenance that the power cut interrupts has promised nothing.
        let _ = match random.below(12) {
            0 | 1 => store.flush(),
            2 => store.compact(),
            3 => {
                let result = store_forecast(store, known.forecasts);
                known.forecasts += u64::from(result);
                Ok(())
            }
            _ => {
                append(store, random, known);
                Ok(())
            }
        };
    }
}

fn append(store: &EmbeddedStore, random: &mut Random, known: &mut Known) {
    known.batches += 1;
    let number = known.batches;
    let count = 1 + random.below(40);
    let samples: Vec<(SeriesKey, i64, f64)> = (0..count)
        .map(|index| (key(random.below(3)), random.below(2_000) as i64 * 60_000, (number * 100 + index) as f64))
        .collect();
    match store.append_blocking(batch(&samples), Some(position(number))) {
        Ok(()) => {
            apply(&mut known.samples, &samples);
            known.cursor = Some(number);
        }
        Err(_) => known.uncertain = Some((samples, number)),
    }
}

fn forecast(origin: u64) -> Forecast {
    Forecast {
        series: key(0),
        origin_ms: origin as i64,
        step_ms: 60_000,
        model: ModelVersion { model: "ridge".into(), version: 1 },
        levels: vec![0.5],
        quantiles: vec![vec![origin as f64; 24]],
        note: None,
    }
}

/// Whether it was acknowledged.
fn store_forecast(store: &EmbeddedStore, origin: u64) -> bool {
    crate::world::wait(store.put_forecasts(vec![forecast(origin)])).is_ok()
}

fn verify(store: &EmbeddedStore, known: &mut Known, seed: u64) {
    let found = contents(store).unwrap();
    let uncertain = known.uncertain.take();
    if found != known.samples {
        let (samples, number) = uncertain.unwrap_or_else(|| panic!("seed {seed}: samples are lost or torn"));
        apply(&mut known.samples, &samples);
        assert!(found == known.samples, "seed {seed}: a batch is there by half, or others are lost");
        known.cursor = Some(number);
    }
    assert_eq!(cursor(store), known.cursor, "seed {seed}");
    let query = ForecastQuery { series: key(0), origins: TimeRange::ALL, limit: usize::MAX };
    let forecasts = now(store.forecasts(query)).unwrap();
    assert!(forecasts.len() as u64 >= known.forecasts, "seed {seed}: forecasts are lost");
    for (origin, found) in forecasts.iter().enumerate() {
        assert_eq!(*found, forecast(origin as u64), "seed {seed}");
    }
    known.forecasts = forecasts.len() as u64;
}
