//! `tidecast analytics`: the analytics of a configuration for other engines.

mod export;

use clap::Subcommand;

/// Export the analytics of a configuration for another engine
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    Export(export::Args),
}

pub(crate) fn run(args: &Args) -> anyhow::Result<()> {
    match &args.verb {
        Verb::Export(args) => export::run(args),
    }
}
