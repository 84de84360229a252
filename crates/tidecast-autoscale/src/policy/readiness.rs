//! How many replicas were ready at a time of the past: metrics arrive late, and counts have to be of the same time.

use std::collections::VecDeque;

/// Changes that are kept. With one at every decision, 15 s apart, they reach back for a quarter of an hour.
const KEPT: usize = 64;

/// Counts of ready replicas, as they changed.
#[derive(Clone, Debug, Default)]
pub(super) struct Readiness {
    /// Times in milliseconds, and the count from then on; oldest first.
    changes: VecDeque<(i64, i32)>,
}

impl Readiness {
    /// Takes the count of now; time does not go back.
    pub(super) fn record(&mut self, now_ms: i64, ready: i32) {
        if self.changes.back().is_some_and(|(_, before)| *before == ready) {
            return;
        }
        if self.changes.len() == KEPT {
            self.changes.pop_front();
        }
        self.changes.push_back((now_ms, ready));
    }

    /// The count at a time; `None` before all that is kept.
    pub(super) fn at(&self, time_ms: i64) -> Option<i32> {
        let after = self.changes.partition_point(|(from_ms, _)| *from_ms <= time_ms);
        after.checked_sub(1).map(|index| self.changes[index].1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_count_holds_until_the_next() {
        let mut readiness = Readiness::default();
        assert_eq!(readiness.at(0), None);
        for (now_ms, ready) in [(10, 2), (20, 2), (30, 5), (40, 1)] {
            readiness.record(now_ms, ready);
        }
        for (time_ms, ready) in [(9, None), (10, Some(2)), (29, Some(2)), (30, Some(5)), (39, Some(5)), (90, Some(1))] {
            assert_eq!(readiness.at(time_ms), ready, "{time_ms}");
        }
    }

    #[test]
    fn memory_is_bounded_and_the_oldest_goes_first() {
        let mut readiness = Readiness::default();
        for time in 0..1_000 {
            readiness.record(i64::from(time), time);
        }
        assert_eq!(readiness.changes.len(), KEPT);
        assert_eq!((readiness.at(900), readiness.at(999)), (None, Some(999)));
    }
}
