//! An analysis as a job for Spark: a self-contained PySpark program that computes the same windows with Structured Streaming.
//!
//! What depends on the configuration is written here, as constants and Spark SQL; the rest is the same for every job and
//! lies in `job/*.py`. `docs/spark.md` says what differs from Tidecast's own results.

mod expression;
mod literal;
mod measure;
mod steps;

use crate::config::{AnalyticsKeys, StreamKeys};
use crate::runtime::live::result_metric;
use clap::ValueEnum;
use literal::{text, truth};
use measure::Scope;
use std::fmt::Write;
use steps::Fields;
use tidecast_core::record::{FieldKind, Schema, SchemaError};
use tidecast_core::transform::TransformError;
use tidecast_core::window::{SpecError, WindowPlan};

/// Where a job has its messages from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Input {
    /// A Kafka topic with a JSON object in each value.
    Kafka,
    /// A directory of files with a JSON object in each line.
    Files,
}

/// Where a job leaves its results.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Output {
    /// CSV files, which `type: csv, layout: long` reads.
    Csv,
    /// Files with a JSON object in each line.
    JsonLines,
    /// Parquet files.
    Parquet,
    /// A Kafka topic with a JSON object in each value.
    Kafka,
}

/// Why there can be no job. A checked configuration gives none of these.
#[derive(Debug, thiserror::Error)]
pub(crate) enum JobError {
    /// The windows cannot be computed.
    #[error(transparent)]
    Spec(#[from] SpecError),
    /// The transforms cannot work.
    #[error(transparent)]
    Transform(#[from] TransformError),
    /// Fields do not go together.
    #[error(transparent)]
    Schema(#[from] SchemaError),
}

/// Writes the job of an analysis called `name`. `readers` are all analytics of its stream: a record that lacks what any of
/// them needs is refused, as by Tidecast itself.
///
/// # Errors
/// When transforms or windows of the configuration are impossible.
pub(crate) fn job<'a>(
    name: &str,
    keys: &AnalyticsKeys,
    stream: &StreamKeys,
    readers: impl IntoIterator<Item = &'a AnalyticsKeys>,
    (input, output): (Input, Output),
) -> Result<String, JobError> {
    let format = stream.format(readers)?;
    let plan = keys.spec().plan()?;
    let needed = Schema::new(plan.fields())?;
    let mut constants = String::new();
    let spec = plan.spec();
    let pairs = [
        ("TIMESTAMP", text(&format.timestamp)),
        ("FUTURE_TOLERANCE_MS", format.future_tolerance_ms.to_string()),
        ("WINDOW_MS", spec.size_ms.to_string()),
        ("SLIDE_MS", spec.slide_ms.to_string()),
        ("LATENESS_MS", spec.lateness_ms.to_string()),
        (
            "FIELDS",
            list(format.schema.fields().iter().map(|field| {
                let is_number = truth(field.kind == FieldKind::Number);
                format!("({}, {is_number}, {})", text(&field.name), truth(field.required))
            })),
        ),
        ("BY", list(spec.by.iter().map(|field| text(field)))),
        ("KEY_MEASURES", measures(name, &plan, &needed, Scope::Key)),
        ("TOTAL_MEASURES", measures(name, &plan, &needed, Scope::All)),
    ];
    for (constant, value) in pairs {
        let _infallible = writeln!(constants, "{constant} = {value}");
    }
    let mut fields = Fields::new(&format.schema);
    let source = crate::config::transforms(&stream.transforms)?;
    let steps = [fields.steps(&source), fields.steps(&keys.transforms()?)].concat();
    let steps: String = steps.iter().map(|step| format!("    {step}\n")).collect();
    let read = match input {
        Input::Kafka => include_str!("job/input_kafka.py"),
        Input::Files => include_str!("job/input_files.py"),
    };
    let files = |format| include_str!("job/output_files.py").replace("@FORMAT@", format);
    let write = match output {
        Output::Csv => files("csv"),
        Output::JsonLines => files("json"),
        Output::Parquet => files("parquet"),
        Output::Kafka => include_str!("job/output_kafka.py").to_owned(),
    };
    let uses_kafka = input == Input::Kafka || output == Output::Kafka;
    let parts = [uses_kafka.then_some(include_str!("job/kafka.py")), Some(read), Some(&write)];
    let parts: Vec<&str> = parts.into_iter().flatten().collect();
    let job = include_str!("job/job.py")
        .replace("@NAME@", name)
        .replace("# @CONSTANTS@\n", &constants)
        .replace("    # @STEPS@\n", &steps)
        .replace("# @PARTS@\n", &parts.join("\n\n"));
    Ok(job)
}

/// For each measure the name of its metric and its aggregate.
fn measures(name: &str, plan: &WindowPlan, fields: &Schema, scope: Scope) -> String {
    let spec = plan.spec();
    list(spec.measures.iter().map(|measure| {
        let sql = measure::sql(&measure.expression, spec, fields, scope);
        format!("({}, {})", text(&result_metric(name, &measure.name)), text(&sql))
    }))
}

/// A list in Python, a line each.
fn list(items: impl Iterator<Item = String>) -> String {
    let items: String = items.map(|item| format!("    {item},\n")).collect();
    if items.is_empty() { "[]".to_owned() } else { format!("[\n{items}]") }
}

#[cfg(test)]
mod tests;
