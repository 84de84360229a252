//! Our policy, as it runs anywhere else.

use super::{Contender, Limits, View};
use crate::policy::{Autoscaler, Decision, Policy, PolicyError, Reading};

/// A policy at work.
pub(in super::super) struct Ours {
    autoscaler: Autoscaler,
    /// The last decision.
    pub(in super::super) decision: Option<Decision>,
}

impl Ours {
    /// With a budget, or adding to a target.
    pub(in super::super) fn new(
        violation_budget: Option<f64>,
        target: f64,
        capacity: f64,
        startup_seconds: f64,
        limits: Limits,
    ) -> Result<Self, PolicyError> {
        let policy = Policy {
            min_replicas: limits.min,
            max_replicas: limits.max,
            target,
            violation_budget,
            ..Policy::default()
        };
        Ok(Self { autoscaler: Autoscaler::new(policy, capacity, startup_seconds)?, decision: None })
    }

    /// The demand that is planned for.
    pub(in super::super) fn planned_demand(&self) -> Option<f64> {
        self.autoscaler.planned_demand()
    }
}

impl Contender for Ours {
    fn decide(&mut self, view: &View<'_>) -> i32 {
        for seconds in view.started {
            self.autoscaler.measure_startup(*seconds);
        }
        let reading = Reading { now_ms: view.now_ms, replicas: view.replicas, demand: view.rate, utilisation: &[] };
        let decision = self.autoscaler.step(&reading);
        self.decision = Some(decision);
        decision.replicas
    }
}
