//! Random operations on the store and on a plain map: both must always answer the same.

use crate::simulated::SimulatedStorage;
use crate::world::{Samples, apply, batch, cursor, hide, key, now, points_map, position, wait};
use proptest::prelude::*;
use std::collections::BTreeMap;
use std::sync::Arc;
use tidecast_core::forecast::{Forecast, ModelVersion};
use tidecast_core::ports::{ForecastQuery, SeriesStore};
use tidecast_core::series::{Aggregate, Bucket, Downsampler, Selector, SeriesKey, TimeRange};
use tidecast_store::{EmbeddedStore, Options};

const HOUR_MS: i64 = 3_600_000;
const DAY_MS: i64 = 24 * HOUR_MS;

#[derive(Clone, Debug)]
enum Operation {
    /// Single samples anywhere.
    Scatter(Vec<(u64, i64, f64)>),
    /// Series, start, step, count.
    Run(u64, i64, i64, usize),
    Flush,
    Merge,
    Compact,
    Reopen,
    Retain(i64),
    Forecast(u64, i64, u32),
    Thin(i64),
    Check(TimeRange, Bucket),
}

fn time() -> impl Strategy<Value = i64> {
    prop_oneof![
        4 => 0..200 * HOUR_MS,
        2 => (0_i64..200).prop_map(|hour| hour * HOUR_MS),
        1 => -9_000 * DAY_MS..9_000 * DAY_MS,
    ]
}

fn operation() -> impl Strategy<Value = Operation> {
    let sample =
        (0_u64..4, time(), -100_i64..100).prop_map(|(series, time_ms, value)| (series, time_ms, value as f64 / 4.0));
    let aggregate =
        prop_oneof![Just(Aggregate::Min), Just(Aggregate::Max), Just(Aggregate::Mean), Just(Aggregate::Last)];
    prop_oneof![
        6 => prop::collection::vec(sample, 1..30).prop_map(Operation::Scatter),
        4 => (0_u64..4, time(), 1..2 * HOUR_MS, 1_usize..3_000)
            .prop_map(|(series, start_ms, step_ms, count)| Operation::Run(series, start_ms, step_ms, count)),
        3 => Just(Operation::Flush),
        1 => Just(Operation::Merge),
        1 => Just(Operation::Compact),
        1 => Just(Operation::Reopen),
        1 => (-100 * DAY_MS..100 * HOUR_MS).prop_map(Operation::Retain),
        4 => (0_u64..2, 0..30 * DAY_MS, 1_u32..3)
            .prop_map(|(series, origin, version)| Operation::Forecast(series, origin / 600_000 * 600_000, version)),
        1 => (0..40 * DAY_MS).prop_map(Operation::Thin),
        3 => (time(), 0..400 * HOUR_MS, 1..50 * HOUR_MS, aggregate).prop_map(|(from, length, width_ms, aggregate)| {
            Operation::Check(TimeRange::new(from, from + length), Bucket { width_ms, aggregate })
        }),
    ]
}

/// The store as it should be.
#[derive(Default)]
struct Model {
    samples: Samples,
    retain_from_ms: Option<i64>,
    forecasts: BTreeMap<(u64, i64, u32), Forecast>,
    batches: u64,
}

impl Model {
    fn append(&mut self, store: &EmbeddedStore, samples: &[(SeriesKey, i64, f64)]) {
        self.batches += 1;
        store.append_blocking(batch(samples), Some(position(self.batches))).unwrap();
        apply(&mut self.samples, samples);
        self.hide();
    }

    /// Takes away what retention hides.
    fn hide(&mut self) {
        let horizon = self.retain_from_ms.unwrap_or(i64::MIN);
        hide(&mut self.samples, horizon);
        self.forecasts.retain(|(_, origin, _), _| *origin >= horizon);
    }

    fn thin(&mut self, now_ms: i64) {
        let kept = self.forecasts.keys().copied().collect::<Vec<_>>();
        let superseded = |&(series, origin, version): &(u64, i64, u32)| {
            let old = |origin: i64| origin < now_ms - 7 * DAY_MS;
            let later = kept.iter().any(|&(s, o, v)| {
                s == series
                    && v == version
                    && o > origin
                    && old(o)
                    && o.div_euclid(HOUR_MS) == origin.div_euclid(HOUR_MS)
            });
            old(origin) && later
        };
        self.forecasts.retain(|key, _| !superseded(key));
    }

    fn check(&self, store: &EmbeddedStore, range: TimeRange, bucket: Bucket) {
        for series in 0..5 {
            let expected = self.samples.get(&key(series)).cloned().unwrap_or_default();
            let found = now(store.range(&key(series), TimeRange::ALL, None)).unwrap();
            assert!(found.timestamps_ms.is_sorted_by(|one, two| one < two));
            assert_eq!(points_map(&found), expected);
            let inside: Vec<(i64, f64)> = expected.range(range.from_ms..range.to_ms).map(|(&t, &v)| (t, v)).collect();
            let (timestamps_ms, values): (Vec<_>, Vec<_>) = inside.into_iter().unzip();
            let found = now(store.range(&key(series), range, None)).unwrap();
            assert_eq!((&found.timestamps_ms, &found.values), (&timestamps_ms, &values));
            let mut downsampler = Downsampler::new(bucket);
            downsampler.extend(&timestamps_ms, &values);
            assert_eq!(now(store.range(&key(series), range, Some(bucket))).unwrap(), downsampler.finish());
        }
        for selector in ["{}", "power{device_id=~\"meter_[12]\"}", "power{device_id!=\"meter_1\"}", "other"] {
            self.check_selector(store, &selector.parse().unwrap());
        }
        assert_eq!(cursor(store).unwrap_or(0), self.batches);
        self.check_forecasts(store, range);
    }

    fn check_selector(&self, store: &EmbeddedStore, selector: &Selector) {
        let matching: Vec<_> = self.samples.iter().filter(|(series, _)| selector.matches(series)).collect();
        let latest = now(store.latest(selector)).unwrap();
        let latest: Vec<_> =
            latest.into_iter().map(|(series, sample)| (series, sample.timestamp_ms, sample.value)).collect();
        let expected: Vec<_> = matching
            .iter()
            .map(|(series, samples)| samples.last_key_value().map(|(&t, &v)| ((*series).clone(), t, v)).unwrap())
            .collect();
        assert_eq!(latest, expected);
        let summaries = now(store.series(selector)).unwrap();
        assert_eq!(summaries.len(), matching.len());
        for (summary, (series, samples)) in summaries.iter().zip(matching) {
            assert_eq!(&summary.series, series);
            assert_eq!(Some(&summary.first_ms), samples.keys().next());
            assert_eq!(Some(&summary.last_ms), samples.keys().last());
            assert!(summary.samples >= samples.len() as u64);
        }
    }

    fn check_forecasts(&self, store: &EmbeddedStore, origins: TimeRange) {
        for (series, limit) in [(0, usize::MAX), (1, 2)] {
            let mut expected: Vec<&Forecast> = self
                .forecasts
                .iter()
                .filter(|((of, origin, _), _)| *of == series && origins.contains(*origin))
                .map(|(_, forecast)| forecast)
                .collect();
            let mut newest: Vec<i64> = expected.iter().map(|forecast| forecast.origin_ms).collect();
            newest.dedup();
            let skipped = newest.len().saturating_sub(limit);
            expected.retain(|forecast| newest[skipped..].contains(&forecast.origin_ms));
            let found = now(store.forecasts(ForecastQuery { series: key(series), origins, limit })).unwrap();
            assert_eq!(found.iter().collect::<Vec<_>>(), expected);
        }
    }
}

fn forecast(series: u64, origin_ms: i64, version: u32, value: f64) -> Forecast {
    Forecast {
        series: key(series),
        origin_ms,
        step_ms: HOUR_MS,
        model: ModelVersion { model: "ridge".into(), version },
        levels: vec![0.1, 0.9],
        quantiles: vec![vec![value; 3], vec![value + 1.0; 3]],
        note: (version == 1).then(|| "short history".to_owned()),
    }
}

fn run(operations: Vec<Operation>, head_bytes: usize) {
    let storage = SimulatedStorage::new();
    let options = Options { head_bytes, ..Options::default() };
    let open = || EmbeddedStore::open_on(Arc::new(storage.clone()), "simulated", options).unwrap();
    let mut store = open();
    let mut model = Model::default();
    for operation in operations {
        match operation {
            Operation::Scatter(samples) => {
                let samples: Vec<_> =
                    samples.into_iter().map(|(series, time_ms, value)| (key(series), time_ms, value)).collect();
                model.append(&store, &samples);
            }
            Operation::Run(series, start_ms, step_ms, count) => {
                let samples: Vec<_> = (0..count as i64)
                    .map(|index| {
                        (key(series), start_ms + index * step_ms, (index % 50) as f64 + model.batches as f64 * 100.0)
                    })
                    .collect();
                model.append(&store, &samples);
            }
            Operation::Flush => store.flush().unwrap(),
            Operation::Merge => store.merge().unwrap(),
            Operation::Compact => store.compact().unwrap(),
            Operation::Reopen => {
                drop(store);
                store = open();
            }
            Operation::Retain(horizon) => {
                store.retain_from(horizon).unwrap();
                model.retain_from_ms = model.retain_from_ms.max(Some(horizon));
                model.hide();
            }
            Operation::Forecast(series, origin_ms, version) => {
                let forecast = forecast(series, origin_ms, version, model.batches as f64);
                wait(store.put_forecasts(vec![forecast.clone()])).unwrap();
                model.forecasts.insert((series, origin_ms, version), forecast);
                model.hide();
            }
            Operation::Thin(now_ms) => {
                store.thin_forecasts(now_ms).unwrap();
                model.hide();
                model.thin(now_ms);
            }
            Operation::Check(range, bucket) => model.check(&store, range, bucket),
        }
    }
    let bucket = Bucket { width_ms: DAY_MS, aggregate: Aggregate::Mean };
    model.check(&store, TimeRange::new(0, 100 * HOUR_MS), bucket);
    drop(store);
    model.check(&open(), TimeRange::ALL, bucket);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 150, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn answers_as_a_map_would(
        operations in prop::collection::vec(operation(), 1..60),
        head_bytes in prop_oneof![Just(40_000_usize), Just(400_000), Just(32 << 20)],
    ) {
        run(operations, head_bytes);
    }
}
