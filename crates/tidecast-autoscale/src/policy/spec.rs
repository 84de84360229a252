//! What an operator asks of a workload's autoscaling.

use super::{BehaviorError, Calendar, CalendarEntry, behavior};
use crate::hpa::BehaviorSpec;

/// The least target: below it a replica would do next to nothing.
const LEAST_TARGET: f64 = 0.001;

/// How a workload is to be scaled.
#[derive(Clone, Debug, PartialEq)]
pub struct Policy {
    /// Fewest replicas. Zero only where one asks for it.
    pub min_replicas: i32,
    /// Most replicas.
    pub max_replicas: i32,
    /// Utilisation to aim at when reacting to demand, in (0, 1].
    pub target: f64,
    /// Share of time in which demand may exceed capacity, in (0, 1): the forecast replaces head-room. `None`: the
    /// forecast only adds to what the target asks for.
    pub violation_budget: Option<f64>,
    /// Replicas that must be there at times.
    pub calendar: Vec<CalendarEntry>,
    /// Scale up one step whenever a predicted utilisation exceeds this; in (0, 1].
    pub threshold: Option<f64>,
    /// How fast replicas may change, as `spec.behavior` of an HPA; for the HPA at the target too. A window for scaling down
    /// that is not given stays the usual one.
    pub behavior: Option<BehaviorSpec>,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            min_replicas: 1,
            max_replicas: 10,
            target: 0.7,
            violation_budget: None,
            calendar: Vec::new(),
            threshold: None,
            behavior: None,
        }
    }
}

/// Why a policy cannot be followed.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum PolicyError {
    /// There is no number of replicas within the limits.
    #[error("min_replicas is {min} and max_replicas {max}; the least must not exceed the most")]
    Limits {
        /// The fewest.
        min: i32,
        /// The most.
        max: i32,
    },
    /// Fewer than no replicas, or none at most.
    #[error("{name} is {value}; give {least} or more")]
    Replicas {
        /// The setting.
        name: &'static str,
        /// Its value.
        value: i32,
        /// The least it may be.
        least: i32,
    },
    /// A share that is none.
    #[error("{name} is {value}; give a share {range}, for example {example}")]
    Share {
        /// The setting.
        name: &'static str,
        /// Its value.
        value: f64,
        /// The values that it may have.
        range: &'static str,
        /// One of them.
        example: f64,
    },
    /// A behavior that Kubernetes would refuse.
    #[error(transparent)]
    Behavior(BehaviorError),
    /// A capacity with which nothing can be served.
    #[error(
        "the capacity of a replica is {0}; give the demand that one replica serves, above 0, in the unit of the demand"
    )]
    Capacity(f64),
    /// A schedule that cannot be read.
    #[error(
        "the schedule {schedule:?} of a calendar entry cannot be read: {reason}; write minute, hour, day of month, month, day of week, for example \"0 8 * * 1-5\""
    )]
    Schedule {
        /// As it was written.
        schedule: String,
        /// What is wrong.
        reason: String,
    },
    /// A time zone that is not known.
    #[error("the time zone {0:?} is not known; write it as in the IANA database, for example \"Europe/Berlin\"")]
    TimeZone(String),
}

impl Policy {
    /// Whether the policy can be followed.
    ///
    /// # Errors
    /// The first setting that is wrong.
    pub fn check(&self) -> Result<(), PolicyError> {
        for (name, value, least) in [("min_replicas", self.min_replicas, 0), ("max_replicas", self.max_replicas, 1)] {
            if value < least {
                return Err(PolicyError::Replicas { name, value, least });
            }
        }
        if self.min_replicas > self.max_replicas {
            return Err(PolicyError::Limits { min: self.min_replicas, max: self.max_replicas });
        }
        share("target", Some(self.target), 1.0, "above 0, up to 1", 0.7)?;
        if self.target < LEAST_TARGET {
            return Err(PolicyError::Share {
                name: "target",
                value: self.target,
                range: "of 0.001 to 1",
                example: 0.7,
            });
        }
        share("threshold", self.threshold, 1.0, "above 0, up to 1", 0.85)?;
        share("violation_budget", self.violation_budget, 1.0 - f64::EPSILON, "between 0 and 1", 0.001)?;
        for entry in &self.calendar {
            if entry.min_replicas < 0 {
                return Err(PolicyError::Replicas {
                    name: "min_replicas of a calendar entry",
                    value: entry.min_replicas,
                    least: 0,
                });
            }
        }
        Calendar::new(&self.calendar)?;
        self.behavior.as_ref().map_or(Ok(()), behavior::check).map_err(PolicyError::Behavior)
    }
}

fn share(
    name: &'static str,
    value: Option<f64>,
    most: f64,
    range: &'static str,
    example: f64,
) -> Result<(), PolicyError> {
    match value {
        Some(value) if !(value > 0.0 && value <= most) => Err(PolicyError::Share { name, value, range, example }),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hpa::RulesSpec;

    #[test]
    fn says_what_is_wrong() {
        let fine = Policy::default();
        let entry = |start: &str, min_replicas| CalendarEntry {
            start: start.to_owned(),
            end: "0 18 * * *".to_owned(),
            time_zone: "UTC".to_owned(),
            min_replicas,
        };
        let rules = RulesSpec { policies: Some(Vec::new()), ..RulesSpec::default() };
        let frozen = BehaviorSpec { scale_up: Some(rules), scale_down: None };
        let cases = [
            (Policy { min_replicas: 5, max_replicas: 3, ..fine.clone() }, "min_replicas is 5 and max_replicas 3"),
            (Policy { min_replicas: -1, ..fine.clone() }, "min_replicas is -1; give 0 or more"),
            (Policy { max_replicas: 0, min_replicas: 0, ..fine.clone() }, "max_replicas is 0; give 1 or more"),
            (Policy { target: 0.0, ..fine.clone() }, "target is 0; give a share above 0, up to 1, for example 0.7"),
            (Policy { target: f64::NAN, ..fine.clone() }, "target is NaN"),
            (
                Policy { violation_budget: Some(1.0), ..fine.clone() },
                "violation_budget is 1; give a share between 0 and 1",
            ),
            (Policy { violation_budget: Some(-0.1), ..fine.clone() }, "violation_budget is -0.1"),
            (Policy { threshold: Some(85.0), ..fine.clone() }, "threshold is 85"),
            (Policy { calendar: vec![entry("0 8 * * *", -2)], ..fine.clone() }, "of a calendar entry is -2; give 0 or"),
            (Policy { calendar: vec![entry("soon", 2)], ..fine.clone() }, "the schedule \"soon\" of a calendar entry"),
            (Policy { behavior: Some(frozen), ..fine.clone() }, "behavior.scaleUp.policies is empty"),
        ];
        for (policy, expected) in cases {
            let error = policy.check().unwrap_err().to_string();
            assert!(error.contains(expected), "{error:?} should contain {expected:?}");
        }
        assert_eq!(fine.check(), Ok(()));
    }
}
