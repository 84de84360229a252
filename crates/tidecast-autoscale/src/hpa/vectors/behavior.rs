//! Vectors of behaviors: many passes over one object, from a controller that has just started.

use super::wire::{self, BehaviorVector};
use super::{Comparison, Difference, VectorError};
use crate::hpa::behavior::{Branch, Change, Normalized, Policy, Rules, ScalerSettings, SelectPolicy};
use crate::hpa::{Behavior, BehaviorSpec, RulesSpec, Scaler};

pub(super) fn check(vector: &BehaviorVector) -> Result<Vec<Difference>, VectorError> {
    let mut scaler = Scaler::new(&ScalerSettings {
        min_replicas: vector.min_replicas,
        max_replicas: vector.max_replicas,
        behavior: vector.behavior_as_specified.as_ref().map(BehaviorSpec::from),
        downscale_stabilization_seconds: vector.controller_downscale_stabilization_s,
    });
    let mut comparison = Comparison::default();
    let text = |behavior: &wire::Behavior| serde_json::to_string(behavior);
    let expected = vector.behavior_effective.as_ref().map(text).transpose()?;
    let got = scaler.behavior().map(|behavior| text(&behavior.into())).transpose()?;
    comparison.compare("behavior_effective", expected, got);
    for (index, step) in vector.steps.iter().enumerate() {
        compare_step(&mut comparison, &mut scaler, index, step);
    }
    Ok(comparison.0)
}

fn compare_step(comparison: &mut Comparison, scaler: &mut Scaler, index: usize, expected: &wire::Step) {
    let got = scaler.reconcile(expected.time_s, expected.current_replicas, expected.desired_raw);
    let normalized = match got.branch {
        Branch::Metrics(normalized) => Some(normalized),
        Branch::DisabledAtZero | Branch::AboveMax | Branch::BelowMin | Branch::NoProposal => None,
    };
    let field = |name: &str| format!("steps[{index}].{name}");
    let able_to_scale = normalized.map(|normalized| normalized.able_to_scale.as_str());
    let limiting = normalized.map(|normalized| normalized.limiting.as_str());
    let limited = normalized.as_ref().map(Normalized::is_limited);
    comparison.compare(field("branch"), Some(expected.branch.as_str()), Some(got.branch.as_str()));
    comparison.compare(field("stabilized"), expected.stabilized, normalized.map(|normalized| normalized.stabilized));
    comparison.compare(field("desired_after"), Some(expected.desired_after), Some(got.replicas));
    comparison.compare(field("able_to_scale_reason"), expected.able_to_scale_reason.as_deref(), able_to_scale);
    comparison.compare(field("scaling_limited"), expected.scaling_limited, limited);
    comparison.compare(field("scaling_limited_reason"), expected.scaling_limited_reason.as_deref(), limiting);
}

impl From<&wire::Behavior> for BehaviorSpec {
    fn from(behavior: &wire::Behavior) -> Self {
        let rules = |rules: &Option<wire::Rules>| rules.as_ref().map(RulesSpec::from);
        Self { scale_up: rules(&behavior.scale_up), scale_down: rules(&behavior.scale_down) }
    }
}

impl From<&wire::Rules> for RulesSpec {
    fn from(rules: &wire::Rules) -> Self {
        let select = |policy| match policy {
            wire::SelectPolicy::Max => SelectPolicy::Max,
            wire::SelectPolicy::Min => SelectPolicy::Min,
            wire::SelectPolicy::Disabled => SelectPolicy::Disabled,
        };
        let policy = |policy: &wire::Policy| Policy {
            change: match policy.r#type {
                wire::PolicyType::Pods => Change::Pods(policy.value),
                wire::PolicyType::Percent => Change::Percent(policy.value),
            },
            period_seconds: policy.period_s,
        };
        Self {
            stabilization_window_seconds: rules.stabilization_window_s,
            select_policy: rules.select_policy.map(select),
            policies: rules.policies.as_ref().map(|policies| policies.iter().map(policy).collect()),
            tolerance: None,
        }
    }
}

impl From<&Behavior> for wire::Behavior {
    fn from(behavior: &Behavior) -> Self {
        Self { scale_up: Some((&behavior.scale_up).into()), scale_down: Some((&behavior.scale_down).into()) }
    }
}

impl From<&Rules> for wire::Rules {
    fn from(rules: &Rules) -> Self {
        let policy = |policy: &Policy| {
            let (r#type, value) = match policy.change {
                Change::Pods(value) => (wire::PolicyType::Pods, value),
                Change::Percent(value) => (wire::PolicyType::Percent, value),
            };
            wire::Policy { r#type, value, period_s: policy.period_seconds }
        };
        Self {
            stabilization_window_s: Some(rules.stabilization_window_seconds),
            select_policy: Some(match rules.select_policy {
                SelectPolicy::Max => wire::SelectPolicy::Max,
                SelectPolicy::Min => wire::SelectPolicy::Min,
                SelectPolicy::Disabled => wire::SelectPolicy::Disabled,
            }),
            policies: Some(rules.policies.iter().map(policy).collect()),
        }
    }
}
