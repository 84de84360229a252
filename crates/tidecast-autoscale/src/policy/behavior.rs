//! Whether a behavior can be followed: what the API of Kubernetes accepts is accepted, and nothing else.

use crate::hpa::behavior::{BehaviorSpec, Change, RulesSpec};

/// Upstream's `MaxStabilizationWindowSeconds`.
const WINDOW_SECONDS_MAX: i32 = 3_600;

/// Upstream's `MaxPeriodSeconds`.
const PERIOD_SECONDS_MAX: i32 = 1_800;

/// Why a behavior cannot be followed. Keys are those of the API, from `behavior` on.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum BehaviorError {
    /// A number that is too small or too large.
    #[error("{key} is {value}; give {least} to {most}")]
    OutOfRange {
        /// Its key.
        key: String,
        /// The number.
        value: i32,
        /// The least it may be.
        least: i32,
        /// The most.
        most: i32,
    },
    /// A limit that allows no change at all.
    #[error("{key} is {value}; give 1 or more, or `selectPolicy: Disabled` for no change in this direction")]
    NoChange {
        /// Its key.
        key: String,
        /// The number.
        value: i32,
    },
    /// A list of policies without one.
    #[error("{key} is empty; give at least one policy, or leave the key out for the defaults of Kubernetes")]
    NoPolicies {
        /// Its key.
        key: String,
    },
    /// A tolerance below zero, or one that is no number.
    #[error("{key} is {value}; give 0 or more, for example 0.1")]
    Tolerance {
        /// Its key.
        key: String,
        /// The tolerance.
        value: f64,
    },
}

impl BehaviorError {
    /// Where it is wrong: `behavior.scaleDown.policies[0].periodSeconds`.
    #[must_use]
    pub fn key(&self) -> &str {
        match self {
            Self::OutOfRange { key, .. }
            | Self::NoChange { key, .. }
            | Self::NoPolicies { key }
            | Self::Tolerance { key, .. } => key,
        }
    }
}

/// Upstream's `validateBehavior`.
///
/// # Errors
/// The first setting that is wrong.
pub(super) fn check(behavior: &BehaviorSpec) -> Result<(), BehaviorError> {
    for (direction, rules) in [("scaleUp", &behavior.scale_up), ("scaleDown", &behavior.scale_down)] {
        if let Some(rules) = rules {
            check_rules(&format!("behavior.{direction}"), rules)?;
        }
    }
    Ok(())
}

fn check_rules(path: &str, rules: &RulesSpec) -> Result<(), BehaviorError> {
    if let Some(seconds) = rules.stabilization_window_seconds {
        within(format!("{path}.stabilizationWindowSeconds"), seconds, 0, WINDOW_SECONDS_MAX)?;
    }
    // None at all gets the defaults of the API; an empty list is what the API refuses.
    if rules.policies.as_ref().is_some_and(Vec::is_empty) {
        return Err(BehaviorError::NoPolicies { key: format!("{path}.policies") });
    }
    for (index, policy) in rules.policies.iter().flatten().enumerate() {
        let path = format!("{path}.policies[{index}]");
        let (Change::Pods(value) | Change::Percent(value)) = policy.change;
        if value <= 0 {
            return Err(BehaviorError::NoChange { key: format!("{path}.value"), value });
        }
        within(format!("{path}.periodSeconds"), policy.period_seconds, 1, PERIOD_SECONDS_MAX)?;
    }
    match rules.tolerance {
        Some(value) if !(value >= 0.0 && value.is_finite()) => {
            Err(BehaviorError::Tolerance { key: format!("{path}.tolerance"), value })
        }
        _ => Ok(()),
    }
}

fn within(key: String, value: i32, least: i32, most: i32) -> Result<(), BehaviorError> {
    if (least..=most).contains(&value) { Ok(()) } else { Err(BehaviorError::OutOfRange { key, value, least, most }) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hpa::behavior::Policy;

    fn down(rules: RulesSpec) -> BehaviorSpec {
        BehaviorSpec { scale_up: None, scale_down: Some(rules) }
    }

    fn policies(list: &[(Change, i32)]) -> RulesSpec {
        let policies =
            list.iter().map(|(change, period_seconds)| Policy { change: *change, period_seconds: *period_seconds });
        RulesSpec { policies: Some(policies.collect()), ..RulesSpec::default() }
    }

    #[test]
    fn refuses_what_kubernetes_refuses() {
        let window = |seconds| RulesSpec { stabilization_window_seconds: Some(seconds), ..RulesSpec::default() };
        let tolerance = |tolerance| RulesSpec { tolerance: Some(tolerance), ..RulesSpec::default() };
        let fine = (Change::Pods(1), 60);
        let cases = [
            (window(-1), "behavior.scaleDown.stabilizationWindowSeconds is -1; give 0 to 3600"),
            (window(3_601), "behavior.scaleDown.stabilizationWindowSeconds is 3601; give 0 to 3600"),
            (policies(&[]), "behavior.scaleDown.policies is empty; give at least one policy"),
            (policies(&[(Change::Pods(0), 60)]), "behavior.scaleDown.policies[0].value is 0; give 1 or more"),
            (policies(&[fine, (Change::Percent(-5), 60)]), "behavior.scaleDown.policies[1].value is -5"),
            (policies(&[(Change::Pods(1), 0)]), "behavior.scaleDown.policies[0].periodSeconds is 0; give 1 to 1800"),
            (policies(&[fine, (Change::Pods(1), 1_801)]), "behavior.scaleDown.policies[1].periodSeconds is 1801"),
            (tolerance(-0.1), "behavior.scaleDown.tolerance is -0.1; give 0 or more"),
            (tolerance(f64::NAN), "behavior.scaleDown.tolerance is NaN"),
        ];
        for (rules, expected) in cases {
            let error = check(&down(rules.clone())).unwrap_err();
            assert!(error.to_string().starts_with(expected), "{error:?} should start with {expected:?}");
            assert!(expected.starts_with(error.key()));
            let up = BehaviorSpec { scale_up: Some(rules), scale_down: None };
            assert!(check(&up).unwrap_err().key().starts_with("behavior.scaleUp."));
        }
        let edges = [
            RulesSpec::default(),
            window(0),
            window(3_600),
            policies(&[(Change::Pods(1), 1), (Change::Percent(1_000), 1_800)]),
            tolerance(0.0),
        ];
        for rules in edges {
            assert_eq!(check(&down(rules)), Ok(()));
        }
        assert_eq!(check(&BehaviorSpec::default()), Ok(()));
    }
}
