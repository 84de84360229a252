//! The rules for changes in one direction: as a user writes them, and with every default in its place.

use crate::hpa::arithmetic::to_i32;

/// `spec.behavior` as it is written, with what is left out as none.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct BehaviorSpec {
    /// For more replicas.
    pub scale_up: Option<RulesSpec>,
    /// For fewer.
    pub scale_down: Option<RulesSpec>,
}

/// `HPAScalingRules` as they are written.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RulesSpec {
    /// `stabilizationWindowSeconds`.
    pub stabilization_window_seconds: Option<i32>,
    /// `selectPolicy`.
    pub select_policy: Option<SelectPolicy>,
    /// `policies`. An empty list is not the same as none.
    pub policies: Option<Vec<Policy>>,
    /// `tolerance`, see [`crate::hpa::approximate_quantity`].
    pub tolerance: Option<f64>,
}

/// The rules in force.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Behavior {
    /// For more replicas.
    pub scale_up: Rules,
    /// For fewer.
    pub scale_down: Rules,
}

/// The rules in force for one direction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rules {
    /// For how long the most cautious recommendation is followed.
    pub stabilization_window_seconds: i32,
    /// Which of the policies counts.
    pub select_policy: SelectPolicy,
    /// How fast replicas may change.
    pub policies: Vec<Policy>,
}

/// Which policy counts if there are several.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SelectPolicy {
    /// The one that allows the greatest change.
    Max,
    /// The one that allows the least.
    Min,
    /// None: there is no change in this direction.
    Disabled,
}

/// A limit to how fast replicas change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Policy {
    /// By how much at most.
    pub change: Change,
    /// In how many seconds.
    pub period_seconds: i32,
}

/// An amount of replicas.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// That many.
    Pods(i32),
    /// That much of what there was at the beginning of the period.
    Percent(i32),
}

impl Behavior {
    /// Upstream's `SetDefaults_HorizontalPodAutoscalerBehavior` and `maybeInitScaleDownStabilizationWindow`: what is left
    /// out gets the API's defaults, and the window for scaling down the controller's flag.
    #[must_use]
    pub fn effective(spec: &BehaviorSpec, downscale_stabilization_seconds: f64) -> Self {
        let up = vec![
            Policy { change: Change::Pods(4), period_seconds: 15 },
            Policy { change: Change::Percent(100), period_seconds: 15 },
        ];
        let down = vec![Policy { change: Change::Percent(100), period_seconds: 15 }];
        Self {
            scale_up: Rules::effective(spec.scale_up.as_ref(), 0, up),
            scale_down: Rules::effective(spec.scale_down.as_ref(), to_i32(downscale_stabilization_seconds), down),
        }
    }
}

impl Rules {
    /// Upstream's `getLongestPolicyPeriod`.
    pub(super) fn longest_period_seconds(&self) -> i32 {
        self.policies.iter().map(|policy| policy.period_seconds).fold(0, i32::max)
    }

    fn effective(spec: Option<&RulesSpec>, window_seconds: i32, policies: Vec<Policy>) -> Self {
        let default = Self { stabilization_window_seconds: window_seconds, select_policy: SelectPolicy::Max, policies };
        let Some(spec) = spec else { return default };
        Self {
            stabilization_window_seconds: spec.stabilization_window_seconds.unwrap_or(window_seconds),
            select_policy: spec.select_policy.unwrap_or(default.select_policy),
            policies: spec.policies.clone().unwrap_or(default.policies),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_out_gets_defaults_direction_by_direction() {
        let behavior = Behavior::effective(&BehaviorSpec::default(), 270.5);
        assert_eq!(behavior.scale_up.stabilization_window_seconds, 0);
        assert_eq!(behavior.scale_down.stabilization_window_seconds, 270);
        assert_eq!(behavior.scale_up.policies.len(), 2);
        let down = [Policy { change: Change::Percent(100), period_seconds: 15 }];
        assert_eq!(
            (behavior.scale_down.select_policy, &behavior.scale_down.policies[..]),
            (SelectPolicy::Max, &down[..])
        );

        let own = RulesSpec { policies: Some(Vec::new()), ..RulesSpec::default() };
        let spec = BehaviorSpec { scale_up: None, scale_down: Some(own) };
        let behavior = Behavior::effective(&spec, 300.0);
        assert_eq!(behavior.scale_down.policies, []);
        assert_eq!(behavior.scale_down.stabilization_window_seconds, 300);
        assert_eq!(behavior.scale_down.longest_period_seconds(), 0);
        assert_eq!(behavior.scale_up.longest_period_seconds(), 15);
    }
}
