//! `tidecast autoscale`: how many replicas, by whose rules, and why.

mod conditions;
pub(super) mod demand;
mod explain;
pub(super) mod lines;
mod replay;
mod terminal;
mod vectors;

use clap::{Subcommand, ValueEnum};

/// Decide how many replicas a workload needs, as Kubernetes would and ahead of demand
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    Replay(replay::Args),
    Explain(explain::Args),
    Vectors(vectors::Args),
}

/// How results are printed.
#[derive(Clone, Copy, Debug, Default, ValueEnum)]
enum Format {
    /// Aligned columns and sentences for people.
    #[default]
    Table,
    /// One JSON document.
    Json,
}

pub(crate) async fn run(args: Args) -> anyhow::Result<()> {
    match args.verb {
        Verb::Replay(args) => replay::run(args).await,
        Verb::Explain(args) => explain::run(args).await,
        Verb::Vectors(args) => vectors::run(&args),
    }
}
