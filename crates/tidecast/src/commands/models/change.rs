//! `tidecast models promote` and `rollback`: who speaks for a series, by hand.

use crate::api::models::{ChampionChanged, PromotionOrder, Registered, RollbackOrder};
use crate::commands::format::{Format, csv_cell, print};
use crate::commands::target::{Keeper, RegistryFlag, Target};
use crate::runtime::clock::SystemClock;
use crate::runtime::stewardship::{self, VersionName};
use tidecast_core::ports::Clock;
use tidecast_core::series::{Selector, SeriesKey};
use tidecast_forecast::registry::Succeeded;

/// Let another version speak for a series; a running server takes it up at once
#[derive(Debug, clap::Args)]
pub(super) struct PromoteArgs {
    /// The series, as `tidecast models` lists it
    series: SeriesKey,

    /// Model and version as in ridge/3, or challenger
    version: VersionName,

    #[command(flatten)]
    common: Common,
}

/// Let the champion before this one speak again; a running server takes it up at once
#[derive(Debug, clap::Args)]
pub(super) struct RollbackArgs {
    /// The series, as `tidecast models` lists it
    series: SeriesKey,

    #[command(flatten)]
    common: Common,
}

#[derive(Debug, clap::Args)]
struct Common {
    /// Why, for the record
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,

    #[command(flatten)]
    target: Target,

    #[command(flatten)]
    registry: RegistryFlag,

    /// Output format
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

pub(super) async fn promote(args: PromoteArgs) -> anyhow::Result<()> {
    let PromoteArgs { series, version, common: Common { reason, target, registry, format } } = args;
    let changed = match target.keeper(&registry)? {
        Keeper::Server(server) => {
            server.order_models("promote", &PromotionOrder { series, version: version.to_string(), reason }).await?
        }
        Keeper::Here { registry, .. } => {
            let now_ms = SystemClock.now_ms();
            let changed = stewardship::promote(&registry, &series, &version, now_ms, reason.as_deref())?;
            of_registry(series, changed)
        }
    };
    Ok(print(&render(&changed, format))?)
}

pub(super) async fn roll_back(args: RollbackArgs) -> anyhow::Result<()> {
    let RollbackArgs { series, common: Common { reason, target, registry, format } } = args;
    let changed = match target.keeper(&registry)? {
        Keeper::Server(server) => {
            // Named, so that an order whose answer got lost and that is sent again is not obeyed twice.
            let registered: Registered = server.model_versions(&Selector::exact(&series)).await?;
            let found = registered.series.into_iter().find(|found| found.series == series);
            let from = found.and_then(|found| found.champion).map(|champion| champion.to_string());
            server.order_models("rollback", &RollbackOrder { series, from, reason }).await?
        }
        Keeper::Here { registry, .. } => {
            let now_ms = SystemClock.now_ms();
            let changed = stewardship::roll_back(&registry, &series, None, now_ms, reason.as_deref())?;
            of_registry(series, changed)
        }
    };
    Ok(print(&render(&changed, format))?)
}

fn of_registry(series: SeriesKey, Succeeded { from, to }: Succeeded) -> ChampionChanged {
    ChampionChanged { series, from, to }
}

fn render(changed: &ChampionChanged, format: Format) -> String {
    let ChampionChanged { series, from, to } = changed;
    let from = from.as_ref().map_or_else(String::new, ToString::to_string);
    match format {
        Format::Table if from.is_empty() => format!("{series}: {to} speaks\n"),
        Format::Table => format!("{series}: {to} speaks, after {from}\n"),
        Format::Json => format!("{}\n", serde_json::json!(changed)),
        Format::Csv => format!("series,from,to\n{},{from},{to}\n", csv_cell(&series.to_string())),
    }
}
