//! Actual values on the grid of a series' forecasts.

use tidecast_core::forecast::accuracy;
use tidecast_core::series::{Points, RegularSeries};

/// Most cells: what a range and the time before it may have, with gaps.
const CELLS_MAX: usize = 60_000;

/// Values by time.
pub(super) struct Grid(RegularSeries);

impl Grid {
    /// `None` without a value.
    pub(super) fn new(points: &Points, step_ms: i64) -> Option<Self> {
        RegularSeries::from_points(points, step_ms, CELLS_MAX).map(Self)
    }

    /// The value at a time, or at most half a step from it; NaN where it is missing.
    pub(super) fn at(&self, at_ms: i64) -> Option<f64> {
        self.0.values.get(self.index(at_ms)?).copied()
    }

    /// The value a whole number of seasons before, the nearest that was known at the origin.
    pub(super) fn seasonal_naive(&self, at_ms: i64, origin_ms: i64, season: usize) -> Option<f64> {
        let known = self.index(origin_ms)?;
        let season_ms = self.0.step_ms.saturating_mul(i64::try_from(season).unwrap_or(i64::MAX));
        let mut before_ms = at_ms.checked_sub(season_ms)?;
        loop {
            let index = self.index(before_ms)?;
            if let Some(value) = self.0.values.get(index).filter(|value| index <= known && value.is_finite()) {
                return Some(*value);
            }
            before_ms = before_ms.checked_sub(season_ms)?;
        }
    }

    /// The scale of MASE, from the values before an instant; where those say nothing, from all.
    pub(super) fn scale(&self, before_ms: i64, season: usize) -> Option<f64> {
        let before = self.index(before_ms).unwrap_or(0).min(self.0.len());
        accuracy::mase_scale(&self.0.values[..before], season).or_else(|| accuracy::mase_scale(&self.0.values, season))
    }

    /// `None` before the first cell.
    fn index(&self, at_ms: i64) -> Option<usize> {
        let distance_ms = at_ms.checked_sub(self.0.start_ms)?.checked_add(self.0.step_ms / 2)?;
        usize::try_from(distance_ms.div_euclid(self.0.step_ms)).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grid() -> Grid {
        let values = [1.0, 5.0, 2.0, 7.0, f64::NAN, 9.0];
        let known = || values.iter().enumerate().filter(|(_, value)| value.is_finite());
        let points = Points {
            timestamps_ms: known().map(|(index, _)| 100 + 10 * i64::try_from(index).unwrap()).collect(),
            values: known().map(|(_, value)| *value).collect(),
        };
        Grid::new(&points, 10).unwrap()
    }

    #[test]
    fn values_are_found_at_their_time() {
        let grid = grid();
        assert_eq!((grid.at(100), grid.at(114), grid.at(96)), (Some(1.0), Some(5.0), Some(1.0)));
        assert!(grid.at(140).unwrap().is_nan());
        assert_eq!((grid.at(90), grid.at(160)), (None, None));
    }

    #[test]
    fn the_naive_forecast_knows_nothing_after_the_origin() {
        let grid = grid();
        // Season 2: 150 repeats 130, but only 110 was known at 120.
        assert_eq!(grid.seasonal_naive(150, 130, 2), Some(7.0));
        assert_eq!(grid.seasonal_naive(150, 120, 2), Some(5.0));
        // 160 repeats 140, which is missing, so 120.
        assert_eq!(grid.seasonal_naive(160, 150, 2), Some(2.0));
        assert_eq!(grid.seasonal_naive(110, 100, 2), None);
    }

    #[test]
    fn the_scale_comes_from_before_the_range() {
        assert_eq!(grid().scale(140, 2), Some(1.5));
        assert_eq!(grid().scale(100, 2), Some(5.0 / 3.0));
    }
}
