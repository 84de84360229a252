//! One proposal, made fit: stabilised, then held to rates and limits, with the reasons that the object's status gives.

use super::rate::Recent;
use super::rules::Behavior;
use crate::hpa::arithmetic::to_i32;

/// What became of a proposal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Normalized {
    /// After stabilisation, before rates and limits.
    pub stabilized: i32,
    /// After rates and limits.
    pub replicas: i32,
    /// Why, as far as stabilisation goes.
    pub able_to_scale: AbleToScale,
    /// Why, as far as rates and limits go.
    pub limiting: Limiting,
}

/// The reason of the condition `AbleToScale`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AbleToScale {
    /// The proposal is followed.
    ReadyForNewScale,
    /// Recent proposals were lower.
    ScaleUpStabilized,
    /// Recent proposals were higher.
    ScaleDownStabilized,
}

/// The reason of the condition `ScalingLimited`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Limiting {
    /// Nothing limits it.
    DesiredWithinRange,
    /// The rate of scaling up.
    ScaleUpLimit,
    /// The rate of scaling down.
    ScaleDownLimit,
    /// The least number of replicas.
    TooFewReplicas,
    /// The greatest number of replicas.
    TooManyReplicas,
}

impl AbleToScale {
    /// As the object's status has it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ReadyForNewScale => "ReadyForNewScale",
            Self::ScaleUpStabilized => "ScaleUpStabilized",
            Self::ScaleDownStabilized => "ScaleDownStabilized",
        }
    }
}

impl Limiting {
    /// As the object's status has it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::DesiredWithinRange => "DesiredWithinRange",
            Self::ScaleUpLimit => "ScaleUpLimit",
            Self::ScaleDownLimit => "ScaleDownLimit",
            Self::TooFewReplicas => "TooFewReplicas",
            Self::TooManyReplicas => "TooManyReplicas",
        }
    }
}

impl Normalized {
    /// The status of the condition `ScalingLimited`.
    #[must_use]
    pub fn is_limited(&self) -> bool {
        self.replicas != self.stabilized
    }
}

/// Least and greatest number of replicas.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    pub(super) min: i32,
    pub(super) max: i32,
}

/// Upstream's `convertDesiredReplicasWithBehaviorRate`. Each limit is looked at only in its own direction.
pub(super) fn within_rates(
    desired: i32,
    current: i32,
    limits: Limits,
    behavior: &Behavior,
    recent: &Recent<'_>,
) -> (i32, Limiting) {
    if desired > current {
        let rate = recent.scale_up_limit(current, &behavior.scale_up).max(current);
        let (allowed, why) =
            if limits.max > rate { (rate, Limiting::ScaleUpLimit) } else { (limits.max, Limiting::TooManyReplicas) };
        if desired > allowed {
            return (allowed, why);
        }
    } else if desired < current {
        let rate = recent.scale_down_limit(current, &behavior.scale_down).min(current);
        let (allowed, why) =
            if limits.min < rate { (rate, Limiting::ScaleDownLimit) } else { (limits.min, Limiting::TooFewReplicas) };
        if desired < allowed {
            return (allowed, why);
        }
    }
    (desired, Limiting::DesiredWithinRange)
}

/// Upstream's `convertDesiredReplicasWithRules`, where there is no behavior: at most twice the present number or four, and
/// as few as the limit allows at once.
pub(super) fn within_limits(desired: i32, current: i32, limits: Limits) -> (i32, Limiting) {
    let rate = to_i32((2.0 * f64::from(current)).max(4.0));
    let (allowed, why) =
        if limits.max > rate { (rate, Limiting::ScaleUpLimit) } else { (limits.max, Limiting::TooManyReplicas) };
    if desired < limits.min {
        (limits.min, Limiting::TooFewReplicas)
    } else if desired > allowed {
        (allowed, why)
    } else {
        (desired, Limiting::DesiredWithinRange)
    }
}
