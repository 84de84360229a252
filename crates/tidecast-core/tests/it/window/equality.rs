//! However a stream is cut into batches, restarted, or spread over workers: the windows are those of the naive computation.

use super::naive::{MEASURES, Naive};
use super::{NOW_MS, Record, batch, feed, spec, windows};
use proptest::prelude::*;
use std::sync::Arc;
use tidecast_core::window::{ClosedWindow, Partial, WindowSpec, Windows};

const KEYS: [&str; 5] = ["a", "b", "c", "d", "e"];

/// Messages that mostly move on, some of them out of order by up to `disorder_ms`.
fn stream(disorder_ms: i64) -> impl Strategy<Value = Vec<Record>> {
    let message = (1..1_500_i64, 0..=disorder_ms, any::<bool>(), 0..KEYS.len(), -40..400_i32, 0..10_u8);
    prop::collection::vec(message, 1..120).prop_map(|messages| {
        let mut now_ms = -20_000;
        let mut records = Vec::new();
        for (step_ms, back_ms, in_order, key, quarters, missing) in messages {
            now_ms += step_ms;
            let ms = if in_order { now_ms } else { now_ms - back_ms };
            let value = if missing == 0 { f64::NAN } else { f64::from(quarters) / 4.0 };
            records.push(Record { ms, key: KEYS[key], value });
        }
        records
    })
}

fn shapes() -> impl Strategy<Value = WindowSpec> {
    let slides = prop::sample::select(vec![10_000, 5_000, 2_500, 1_000]);
    (slides, prop::sample::select(vec![0, 2_000, 12_000]), any::<bool>()).prop_map(
        |(slide_ms, lateness_ms, corrections)| WindowSpec { slide_ms, lateness_ms, corrections, ..spec(&MEASURES) },
    )
}

/// Cuts records at these places.
fn cut(records: &[Record], places: &[prop::sample::Index]) -> Vec<Vec<Record>> {
    let mut places: Vec<usize> = places.iter().map(|place| place.index(records.len())).collect();
    places.extend([0, records.len()]);
    places.sort_unstable();
    places.windows(2).map(|ends| records[ends[0]..ends[1]].to_vec()).collect()
}

/// The same for windows whose values have the same bits.
fn bits(closed: &[ClosedWindow]) -> String {
    let values = |values: &[f64]| values.iter().map(|value| value.to_bits()).collect::<Vec<_>>();
    let one = |window: &ClosedWindow| {
        let results = (values(&window.totals), values(&window.values));
        format!("{} {} {:?} {:?} {results:?}\n", window.start_ms, window.correction, window.keys, window.last_seen_ms)
    };
    closed.iter().map(one).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn cuts_change_nothing(spec in shapes(), records in stream(15_000), places in prop::collection::vec(any::<prop::sample::Index>(), 0..12)) {
        let mut one_by_one = windows(spec.clone());
        let expected: Vec<ClosedWindow> = records.chunks(1).flat_map(|record| feed(&mut one_by_one, record)).collect();
        let naive = Naive::of(&spec, &records);
        naive.check(&spec, &expected);
        let mut in_batches = windows(spec.clone());
        let closed: Vec<ClosedWindow> = cut(&records, &places).iter().flat_map(|records| feed(&mut in_batches, records)).collect();
        naive.check(&spec, &closed);
        if !spec.corrections {
            // Corrections come once a batch; everything else is the same to the last bit.
            prop_assert_eq!(bits(&closed), bits(&expected));
        }
        let late = in_batches.rejections().iter().map(|(_, count)| count).sum::<u64>();
        prop_assert_eq!(late, naive.late);
        prop_assert_eq!(in_batches.watermark_ms(), naive.watermark_ms);
    }

    #[test]
    fn a_restart_goes_on_where_it_was(
        spec in shapes(),
        records in stream(15_000),
        places in prop::collection::vec(any::<prop::sample::Index>(), 1..12),
        restarts in prop::collection::vec((any::<bool>(), any::<bool>()), 13),
    ) {
        let mut unbroken = windows(spec);
        let mut broken = unbroken.clone();
        let plan = Arc::clone(unbroken.plan());
        let mut base = broken.snapshot();
        let mut journal: Vec<(Vec<u8>, String)> = Vec::new();
        for (records, (snapshot, restart)) in cut(&records, &places).iter().zip(restarts) {
            let partial = broken.assess(&batch(&plan, records), NOW_MS);
            let bytes = partial.encode();
            prop_assert_eq!(format!("{:?}", Partial::decode(&plan, &bytes).unwrap()), format!("{partial:?}"));
            let closed = bits(&broken.apply(&partial));
            prop_assert_eq!(&closed, &bits(&feed(&mut unbroken, records)));
            journal.push((bytes, closed));
            if snapshot {
                base = broken.snapshot();
                journal.clear();
            }
            if restart {
                broken = Windows::restore(&plan, &base).unwrap();
                for (bytes, closed) in &journal {
                    prop_assert_eq!(&bits(&broken.apply(&Partial::decode(&plan, bytes).unwrap())), closed);
                }
            }
        }
        prop_assert_eq!(broken.rejections(), unbroken.rejections());
        prop_assert_eq!(broken.watermark_ms(), unbroken.watermark_ms());
    }

    #[test]
    fn workers_add_up_to_one_reader(
        spec in shapes(),
        records in stream(0),
        worker_of in prop::collection::vec(0..4_usize, 120),
        order in any::<prop::sample::Index>(),
    ) {
        let mut reader = windows(spec.clone());
        let mut expected = feed(&mut reader, &records);
        let mut merger = windows(spec);
        let plan = Arc::clone(merger.plan());
        let mut partials: Vec<Partial> = (0..4).map(|worker| {
            let own: Vec<Record> = records.iter().zip(&worker_of).filter(|(_, of)| **of == worker).map(|(record, _)| record.clone()).collect();
            Partial::decode(&plan, &Partial::of(&plan, &batch(&plan, &own)).encode()).unwrap()
        }).collect();
        let turn = order.index(partials.len());
        partials.rotate_left(turn);
        for partial in partials {
            let judged = merger.judge(partial, i64::MIN, NOW_MS);
            prop_assert!(merger.apply(&judged).is_empty());
        }
        let end = merger.judge(Partial::of(&plan, &batch(&plan, &[])), reader.watermark_ms().unwrap(), NOW_MS);
        let mut closed = merger.apply(&end);
        prop_assert!(merger.rejections().is_empty());
        // Which key came first is up to the workers.
        for window in closed.iter_mut().chain(&mut expected) {
            sort_by_key(window);
        }
        prop_assert_eq!(bits(&closed), bits(&expected));
    }
}

fn sort_by_key(window: &mut ClosedWindow) {
    let mut rows: Vec<_> =
        window.rows().map(|(key, values)| (key.clone(), values.to_vec())).zip(window.last_seen_ms.clone()).collect();
    rows.sort_by_key(|((key, _), _)| key.to_string());
    window.keys = rows.iter().map(|((key, _), _)| key.clone()).collect();
    window.values = rows.iter().flat_map(|((_, values), _)| values.clone()).collect();
    window.last_seen_ms = rows.iter().map(|(_, seen_ms)| *seen_ms).collect();
}
