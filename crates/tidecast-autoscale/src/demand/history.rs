//! The recent past of demand, small enough to keep for ten thousand workloads: a week of minutes in 20 kB.

use super::WEEK;
use std::collections::VecDeque;

/// Minutes kept: a week, and what features look at around its oldest minute.
const KEPT: usize = WEEK + 128;

/// One code is this much of the logarithm: values are kept to within 0.02 %, up to 6 million replicas.
const RESOLUTION: f64 = 16.0 / 65_536.0;

/// Demand by minute, as `ln(1 + replicas)`: ratios matter where demand is high, and nothing does far below one replica.
#[derive(Clone, Debug)]
pub(super) struct History {
    codes: VecDeque<u16>,
    seen: usize,
}

/// The scale on which demand is learned.
pub(super) fn to_log(replicas: f64) -> f64 {
    replicas.max(0.0).ln_1p()
}

/// Back from the scale on which demand is learned.
pub(super) fn from_log(log: f64) -> f64 {
    log.exp_m1().max(0.0)
}

impl Default for History {
    /// Empty, with all the memory that it will ever have.
    fn default() -> Self {
        Self { codes: VecDeque::with_capacity(KEPT), seen: 0 }
    }
}

impl History {
    /// Adds a minute.
    pub(super) fn push(&mut self, replicas: f64) {
        if self.codes.len() == KEPT {
            self.codes.pop_front();
        }
        // Truncated at the ends by the conversion.
        self.codes.push_back((to_log(replicas) / RESOLUTION).round() as u16);
        self.seen += 1;
    }

    /// How many minutes there have been.
    pub(super) fn seen(&self) -> usize {
        self.seen
    }

    /// The newest minute's logarithm; zero before any.
    pub(super) fn last(&self) -> f64 {
        self.codes.back().map_or(0.0, |code| f64::from(*code) * RESOLUTION)
    }

    /// The greatest logarithm within `minutes` minutes, the first of which is `ago` minutes before the newest.
    pub(super) fn max(&self, ago: usize, minutes: usize) -> f64 {
        f64::from(self.range(ago, minutes).max().unwrap_or(0)) * RESOLUTION
    }

    /// The mean logarithm within such a stretch.
    pub(super) fn mean(&self, ago: usize, minutes: usize) -> f64 {
        let (count, sum) =
            self.range(ago, minutes).fold((0_u32, 0_u64), |(count, sum), code| (count + 1, sum + u64::from(code)));
        if count == 0 { 0.0 } else { sum as f64 / f64::from(count) * RESOLUTION }
    }

    /// The mean change from one minute to the next within such a stretch, without its sign.
    pub(super) fn mean_step(&self, ago: usize, minutes: usize) -> f64 {
        let later = self.range(ago.saturating_sub(1), minutes.min(ago));
        let steps = self.range(ago, minutes).zip(later);
        let (count, sum) =
            steps.fold((0_u32, 0_u64), |(count, sum), (a, b)| (count + 1, sum + u64::from(a.abs_diff(b))));
        if count == 0 { 0.0 } else { sum as f64 / f64::from(count) * RESOLUTION }
    }

    fn range(&self, ago: usize, minutes: usize) -> impl Iterator<Item = u16> {
        let end = self.codes.len();
        let start = end.saturating_sub(ago + 1);
        // What lies before all that is kept is left out of the stretch, not replaced.
        let cut = (ago + 1).saturating_sub(end);
        self.codes.range(start..(start + minutes.saturating_sub(cut)).min(end)).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn history(values: &[f64]) -> History {
        let mut history = History::default();
        for value in values {
            history.push(*value);
        }
        history
    }

    #[test]
    fn stretches_count_from_the_newest_minute() {
        let history = history(&[1.0, 8.0, 2.0, 4.0]);
        for (ago, minutes, max) in [(0, 1, 4.0), (1, 1, 2.0), (2, 2, 8.0), (3, 4, 8.0), (9, 7, 1.0), (1, 9, 4.0)] {
            assert!((from_log(history.max(ago, minutes)) - max).abs() < 0.01, "{ago} {minutes}");
        }
        let mean = (to_log(2.0) + to_log(4.0)) / 2.0;
        assert!((history.mean(1, 2) - mean).abs() < 1e-3);
        let step = ((to_log(8.0) - to_log(2.0)) + (to_log(4.0) - to_log(2.0))) / 2.0;
        assert!((history.mean_step(2, 9) - step).abs() < 1e-3);
    }

    #[test]
    fn memory_is_bounded_and_extremes_do_not_wrap() {
        let mut history = history(&[f64::MAX, 0.0]);
        assert!(history.max(1, 1) > 15.9);
        for _ in 0..3 * KEPT {
            history.push(1.0);
        }
        assert_eq!((history.codes.len(), history.seen()), (KEPT, 3 * KEPT + 2));
        assert!((from_log(history.max(KEPT * 2, KEPT * 4)) - 1.0).abs() < 0.01);
    }
}
