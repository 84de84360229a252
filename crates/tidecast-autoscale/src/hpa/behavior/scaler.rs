//! One autoscaled workload over time: what the controller remembers of it, and what it does at each pass.

use super::events::ScaleEvents;
use super::normalize::{AbleToScale, Limits, Normalized, within_limits, within_rates};
use super::rate::Recent;
use super::recommendations::Recommendations;
use super::rules::{Behavior, BehaviorSpec};

/// An object under control and what the controller remembers of it.
///
/// It is cheap to ask and to clone, and its memory is bounded by the passes within the longest window and period. Time must
/// not go backwards.
#[derive(Clone, Debug)]
pub struct Scaler {
    limits: Limits,
    behavior: Option<Behavior>,
    downscale_stabilization_seconds: f64,
    recommendations: Recommendations,
    added: ScaleEvents,
    removed: ScaleEvents,
}

/// What is set for one object.
#[derive(Clone, Debug, PartialEq)]
pub struct ScalerSettings {
    /// `spec.minReplicas`; none is 1.
    pub min_replicas: Option<i32>,
    /// `spec.maxReplicas`.
    pub max_replicas: i32,
    /// `spec.behavior`. None is not the same as an empty one.
    pub behavior: Option<BehaviorSpec>,
    /// The controller's flag, see [`crate::hpa::ControllerSettings`].
    pub downscale_stabilization_seconds: f64,
}

/// What one pass did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Step {
    /// The number of replicas after it.
    pub replicas: i32,
    /// Which rule made it.
    pub branch: Branch,
}

/// Which rule decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Branch {
    /// There are no replicas though there should be at least some: someone switched the workload off, and it stays off.
    DisabledAtZero,
    /// There are more replicas than there may be. The metrics are not asked.
    AboveMax,
    /// There are fewer. The metrics are not asked either.
    BelowMin,
    /// The metrics were asked, and this became of their proposal.
    Metrics(Normalized),
    /// The metrics were asked and gave no answer to act on. Nothing changes.
    NoProposal,
}

impl Branch {
    /// A short name for it, for programs.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::DisabledAtZero => "disabled_at_zero",
            Self::AboveMax => "above_max",
            Self::BelowMin => "below_min",
            Self::Metrics(_) => "metrics",
            Self::NoProposal => "no_proposal",
        }
    }
}

impl Scaler {
    /// With nothing remembered, as after a restart of the controller.
    #[must_use]
    pub fn new(settings: &ScalerSettings) -> Self {
        let seconds = settings.downscale_stabilization_seconds;
        Self {
            limits: Limits { min: settings.min_replicas.unwrap_or(1), max: settings.max_replicas },
            behavior: settings.behavior.as_ref().map(|spec| Behavior::effective(spec, seconds)),
            downscale_stabilization_seconds: seconds,
            recommendations: Recommendations::default(),
            added: ScaleEvents::default(),
            removed: ScaleEvents::default(),
        }
    }

    /// The rules in force, if the object has any.
    #[must_use]
    pub fn behavior(&self) -> Option<&Behavior> {
        self.behavior.as_ref()
    }

    /// One pass of upstream's `reconcileAutoscaler`, given how many replicas there are and what the metrics propose.
    pub fn reconcile(&mut self, now_seconds: f64, current: i32, desired_raw: i32) -> Step {
        self.pass(now_seconds, current, Some(desired_raw))
    }

    /// The same where the metrics propose nothing (see [`crate::hpa::combine`]): limits hold nevertheless.
    pub fn reconcile_without_proposal(&mut self, now_seconds: f64, current: i32) -> Step {
        self.pass(now_seconds, current, None)
    }

    fn pass(&mut self, now_seconds: f64, current: i32, proposal: Option<i32>) -> Step {
        self.recommendations.begin(now_seconds, current);
        let step = if current == 0 && self.limits.min != 0 {
            Step { replicas: 0, branch: Branch::DisabledAtZero }
        } else if current > self.limits.max {
            Step { replicas: self.limits.max, branch: Branch::AboveMax }
        } else if current < self.limits.min {
            Step { replicas: self.limits.min, branch: Branch::BelowMin }
        } else if let Some(proposal) = proposal {
            // No metric asks for less than nothing.
            let normalized = self.normalize(now_seconds, current, proposal.max(0));
            Step { replicas: normalized.replicas, branch: Branch::Metrics(normalized) }
        } else {
            Step { replicas: current, branch: Branch::NoProposal }
        };
        self.remember(now_seconds, current, step.replicas);
        step
    }

    /// Upstream's `normalizeDesiredReplicasWithBehaviors`, or `normalizeDesiredReplicas` without a behavior.
    fn normalize(&mut self, now_seconds: f64, current: i32, proposal: i32) -> Normalized {
        let Some(behavior) = &self.behavior else {
            let window_seconds = self.downscale_stabilization_seconds;
            let stabilized = self.recommendations.stabilize(now_seconds, window_seconds, proposal);
            let (replicas, limiting) = within_limits(stabilized, current, self.limits);
            let able_to_scale = able_to_scale(stabilized, proposal, AbleToScale::ScaleDownStabilized);
            return Normalized { stabilized, replicas, able_to_scale, limiting };
        };
        let windows =
            (behavior.scale_up.stabilization_window_seconds, behavior.scale_down.stabilization_window_seconds);
        let stabilized = self.recommendations.stabilize_both_ways(now_seconds, windows, current, proposal);
        let recent = Recent { now_seconds, added: &self.added, removed: &self.removed };
        let (replicas, limiting) = within_rates(stabilized, current, self.limits, behavior, &recent);
        let direction =
            if proposal >= current { AbleToScale::ScaleUpStabilized } else { AbleToScale::ScaleDownStabilized };
        let able_to_scale = able_to_scale(stabilized, proposal, direction);
        Normalized { stabilized, replicas, able_to_scale, limiting }
    }

    /// Upstream's `storeScaleEvent`: without a behavior there are no rates, and nothing needs to be remembered.
    fn remember(&mut self, now_seconds: f64, before: i32, after: i32) {
        let Some(behavior) = &self.behavior else { return };
        if after > before {
            let period_seconds = behavior.scale_up.longest_period_seconds();
            self.added.store(now_seconds, period_seconds, after.wrapping_sub(before));
        } else if after < before {
            let period_seconds = behavior.scale_down.longest_period_seconds();
            self.removed.store(now_seconds, period_seconds, before.wrapping_sub(after));
        }
    }
}

fn able_to_scale(stabilized: i32, proposal: i32, otherwise: AbleToScale) -> AbleToScale {
    if stabilized == proposal { AbleToScale::ReadyForNewScale } else { otherwise }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hpa::behavior::Limiting;

    fn scaler(behavior: Option<BehaviorSpec>) -> Scaler {
        let settings =
            ScalerSettings { min_replicas: Some(2), max_replicas: 20, behavior, downscale_stabilization_seconds: 60.0 };
        Scaler::new(&settings)
    }

    #[track_caller]
    fn check(step: Step, replicas: i32, stabilized: i32, able_to_scale: AbleToScale, limiting: Limiting) {
        let normalized = Normalized { stabilized, replicas, able_to_scale, limiting };
        assert_eq!(step, Step { replicas, branch: Branch::Metrics(normalized) });
        assert_eq!(normalized.is_limited(), limiting != Limiting::DesiredWithinRange);
    }

    #[test]
    fn limits_go_before_metrics_and_without_replicas_nothing_is_done() {
        for proposal in [Some(7), None] {
            for (current, replicas, branch) in
                [(0, 0, Branch::DisabledAtZero), (21, 20, Branch::AboveMax), (1, 2, Branch::BelowMin)]
            {
                let step = scaler(None).pass(0.0, current, proposal);
                assert_eq!(step, Step { replicas, branch });
            }
        }
        let step = scaler(None).reconcile_without_proposal(0.0, 5);
        assert_eq!(step, Step { replicas: 5, branch: Branch::NoProposal });
    }

    #[test]
    fn without_a_behavior_replicas_double_at_most_and_fall_after_the_window() {
        let mut scaler = scaler(None);
        let ready = AbleToScale::ReadyForNewScale;
        check(scaler.reconcile(0.0, 3, 50), 6, 50, ready, Limiting::ScaleUpLimit);
        check(scaler.reconcile(15.0, 12, 50), 20, 50, ready, Limiting::TooManyReplicas);
        check(scaler.reconcile(30.0, 20, 4), 20, 50, AbleToScale::ScaleDownStabilized, Limiting::TooManyReplicas);
        check(scaler.reconcile(75.25, 20, 4), 4, 4, ready, Limiting::DesiredWithinRange);
        check(scaler.reconcile(150.0, 4, -9), 2, 0, ready, Limiting::TooFewReplicas);
    }

    #[test]
    fn the_default_behavior_adds_four_or_doubles_within_fifteen_seconds() {
        let mut scaler = scaler(Some(BehaviorSpec::default()));
        let ready = AbleToScale::ReadyForNewScale;
        check(scaler.reconcile(0.0, 2, 18), 6, 18, ready, Limiting::ScaleUpLimit);
        check(scaler.reconcile(10.0, 6, 18), 6, 18, ready, Limiting::ScaleUpLimit);
        check(scaler.reconcile(15.0, 6, 18), 12, 18, ready, Limiting::ScaleUpLimit);
        check(scaler.reconcile(30.0, 12, 18), 18, 18, ready, Limiting::DesiredWithinRange);
        check(scaler.reconcile(45.0, 18, 3), 18, 18, AbleToScale::ScaleDownStabilized, Limiting::DesiredWithinRange);
        check(scaler.reconcile(90.0, 18, 3), 3, 3, ready, Limiting::DesiredWithinRange);
    }
}
