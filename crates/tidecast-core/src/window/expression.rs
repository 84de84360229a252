//! Measures as people write them: `sum(packets)`, `sum(loss) / sum(packets)`, `quantile(latency, 0.95)`.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// What is computed over the records of a window. Records without a number in the field do not count.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Expression {
    /// `count()`: how many records.
    Count,
    /// `sum(field)`; 0 over none.
    Sum(String),
    /// `mean(field)`
    Mean(String),
    /// `min(field)`
    Min(String),
    /// `max(field)`
    Max(String),
    /// `last(field)`: the value of the newest record; of several at the same time, the greatest.
    Last(String),
    /// `rate()`: records in a second.
    Rate,
    /// `rate(field)`: the sum in a second.
    RateOf(String),
    /// `sum(numerator) / sum(denominator)`: undefined where the denominator is 0.
    Ratio {
        /// The field above.
        numerator: String,
        /// The field below.
        denominator: String,
    },
    /// `distinct(field)`: how many different values, texts or numbers; see [`super::Distinct`] for how exact.
    Distinct(String),
    /// `quantile(field, level)`: see [`super::Sketch`] for how exact.
    Quantile {
        /// Of this field.
        field: String,
        /// 0 is the least value, 1 the greatest.
        level: f64,
    },
}

/// Why a text is no measure.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is not a measure; accepted: count(), sum(FIELD), mean(FIELD), min(FIELD), max(FIELD), last(FIELD), rate(), rate(FIELD), \
     sum(FIELD) / sum(FIELD), distinct(FIELD), quantile(FIELD, LEVEL) with a level from 0 to 1; fields are letters, digits, \
     `_` and `.`"
)]
pub struct ParseExpressionError(pub String);

impl Expression {
    /// The fields that it needs.
    pub fn fields(&self) -> impl Iterator<Item = &str> {
        let (first, second) = match self {
            Self::Count | Self::Rate => (None, None),
            Self::Sum(field)
            | Self::Mean(field)
            | Self::Min(field)
            | Self::Max(field)
            | Self::Last(field)
            | Self::RateOf(field)
            | Self::Distinct(field)
            | Self::Quantile { field, .. } => (Some(field.as_str()), None),
            Self::Ratio { numerator, denominator } => (Some(numerator.as_str()), Some(denominator.as_str())),
        };
        first.into_iter().chain(second)
    }
}

impl FromStr for Expression {
    type Err = ParseExpressionError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        parse(text).ok_or_else(|| ParseExpressionError(text.to_owned()))
    }
}

impl TryFrom<String> for Expression {
    type Error = ParseExpressionError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<Expression> for String {
    fn from(expression: Expression) -> Self {
        expression.to_string()
    }
}

fn parse(text: &str) -> Option<Expression> {
    if let Some((numerator, denominator)) = text.split_once('/') {
        return match (call(numerator)?, call(denominator)?) {
            (("sum", numerator, None), ("sum", denominator, None)) => {
                Some(Expression::Ratio { numerator: field(numerator)?, denominator: field(denominator)? })
            }
            _ => None,
        };
    }
    match call(text)? {
        ("count", "", None) => Some(Expression::Count),
        ("rate", "", None) => Some(Expression::Rate),
        ("sum", name, None) => Some(Expression::Sum(field(name)?)),
        ("mean", name, None) => Some(Expression::Mean(field(name)?)),
        ("min", name, None) => Some(Expression::Min(field(name)?)),
        ("max", name, None) => Some(Expression::Max(field(name)?)),
        ("last", name, None) => Some(Expression::Last(field(name)?)),
        ("rate", name, None) => Some(Expression::RateOf(field(name)?)),
        ("distinct", name, None) => Some(Expression::Distinct(field(name)?)),
        ("quantile", name, Some(level)) => {
            let level = level.parse().ok().filter(|level| (0.0..=1.0).contains(level))?;
            Some(Expression::Quantile { field: field(name)?, level })
        }
        _ => None,
    }
}

/// `name(first)` or `name(first, second)`, with space anywhere.
fn call(text: &str) -> Option<(&str, &str, Option<&str>)> {
    let (name, arguments) = text.trim().strip_suffix(')')?.split_once('(')?;
    let (first, second) = match arguments.split_once(',') {
        Some((first, second)) => (first, Some(second.trim())),
        None => (arguments, None),
    };
    Some((name.trim(), first.trim(), second))
}

fn field(text: &str) -> Option<String> {
    is_field(text).then(|| text.to_owned())
}

/// Whether a text can be the name of a field in an expression.
fn is_field(text: &str) -> bool {
    let first = |c: char| c.is_alphabetic() || c == '_';
    text.chars().next().is_some_and(first) && text.chars().all(|c| c.is_alphanumeric() || c == '_' || c == '.')
}

impl fmt::Display for Expression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Count => f.write_str("count()"),
            Self::Sum(field) => write!(f, "sum({field})"),
            Self::Mean(field) => write!(f, "mean({field})"),
            Self::Min(field) => write!(f, "min({field})"),
            Self::Max(field) => write!(f, "max({field})"),
            Self::Last(field) => write!(f, "last({field})"),
            Self::Rate => f.write_str("rate()"),
            Self::RateOf(field) => write!(f, "rate({field})"),
            Self::Ratio { numerator, denominator } => write!(f, "sum({numerator}) / sum({denominator})"),
            Self::Distinct(field) => write!(f, "distinct({field})"),
            Self::Quantile { field, level } => write!(f, "quantile({field}, {level})"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prints_what_it_parses() {
        let cases = [
            ("count()", "count()"),
            (" count ( ) ", "count()"),
            ("sum(packets)", "sum(packets)"),
            ("mean( latency )", "mean(latency)"),
            ("min(a.b)", "min(a.b)"),
            ("max(_x)", "max(_x)"),
            ("last(x)", "last(x)"),
            ("rate()", "rate()"),
            ("rate(packets)", "rate(packets)"),
            ("sum(loss)/sum(packets)", "sum(loss) / sum(packets)"),
            ("distinct(antenna_id)", "distinct(antenna_id)"),
            ("quantile(latency,.95)", "quantile(latency, 0.95)"),
        ];
        for (text, printed) in cases {
            let expression: Expression = text.parse().unwrap();
            assert_eq!(expression.to_string(), printed);
            assert_eq!(printed.parse(), Ok(expression));
        }
    }

    #[test]
    fn anything_else_is_refused_with_what_is_accepted() {
        for text in [
            "",
            "sum",
            "sum()",
            "sum(a",
            "sum(a, b)",
            "median(a)",
            "quantile(a)",
            "quantile(a, 95)",
            "quantile(a, NaN)",
            "sum(a) / mean(b)",
            "sum(a) / sum(b) / sum(c)",
            "sum(a) + sum(b)",
            "sum(a-b)",
            "sum(1)",
            "count(a)",
            "sum((a))",
        ] {
            let error = text.parse::<Expression>().unwrap_err().to_string();
            assert!(error.starts_with(&format!("`{text}` ")) && error.contains("quantile(FIELD, LEVEL)"), "{error}");
        }
    }
}
