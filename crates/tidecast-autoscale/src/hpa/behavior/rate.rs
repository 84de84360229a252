//! How far replicas may go in one step, given what changed lately.

use super::events::ScaleEvents;
use super::rules::{Change, Rules, SelectPolicy};
use crate::hpa::arithmetic::{ceil_to_i32, to_i32};

/// What changed lately, in both directions: changes back and forth cancel out, in the limits of either.
pub(super) struct Recent<'a> {
    pub(super) now_seconds: f64,
    pub(super) added: &'a ScaleEvents,
    pub(super) removed: &'a ScaleEvents,
}

impl Recent<'_> {
    /// Upstream's `calculateScaleUpLimitWithScalingRules`: the most replicas there may be. A percentage is rounded up, so
    /// that a few replicas can grow at all.
    pub(super) fn scale_up_limit(&self, current: i32, rules: &Rules) -> i32 {
        let proposals = rules.policies.iter().map(|policy| {
            let start = self.replicas_before(current, policy.period_seconds);
            match policy.change {
                Change::Pods(pods) => start.wrapping_add(pods),
                Change::Percent(percent) => ceil_to_i32(f64::from(start) * (1.0 + f64::from(percent) / 100.0)),
            }
        });
        match rules.select_policy {
            SelectPolicy::Disabled => current,
            SelectPolicy::Min => proposals.fold(i32::MAX, i32::min),
            SelectPolicy::Max => proposals.fold(i32::MIN, i32::max),
        }
    }

    /// Upstream's `calculateScaleDownLimitWithBehaviors`: the fewest replicas there may be.
    pub(super) fn scale_down_limit(&self, current: i32, rules: &Rules) -> i32 {
        let proposals = rules.policies.iter().map(|policy| {
            let start = self.replicas_before(current, policy.period_seconds);
            match policy.change {
                Change::Pods(pods) => start.wrapping_sub(pods),
                Change::Percent(percent) => to_i32(f64::from(start) * (1.0 - f64::from(percent) / 100.0)),
            }
        });
        match rules.select_policy {
            SelectPolicy::Disabled => current,
            SelectPolicy::Min => proposals.fold(i32::MIN, i32::max),
            SelectPolicy::Max => proposals.fold(i32::MAX, i32::min),
        }
    }

    /// How many replicas there were at the beginning of the period, as far as the controller itself changed them.
    fn replicas_before(&self, current: i32, period_seconds: i32) -> i32 {
        let added = self.added.change_within(self.now_seconds, period_seconds);
        let removed = self.removed.change_within(self.now_seconds, period_seconds);
        current.wrapping_sub(added).wrapping_add(removed)
    }
}

#[cfg(test)]
mod tests {
    use super::super::rules::Policy;
    use super::*;

    fn rules(select_policy: SelectPolicy, changes: &[Change]) -> Rules {
        let policies = changes.iter().map(|change| Policy { change: *change, period_seconds: 60 }).collect();
        Rules { stabilization_window_seconds: 0, select_policy, policies }
    }

    #[test]
    fn the_policy_that_is_selected_sets_the_limit() {
        let mut added = ScaleEvents::default();
        added.store(50.0, 60, 2);
        let removed = ScaleEvents::default();
        let recent = Recent { now_seconds: 60.0, added: &added, removed: &removed };
        let both = [Change::Pods(4), Change::Percent(10)];
        // There were 10 at the beginning of the minute.
        let cases = [
            (SelectPolicy::Max, &both[..], 14, 6),
            (SelectPolicy::Min, &both, 11, 9),
            (SelectPolicy::Disabled, &both, 12, 12),
            (SelectPolicy::Max, &[], i32::MIN, i32::MAX),
            (SelectPolicy::Min, &[], i32::MAX, i32::MIN),
        ];
        for (select, changes, up, down) in cases {
            let rules = rules(select, changes);
            assert_eq!(
                (recent.scale_up_limit(12, &rules), recent.scale_down_limit(12, &rules)),
                (up, down),
                "{rules:?}"
            );
        }
    }

    #[test]
    fn percentages_are_computed_in_floating_point() {
        let none = ScaleEvents::default();
        let recent = Recent { now_seconds: 0.0, added: &none, removed: &none };
        // 1.1 is above eleven tenths: 100 times it rounds up to 111, not 110.
        assert_eq!(recent.scale_up_limit(100, &rules(SelectPolicy::Max, &[Change::Percent(10)])), 111);
        assert_eq!(recent.scale_down_limit(7, &rules(SelectPolicy::Max, &[Change::Percent(50)])), 3);
    }
}
