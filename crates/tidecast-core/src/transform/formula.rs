//! Formulas over the fields of a record: `packets - loss`, `loss >= 0 and loss <= packets`.

use super::parse::{Kind, parse};
use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

/// A formula that gives a number. A missing number makes the result missing, as do a division by zero and any other result
/// that is not finite.
#[derive(Clone, Debug, PartialEq)]
pub struct Formula(pub(super) Node);

/// A formula that is true or false. A comparison with a missing number is false.
#[derive(Clone, Debug, PartialEq)]
pub struct Condition(pub(super) Node);

/// Why a text is no formula.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{text}` does not read as a formula at character {position}: {problem}; accepted: numbers, fields (letters, digits, \
     `_`, `.`), + - * / ( ), < <= > >= == !=, and, or, not"
)]
pub struct FormulaError {
    /// As given.
    pub text: String,
    /// Where, from 1.
    pub position: usize,
    /// What is wrong there.
    pub problem: &'static str,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Node {
    Number(f64),
    Field(String),
    Minus(Box<Node>),
    Not(Box<Node>),
    Binary(Operator, Box<Node>, Box<Node>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Operator {
    Add,
    Subtract,
    Multiply,
    Divide,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    Equal,
    NotEqual,
    And,
    Or,
}

impl Operator {
    pub(super) const ALL: [(Self, &'static str); 12] = [
        (Self::Add, "+"),
        (Self::Subtract, "-"),
        (Self::Multiply, "*"),
        (Self::Divide, "/"),
        (Self::LessOrEqual, "<="),
        (Self::GreaterOrEqual, ">="),
        (Self::Less, "<"),
        (Self::Greater, ">"),
        (Self::Equal, "=="),
        (Self::NotEqual, "!="),
        (Self::And, "and"),
        (Self::Or, "or"),
    ];

    /// Operators of higher precedence bind closer.
    pub(super) fn precedence(self) -> u8 {
        match self {
            Self::Or => 1,
            Self::And => 2,
            // Between them: `not`.
            Self::Less | Self::LessOrEqual | Self::Greater | Self::GreaterOrEqual | Self::Equal | Self::NotEqual => 4,
            Self::Add | Self::Subtract => 5,
            Self::Multiply | Self::Divide => 6,
        }
    }

    fn name(self) -> &'static str {
        Self::ALL.iter().find(|(operator, _)| *operator == self).map_or("", |(_, name)| name)
    }
}

impl Formula {
    /// The fields that it needs.
    #[must_use]
    pub fn fields(&self) -> BTreeSet<&str> {
        self.0.fields()
    }
}

impl Condition {
    /// The fields that it needs.
    #[must_use]
    pub fn fields(&self) -> BTreeSet<&str> {
        self.0.fields()
    }
}

impl Node {
    fn fields(&self) -> BTreeSet<&str> {
        match self {
            Self::Number(_) => BTreeSet::new(),
            Self::Field(field) => BTreeSet::from([field.as_str()]),
            Self::Minus(operand) | Self::Not(operand) => operand.fields(),
            Self::Binary(_, left, right) => &left.fields() | &right.fields(),
        }
    }
}

impl FromStr for Formula {
    type Err = FormulaError;

    fn from_str(text: &str) -> Result<Self, FormulaError> {
        parse(text, Kind::Number).map(Self)
    }
}

impl FromStr for Condition {
    type Err = FormulaError;

    fn from_str(text: &str) -> Result<Self, FormulaError> {
        parse(text, Kind::Truth).map(Self)
    }
}

impl fmt::Display for Formula {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Display for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// With parentheses around every part of a part.
impl fmt::Display for Node {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let part = |node: &Self| match node {
            Self::Number(_) | Self::Field(_) => node.to_string(),
            _ => format!("({node})"),
        };
        match self {
            Self::Number(number) => write!(f, "{number}"),
            Self::Field(field) => f.write_str(field),
            Self::Minus(operand) => write!(f, "-{}", part(operand)),
            Self::Not(operand) => write!(f, "not {}", part(operand)),
            Self::Binary(operator, left, right) => write!(f, "{} {} {}", part(left), operator.name(), part(right)),
        }
    }
}
