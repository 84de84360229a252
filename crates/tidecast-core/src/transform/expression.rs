//! Arithmetic and comparisons over the fields of records.

use crate::record::RecordBatch;
use serde::{Deserialize, Serialize};
use std::fmt;

/// A computation over the number fields of a record, such as `packets - loss` or `loss <= packets and latency > 0`.
///
/// Numbers stand for truth as well: comparisons give 1 or 0, `and`, `or` and `not` take everything but 0 for true. What
/// depends on a missing number (NaN) is missing; a comparison with a missing number is false.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Expression {
    pub(super) text: String,
    pub(super) root: Node,
}

/// A part of an expression.
#[derive(Clone, Debug, PartialEq)]
pub enum Node {
    /// A number.
    Number(f64),
    /// The number in a field.
    Field(String),
    /// The number with the other sign.
    Negate(Box<Node>),
    /// Whether it does not hold.
    Not(Box<Node>),
    /// Two parts joined.
    Binary(Operator, Box<Node>, Box<Node>),
}

/// What joins two parts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operator {
    /// `+`
    Add,
    /// `-`
    Subtract,
    /// `*`
    Multiply,
    /// `/`; missing where the divisor is 0
    Divide,
    /// `<`
    Less,
    /// `<=`
    LessOrEqual,
    /// `>`
    Greater,
    /// `>=`
    GreaterOrEqual,
    /// `==`
    Equal,
    /// `!=`
    NotEqual,
    /// `and`
    And,
    /// `or`
    Or,
}

impl Expression {
    /// The fields that it needs, each once, in the order in which they are written.
    #[must_use]
    pub fn fields(&self) -> Vec<&str> {
        let mut fields = Vec::new();
        self.root.collect_fields(&mut fields);
        fields
    }

    /// Its outermost part, to write it in another language.
    #[must_use]
    pub fn root(&self) -> &Node {
        &self.root
    }

    /// Its value for each record; NaN where it depends on a missing number, or on a field that the batch does not have.
    #[must_use]
    pub fn evaluate(&self, records: &RecordBatch) -> Vec<f64> {
        self.root.evaluate(records)
    }

    /// Whether it holds for each record.
    #[must_use]
    pub fn holds(&self, records: &RecordBatch) -> Vec<bool> {
        self.evaluate(records).into_iter().map(is_true).collect()
    }
}

fn is_true(number: f64) -> bool {
    number != 0.0 && !number.is_nan()
}

impl Node {
    fn collect_fields<'a>(&'a self, fields: &mut Vec<&'a str>) {
        match self {
            Self::Number(_) => {}
            Self::Field(field) if fields.contains(&field.as_str()) => {}
            Self::Field(field) => fields.push(field),
            Self::Negate(node) | Self::Not(node) => node.collect_fields(fields),
            Self::Binary(_, left, right) => {
                left.collect_fields(fields);
                right.collect_fields(fields);
            }
        }
    }

    fn evaluate(&self, records: &RecordBatch) -> Vec<f64> {
        match self {
            Self::Number(number) => vec![*number; records.len()],
            Self::Field(field) => records.numbers(field).map_or_else(|| vec![f64::NAN; records.len()], <[f64]>::to_vec),
            Self::Negate(node) => map(node.evaluate(records), |number| -number),
            Self::Not(node) => map(node.evaluate(records), |number| f64::from(u8::from(!is_true(number)))),
            Self::Binary(operator, left, right) => {
                let mut left = left.evaluate(records);
                let right = right.evaluate(records);
                left.iter_mut().zip(right).for_each(|(left, right)| *left = operator.apply(*left, right));
                left
            }
        }
    }
}

fn map(mut numbers: Vec<f64>, change: impl Fn(f64) -> f64) -> Vec<f64> {
    numbers.iter_mut().for_each(|number| *number = change(*number));
    numbers
}

impl Operator {
    fn apply(self, left: f64, right: f64) -> f64 {
        let truth = |truth: bool| f64::from(u8::from(truth));
        match self {
            Self::Add => left + right,
            Self::Subtract => left - right,
            Self::Multiply => left * right,
            // What is divided by nothing is unknown, not infinite.
            Self::Divide if right == 0.0 => f64::NAN,
            Self::Divide => left / right,
            Self::Less => truth(left < right),
            Self::LessOrEqual => truth(left <= right),
            Self::Greater => truth(left > right),
            Self::GreaterOrEqual => truth(left >= right),
            Self::Equal => truth(left == right),
            Self::NotEqual => truth(left != right && !left.is_nan() && !right.is_nan()),
            Self::And => truth(is_true(left) && is_true(right)),
            Self::Or => truth(is_true(left) || is_true(right)),
        }
    }
}

impl fmt::Display for Expression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl From<Expression> for String {
    fn from(expression: Expression) -> Self {
        expression.text
    }
}
