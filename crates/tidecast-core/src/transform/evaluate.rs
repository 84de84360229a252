//! Formulas over the columns of a batch.

use super::formula::{Condition, Formula, Node, Operator};
use crate::record::RecordBatch;
use std::borrow::Cow;

impl Formula {
    /// Its value for every record; NaN where it is missing. Fields that the batch does not have are missing.
    #[must_use]
    pub fn evaluate(&self, batch: &RecordBatch) -> Vec<f64> {
        let mut values = self.0.evaluate(batch).into_owned();
        values.iter_mut().filter(|value| !value.is_finite()).for_each(|value| *value = f64::NAN);
        values
    }
}

impl Condition {
    /// Whether it holds, for every record.
    #[must_use]
    pub fn evaluate(&self, batch: &RecordBatch) -> Vec<bool> {
        self.0.evaluate(batch).iter().map(|&value| value == TRUE).collect()
    }
}

const TRUE: f64 = 1.0;

impl Node {
    /// Values of all records; of conditions 1 or 0.
    fn evaluate<'a>(&self, batch: &'a RecordBatch) -> Cow<'a, [f64]> {
        let all = |value: f64| Cow::Owned(vec![value; batch.len()]);
        match self {
            Self::Number(number) => all(*number),
            Self::Field(field) => batch.numbers(field).map_or_else(|| all(f64::NAN), Cow::Borrowed),
            Self::Minus(operand) => map(operand.evaluate(batch), |value| -value),
            Self::Not(operand) => map(operand.evaluate(batch), |value| TRUE - value),
            Self::Binary(operator, left, right) => {
                let (left, right) = (left.evaluate(batch), right.evaluate(batch));
                match operator {
                    Operator::Add => zip(left, &right, |a, b| a + b),
                    Operator::Subtract => zip(left, &right, |a, b| a - b),
                    Operator::Multiply => zip(left, &right, |a, b| a * b),
                    Operator::Divide => zip(left, &right, |a, b| a / b),
                    Operator::Less => zip(left, &right, |a, b| truth(a < b)),
                    Operator::LessOrEqual => zip(left, &right, |a, b| truth(a <= b)),
                    Operator::Greater => zip(left, &right, |a, b| truth(a > b)),
                    Operator::GreaterOrEqual => zip(left, &right, |a, b| truth(a >= b)),
                    Operator::Equal => zip(left, &right, |a, b| truth(a == b)),
                    // Unlike in IEEE 754, a missing number is not different from another: nothing is known of it.
                    Operator::NotEqual => zip(left, &right, |a, b| truth(a < b || a > b)),
                    Operator::And => zip(left, &right, |a, b| a * b),
                    Operator::Or => zip(left, &right, f64::max),
                }
            }
        }
    }
}

fn truth(holds: bool) -> f64 {
    f64::from(u8::from(holds))
}

fn map(values: Cow<'_, [f64]>, change: impl Fn(f64) -> f64) -> Cow<'_, [f64]> {
    let mut values = values.into_owned();
    values.iter_mut().for_each(|value| *value = change(*value));
    Cow::Owned(values)
}

fn zip<'a>(left: Cow<'a, [f64]>, right: &[f64], join: impl Fn(f64, f64) -> f64) -> Cow<'a, [f64]> {
    let mut values = left.into_owned();
    values.iter_mut().zip(right).for_each(|(left, right)| *left = join(*left, *right));
    Cow::Owned(values)
}
