//! `tidecast models`: the models of every series, which one speaks for it, and how good it was; and changing that by hand.

mod change;
mod collection;
mod listing;

pub(crate) use listing::{Row, of_records, render};

use super::format::{Format, print};
use super::target::{RegistryFlag, Target};
use crate::api::models::Registered;
use crate::runtime::live::Board;
use crate::runtime::stewardship;
use clap::Subcommand;
use serde::Deserialize;
use tidecast_core::series::Selector;

const EXAMPLES: &str = "Examples:
  tidecast models --store embedded:data
  tidecast models 'power{device_id=\"meter_1\"}' --store embedded:data --format json
  tidecast models --server http://127.0.0.1:8080
  tidecast models promote 'power{device_id=\"meter_1\"}' ridge/3 --store embedded:data
  tidecast models rollback 'power{device_id=\"meter_1\"}' --server http://127.0.0.1:8080
  tidecast models gc --store embedded:data --keep 2 --dry-run

Listing a store only reads its registry, so this works while a server has the store; with --server the candidates that
wait and whether a series drifts are shown as well. Changes go through the server that has the store, if one has.";

/// List the models of each series, promote one, roll back, remove old versions
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES, args_conflicts_with_subcommands = true)]
pub(crate) struct Args {
    #[command(subcommand)]
    verb: Option<Verb>,

    #[command(flatten)]
    listing: ListingArgs,
}

#[derive(Debug, Subcommand)]
enum Verb {
    Promote(change::PromoteArgs),
    Rollback(change::RollbackArgs),
    Gc(collection::Args),
}

#[derive(Debug, clap::Args)]
struct ListingArgs {
    /// Which series, as in Prometheus [default: all]
    #[arg(default_value = "{}")]
    selector: Selector,

    #[command(flatten)]
    target: Target,

    #[command(flatten)]
    registry: RegistryFlag,

    /// Output format
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

pub(crate) async fn run(args: Args) -> anyhow::Result<()> {
    match args.verb {
        None => list(args.listing).await,
        Some(Verb::Promote(args)) => change::promote(args).await,
        Some(Verb::Rollback(args)) => change::roll_back(args).await,
        Some(Verb::Gc(args)) => collection::run(args).await,
    }
}

/// What `GET /api/v1/models` answers.
#[derive(Deserialize)]
struct Boards {
    models: Vec<Board>,
}

async fn list(args: ListingArgs) -> anyhow::Result<()> {
    let ListingArgs { selector, target, registry, format } = args;
    let rows = if target.is_remote() {
        let server = target.remote()?;
        let boards: Boards = server.models(&selector).await?;
        let registered: Registered = server.model_versions(&selector).await?;
        listing::of_server(registered, boards.models)
    } else {
        let registry = registry.open(target.directory()?)?;
        of_records(stewardship::records(&registry, &selector)?)
    };
    Ok(print(&render(&rows, format))?)
}
