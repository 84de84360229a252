//! The times at which a query is evaluated, and their parts of a size that servers answer.

use super::error::PrometheusError;
use tidecast_core::duration::DurationMs;

/// Servers refuse more than 11,000 times in one request.
pub(super) const PART_TIMES_MAX: usize = 10_000;

/// 115 days of 10 s, nearly two years of minutes.
const TIMES_MAX: i64 = 1_000_000;

/// The end of the year 9999.
const LATEST_MS: i64 = 253_402_300_799_999;

/// The multiples of a step in a range of time. Servers that keep results move other times there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Grid {
    /// The first one, ms since the Unix epoch.
    pub(super) first_ms: i64,
    /// Above 0.
    pub(super) step_ms: i64,
    /// How many, at least 1.
    pub(super) count: usize,
}

impl Grid {
    /// The multiples of `step` in `from_ms..=to_ms`.
    pub(super) fn between(from_ms: i64, to_ms: i64, step: DurationMs) -> Result<Self, PrometheusError> {
        let wrong = |reason: String| PrometheusError::Range { reason };
        let DurationMs(step_ms) = step;
        if !(1..=LATEST_MS).contains(&step_ms) {
            return Err(wrong(format!("a step of {step} is none; take one above 0ms, for example 1m")));
        }
        if from_ms < 0 || to_ms > LATEST_MS || from_ms > to_ms {
            return Err(wrong("it must begin after 1970 and end later, but before the year 10000".to_owned()));
        }
        let (first, last) = ((from_ms + step_ms - 1) / step_ms, to_ms / step_ms);
        let count = last - first + 1;
        if count < 1 {
            return Err(wrong(format!("no whole step of {step} is in it; take a longer range or a shorter step")));
        }
        if count > TIMES_MAX {
            let step_needed_s = (to_ms - from_ms) / TIMES_MAX / 1_000 + 1;
            let shortest = DurationMs(step_needed_s * 1_000);
            return Err(wrong(format!(
                "it has {count} steps of {step}, more than {TIMES_MAX}; take a step of at least {shortest}, or fewer days"
            )));
        }
        Ok(Self { first_ms: first * step_ms, step_ms, count: usize::try_from(count).unwrap_or(1) })
    }

    /// The same times in parts of up to [`PART_TIMES_MAX`].
    pub(super) fn parts(self) -> impl Iterator<Item = Self> {
        (0..self.count).step_by(PART_TIMES_MAX).map(move |start| Self {
            first_ms: self.time_ms(start),
            count: PART_TIMES_MAX.min(self.count - start),
            ..self
        })
    }

    pub(super) fn time_ms(&self, index: usize) -> i64 {
        self.first_ms + self.step_ms * i64::try_from(index).unwrap_or(0)
    }

    pub(super) fn last_ms(&self) -> i64 {
        self.time_ms(self.count - 1)
    }

    /// Which of the times is nearest; `None` beyond the first and the last.
    pub(super) fn index(&self, time_ms: i64) -> Option<usize> {
        let since_first_ms = time_ms.saturating_sub(self.first_ms).saturating_add(self.step_ms / 2);
        usize::try_from(since_first_ms.div_euclid(self.step_ms)).ok().filter(|&index| index < self.count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_multiples_of_the_step() {
        let cases = [
            (0, 0, 10, Some((0, 1))),
            (1, 39, 10, Some((10, 3))),
            (10, 40, 10, Some((10, 4))),
            (11, 19, 10, None),
            (0, 39, 0, None),
            (-1, 39, 10, None),
            (40, 39, 10, None),
            (5, i64::MAX, 10, None),
            (5, 10, i64::MAX, None),
            (5, 10, LATEST_MS, None),
            (0, 10_000_000, 10, None),
            (10, 10_000_000, 10, Some((10, 1_000_000))),
        ];
        for (from_ms, to_ms, step_ms, expected) in cases {
            let grid = Grid::between(from_ms, to_ms, DurationMs(step_ms)).ok().map(|grid| (grid.first_ms, grid.count));
            assert_eq!(grid, expected, "{from_ms} {to_ms} {step_ms}");
        }
        let error = Grid::between(0, 86_400_000 * 365, DurationMs::SECOND).unwrap_err().to_string();
        assert!(error.contains("31536001 steps of 1s") && error.contains("at least 32s"), "{error}");
    }

    #[test]
    fn parts_follow_each_other() {
        let grid = Grid::between(0, 60_000 * 20_160, DurationMs::MINUTE).unwrap();
        let parts: Vec<_> = grid.parts().map(|part| (part.first_ms / 60_000, part.count)).collect();
        assert_eq!(parts, [(0, 10_000), (10_000, 10_000), (20_000, 161)]);
        assert_eq!(grid.last_ms(), 60_000 * 20_160);
    }

    #[test]
    fn values_go_to_the_nearest_time() {
        let grid = Grid { first_ms: 100, step_ms: 10, count: 3 };
        let cases = [(94, None), (95, Some(0)), (104, Some(0)), (105, Some(1)), (124, Some(2)), (125, None)];
        for (time_ms, expected) in cases {
            assert_eq!(grid.index(time_ms), expected, "{time_ms}");
        }
        assert_eq!((grid.index(i64::MIN), grid.index(i64::MAX)), (None, None));
    }
}
