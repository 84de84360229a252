//! Records to a regular grid: one for each key and step.

use super::error::TransformError;
use super::transforms::{Resample, Resampled};
use crate::record::{Column, Field, FieldKind, RecordBatch, Schema, TextColumn};
use crate::window::{ClosedWindow, Expression, Measure, WindowPlan, WindowSpec};
use std::sync::Arc;

/// The windows whose results are the records of the grid, and the schema of those.
pub(super) fn plan(resample: &Resample, needed: &[Field]) -> Result<(Arc<WindowPlan>, Arc<Schema>), TransformError> {
    let numbers: Vec<&Field> = needed.iter().filter(|field| field.kind == FieldKind::Number).collect();
    let expression = |field: &str| match resample.value {
        Resampled::Last => Expression::Last(field.to_owned()),
        Resampled::Mean => Expression::Mean(field.to_owned()),
    };
    let measure = |(place, field): (usize, &&Field)| Measure {
        name: format!("field_{place}"),
        expression: expression(&field.name),
    };
    let mut measures: Vec<Measure> = numbers.iter().enumerate().map(measure).collect();
    if measures.is_empty() {
        measures.push(Measure { name: "records".to_owned(), expression: Expression::Count });
    }
    let spec = WindowSpec {
        size_ms: resample.step_ms,
        slide_ms: resample.step_ms,
        lateness_ms: resample.lateness_ms,
        idle_after_ms: resample.idle_after_ms,
        by: resample.by.clone(),
        measures,
        max_keys: resample.max_keys,
        corrections: false,
    };
    let text = |name: &String| Field { name: name.clone(), kind: FieldKind::Text, required: true };
    let fields = resample.by.iter().map(text).chain(numbers.into_iter().cloned()).collect();
    Ok((Arc::new(spec.plan()?), Arc::new(Schema::new(fields)?)))
}

/// Steps that are over, as records at their beginnings.
pub(super) fn records(schema: &Arc<Schema>, closed: &[ClosedWindow]) -> RecordBatch {
    let mut timestamps_ms = Vec::new();
    let mut columns: Vec<Column> = Vec::new();
    for field in schema.fields() {
        columns.push(match field.kind {
            FieldKind::Number => Column::Number(Vec::new()),
            FieldKind::Text => Column::Text(TextColumn::default()),
        });
    }
    for window in closed {
        if window.by.is_empty() {
            timestamps_ms.push(window.start_ms);
            push(&mut columns, std::iter::empty(), &window.totals);
        }
        for (key, values) in window.rows() {
            timestamps_ms.push(window.start_ms);
            push(&mut columns, key.texts(), values);
        }
    }
    RecordBatch::from_parts(Arc::clone(schema), timestamps_ms, columns)
}

/// Texts come first in the schema, and numbers in the order of the measures.
fn push<'a>(columns: &mut [Column], mut texts: impl Iterator<Item = &'a str>, values: &[f64]) {
    let mut values = values.iter();
    for column in columns {
        match column {
            Column::Text(column) => column.push(texts.next().unwrap_or_default()),
            Column::Number(numbers) => numbers.push(values.next().copied().unwrap_or(f64::NAN)),
        }
    }
}
