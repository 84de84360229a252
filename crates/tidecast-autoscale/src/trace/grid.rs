//! The grid that samples were meant to be on: its step, and where it lies in time.

/// What a replay decides on happens within this, ms.
pub(super) const STEPS_MS: std::ops::RangeInclusive<i64> = 1_000..=3_600_000;

/// Steps at which things are measured on purpose, ms.
const USUAL_STEPS_MS: [i64; 12] =
    [1_000, 5_000, 10_000, 15_000, 20_000, 30_000, 60_000, 120_000, 300_000, 600_000, 900_000, 1_800_000];

/// Points in time at a fixed distance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Grid {
    anchor_ms: i64,
    pub(super) step_ms: i64,
}

impl Grid {
    /// The grid which most of the ascending times are on, or else the one in the middle of them. `step_ms` is above 0.
    pub(super) fn through(times_ms: impl Iterator<Item = i64> + Clone, step_ms: i64) -> Self {
        let first_ms = times_ms.clone().next().unwrap_or(0);
        let step = i128::from(step_ms);
        // Centred on the first time, so that jitter around it does not wrap.
        let offset_ms = |time_ms: i64| {
            let since_first_ms = i128::from(time_ms) - i128::from(first_ms);
            ((since_first_ms + step / 2).rem_euclid(step) - step / 2) as i64
        };
        let mut offsets_ms: Vec<i64> = times_ms.map(offset_ms).collect();
        let middle = offsets_ms.len() / 2;
        let median_ms = if offsets_ms.is_empty() { 0 } else { *offsets_ms.select_nth_unstable(middle).1 };
        Self { anchor_ms: first_ms.saturating_add(median_ms), step_ms }
    }

    /// The point nearest to a time, counted from the anchor.
    pub(super) fn nearest(&self, time_ms: i64) -> i128 {
        let step = i128::from(self.step_ms);
        (i128::from(time_ms) - i128::from(self.anchor_ms) + step / 2).div_euclid(step)
    }

    /// The time of a point; the nearest that can be told where there is none.
    pub(super) fn time_ms(&self, point: i128) -> i64 {
        let time_ms = i128::from(self.anchor_ms) + point * i128::from(self.step_ms);
        i64::try_from(time_ms).unwrap_or(if time_ms < 0 { i64::MIN } else { i64::MAX })
    }
}

/// The most common distance between neighbours; `None` if no two differ. Where distances around it jitter, a usual step
/// within a fifth of it is what was meant. Times ascend.
pub(super) fn most_common_step_ms(times_ms: impl Iterator<Item = i64> + Clone) -> Option<i64> {
    let neighbours = times_ms.clone().zip(times_ms.skip(1));
    let mut distances: Vec<i64> =
        neighbours.map(|(before, after)| after.saturating_sub(before)).filter(|&distance| distance > 0).collect();
    distances.sort_unstable();
    let (exact_ms, exactly) = most_common(&distances)?;
    let around = distances.iter().filter(|&&distance| is_near(distance, exact_ms)).count();
    if 2 * exactly >= around {
        return Some(exact_ms);
    }
    let seconds: Vec<i64> = distances.iter().map(|distance| (distance.saturating_add(500) / 1_000).max(1)).collect();
    let common_ms = most_common(&seconds)?.0.saturating_mul(1_000);
    let hour = [*STEPS_MS.end()];
    let usual = USUAL_STEPS_MS.into_iter().chain(hour).min_by_key(|usual| common_ms.abs_diff(*usual));
    Some(usual.filter(|&usual| is_near(common_ms, usual)).unwrap_or(common_ms))
}

/// Whether a distance is within a fifth of another.
fn is_near(distance: i64, other: i64) -> bool {
    distance.abs_diff(other) <= other.unsigned_abs() / 5
}

/// What occurs most often in what ascends, the least of several, and how often.
fn most_common(ascending: &[i64]) -> Option<(i64, usize)> {
    let runs = ascending.chunk_by(|one, next| one == next);
    runs.rev().max_by_key(|run| run.len()).and_then(|run| Some((*run.first()?, run.len())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_step_is_the_most_common_distance() {
        let cases: [(&[i64], Option<i64>); 9] = [
            (&[0, 60, 120, 300, 360], Some(60_000)),
            // Gaps are more frequent than neighbours.
            (&[0, 70, 140, 280, 420, 630, 840, 910], Some(70_000)),
            // Jitter around a minute.
            (&[0, 57, 120, 184, 238, 301, 359], Some(60_000)),
            // Jitter around what is no usual step.
            (&[0, 40, 79, 120, 159, 201, 240], Some(39_000)),
            (&[0, 3_603, 7_199, 10_800, 14_395, 18_003], Some(3_600_000)),
            (&[0, 86_400, 172_800], Some(86_400_000)),
            (&[5, 5, 5], None),
            (&[5], None),
            (&[], None),
        ];
        for (seconds, expected) in cases {
            assert_eq!(most_common_step_ms(seconds.iter().map(|s| s * 1_000)), expected, "{seconds:?}");
        }
        assert_eq!(most_common_step_ms([i64::MIN, i64::MAX].into_iter()), Some(i64::MAX));
        assert_eq!(most_common_step_ms([0, 100, 200, 300].into_iter()), Some(100));
    }

    #[test]
    fn the_grid_goes_through_most_times() {
        let check = |times_ms: &[i64], expected: &[i64]| {
            let grid = Grid::through(times_ms.iter().copied(), 10);
            let nearest: Vec<i64> = times_ms.iter().map(|&time| grid.time_ms(grid.nearest(time))).collect();
            assert_eq!(nearest, expected, "{times_ms:?}");
        };
        check(&[0, 10, 20, 50], &[0, 10, 20, 50]);
        check(&[3, 10, 20, 30], &[0, 10, 20, 30]);
        check(&[7, 20, 30, 40], &[10, 20, 30, 40]);
        check(&[5, 14, 26, 35], &[5, 15, 25, 35]);
        check(&[i64::MIN, i64::MIN + 10], &[i64::MIN, i64::MIN + 10]);
        check(&[i64::MAX - 10, i64::MAX], &[i64::MAX - 10, i64::MAX]);
    }
}
