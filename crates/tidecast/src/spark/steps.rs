//! Transforms as calls of the job's own functions.

use super::expression::{holds, value, without_nan};
use super::literal::{number, quoted, text};
use std::collections::BTreeMap;
use tidecast_core::record::{FieldKind, Schema};
use tidecast_core::transform::{Transform, Transforms};

/// The fields that records have, as one transform after the other changes them.
pub(super) struct Fields(BTreeMap<String, FieldKind>);

impl Fields {
    pub(super) fn new(schema: &Schema) -> Self {
        Self(schema.fields().iter().map(|field| (field.name.clone(), field.kind)).collect())
    }

    fn is_number(&self, field: &str) -> bool {
        self.0.get(field) == Some(&FieldKind::Number)
    }

    /// Each transform that does something to records with these fields, as a line of Python.
    pub(super) fn steps(&mut self, transforms: &Transforms) -> Vec<String> {
        transforms.steps().iter().filter_map(|step| self.step(step)).collect()
    }

    fn step(&mut self, step: &Transform) -> Option<String> {
        match step {
            Transform::Rename { from, to } => {
                let kind = self.0.remove(from)?;
                self.0.insert(to.clone(), kind);
                Some(format!("records = records.withColumnRenamed({}, {})", text(from), text(to)))
            }
            Transform::Scale { field, factor } => {
                self.set_number(field, |column| without_nan(&format!("({column} * {})", number(*factor))))
            }
            Transform::Fill { field, number: filling } => {
                self.set_number(field, |column| format!("coalesce({column}, {})", number(*filling)))
            }
            Transform::Derive { field, expression } => {
                let sql = value(expression, &|field| self.is_number(field));
                self.0.insert(field.clone(), FieldKind::Number);
                Some(set(field, &sql))
            }
            Transform::Filter(expression) | Transform::Require(expression) => {
                let sql = holds(expression, &|field| self.is_number(field));
                Some(format!("records = records.where({})", text(&sql)))
            }
            Transform::Resample { every_ms } => {
                Some(set("__time_ms", &format!("__time_ms - pmod(__time_ms, {every_ms}L)")))
            }
        }
    }

    fn set_number(&self, field: &str, sql: impl Fn(&str) -> String) -> Option<String> {
        self.is_number(field).then(|| set(field, &sql(&quoted(field))))
    }
}

fn set(field: &str, sql: &str) -> String {
    format!("records = records.withColumn({}, F.expr({}))", text(field), text(sql))
}
