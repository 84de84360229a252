//! What the tests share: a random generator, a store as it should be, and the port without `async`.

use std::collections::BTreeMap;
use std::pin::pin;
use std::task::{Context, Poll, Waker};
use tidecast_core::forecast::{Forecast, ModelVersion};
use tidecast_core::ports::{ForecastQuery, Position, SeriesStore, StoreError};
use tidecast_core::series::{Points, SampleBatch, Selector, SeriesKey, TimeRange};
use tidecast_store::EmbeddedStore;

/// SplitMix64 (Steele, Lea and Flood, 2014).
pub(crate) struct Random(pub(crate) u64);

impl Random {
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// Less than `bound`.
    pub(crate) fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound
    }
}

/// All samples of a store, as they should be.
pub(crate) type Samples = BTreeMap<SeriesKey, BTreeMap<i64, f64>>;

pub(crate) fn key(series: u64) -> SeriesKey {
    format!("power{{device_id=\"meter_{series}\"}}").parse().unwrap()
}

pub(crate) fn batch(samples: &[(SeriesKey, i64, f64)]) -> SampleBatch {
    let mut batch = SampleBatch::new();
    for (series, timestamp_ms, value) in samples {
        batch.push(series, *timestamp_ms, *value);
    }
    batch
}

pub(crate) fn apply(samples: &mut Samples, batch: &[(SeriesKey, i64, f64)]) {
    for (series, timestamp_ms, value) in batch {
        samples.entry(series.clone()).or_default().insert(*timestamp_ms, *value);
    }
}

/// Takes away what retention hides.
pub(crate) fn hide(samples: &mut Samples, retain_from_ms: i64) {
    for of_series in samples.values_mut() {
        *of_series = of_series.split_off(&retain_from_ms);
    }
    samples.retain(|_, of_series| !of_series.is_empty());
}

pub(crate) fn position(cursor: u64) -> Position {
    Position { source: "test".into(), cursor: cursor.to_string() }
}

/// Runs a read, which is done at its first poll.
pub(crate) fn now<T>(future: impl Future<Output = T>) -> T {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => output,
        Poll::Pending => panic!("a read waits"),
    }
}

/// Everything in the store.
pub(crate) fn contents(store: &EmbeddedStore) -> Result<Samples, StoreError> {
    let mut samples = Samples::new();
    for summary in now(store.series(&Selector::all()))? {
        let points = now(store.range(&summary.series, TimeRange::ALL, None))?;
        samples.insert(summary.series, points_map(&points));
    }
    Ok(samples)
}

pub(crate) fn points_map(points: &Points) -> BTreeMap<i64, f64> {
    points.timestamps_ms.iter().copied().zip(points.values.iter().copied()).collect()
}

pub(crate) fn cursor(store: &EmbeddedStore) -> Option<u64> {
    now(store.cursor("test")).unwrap().map(|cursor| cursor.parse().unwrap())
}

/// A forecast of `key(0)` whose values say which it is.
pub(crate) fn forecast(origin_ms: i64) -> Forecast {
    Forecast {
        series: key(0),
        origin_ms,
        step_ms: 60_000,
        model: ModelVersion { model: "ridge".into(), version: 1 },
        levels: vec![0.5],
        quantiles: vec![vec![origin_ms as f64; 24]],
        note: None,
    }
}

/// All forecasts of `key(0)`.
pub(crate) fn forecasts(store: &EmbeddedStore) -> Result<Vec<Forecast>, StoreError> {
    now(store.forecasts(ForecastQuery { series: key(0), origins: TimeRange::ALL, limit: usize::MAX }))
}

/// Runs a write to its end.
pub(crate) fn wait<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(future)
}
