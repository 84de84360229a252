//! How far usage may be from its target before anything is done.

use super::behavior::{BehaviorSpec, RulesSpec};

/// Upstream's `Tolerances`: one for each direction, as ratios.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Tolerances {
    /// Below the target.
    pub scale_down: f64,
    /// Above the target.
    pub scale_up: f64,
}

impl Tolerances {
    /// Upstream's `tolerancesForHpa`: those of the object, and the controller's where it has none.
    #[must_use]
    pub fn of(controller_tolerance: f64, behavior: Option<&BehaviorSpec>) -> Self {
        let own = |rules: Option<&RulesSpec>| rules.and_then(|rules| rules.tolerance).unwrap_or(controller_tolerance);
        Self {
            scale_down: own(behavior.and_then(|behavior| behavior.scale_down.as_ref())),
            scale_up: own(behavior.and_then(|behavior| behavior.scale_up.as_ref())),
        }
    }

    /// Upstream's `isWithin`. Both ends belong to it, and the ends are computed, not the distance: in floating-point
    /// numbers that is not the same.
    #[must_use]
    pub fn is_within(self, ratio: f64) -> bool {
        (1.0 - self.scale_down) <= ratio && ratio <= (1.0 + self.scale_up)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_object_goes_before_the_controller() {
        let rules = |tolerance| Some(RulesSpec { tolerance, ..RulesSpec::default() });
        let behavior = BehaviorSpec { scale_up: rules(Some(0.0)), scale_down: rules(None) };
        assert_eq!(Tolerances::of(0.1, Some(&behavior)), Tolerances { scale_down: 0.1, scale_up: 0.0 });
        assert_eq!(Tolerances::of(0.2, None), Tolerances { scale_down: 0.2, scale_up: 0.2 });
    }

    #[test]
    fn both_ends_are_within() {
        let tolerances = Tolerances { scale_down: 0.1, scale_up: 0.2 };
        // 1 - 0.9 is greater than 0.1 in floating-point numbers.
        for (ratio, expected) in [(0.9, true), (1.2, true), (0.899, false), (1.201, false), (f64::NAN, false)] {
            assert_eq!(tolerances.is_within(ratio), expected, "{ratio}");
        }
    }
}
