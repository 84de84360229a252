//! What is compared: the HPA in several settings, what people put beside it, and our policy.
//!
//! All of them end in the same limits and the same stabilisation, those of the HPA.

mod cron;
mod holt_winters;
mod hpa;
mod ours;
mod seasonal_naive;
mod threshold;

pub(super) use cron::KedaCron;
pub(super) use holt_winters::HoltWinters;
pub(super) use hpa::{Hpa, Metric};
pub(super) use ours::Ours;
pub(super) use seasonal_naive::SeasonalNaive;
pub(super) use threshold::Threshold;

use super::cluster::View;
use crate::hpa::{BehaviorSpec, ControllerSettings, Scaler, ScalerSettings};

/// Anything that decides about replicas.
pub(super) trait Contender {
    /// How many there should be now.
    fn decide(&mut self, view: &View<'_>) -> i32;
}

/// The fewest and the most replicas, and how fast they may change.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits<'a> {
    pub(super) min: i32,
    pub(super) max: i32,
    pub(super) behavior: Option<&'a BehaviorSpec>,
}

impl Limits<'_> {
    fn scaler(self) -> Scaler {
        Scaler::new(&ScalerSettings {
            min_replicas: Some(self.min),
            max_replicas: self.max,
            behavior: self.behavior.cloned(),
            downscale_stabilization_seconds: ControllerSettings::default().downscale_stabilization_seconds,
        })
    }
}

/// One pass of the HPA's limits and stabilisation; without a proposal nothing changes.
fn reconcile(scaler: &mut Scaler, view: &View<'_>, proposal: Option<i32>) -> i32 {
    let seconds = view.now_ms as f64 / 1_000.0;
    match proposal {
        Some(proposal) => scaler.reconcile(seconds, view.replicas, proposal).replicas,
        None => scaler.reconcile_without_proposal(seconds, view.replicas).replicas,
    }
}

/// Replicas that serve a demand at a utilisation.
fn replicas_for(demand: f64, capacity: f64, target: f64) -> i32 {
    (demand / (capacity * target) - 1e-9).ceil().max(0.0) as i32
}
