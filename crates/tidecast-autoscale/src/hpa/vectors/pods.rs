//! Pods and metrics of a vector, joined: what upstream does by name at every decision is done once here.

use super::wire::{self, CalculationVector, ResourceName};
use crate::hpa::{
    Container, ContainerUsage, Observation, Phase, Pod, PodLevelRequest, ReadyCondition, ReadyStatus, Sample,
    request_of, usage_of,
};
use std::collections::HashMap;

/// What is seen of the workload of a vector.
pub(super) struct Joined {
    now_seconds: f64,
    pub(super) pods: Vec<Pod>,
    strangers_milli: Vec<i64>,
    answered: bool,
}

impl Joined {
    pub(super) fn new(vector: &CalculationVector) -> Self {
        // Of several metrics of the same name the last one counts, as in a map.
        let measured =
            vector.pod_metrics.iter().filter_map(|metric| Some((metric.pod.as_str(), sample(vector, metric)?)));
        let mut samples: HashMap<&str, Sample> = measured.collect();
        let pods = vector.pods.iter().map(|pod| join(vector, pod, samples.remove(pod.name.as_str()))).collect();
        Self {
            now_seconds: vector.now_s,
            pods,
            strangers_milli: samples.values().map(|sample| sample.value_milli).collect(),
            answered: !vector.pod_metrics.is_empty(),
        }
    }

    pub(super) fn observation(&self) -> Observation<'_> {
        Observation {
            now_seconds: self.now_seconds,
            pods: &self.pods,
            strangers_milli: &self.strangers_milli,
            answered: self.answered,
        }
    }
}

fn join(vector: &CalculationVector, pod: &wire::Pod, sample: Option<Sample>) -> Pod {
    let containers: Vec<Container<'_>> = pod
        .containers
        .iter()
        .map(|container| Container {
            name: &container.name,
            is_restartable_init: container.restartable_init_container,
            request_milli: milli(vector.resource, container.cpu_request_millicores, container.memory_request_bytes),
        })
        .collect();
    let pod_level = match (pod.pod_level_cpu_request_millicores, vector.resource) {
        (None, _) => PodLevelRequest::Unset,
        (Some(milli), Some(ResourceName::Cpu)) => PodLevelRequest::Milli(milli),
        (Some(_), _) => PodLevelRequest::OfAnother,
    };
    let since_seconds = pod.ready_last_transition_time_s.unwrap_or(f64::NEG_INFINITY);
    Pod {
        phase: pod.phase.into(),
        is_deleted: pod.deleted,
        ready: pod.ready_condition.map(|condition| ReadyCondition { status: condition.into(), since_seconds }),
        started_seconds: pod.start_time_s,
        request: request_of(&containers, vector.container_name.as_deref(), pod_level),
        sample,
    }
}

fn sample(vector: &CalculationVector, metric: &wire::PodMetric) -> Option<Sample> {
    let value_milli = match metric.value_milli {
        Some(value_milli) => value_milli,
        None => {
            let usage = |container: &wire::ContainerMetric| {
                milli(vector.resource, container.cpu_usage_millicores, container.memory_usage_bytes)
            };
            let containers = metric.containers.iter();
            let containers: Vec<ContainerUsage<'_>> =
                containers.map(|one| ContainerUsage { name: &one.name, usage_milli: usage(one) }).collect();
            usage_of(&containers, vector.container_name.as_deref())?
        }
    };
    Some(Sample { value_milli, timestamp_seconds: metric.timestamp_s, window_seconds: metric.window_s })
}

/// The figure of the resource in question, in thousandths. One that is too great wraps, as upstream's `MilliValue`.
fn milli(resource: Option<ResourceName>, millicores: Option<i64>, bytes: Option<i64>) -> Option<i64> {
    match resource? {
        ResourceName::Cpu => millicores,
        ResourceName::Memory => bytes.map(|bytes| bytes.wrapping_mul(1000)),
    }
}

impl From<wire::Phase> for Phase {
    fn from(phase: wire::Phase) -> Self {
        match phase {
            wire::Phase::Pending => Self::Pending,
            wire::Phase::Running => Self::Running,
            wire::Phase::Succeeded => Self::Succeeded,
            wire::Phase::Failed => Self::Failed,
            wire::Phase::Unknown => Self::Unknown,
        }
    }
}

impl From<wire::Condition> for ReadyStatus {
    fn from(condition: wire::Condition) -> Self {
        match condition {
            wire::Condition::True => Self::True,
            wire::Condition::False => Self::False,
            wire::Condition::Unknown => Self::Unknown,
        }
    }
}
