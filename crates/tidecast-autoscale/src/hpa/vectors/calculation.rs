//! Vectors of replica calculations: one call of upstream's `ReplicaCalculator` each.

use super::pods::Joined;
use super::wire::{CalculationVector, Expected, ResourceName, Tolerance};
use super::{Comparison, Difference, VectorError};
use crate::hpa::{
    BehaviorSpec, MetricError, Proposal, QuantityError, ReplicaCalculator, Resource, ResourceProposal, RulesSpec,
    Tolerances, approximate_quantity,
};

/// The kinds that are known.
pub(super) const KINDS: [&str; 8] = [
    "resource_utilization",
    "resource_utilization_memory",
    "resource_average_value",
    "pods_average_value",
    "external_value",
    "external_average_value",
    "object_value",
    "object_average_value",
];

pub(super) fn check(vector: &CalculationVector) -> Result<Vec<Difference>, VectorError> {
    let tolerances = tolerances(&vector.tolerance)?;
    let calculator = ReplicaCalculator {
        tolerances,
        cpu_initialization_period_seconds: vector.cpu_initialization_period_s,
        initial_readiness_delay_seconds: vector.delay_of_initial_readiness_status_s,
    };
    let got = decide(vector, &calculator)?
        .unwrap_or_else(|error| Expected { error_kind: Some(error.kind().to_owned()), ..Expected::default() });
    let expected = &vector.expected;
    let mut comparison = Comparison::default();
    comparison.compare("tolerance.scale_up", Some(vector.tolerance.scale_up), Some(tolerances.scale_up));
    comparison.compare("tolerance.scale_down", Some(vector.tolerance.scale_down), Some(tolerances.scale_down));
    comparison.compare("replicas", expected.replicas, got.replicas);
    comparison.compare("utilization_percent", expected.utilization_percent, got.utilization_percent);
    comparison.compare("average_usage_milli", expected.average_usage_milli, got.average_usage_milli);
    comparison.compare("usage_milli", expected.usage_milli, got.usage_milli);
    comparison.compare("error_kind", expected.error_kind.as_ref(), got.error_kind.as_ref());
    Ok(comparison.0)
}

/// What is decided here, in the fields of the vector.
fn decide(
    vector: &CalculationVector,
    calculator: &ReplicaCalculator,
) -> Result<Result<Expected, MetricError>, VectorError> {
    let field = |field| move || VectorError::Field { kind: vector.kind.clone(), field };
    let current = || vector.current_replicas.ok_or_else(field("current_replicas"));
    let status = || vector.status_replicas.ok_or_else(field("status_replicas"));
    let percent = || vector.target_utilization_percent.ok_or_else(field("target_utilization_percent"));
    let average = || vector.target_average_value_milli.ok_or_else(field("target_average_value_milli"));
    let value = || vector.target_value_milli.ok_or_else(field("target_value_milli"));
    let external = || vector.external_values_milli.as_deref().ok_or_else(field("external_values_milli"));
    let object = || vector.object_value_milli.ok_or_else(field("object_value_milli"));
    let resource = || vector.resource.map(Resource::from).ok_or_else(field("resource"));

    let joined = Joined::new(vector);
    let (seen, pods) = (joined.observation(), &joined.pods[..]);
    Ok(match vector.kind.as_str() {
        "resource_utilization" | "resource_utilization_memory" => {
            calculator.resource_replicas(resource()?, &seen, current()?, percent()?).map(Expected::from)
        }
        "resource_average_value" => {
            calculator.raw_resource_replicas(resource()?, &seen, current()?, average()?).map(Expected::of_average)
        }
        "pods_average_value" => {
            calculator.pods_metric_replicas(&seen, current()?, average()?).map(Expected::of_average)
        }
        "external_value" => {
            calculator.external_replicas(external()?, pods, current()?, value()?).map(Expected::of_value)
        }
        "external_average_value" => {
            let proposal = calculator.external_per_pod_replicas(external()?, status()?, average()?);
            proposal.map(|proposal| Expected::of_shared(proposal, vector))
        }
        "object_value" => calculator.object_replicas(object()?, pods, current()?, value()?).map(Expected::of_value),
        "object_average_value" => {
            let proposal = calculator.object_per_pod_replicas(object()?, status()?, average()?);
            Ok(Expected::of_shared(proposal, vector))
        }
        _ => return Err(field("kind")()),
    })
}

fn tolerances(tolerance: &Tolerance) -> Result<Tolerances, QuantityError> {
    let rules = |quantity: &Option<String>| -> Result<Option<RulesSpec>, QuantityError> {
        let tolerance = quantity.as_deref().map(approximate_quantity).transpose()?;
        Ok(Some(RulesSpec { tolerance, ..RulesSpec::default() }))
    };
    let scale_up = rules(&tolerance.behavior_scale_up_quantity)?;
    let scale_down = rules(&tolerance.behavior_scale_down_quantity)?;
    Ok(Tolerances::of(tolerance.controller_default, Some(&BehaviorSpec { scale_up, scale_down })))
}

impl Expected {
    fn of_average(proposal: Proposal) -> Self {
        Self { replicas: Some(proposal.replicas), average_usage_milli: Some(proposal.usage_milli), ..Self::default() }
    }

    fn of_value(proposal: Proposal) -> Self {
        Self { replicas: Some(proposal.replicas), usage_milli: Some(proposal.usage_milli), ..Self::default() }
    }

    /// Without replicas there is no average.
    fn of_shared(proposal: Proposal, vector: &CalculationVector) -> Self {
        let average = Self::of_average(proposal);
        if vector.status_replicas == Some(0) { Self { average_usage_milli: None, ..average } } else { average }
    }
}

impl From<ResourceProposal> for Expected {
    fn from(proposal: ResourceProposal) -> Self {
        Self {
            replicas: Some(proposal.replicas),
            utilization_percent: Some(proposal.utilization_percent),
            average_usage_milli: Some(proposal.average_usage_milli),
            ..Self::default()
        }
    }
}

impl From<ResourceName> for Resource {
    fn from(name: ResourceName) -> Self {
        match name {
            ResourceName::Cpu => Self::Cpu,
            ResourceName::Memory => Self::Memory,
        }
    }
}
