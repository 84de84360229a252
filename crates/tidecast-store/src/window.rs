//! Partitions of time: dyadic windows.
//!
//! A window is all timestamps that share their upper bits, so any two windows are either nested or disjoint and
//! neighbours always have a common parent. That lets the width follow the data: a flush picks the narrowest width at
//! which its series have a chunk's worth of points in each window and the flush falls into few windows. Seconds
//! get windows of a day, hours a few months, a sparse century a handful; and a retention horizon still falls between
//! files rather than inside one big file. When there are too many files, neighbours are merged into their parent.

/// Level of the narrowest window: 2^26 ms, 18.6 hours.
const NARROWEST: u8 = 26;
/// A flush is spread over at most this many windows (and one more when it straddles a boundary).
const MOST_WINDOWS: u64 = 8;

/// The timestamps whose upper `64 - level` bits are those of `start`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Window {
    /// First timestamp inside, shifted so that unsigned order is the order of time.
    start: u64,
    level: u8,
}

impl Window {
    /// The window of a level that holds the timestamp.
    pub(crate) fn holding(timestamp_ms: i64, level: u8) -> Self {
        let level = level.min(64);
        Self { start: clear_lower_bits(ordered(timestamp_ms), level), level }
    }

    /// The narrowest window that holds both.
    pub(crate) fn around(&self, other: &Self) -> Self {
        let differing = 64 - (self.start ^ other.start).leading_zeros() as u8;
        let level = differing.max(self.level).max(other.level);
        Self { start: clear_lower_bits(self.start, level), level }
    }

    pub(crate) fn level(&self) -> u8 {
        self.level
    }

    /// First timestamp inside.
    pub(crate) fn first_ms(&self) -> i64 {
        (self.start ^ (1 << 63)) as i64
    }

    /// Last timestamp inside.
    pub(crate) fn last_ms(&self) -> i64 {
        ((self.start | lower_bits(self.level)) ^ (1 << 63)) as i64
    }

    pub(crate) fn contains(&self, other: &Self) -> bool {
        self.level >= other.level && clear_lower_bits(other.start, self.level) == self.start
    }
}

/// The level for a flush of data from `first_ms` to `last_ms` with so many points in its densest series.
pub(crate) fn level_for(first_ms: i64, last_ms: i64, points_per_series: u64, points_per_chunk: u64) -> u8 {
    let span = last_ms.abs_diff(first_ms).max(1);
    let windows = (points_per_series / points_per_chunk).clamp(1, MOST_WINDOWS);
    let width = span.div_ceil(windows).checked_next_power_of_two();
    width.map_or(64, |width| width.trailing_zeros() as u8).max(NARROWEST)
}

fn ordered(timestamp_ms: i64) -> u64 {
    timestamp_ms as u64 ^ (1 << 63)
}

fn lower_bits(level: u8) -> u64 {
    1_u64.checked_shl(u32::from(level)).map_or(u64::MAX, |bit| bit - 1)
}

fn clear_lower_bits(value: u64, level: u8) -> u64 {
    value & !lower_bits(level)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn windows_nest(a in any::<i64>(), b in any::<i64>(), low in 0_u8..=64, high in 0_u8..=64) {
            let (one, two) = (Window::holding(a, low), Window::holding(b, high));
            prop_assert!(one.first_ms() <= a && a <= one.last_ms());
            let around = one.around(&two);
            prop_assert!(around.contains(&one) && around.contains(&two));
            let disjoint = one.last_ms() < two.first_ms() || two.last_ms() < one.first_ms();
            prop_assert!(disjoint || one.contains(&two) || two.contains(&one));
        }

        #[test]
        fn a_flush_falls_into_few_windows(
            first in -1_i64 << 60..1_i64 << 60,
            span in 0..1_i64 << 60,
            points in 1_u64..1 << 40,
        ) {
            let level = level_for(first, first + span, points, 1_024);
            let (from, to) = (Window::holding(first, level), Window::holding(first + span, level));
            let windows = (to.start - from.start) >> level.min(63);
            prop_assert!(windows <= MOST_WINDOWS);
        }
    }

    #[test]
    fn width_follows_density() {
        let day = 86_400_000;
        let cases = [(day, 86_400, 26), (30 * day, 720, 32), (365 * day, 8_760, 32), (36_500 * day, 1_200, 42)];
        for (span, points, expected) in cases {
            assert_eq!(level_for(0, span, points, 1_024), expected, "{points} points in {span} ms");
        }
    }
}
