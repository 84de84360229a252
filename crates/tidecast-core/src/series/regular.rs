//! Regular series: samples resampled onto a fixed step, with gaps made explicit. What forecasters see.

use super::{Points, Sample};

/// Values at `start_ms + i * step_ms`; a missing value is NaN.
#[derive(Clone, Debug, PartialEq)]
pub struct RegularSeries {
    /// Time of the first value, ms since the Unix epoch.
    pub start_ms: i64,
    /// Distance between values, ms, at least 1.
    pub step_ms: i64,
    /// The values; NaN where there was no sample.
    pub values: Vec<f64>,
}

/// Steps at which things are measured on purpose, ms.
const USUAL_STEPS_MS: [i64; 17] = [
    1_000, 5_000, 10_000, 15_000, 30_000, 60_000, 120_000, 300_000, 600_000, 900_000, 1_800_000, 3_600_000, 7_200_000,
    10_800_000, 21_600_000, 43_200_000, 86_400_000,
];

/// The step of a series: the median distance between neighbours. Where fewer than half of the distances are exactly
/// that (timestamps that jitter), a usual step within a fifth of it is what was meant. `None` with fewer than two
/// samples. Timestamps ascend.
#[must_use]
pub fn infer_step_ms(timestamps_ms: &[i64]) -> Option<i64> {
    // The newest thousands decide: a meter that was switched from hourly to 15 minutes is a 15-minute meter.
    const RECENT: usize = 4_096;
    let recent = &timestamps_ms[timestamps_ms.len().saturating_sub(RECENT)..];
    let distances = recent.windows(2).map(|pair| pair[1].saturating_sub(pair[0]));
    let mut distances: Vec<i64> = distances.filter(|distance| *distance > 0).collect();
    distances.sort_unstable();
    let median = *distances.get(distances.len().checked_sub(1)? / 2)?;
    let exact = distances.iter().filter(|distance| **distance == median).count();
    let usual = USUAL_STEPS_MS.into_iter().min_by_key(|usual| usual.saturating_sub(median).saturating_abs());
    let meant = usual.filter(|usual| 2 * exact < distances.len() && (usual - median).abs() * 5 <= *usual);
    Some(meant.unwrap_or(median))
}

impl RegularSeries {
    /// Places ascending samples on the grid of `step_ms` aligned to the last sample, so that the newest sample is
    /// never lost. A sample belongs to the nearest cell, so that jitter does no harm; several in one cell average; a cell without a finite one is NaN. At most `limit` of the
    /// newest cells are kept, which bounds memory however sparse the samples are.
    ///
    /// `None` without samples.
    #[must_use]
    pub fn from_points(points: &Points, step_ms: i64, limit: usize) -> Option<Self> {
        let step_ms = step_ms.max(1);
        let last_ms = *points.timestamps_ms.last()?;
        let first_ms = *points.timestamps_ms.first()?;
        let cells_back = |timestamp_ms: i64| {
            let distance_ms = last_ms.saturating_sub(timestamp_ms).saturating_add(step_ms / 2);
            usize::try_from(distance_ms / step_ms).unwrap_or(usize::MAX)
        };
        let count = cells_back(first_ms).saturating_add(1).min(limit.max(1));
        let mut sums = vec![0.0; count];
        let mut counts = vec![0_u32; count];
        for (&timestamp_ms, &value) in points.timestamps_ms.iter().zip(&points.values) {
            let back = cells_back(timestamp_ms);
            if back < count && value.is_finite() {
                sums[count - 1 - back] += value;
                counts[count - 1 - back] += 1;
            }
        }
        let values = sums.iter().zip(&counts).map(|(sum, n)| if *n == 0 { f64::NAN } else { sum / f64::from(*n) });
        let back_ms = step_ms.saturating_mul(i64::try_from(count - 1).unwrap_or(i64::MAX));
        Some(Self { start_ms: last_ms.saturating_sub(back_ms), step_ms, values: values.collect() })
    }

    /// Time of the value at `index`.
    #[must_use]
    pub fn timestamp_ms(&self, index: usize) -> i64 {
        self.start_ms.saturating_add(self.step_ms.saturating_mul(i64::try_from(index).unwrap_or(i64::MAX)))
    }

    /// Time of the last value: the origin of a forecast made now. `None` when empty.
    #[must_use]
    pub fn origin_ms(&self) -> Option<i64> {
        self.values.len().checked_sub(1).map(|last| self.timestamp_ms(last))
    }

    /// How many values there are, missing ones included.
    #[must_use]
    pub fn len(&self) -> usize {
        self.values.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    /// How many values are missing.
    #[must_use]
    pub fn missing(&self) -> usize {
        self.values.iter().filter(|value| value.is_nan()).count()
    }

    /// As [`Self::from_points`], on the grid of the samples' own step, see [`infer_step_ms`]. `None` with fewer than two
    /// samples.
    #[must_use]
    pub fn infer(points: &Points, limit: usize) -> Option<Self> {
        Self::from_points(points, infer_step_ms(&points.timestamps_ms)?, limit)
    }

    /// Takes ascending samples that arrived after the last value: the cells up to the newest of them, NaN where there
    /// was none, are appended and returned. Samples not after the last value's cell are ignored; they were known, or
    /// came too late. `None`, and nothing changes, when more than `limit` cells would be appended: after so long a
    /// gap one starts anew.
    pub fn extend(&mut self, points: &Points, limit: usize) -> Option<&[f64]> {
        let origin_ms = self.origin_ms()?;
        let cell = |timestamp_ms: i64| {
            let distance_ms = timestamp_ms.saturating_sub(origin_ms).saturating_add(self.step_ms / 2);
            usize::try_from(distance_ms.div_euclid(self.step_ms)).unwrap_or(0)
        };
        let count = points.timestamps_ms.last().map_or(0, |&newest_ms| cell(newest_ms));
        if count > limit {
            return None;
        }
        let mut sums = vec![(0.0, 0_u32); count];
        for (&timestamp_ms, &value) in points.timestamps_ms.iter().zip(&points.values) {
            if let Some((sum, n)) = cell(timestamp_ms).checked_sub(1).and_then(|index| sums.get_mut(index))
                && value.is_finite()
            {
                *sum += value;
                *n += 1;
            }
        }
        let known = self.values.len();
        self.values.extend(sums.iter().map(|(sum, n)| if *n == 0 { f64::NAN } else { sum / f64::from(*n) }));
        Some(&self.values[known..])
    }

    /// Forgets the oldest values so that at most `limit` stay.
    pub fn keep_newest(&mut self, limit: usize) {
        let surplus = self.values.len().saturating_sub(limit);
        self.start_ms = self.timestamp_ms(surplus);
        self.values.drain(..surplus);
    }

    /// The first `length` values: what was known then.
    #[must_use]
    pub fn truncated(&self, length: usize) -> Self {
        Self { values: self.values[..length.min(self.values.len())].to_vec(), ..*self }
    }

    /// The samples, missing ones left out.
    pub fn samples(&self) -> impl Iterator<Item = Sample> + '_ {
        let known = self.values.iter().enumerate().filter(|(_, value)| !value.is_nan());
        known.map(|(index, &value)| Sample { timestamp_ms: self.timestamp_ms(index), value })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn points(samples: &[(i64, f64)]) -> Points {
        let (timestamps_ms, values) = samples.iter().copied().unzip();
        Points { timestamps_ms, values }
    }

    #[test]
    fn step_is_the_median_distance() {
        assert_eq!(infer_step_ms(&[0, 10, 20, 50, 60]), Some(10));
        assert_eq!(infer_step_ms(&[0, 3_500, 7_300, 10_600, 14_700, 18_100].map(|s| s * 1_000)), Some(3_600_000));
        assert_eq!(infer_step_ms(&[0, 7, 14, 21, 28].map(|s| s * 1_000)), Some(7_000));
        assert_eq!(infer_step_ms(&[i64::MIN, i64::MAX]), Some(i64::MAX));
        assert_eq!(infer_step_ms(&[7]), None);
    }

    #[test]
    fn gaps_become_nan_and_cells_average() {
        let series =
            RegularSeries::from_points(&points(&[(0, 1.0), (10, 2.0), (38, 4.0), (40, 6.0)]), 10, 100).unwrap();
        assert_eq!((series.start_ms, series.len(), series.missing()), (0, 5, 2));
        assert_eq!(series.values[4], 5.0);
        assert_eq!(series.origin_ms(), Some(40));
        assert_eq!(series.samples().count(), 3);
    }

    #[test]
    fn new_samples_extend_the_grid() {
        let mut series = RegularSeries { start_ms: 0, step_ms: 10, values: vec![1.0, 2.0] };
        let added = series.extend(&points(&[(8, 9.0), (14, 9.0), (21, 3.0), (39, 5.0), (42, 7.0)]), 100).unwrap();
        assert_eq!(added.len(), 3);
        assert_eq!((added[0], added[2]), (3.0, 6.0));
        assert!(added[1].is_nan());
        assert_eq!(series.origin_ms(), Some(40));
        assert_eq!(series.extend(&points(&[(30, 1.0)]), 100).unwrap(), [0.0; 0]);
        assert_eq!(series.extend(&points(&[(10_000, 1.0)]), 100), None);
        series.keep_newest(2);
        assert_eq!((series.start_ms, series.origin_ms()), (30, Some(40)));
    }

    #[test]
    fn a_far_gap_is_bounded() {
        let series = RegularSeries::from_points(&points(&[(i64::MIN / 4, 1.0), (0, 2.0), (10, 3.0)]), 10, 3).unwrap();
        assert_eq!(series.values.len(), 3);
        assert_eq!(series.values[1..], [2.0, 3.0]);
    }

    #[test]
    fn infinities_are_missing() {
        let series = RegularSeries::from_points(&points(&[(0, f64::INFINITY), (10, 3.0)]), 10, 10).unwrap();
        assert!(series.values[0].is_nan());
    }
}
