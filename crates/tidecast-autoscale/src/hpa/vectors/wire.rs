//! The vectors as they are written: one struct a kind of object, all names and units those of the file.

use serde::{Deserialize, Serialize};

/// A decision of a replica calculation. Which of the optional fields are there depends on the kind.
#[derive(Deserialize)]
pub(super) struct CalculationVector {
    pub(super) kind: String,
    pub(super) now_s: f64,
    pub(super) cpu_initialization_period_s: f64,
    pub(super) delay_of_initial_readiness_status_s: f64,
    pub(super) tolerance: Tolerance,
    pub(super) resource: Option<ResourceName>,
    pub(super) container_name: Option<String>,
    pub(super) current_replicas: Option<i32>,
    pub(super) status_replicas: Option<i32>,
    pub(super) target_utilization_percent: Option<i32>,
    pub(super) target_average_value_milli: Option<i64>,
    pub(super) target_value_milli: Option<i64>,
    pub(super) external_values_milli: Option<Vec<i64>>,
    pub(super) object_value_milli: Option<i64>,
    pub(super) pods: Vec<Pod>,
    pub(super) pod_metrics: Vec<PodMetric>,
    pub(super) expected: Expected,
}

#[derive(Deserialize)]
pub(super) struct Tolerance {
    pub(super) controller_default: f64,
    pub(super) behavior_scale_up_quantity: Option<String>,
    pub(super) behavior_scale_down_quantity: Option<String>,
    pub(super) scale_up: f64,
    pub(super) scale_down: f64,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum ResourceName {
    Cpu,
    Memory,
}

#[derive(Deserialize)]
pub(super) struct Pod {
    pub(super) name: String,
    pub(super) phase: Phase,
    pub(super) deleted: bool,
    pub(super) ready_condition: Option<Condition>,
    pub(super) ready_last_transition_time_s: Option<f64>,
    pub(super) start_time_s: Option<f64>,
    #[serde(default)]
    pub(super) containers: Vec<Container>,
    pub(super) pod_level_cpu_request_millicores: Option<i64>,
}

#[derive(Clone, Copy, Deserialize)]
pub(super) enum Phase {
    Pending,
    Running,
    Succeeded,
    Failed,
    Unknown,
}

#[derive(Clone, Copy, Deserialize)]
pub(super) enum Condition {
    True,
    False,
    Unknown,
}

#[derive(Deserialize)]
pub(super) struct Container {
    pub(super) name: String,
    pub(super) restartable_init_container: bool,
    pub(super) cpu_request_millicores: Option<i64>,
    pub(super) memory_request_bytes: Option<i64>,
}

#[derive(Deserialize)]
pub(super) struct PodMetric {
    pub(super) pod: String,
    pub(super) timestamp_s: f64,
    pub(super) window_s: f64,
    #[serde(default)]
    pub(super) containers: Vec<ContainerMetric>,
    pub(super) value_milli: Option<i64>,
}

#[derive(Deserialize)]
pub(super) struct ContainerMetric {
    pub(super) name: String,
    pub(super) cpu_usage_millicores: Option<i64>,
    pub(super) memory_usage_bytes: Option<i64>,
}

#[derive(Default, Deserialize)]
pub(super) struct Expected {
    pub(super) replicas: Option<i32>,
    pub(super) utilization_percent: Option<i32>,
    pub(super) average_usage_milli: Option<i64>,
    pub(super) usage_milli: Option<i64>,
    pub(super) error_kind: Option<String>,
}

/// Forty passes over one object.
#[derive(Deserialize)]
pub(super) struct BehaviorVector {
    pub(super) min_replicas: Option<i32>,
    pub(super) max_replicas: i32,
    pub(super) controller_downscale_stabilization_s: f64,
    pub(super) behavior_as_specified: Option<Behavior>,
    pub(super) behavior_effective: Option<Behavior>,
    pub(super) steps: Vec<Step>,
}

#[derive(Deserialize, PartialEq, Serialize)]
pub(super) struct Behavior {
    pub(super) scale_up: Option<Rules>,
    pub(super) scale_down: Option<Rules>,
}

#[derive(Deserialize, PartialEq, Serialize)]
pub(super) struct Rules {
    pub(super) stabilization_window_s: Option<i32>,
    pub(super) select_policy: Option<SelectPolicy>,
    pub(super) policies: Option<Vec<Policy>>,
}

#[derive(Clone, Copy, Deserialize, PartialEq, Serialize)]
pub(super) enum SelectPolicy {
    Max,
    Min,
    Disabled,
}

#[derive(Deserialize, PartialEq, Serialize)]
pub(super) struct Policy {
    pub(super) r#type: PolicyType,
    pub(super) value: i32,
    pub(super) period_s: i32,
}

#[derive(Clone, Copy, Deserialize, PartialEq, Serialize)]
pub(super) enum PolicyType {
    Pods,
    Percent,
}

#[derive(Deserialize)]
pub(super) struct Step {
    pub(super) time_s: f64,
    pub(super) current_replicas: i32,
    pub(super) desired_raw: i32,
    pub(super) branch: String,
    pub(super) stabilized: Option<i32>,
    pub(super) desired_after: i32,
    pub(super) able_to_scale_reason: Option<String>,
    pub(super) scaling_limited: Option<bool>,
    pub(super) scaling_limited_reason: Option<String>,
}
