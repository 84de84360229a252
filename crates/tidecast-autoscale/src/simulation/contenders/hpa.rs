//! The Kubernetes HPA at one target, on CPU or on the request rate.

use super::{Contender, Limits, View, reconcile};
use crate::hpa::{ControllerSettings, Observation, ReplicaCalculator, Resource, Scaler, Tolerances};

/// A request rate in these units of a replica's capacity is an integer that is precise enough.
const MICRO: f64 = 1e6;

/// What it goes by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) enum Metric {
    /// Utilisation of the CPU that pods request: saturates when they do.
    Cpu,
    /// Requests a second in all, an external metric with an average value: does not saturate.
    Rate,
}

/// One HPA.
#[derive(Clone, Debug)]
pub(in super::super) struct Hpa {
    metric: Metric,
    target: f64,
    capacity: f64,
    calculator: ReplicaCalculator,
    scaler: Scaler,
}

impl Hpa {
    pub(in super::super) fn new(metric: Metric, target: f64, capacity: f64, limits: Limits<'_>) -> Self {
        let controller = ControllerSettings::default();
        let calculator = ReplicaCalculator::new(&controller, Tolerances::of(controller.tolerance, limits.behavior));
        // Kubernetes lets none but external metrics scale to zero: without pods there is no CPU to go by.
        let min = if metric == Metric::Cpu { limits.min.max(1).min(limits.max) } else { limits.min };
        Self { metric, target, capacity, calculator, scaler: Limits { min, ..limits }.scaler() }
    }

    /// What its metric proposes.
    pub(super) fn proposal(&self, view: &View<'_>) -> Option<i32> {
        let (rate, _) = view.rate?;
        match self.metric {
            Metric::Cpu => {
                let seen = Observation {
                    now_seconds: view.now_ms as f64 / 1_000.0,
                    pods: view.pods,
                    strangers_milli: &[],
                    answered: true,
                };
                let percent = (100.0 * self.target).round() as i32;
                let proposal = self.calculator.resource_replicas(Resource::Cpu, &seen, view.replicas, percent);
                proposal.ok().map(|proposal| proposal.replicas)
            }
            Metric::Rate => {
                let value = [(rate / self.capacity * MICRO) as i64];
                let target = (self.target * MICRO) as i64;
                let proposal = self.calculator.external_per_pod_replicas(&value, view.replicas, target);
                proposal.ok().map(|proposal| proposal.replicas)
            }
        }
    }
}

impl Contender for Hpa {
    fn decide(&mut self, view: &View<'_>) -> i32 {
        let proposal = self.proposal(view);
        reconcile(&mut self.scaler, view, proposal)
    }
}
