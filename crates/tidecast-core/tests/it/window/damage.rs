//! Damaged bytes give errors.

use super::naive::MEASURES;
use super::{NOW_MS, batch, feed, record, spec, windows};
use proptest::prelude::*;
use tidecast_core::window::{DecodeError, Partial, WindowSpec, Windows};

fn bytes() -> (Windows, Vec<u8>, Vec<u8>) {
    let mut windows = windows(WindowSpec { slide_ms: 5_000, ..spec(&MEASURES) });
    let records = [record(1_000, "a", 1.5), record(13_000, "b", -2.0), record(7_000, "a", f64::NAN)];
    let partial = windows.assess(&batch(windows.plan(), &records), NOW_MS).encode();
    feed(&mut windows, &records);
    let snapshot = windows.snapshot();
    (windows, partial, snapshot)
}

#[test]
fn every_flipped_bit_and_every_cut_is_noticed() {
    let (windows, partial, snapshot) = bytes();
    for bytes in [&partial, &snapshot] {
        for place in 0..bytes.len() {
            let mut flipped = bytes.clone();
            flipped[place] ^= 1 << (place % 8);
            for broken in [&flipped[..], &bytes[..place]] {
                assert!(matches!(Partial::decode(windows.plan(), broken), Err(DecodeError::Damaged(_))));
                assert!(matches!(Windows::restore(windows.plan(), broken), Err(DecodeError::Damaged(_))));
            }
        }
    }
    assert!(Partial::decode(windows.plan(), &snapshot).is_err() && Windows::restore(windows.plan(), &partial).is_err());
}

#[test]
fn state_of_another_specification_is_refused() {
    let (windows, partial, snapshot) = bytes();
    let spec = windows.plan().spec();
    let others = [
        WindowSpec { slide_ms: 10_000, ..spec.clone() },
        WindowSpec { by: Vec::new(), ..spec.clone() },
        WindowSpec { measures: spec.measures[1..2].to_vec(), ..spec.clone() },
    ];
    for other in others {
        let plan = std::sync::Arc::new(other.plan().unwrap());
        assert_eq!(Windows::restore(&plan, &snapshot).unwrap_err(), DecodeError::OtherSpec);
        assert_eq!(Partial::decode(&plan, &partial).unwrap_err(), DecodeError::OtherSpec);
    }
    // What does not change the state may change.
    let same = WindowSpec { lateness_ms: 7_000, max_keys: 5, corrections: true, ..spec.clone() };
    assert!(Windows::restore(&std::sync::Arc::new(same.plan().unwrap()), &snapshot).is_ok());
}

proptest! {
    #[test]
    fn anything_else_is_an_error(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let (windows, _, _) = self::bytes();
        prop_assert!(Partial::decode(windows.plan(), &bytes).is_err());
        prop_assert!(Windows::restore(windows.plan(), &bytes).is_err());
    }
}
