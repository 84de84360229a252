//! `tidecast models gc`: removes versions that nobody needs.

use crate::api::models::{CollectionOrder, CollectionOutcome};
use crate::commands::format::{Format, csv_cell, print};
use crate::commands::table::Table;
use crate::commands::target::{Keeper, RegistryFlag, Target};
use crate::runtime::stewardship;
use std::fmt::Write;
use std::num::NonZeroUsize;
use tidecast_core::series::Selector;
use tidecast_forecast::registry::VERSIONS_KEPT;

/// Remove old versions: champion, challenger, the champion before and the newest of each model stay
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Which series, as in Prometheus [default: all]
    #[arg(default_value = "{}")]
    selector: Selector,

    /// Newest versions of each model to keep besides those with a name [default: 5]
    #[arg(long, value_name = "N")]
    keep: Option<NonZeroUsize>,

    /// Only say what would go
    #[arg(long)]
    dry_run: bool,

    #[command(flatten)]
    target: Target,

    #[command(flatten)]
    registry: RegistryFlag,

    /// Output format
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

pub(super) async fn run(args: Args) -> anyhow::Result<()> {
    let Args { selector, keep, dry_run, target, registry, format } = args;
    let keep = keep.map_or(VERSIONS_KEPT, NonZeroUsize::get);
    let outcome = match target.keeper(&registry)? {
        Keeper::Server(server) => {
            let order = CollectionOrder { selector: Some(selector), keep: Some(keep), dry_run };
            server.order_models("gc", &order).await?
        }
        Keeper::Here { registry, .. } => {
            CollectionOutcome::new(stewardship::collect(&registry, &selector, keep, !dry_run)?, dry_run)
        }
    };
    Ok(print(&render(&outcome, format))?)
}

fn render(outcome: &CollectionOutcome, format: Format) -> String {
    match format {
        Format::Table => table(outcome),
        Format::Json => format!("{}\n", serde_json::json!(outcome)),
        Format::Csv => {
            let mut text = String::from("series,model,version,artifact_bytes\n");
            for gone in &outcome.removed {
                let series = csv_cell(&gone.series.to_string());
                let _infallible = writeln!(text, "{series},{},{},{}", gone.model, gone.version, gone.artifact_bytes);
            }
            text
        }
    }
}

fn table(outcome: &CollectionOutcome) -> String {
    let CollectionOutcome { removed, leftovers, dry_run } = outcome;
    let bytes: u64 = removed.iter().map(|gone| gone.artifact_bytes).sum();
    let verb = if *dry_run { "would be removed" } else { "removed" };
    let summary = format!(
        "{} versions of {:.1} MB and {leftovers} remains of unfinished writes {verb}\n",
        removed.len(),
        bytes as f64 / 1e6
    );
    if removed.is_empty() {
        return summary;
    }
    let mut table = Table::new(&["series", "model", "bytes"]);
    for gone in removed {
        let model = format!("{}/{}", gone.model, gone.version);
        table.row(vec![gone.series.to_string(), model, gone.artifact_bytes.to_string()]);
    }
    format!("{table}{summary}")
}
