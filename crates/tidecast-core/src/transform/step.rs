//! One transform.

use super::Expression;
use crate::record::{Column, Field, FieldKind, RecordBatch, Rejection, Rejections, Schema, SchemaError};
use std::sync::Arc;

/// What is done to every record.
#[derive(Clone, Debug, PartialEq)]
pub enum Transform {
    /// A field is called otherwise.
    Rename {
        /// As the message calls it.
        from: String,
        /// As it is called from here on.
        to: String,
    },
    /// A number is multiplied.
    Scale {
        /// Which.
        field: String,
        /// By what.
        factor: f64,
    },
    /// A number field is computed from others; it takes the place of one of that name.
    Derive {
        /// What it is called.
        field: String,
        /// How it is computed.
        expression: Expression,
    },
    /// Records for which this does not hold are left out.
    Filter(Expression),
    /// Records for which this does not hold are wrong: left out, and counted as [`Rejection::RuleBroken`].
    Require(Expression),
    /// A missing number becomes this one.
    Fill {
        /// Which.
        field: String,
        /// What it becomes.
        number: f64,
    },
    /// Times are rounded down to a grid, so that a series keeps the last record of each step.
    Resample {
        /// The step of the grid, ms.
        every_ms: i64,
    },
}

impl Transform {
    /// The fields that records need before it, so that they have these `fields` after it.
    pub(super) fn input_fields(&self, fields: Vec<Field>) -> Vec<Field> {
        let mut fields = fields;
        match self {
            Self::Rename { from, to } => {
                for field in &mut fields {
                    if field.name == *to {
                        field.name.clone_from(from);
                    }
                }
            }
            Self::Derive { field, expression } => {
                fields.retain(|needed| needed.name != *field);
                need_numbers(&mut fields, expression);
            }
            Self::Filter(expression) | Self::Require(expression) => need_numbers(&mut fields, expression),
            Self::Fill { field, .. } => {
                let filled = fields.iter_mut().filter(|needed| needed.name == *field);
                filled.for_each(|needed| needed.required = false);
            }
            Self::Scale { .. } | Self::Resample { .. } => {}
        }
        fields
    }

    /// Does it. What is refused is counted.
    pub(super) fn apply(&self, mut records: RecordBatch, refused: &mut Rejections) -> Result<RecordBatch, SchemaError> {
        match self {
            Self::Rename { from, to } => return rename(records, from, to),
            Self::Scale { field, factor } => {
                return Ok(change_numbers(records, field, |number| number * factor));
            }
            Self::Fill { field, number: filling } => {
                return Ok(change_numbers(records, field, |number| if number.is_nan() { *filling } else { number }));
            }
            Self::Derive { field, expression } => {
                let numbers = expression.evaluate(&records);
                return derive(records, field, numbers);
            }
            Self::Filter(expression) => {
                let keep = expression.holds(&records);
                if keep.contains(&false) {
                    records.retain(&keep);
                }
            }
            Self::Require(expression) => {
                let keep = expression.holds(&records);
                let broken = keep.iter().filter(|holds| !**holds).count();
                if broken > 0 {
                    refused.add(Rejection::RuleBroken, broken as u64);
                    records.retain(&keep);
                }
            }
            Self::Resample { every_ms } => {
                let (schema, mut timestamps_ms, columns) = records.into_parts();
                timestamps_ms.iter_mut().for_each(|time_ms| *time_ms -= time_ms.rem_euclid(*every_ms));
                return Ok(RecordBatch::from_parts(schema, timestamps_ms, columns));
            }
        }
        Ok(records)
    }
}

fn need_numbers(fields: &mut Vec<Field>, expression: &Expression) {
    for name in expression.fields() {
        if fields.iter().all(|field| field.name != name) {
            fields.push(Field { name: name.to_owned(), kind: FieldKind::Number, required: true });
        }
    }
}

fn rename(records: RecordBatch, from: &str, to: &str) -> Result<RecordBatch, SchemaError> {
    let (schema, timestamps_ms, columns) = records.into_parts();
    let mut fields = schema.fields().to_vec();
    fields.iter_mut().filter(|field| field.name == from).for_each(|field| to.clone_into(&mut field.name));
    Ok(RecordBatch::from_parts(Arc::new(Schema::new(fields)?), timestamps_ms, columns))
}

fn change_numbers(records: RecordBatch, field: &str, change: impl Fn(f64) -> f64) -> RecordBatch {
    let (schema, timestamps_ms, mut columns) = records.into_parts();
    if let Some(Column::Number(numbers)) = schema.position(field).map(|position| &mut columns[position]) {
        numbers.iter_mut().for_each(|number| *number = change(*number));
    }
    RecordBatch::from_parts(schema, timestamps_ms, columns)
}

fn derive(records: RecordBatch, field: &str, numbers: Vec<f64>) -> Result<RecordBatch, SchemaError> {
    let (schema, timestamps_ms, mut columns) = records.into_parts();
    let derived = Field { name: field.to_owned(), kind: FieldKind::Number, required: false };
    let mut fields = schema.fields().to_vec();
    match schema.position(field) {
        Some(position) => {
            fields[position] = derived;
            columns[position] = Column::Number(numbers);
        }
        None => {
            fields.push(derived);
            columns.push(Column::Number(numbers));
        }
    }
    Ok(RecordBatch::from_parts(Arc::new(Schema::new(fields)?), timestamps_ms, columns))
}
