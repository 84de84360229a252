//! Our policy, as it runs anywhere else.

use super::{Contender, View};
use crate::policy::{Autoscaler, Capacity, Decision, Policy, PolicyError, Reading};

/// A policy at work.
pub(in super::super) struct Ours {
    autoscaler: Autoscaler,
    /// The last decision.
    pub(in super::super) decision: Option<Decision>,
}

impl Ours {
    /// With a budget, or adding to a target.
    pub(in super::super) fn new(policy: Policy, capacity: Capacity, startup_seconds: f64) -> Result<Self, PolicyError> {
        Ok(Self { autoscaler: Autoscaler::new(policy, capacity, startup_seconds)?, decision: None })
    }

    /// The demand that is planned for.
    pub(in super::super) fn planned_demand(&self) -> Option<f64> {
        self.autoscaler.planned_demand()
    }

    /// What one replica serves, as far as it is known.
    pub(in super::super) fn capacity(&self) -> Option<f64> {
        self.autoscaler.capacity()
    }
}

impl Contender for Ours {
    fn decide(&mut self, view: &View<'_>) -> i32 {
        for seconds in view.started {
            self.autoscaler.measure_startup(*seconds);
        }
        let reading = Reading {
            now_ms: view.now_ms,
            replicas: view.replicas,
            ready: view.ready,
            demand: view.rate,
            usage: view.usage,
            utilisation: &[],
        };
        let decision = self.autoscaler.step(&reading);
        self.decision = Some(decision);
        decision.replicas
    }
}
