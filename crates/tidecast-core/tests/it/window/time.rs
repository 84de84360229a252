//! Late records, corrections, and sources that fall silent.

use super::{NOW_MS, batch, brief, feed, record, spec, windows};
use tidecast_core::record::Rejection;
use tidecast_core::window::{Partial, WindowSpec};

#[test]
fn a_window_closes_once_the_lateness_has_passed() {
    let mut windows = windows(spec(&[("events", "count()")]));
    assert_eq!(brief(&feed(&mut windows, &[record(1_000, "a", 0.0), record(11_999, "a", 0.0)])), []);
    assert_eq!(brief(&feed(&mut windows, &[record(9_999, "b", 0.0)])), []);
    assert_eq!(brief(&feed(&mut windows, &[record(12_000, "a", 0.0)])), [(0, false, 2.0)]);
    assert_eq!(windows.watermark_ms(), Some(10_000));
}

#[test]
fn a_record_is_late_by_the_records_before_it_in_the_same_batch() {
    let mut windows = windows(spec(&[("events", "count()")]));
    let partial = windows.assess(
        &batch(
            windows.plan().clone().as_ref(),
            &[record(9_000, "a", 0.0), record(12_000, "a", 0.0), record(9_500, "a", 0.0), record(10_000, "a", 0.0)],
        ),
        NOW_MS,
    );
    assert_eq!(partial.rejections().count(Rejection::Late), 1);
    assert_eq!((partial.records(), partial.newest_ms(), partial.watermark_ms()), (3, Some(12_000), Some(10_000)));
    assert_eq!(brief(&windows.apply(&partial)), [(0, false, 1.0)]);
    assert_eq!(windows.rejections().count(Rejection::Late), 1);
}

#[test]
fn a_record_late_for_some_windows_counts_in_the_others() {
    let sliding = WindowSpec { slide_ms: 5_000, ..spec(&[("events", "count()")]) };
    let mut windows = windows(sliding);
    let closed = feed(&mut windows, &[record(6_000, "a", 0.0), record(12_000, "a", 0.0), record(7_000, "a", 0.0)]);
    // The window from 0 to 10 s was closed when the record of 7 s came, the one from 5 to 15 s was not.
    assert_eq!(brief(&closed), [(0, false, 1.0)]);
    assert_eq!(brief(&feed(&mut windows, &[record(30_000, "a", 0.0)])), [(5, false, 3.0), (10, false, 1.0)]);
    assert!(windows.rejections().is_empty());
}

#[test]
fn late_records_correct_closed_windows_for_a_while() {
    let correcting = WindowSpec { corrections: true, ..spec(&[("events", "count()")]) };
    let mut windows = windows(correcting);
    assert_eq!(brief(&feed(&mut windows, &[record(1_000, "a", 0.0), record(12_000, "a", 0.0)])), [(0, false, 1.0)]);
    assert_eq!(brief(&feed(&mut windows, &[record(2_000, "b", 0.0)])), [(0, true, 2.0)]);
    assert_eq!((windows.corrected_records(), windows.rejections().is_empty()), (1, true));
    // Five windows beyond the end of the first.
    assert_eq!(
        brief(&feed(&mut windows, &[record(61_999, "a", 0.0), record(3_000, "c", 0.0)])),
        [(0, true, 3.0), (10, false, 1.0)]
    );
    assert_eq!(brief(&feed(&mut windows, &[record(62_000, "a", 0.0), record(4_000, "d", 0.0)])), []);
    assert_eq!(windows.rejections().count(Rejection::Late), 1);
}

#[test]
fn an_idle_source_lets_time_go_on_as_the_clock_does() {
    let mut windows = windows(spec(&[("events", "count()")]));
    let partial = windows.assess(&batch(&windows.plan().clone(), &[record(8_000, "a", 0.0)]), 1_000_000);
    windows.apply(&partial);
    assert_eq!(windows.tick(1_000_000 + 4_999), None, "not idle yet");
    // Four seconds after 8 s the window has ended and its lateness has passed, and five are needed to be idle.
    let idle = windows.tick(1_000_000 + 5_000).unwrap();
    assert_eq!((idle.watermark_ms(), idle.records(), idle.is_empty()), (Some(11_000), 0, false));
    let kept = Partial::decode(windows.plan(), &idle.encode()).unwrap();
    assert_eq!(brief(&windows.apply(&kept)), [(0, false, 1.0)]);
    assert_eq!(windows.tick(2_000_000), None, "there is nothing left to close");
    // What comes now for the closed window is late.
    feed(&mut windows, &[record(9_000, "a", 0.0)]);
    assert_eq!(windows.rejections().count(Rejection::Late), 1);
}

#[test]
fn records_that_bring_no_newer_time_do_not_keep_a_source_from_being_idle() {
    let mut windows = windows(spec(&[("events", "count()")]));
    let plan = windows.plan().clone();
    for second in 0..5 {
        let partial = windows.assess(&batch(&plan, &[record(8_000, "a", 0.0)]), 1_000_000 + 1_000 * second);
        windows.apply(&partial);
    }
    assert_eq!(windows.time_ms(1_000_000 + 5_000), Some(13_000));
    let idle = windows.tick(1_000_000 + 5_000).unwrap();
    assert_eq!(brief(&windows.apply(&idle)), [(0, false, 5.0)]);
}

#[test]
fn a_record_ahead_of_the_clock_makes_no_others_late() {
    let mut windows = windows(spec(&[("events", "count()")]));
    let plan = windows.plan().clone();
    let now_ms = 100_000;
    let at = |windows: &mut tidecast_core::window::Windows, now_ms, records: &[_]| {
        let partial = windows.assess(&batch(&plan, records), now_ms);
        windows.apply(&partial)
    };
    let first = at(&mut windows, now_ms, &[record(now_ms + 55_000, "ahead", 0.0), record(now_ms, "a", 0.0)]);
    assert_eq!((brief(&first), windows.watermark_ms()), (vec![], Some(98_000)));
    let next = at(&mut windows, now_ms + 12_000, &[record(112_000, "a", 0.0), record(113_000, "ahead", 0.0)]);
    assert_eq!(brief(&next), [(100, false, 1.0)]);
    assert_eq!(windows.time_ms(now_ms + 12_000), Some(112_000), "its time has not come");
    // When nobody speaks any more, its window waits for the clock as well.
    let idle = windows.tick(150_000).unwrap();
    assert_eq!(brief(&windows.apply(&idle)), [(110, false, 2.0)]);
    let idle = windows.tick(200_000).unwrap();
    assert_eq!(brief(&windows.apply(&idle)), [(150, false, 1.0)]);
    assert!(windows.rejections().is_empty());
}

#[test]
fn the_time_while_the_program_did_not_run_is_not_idle() {
    let mut windows = windows(spec(&[("events", "count()")]));
    let partial = windows.assess(&batch(&windows.plan().clone(), &[record(8_000, "a", 0.0)]), 10_000);
    windows.apply(&partial);
    let mut restored = tidecast_core::window::Windows::restore(windows.plan(), &windows.snapshot()).unwrap();
    assert_eq!(restored.tick(9_000_000), None);
    assert_eq!(restored.tick(9_000_000 + 4_999), None);
    assert!(restored.tick(9_000_000 + 5_000).is_some());
}

#[test]
fn a_merger_takes_out_what_is_late_for_it() {
    let mut merger = windows(spec(&[("events", "count()")]));
    let plan = merger.plan().clone();
    let of = |records: &[_]| Partial::of(&plan, &batch(&plan, records));
    let first = merger.judge(of(&[record(1_000, "a", 0.0), record(11_000, "a", 0.0)]), 10_000, NOW_MS);
    assert_eq!(brief(&merger.apply(&first)), [(0, false, 1.0)]);
    let second =
        merger.judge(of(&[record(2_000, "b", 0.0), record(3_000, "b", 0.0), record(12_000, "b", 0.0)]), 5_000, NOW_MS);
    assert_eq!((second.records(), second.rejections().count(Rejection::Late)), (1, 2));
    assert_eq!(brief(&merger.apply(&second)), []);
    assert_eq!(merger.watermark_ms(), Some(10_000), "the watermark never goes back");
    let end = merger.judge(of(&[]), 20_000, NOW_MS);
    assert_eq!(brief(&merger.apply(&end)), [(10, false, 2.0)]);
}

#[test]
fn times_beyond_all_calendars_are_refused() {
    let mut windows = windows(spec(&[("events", "count()")]));
    feed(&mut windows, &[record(i64::MIN, "a", 0.0), record(i64::MAX, "a", 0.0), record(0, "a", 0.0)]);
    assert_eq!(windows.rejections().count(Rejection::BadTimestamp), 2);
    // The edges themselves are fine.
    feed(&mut windows, &[record(8_640_000_000_000_000, "a", 0.0)]);
    assert_eq!(windows.watermark_ms(), Some(8_640_000_000_000_000 - 2_000));
}
