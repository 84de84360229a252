//! Decisions recorded from upstream's own code, one JSON object a line, and whether ours are the same.
//!
//! Reading files is left to the caller: a line comes in, and the differences come out. A decision of a kind that is not
//! known here is a difference, since it is one that cannot be reproduced; a line that is no vector is an error.

mod behavior;
mod calculation;
mod pods;
mod wire;

use serde::Deserialize;
use std::fmt::{self, Display};
use wire::{BehaviorVector, CalculationVector};

/// One vector, judged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// The vector's own name.
    pub id: String,
    /// What kind of decision it is.
    pub kind: String,
    /// All fields that differ. None: it agrees.
    pub differences: Vec<Difference>,
}

/// A field in which upstream's decision and ours differ.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// The field's name in the vector.
    pub field: String,
    /// What upstream has; `-` if nothing.
    pub expected: String,
    /// What is decided here; `-` if nothing.
    pub got: String,
}

/// The line is no vector.
#[derive(Debug, thiserror::Error)]
pub enum VectorError {
    /// Not the JSON that a vector is.
    #[error("{message}; each line is one vector as a JSON object")]
    Json {
        /// What is wrong with it.
        message: String,
        /// Where in the line, from 1.
        column: usize,
    },
    /// A field that this kind of vector has is not there.
    #[error("a vector of kind `{kind}` needs the field `{field}`")]
    Field {
        /// The vector's kind.
        kind: String,
        /// The field's name.
        field: &'static str,
    },
    /// A tolerance is no quantity.
    #[error("{0}")]
    Quantity(#[from] super::QuantityError),
}

impl VectorError {
    /// Where in the line it is wrong, from 1, if it is in one place.
    #[must_use]
    pub fn column(&self) -> Option<usize> {
        match self {
            Self::Json { column, .. } => Some(*column),
            Self::Field { .. } | Self::Quantity(_) => None,
        }
    }
}

impl From<serde_json::Error> for VectorError {
    fn from(error: serde_json::Error) -> Self {
        let (line, column) = (error.line(), error.column());
        // The caller knows better which line it is.
        let message = error.to_string();
        let message = message.strip_suffix(&format!(" at line {line} column {column}")).unwrap_or(&message);
        Self::Json { message: message.to_owned(), column }
    }
}

/// What all vectors have.
#[derive(Deserialize)]
struct Head {
    id: String,
    kind: String,
}

/// Makes the decision of a line again, and compares.
///
/// # Errors
/// If the line is no vector.
pub fn check(line: &str) -> Result<Verdict, VectorError> {
    let Head { id, kind } = serde_json::from_str(line)?;
    let differences = match kind.as_str() {
        "behavior" => behavior::check(&serde_json::from_str::<BehaviorVector>(line)?)?,
        known if calculation::KINDS.contains(&known) => {
            calculation::check(&serde_json::from_str::<CalculationVector>(line)?)?
        }
        unknown => vec![Difference { field: "kind".to_owned(), expected: unknown.to_owned(), got: NOTHING.to_owned() }],
    };
    Ok(Verdict { id, kind, differences })
}

const NOTHING: &str = "-";

/// The differences found so far.
#[derive(Default)]
struct Comparison(Vec<Difference>);

impl Comparison {
    fn compare<T: PartialEq + Display>(&mut self, field: impl Display, expected: Option<T>, got: Option<T>) {
        if expected != got {
            let show = |value: Option<T>| value.map_or_else(|| NOTHING.to_owned(), |value| value.to_string());
            self.0.push(Difference { field: field.to_string(), expected: show(expected), got: show(got) });
        }
    }
}

impl Display for Difference {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}: expected {}, got {}", self.field, self.expected, self.got)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OBJECT: &str = r#"{"id":"a","kind":"object_value","now_s":0,"cpu_initialization_period_s":0,
        "delay_of_initial_readiness_status_s":0,"tolerance":{"controller_default":0.1,"behavior_scale_up_quantity":null,
        "behavior_scale_down_quantity":null,"scale_up":0.1,"scale_down":0.1},"current_replicas":0,"target_value_milli":1,
        "object_value_milli":2,"pods":[],"pod_metrics":[],"expected":{"replicas":2,"usage_milli":2}}"#;

    fn differences(line: &str) -> Vec<String> {
        check(line).unwrap().differences.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_difference_names_the_field_and_both_values() {
        assert_eq!(differences(OBJECT), [""; 0]);
        let other = OBJECT.replace(r#""replicas":2,"#, r#""replicas":3,"#);
        assert_eq!(differences(&other), ["replicas: expected 3, got 2"]);
        let failing = OBJECT.replace(r#"{"replicas":2,"usage_milli":2}"#, r#"{"error_kind":"no_pods","error":"x"}"#);
        assert_eq!(
            differences(&failing),
            ["replicas: expected -, got 2", "usage_milli: expected -, got 2", "error_kind: expected no_pods, got -"]
        );
        let quantity = OBJECT.replace(r#""behavior_scale_up_quantity":null"#, r#""behavior_scale_up_quantity":"0.3""#);
        assert_eq!(differences(&quantity), ["tolerance.scale_up: expected 0.1, got 0.30000000000000004"]);
    }

    #[test]
    fn an_unknown_kind_is_a_difference_and_a_line_that_is_no_vector_an_error() {
        let verdict = check(r#"{"id":"b","kind":"weather","sky":"grey"}"#).unwrap();
        assert_eq!((verdict.id.as_str(), verdict.kind.as_str()), ("b", "weather"));
        assert_eq!(
            verdict.differences.iter().map(ToString::to_string).collect::<Vec<_>>(),
            ["kind: expected weather, got -"]
        );
        let incomplete = OBJECT.replace(r#""target_value_milli":1,"#, "");
        let cases = [
            ("{", "EOF"),
            (r#"{"kind":"behavior"}"#, "missing field `id`; each line"),
            (&incomplete, "a vector of kind `object_value` needs the field `target_value_milli`"),
            (&OBJECT.replace("null", r#""x""#), "`x` is no quantity"),
        ];
        for (line, expected) in cases {
            let error = check(line).unwrap_err().to_string();
            assert!(error.contains(expected), "{line}: {error}");
        }
    }
}
