//! The scale on which a series is explained: of its values, or of their logarithms.

use crate::scale::deviation;
use serde::{Deserialize, Serialize};
use tidecast_core::forecast::accuracy;

/// Logarithms are taken where the least value is at least this share of the mean: then a series is a quantity whose
/// changes are shares of it.
const LEAST_SHARE: f64 = 1e-3;
/// Values that come later are taken to be at least this share of the least value learned from.
const FLOOR: f64 = 0.1;

/// From a series to numbers whose seasonal differences are about 1, and back.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Scale {
    /// Least value that a logarithm is taken of; none where values are used as they are.
    pub(super) floor: Option<f64>,
    /// Mean absolute seasonal difference.
    pub(super) unit: f64,
}

impl Scale {
    /// Of values without gaps.
    pub(super) fn of(values: &[f64], season: usize) -> Self {
        let mean = values.iter().sum::<f64>() / values.len().max(1) as f64;
        let least = values.iter().copied().fold(f64::INFINITY, f64::min);
        let floor = (mean.is_finite() && least > 0.0 && least >= LEAST_SHARE * mean).then_some(FLOOR * least);
        let plain = Self { floor, unit: 1.0 };
        let transformed: Vec<f64> = values.iter().map(|value| plain.shrink(*value)).collect();
        let usable = |unit: &f64| unit.is_finite() && *unit > 1e-9 * deviation(&transformed);
        let unit = accuracy::mase_scale(&transformed, season).filter(usable).unwrap_or_else(|| deviation(&transformed));
        Self { floor, unit }
    }

    /// From the unit of the series.
    pub(super) fn shrink(&self, value: f64) -> f64 {
        self.floor.map_or(value, |floor| value.max(floor).ln()) / self.unit
    }

    /// To the unit of the series.
    pub(super) fn grow(&self, value: f64) -> f64 {
        if self.floor.is_some() { (value * self.unit).exp() } else { value * self.unit }
    }

    /// Whether a saved one is possible.
    pub(super) fn is_sound(&self) -> bool {
        self.unit.is_finite() && self.unit > 0.0 && self.floor.is_none_or(|floor| floor.is_finite() && floor > 0.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(values: &[f64], logarithmic: bool) {
        let scale = Scale::of(values, 2);
        assert_eq!(scale.floor.is_some(), logarithmic);
        assert!(scale.is_sound());
        for value in values {
            assert!((scale.grow(scale.shrink(*value)) - value).abs() <= 1e-9 * value.abs(), "{values:?}");
        }
    }

    #[test]
    fn there_and_back() {
        check(&[1.0, 2.0, 3.0, 2.5], true);
        check(&[0.0, 2.0, 3.0, 2.5], false);
        check(&[-1.0, -2.0, 3.0, 2.5], false);
        check(&[1e-9, 2.0, 3.0, 2.5], false);
        check(&[7.0; 5], true);
        check(&[0.0; 5], false);
    }
}
