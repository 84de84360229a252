//! `tidecast analytics export`: an analysis as a program for another engine.

use super::super::check::model_names;
use super::super::format::print;
use crate::config::{AnalyticsKeys, Config, ProcessEnvironment};
use crate::exit::UsageError;
use crate::spark::{self, Input, Output};
use clap::ValueEnum;
use std::path::PathBuf;

const EXAMPLES: &str = "Examples:
  tidecast analytics export --engine spark -f tidecast.yaml > job.py
  tidecast analytics export --engine spark -f tidecast.yaml --analytics network --input files --output csv > job.py

How to run the job, and how its results come back into Tidecast: docs/spark.md";

/// Write an analysis as a program for another engine, to standard output
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    /// Which engine
    #[arg(long, value_enum)]
    engine: Engine,

    /// Configuration file
    #[arg(short, long, value_name = "FILE")]
    file: PathBuf,

    /// Which of its analytics [default: the only one]
    #[arg(long, value_name = "NAME")]
    analytics: Option<String>,

    /// Where the messages come from
    #[arg(long, value_enum, default_value = "kafka")]
    input: Input,

    /// Where the results go
    #[arg(long, value_enum, default_value = "csv")]
    output: Output,
}

/// What runs the program.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Engine {
    /// Spark Structured Streaming, 3.5 or newer: a PySpark program.
    Spark,
}

pub(crate) fn run(args: &Args) -> anyhow::Result<()> {
    let config = Config::load(&args.file, &ProcessEnvironment, &model_names())?;
    let (name, keys) = choose(&config, args.analytics.as_deref()).map_err(UsageError)?;
    let stream = config.sources.get(&keys.input).and_then(|source| source.stream());
    let stream = stream.ok_or_else(|| UsageError(format!("analytics.{name} reads no stream")))?;
    let readers = config.analytics.values().map(|analytics| &analytics.keys).filter(|other| other.input == keys.input);
    match args.engine {
        Engine::Spark => print(&spark::job(name, keys, stream, readers, (args.input, args.output))?)?,
    }
    Ok(())
}

/// The analysis that is meant, or what to do.
fn choose<'a>(config: &'a Config, name: Option<&str>) -> Result<(&'a str, &'a AnalyticsKeys), String> {
    let mut found = config.analytics.iter().filter(|(other, _)| name.is_none_or(|name| name == *other));
    match (found.next(), found.next()) {
        (Some((name, analytics)), None) => Ok((name, &analytics.keys)),
        _ if config.analytics.is_empty() => {
            Err("the configuration has no analytics; add one, as docs/configuration.md describes".to_owned())
        }
        _ => {
            let names: Vec<&str> = config.analytics.keys().map(String::as_str).collect();
            Err(format!("say which with --analytics NAME; there are {}", names.join(", ")))
        }
    }
}
