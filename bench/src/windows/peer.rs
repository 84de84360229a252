//! PySpark on the same files.

use crate::peer::{self, number};
use anyhow::Result;
use std::path::Path;

/// What it came to in one of its two ways.
pub(super) struct Figures {
    pub(super) mode: String,
    pub(super) events_per_cpu_s: f64,
    pub(super) resident_mb: f64,
}

pub(super) fn run(directory: &Path) -> Result<Vec<Figures>> {
    let figures = |answer: &serde_json::Value| -> Result<Figures> {
        Ok(Figures {
            mode: answer["mode"].as_str().unwrap_or_default().to_owned(),
            events_per_cpu_s: number(answer, "events_per_cpu_s")?,
            resident_mb: number(answer, "resident_mb")?,
        })
    };
    peer::run("spark_windows.py", "pyspark (and a Java 17 or later)", &[directory])?.iter().map(figures).collect()
}
