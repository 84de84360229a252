//! What a replica calculation takes and gives; the calculations themselves are one file a kind of metric.

use super::{ControllerSettings, Pod, Tolerances};

/// Upstream's `ReplicaCalculator`: proposes replicas for one metric. What it is asked about comes with every call.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ReplicaCalculator {
    /// How far usage may be from its target.
    pub tolerances: Tolerances,
    /// While a pod is younger than this, its CPU counts only once it is ready and was measured since.
    pub cpu_initialization_period_seconds: f64,
    /// A pod that became unready within this time of its start is taken never to have been ready.
    pub initial_readiness_delay_seconds: f64,
}

/// The resources whose usage Kubernetes measures itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Resource {
    /// Processor time. The only one for which it matters whether pods are ready.
    Cpu,
    /// Memory.
    Memory,
}

/// What the controller sees of a workload at one moment, for a metric of its pods.
#[derive(Clone, Copy, Debug)]
pub struct Observation<'a> {
    /// The time of the decision.
    pub now_seconds: f64,
    /// The pods that the selector matches, in the order of the list.
    pub pods: &'a [Pod],
    /// Metrics of pods that are not among them, in thousandths: pods that are gone, of which the API still tells. A
    /// decision depends on them.
    pub strangers_milli: &'a [i64],
    /// Whether the metrics API returned anything, if only an item without a figure. Where no pod has a sample, this
    /// tells which error it is.
    pub answered: bool,
}

/// What a metric proposes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Proposal {
    /// How many replicas.
    pub replicas: i32,
    /// The usage that the controller then shows in the object's status, in thousandths: a sum for values, the average
    /// of a pod for average values. Pods that are missing or unready are not in it. Without meaning where an average
    /// over no replicas is asked for.
    pub usage_milli: i64,
}

/// What a percentage of the request proposes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ResourceProposal {
    /// How many replicas.
    pub replicas: i32,
    /// Usage as a percentage of the requests, cut to an integer; missing and unready pods are not in it.
    pub utilization_percent: i32,
    /// The average usage of a pod, in thousandths.
    pub average_usage_milli: i64,
}

impl ReplicaCalculator {
    /// With the controller's settings and the tolerances of an object.
    #[must_use]
    pub fn new(settings: &ControllerSettings, tolerances: Tolerances) -> Self {
        Self {
            tolerances,
            cpu_initialization_period_seconds: settings.cpu_initialization_period_seconds,
            initial_readiness_delay_seconds: settings.initial_readiness_delay_seconds,
        }
    }
}
