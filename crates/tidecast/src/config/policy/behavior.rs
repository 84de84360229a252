//! `behavior`: the keys of `spec.behavior` of an autoscaling/v2 HorizontalPodAutoscaler, so that one's own can be pasted.

use serde::Deserialize;
use tidecast_autoscale::hpa::behavior::{Change, Policy, SelectPolicy};
use tidecast_autoscale::hpa::{BehaviorSpec, QuantityError, RulesSpec, approximate_quantity};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct BehaviorKeys {
    scale_up: Option<RulesKeys>,
    scale_down: Option<RulesKeys>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct RulesKeys {
    stabilization_window_seconds: Option<i32>,
    select_policy: Option<SelectKey>,
    policies: Option<Vec<PolicyKeys>>,
    tolerance: Option<Tolerance>,
}

#[derive(Deserialize)]
enum SelectKey {
    Max,
    Min,
    Disabled,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct PolicyKeys {
    r#type: TypeKey,
    value: i32,
    period_seconds: i32,
}

#[derive(Deserialize)]
enum TypeKey {
    Pods,
    Percent,
}

/// A quantity, of which a plain number is one.
#[derive(Deserialize)]
#[serde(try_from = "String")]
struct Tolerance(f64);

impl TryFrom<String> for Tolerance {
    type Error = QuantityError;

    fn try_from(text: String) -> Result<Self, QuantityError> {
        approximate_quantity(&text).map(Self)
    }
}

impl From<BehaviorKeys> for BehaviorSpec {
    fn from(keys: BehaviorKeys) -> Self {
        Self { scale_up: keys.scale_up.map(RulesSpec::from), scale_down: keys.scale_down.map(RulesSpec::from) }
    }
}

impl From<RulesKeys> for RulesSpec {
    fn from(keys: RulesKeys) -> Self {
        Self {
            stabilization_window_seconds: keys.stabilization_window_seconds,
            select_policy: keys.select_policy.map(|key| match key {
                SelectKey::Max => SelectPolicy::Max,
                SelectKey::Min => SelectPolicy::Min,
                SelectKey::Disabled => SelectPolicy::Disabled,
            }),
            policies: keys.policies.map(|policies| policies.into_iter().map(Policy::from).collect()),
            tolerance: keys.tolerance.map(|tolerance| tolerance.0),
        }
    }
}

impl From<PolicyKeys> for Policy {
    fn from(keys: PolicyKeys) -> Self {
        let change = match keys.r#type {
            TypeKey::Pods => Change::Pods(keys.value),
            TypeKey::Percent => Change::Percent(keys.value),
        };
        Self { change, period_seconds: keys.period_seconds }
    }
}
