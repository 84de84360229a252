//! `tidecast autoscale`: how many replicas, by whose rules, and why.

mod lines;
mod vectors;

use clap::Subcommand;

/// Decide how many replicas a workload needs, as Kubernetes would
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    Vectors(vectors::Args),
}

pub(crate) fn run(args: &Args) -> anyhow::Result<()> {
    match &args.verb {
        Verb::Vectors(args) => vectors::run(args),
    }
}
