//! Sums that do not depend on the order in which they are made.

use super::codec::{DecodeError, Reader, Writer};

/// A sum as the unevaluated sum of two doubles (Dekker, 1971; Joldes, Muller, Popescu, 2017, "Tight and rigorous error bounds
/// for basic building blocks of double-word arithmetic").
///
/// It is exact while no partial sum exceeds 2^105 times the last bit of any value: a million values may differ by nine
/// powers of ten. So it is the same however the values were cut into batches; beyond that its relative error is about 2^-104.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Sum {
    high: f64,
    low: f64,
}

impl Sum {
    /// Adds a value.
    #[inline]
    pub fn add(&mut self, value: f64) {
        let (high, error) = two_sum(self.high, value);
        (self.high, self.low) = quick_two_sum(high, self.low + error);
    }

    /// Adds all that another holds.
    pub fn merge(&mut self, other: &Self) {
        let (high, error) = two_sum(self.high, other.high);
        let (low, rest) = two_sum(self.low, other.low);
        let (high, error) = quick_two_sum(high, error + low);
        (self.high, self.low) = quick_two_sum(high, rest + error);
    }

    /// The sum, rounded once; NaN where it is beyond the range of a double.
    #[must_use]
    pub fn value(&self) -> f64 {
        if self.high.is_finite() { self.high } else { f64::NAN }
    }

    pub(super) fn encode(&self, to: &mut Writer) {
        to.number(self.high);
        to.number(self.low);
    }

    pub(super) fn decode(from: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(Self { high: from.number()?, low: from.number()? })
    }
}

/// The rounded sum of any two doubles and what rounding lost (Knuth).
#[inline]
fn two_sum(a: f64, b: f64) -> (f64, f64) {
    let sum = a + b;
    let b_in_sum = sum - a;
    (sum, (a - (sum - b_in_sum)) + (b - b_in_sum))
}

/// The same where the first is at least as large.
#[inline]
fn quick_two_sum(large: f64, small: f64) -> (f64, f64) {
    let sum = large + small;
    (sum, small - (sum - large))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn small_values_are_not_lost_beside_large_ones() {
        let mut sum = Sum::default();
        [1e16, 1.0, -1e16, 1e-3].into_iter().for_each(|value| sum.add(value));
        assert_eq!(sum.value(), 1.001);
        sum.add(f64::MAX);
        sum.add(f64::MAX);
        assert!(sum.value().is_nan());
    }

    proptest! {
        #[test]
        fn cutting_changes_nothing(values in prop::collection::vec(-1e6..1e6_f64, 0..200), cut in 0..200_usize) {
            let of = |values: &[f64]| {
                let mut sum = Sum::default();
                values.iter().for_each(|&value| sum.add(value));
                sum
            };
            let (first, second) = values.split_at(cut.min(values.len()));
            let mut merged = of(second);
            merged.merge(&of(first));
            prop_assert_eq!(merged.value().to_bits(), of(&values).value().to_bits());
        }
    }
}
