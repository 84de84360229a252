//! The range in which values of a series are believed, so that one broken reading of 1e12 does not become tomorrow.

use serde::{Deserialize, Serialize};

/// Values outside are taken as missing in what a model sees, and as the nearest bound in what it says.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Bounds {
    /// Lowest believable value.
    low: f64,
    /// Highest believable value.
    high: f64,
    /// Lowest value that is forecast: 0 for a series that was never negative.
    floor: f64,
}

/// How many times the usual range lies on either side of it.
const MARGIN: f64 = 10.0;
/// Largest magnitude that is believed at all: it and its errors fit the 32 bits in which intervals are kept.
const LARGEST: f64 = 1e30;

impl Bounds {
    /// Bounds of the known values; `None` when there are none.
    pub(crate) fn of(values: &[f64]) -> Option<Self> {
        let mut sorted: Vec<f64> =
            values.iter().filter(|value| value.is_finite()).map(|value| value.clamp(-LARGEST, LARGEST)).collect();
        sorted.sort_unstable_by(f64::total_cmp);
        let (first, last) = (*sorted.first()?, *sorted.last()?);
        // Rounded inwards, so that a single outlier among few values is not usual.
        let below = |percent: usize| sorted[(sorted.len() - 1) * percent / 100];
        let above = |percent: usize| sorted[((sorted.len() - 1) * percent).div_ceil(100)];
        let (usual_low, usual_high) = if sorted.len() < 100 { (above(25), below(75)) } else { (above(1), below(99)) };
        let (low, high, range) = if usual_high > usual_low {
            (usual_low, usual_high, usual_high - usual_low)
        } else {
            // Nearly all values are equal, which says nothing about the others: believe any of their magnitude.
            (first, last, first.abs().max(last.abs()))
        };
        let margin = if range > 0.0 { (MARGIN * range).min(LARGEST) } else { LARGEST };
        let low = (low - margin).max(-LARGEST);
        Some(Self { low, high: (high + margin).clamp(low, LARGEST), floor: if first >= 0.0 { 0.0 } else { low } })
    }

    /// The value, or NaN where it is missing, infinite or not believable: the season before tells more about such a
    /// moment than the bound does.
    pub(crate) fn believe(&self, value: f64) -> f64 {
        let value = if value.is_finite() { value.clamp(-LARGEST, LARGEST) } else { f64::NAN };
        if (self.low..=self.high).contains(&value) { value } else { f64::NAN }
    }

    /// The nearest value that may be forecast.
    pub(crate) fn say(&self, value: f64) -> f64 {
        if value.is_finite() { value.clamp(self.low, self.high).max(self.floor) } else { f64::NAN }
    }

    /// Whether the bounds, read from a file, are possible.
    pub(crate) fn is_sound(&self) -> bool {
        self.low <= self.high && self.floor <= self.high && self.low.is_finite() && self.high.is_finite()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(values: &[f64], spoken: &[(f64, f64)]) {
        let bounds = Bounds::of(values).unwrap();
        for (value, expected) in spoken {
            assert_eq!(bounds.say(*value), *expected, "{values:?}");
        }
    }

    #[test]
    fn spikes_are_not_believed() {
        check(&[1.0, 2.0, 3.0, 4.0, 1e12], &[(1e12, 24.0), (-5.0, 0.0), (3.0, 3.0)]);
        check(&[-1.0, 1.0, 0.0, -1e12], &[(-1e12, -11.0), (1e13, 10.0)]);
    }

    #[test]
    fn an_unbelievable_reading_is_a_missing_one() {
        let bounds = Bounds::of(&[1.0, 2.0, 3.0, 4.0, 1e12]).unwrap();
        assert_eq!(bounds.believe(20.0), 20.0);
        assert!(bounds.believe(1e12).is_nan() && bounds.believe(f64::INFINITY).is_nan());
    }

    #[test]
    fn a_constant_may_still_change() {
        check(&[0.0; 10], &[(7.0, 7.0)]);
        check(&[5.0; 10], &[(40.0, 40.0), (1e9, 55.0)]);
        assert_eq!(Bounds::of(&[f64::NAN]), None);
    }
}
