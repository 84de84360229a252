//! `tidecast autoscale replay`: what would each way of scaling have cost on this demand, and how often would it have been too
//! little?

use super::conditions::ConditionFlags;
use super::demand::DemandFlags;
use super::{Format, terminal};
use crate::commands::format::print;
use crate::commands::{page, progress};
use crate::report::scaling;
use std::path::PathBuf;
use tidecast_autoscale::simulation::{ReplaySettings, replay};

const EXAMPLES: &str = "Examples:
  tidecast autoscale replay --input requests.csv.gz
  tidecast autoscale replay --input requests.csv.gz --capacity 125 --startup 3m --budget 0.05% --report replay.html
  tidecast autoscale replay --input requests.csv.gz --policy policy.yaml
  tidecast autoscale replay --from prometheus://localhost:9090 --query 'sum(rate(http_requests_total[1m]))' --days 14

The first half of the demand is for learning, the second half is scored. All contenders see the same metrics, late and
averaged, and their pods take the same times to start. Nothing is written unless --report is given.";

/// Replay recorded demand: what would the HPA, others and a forecast have cost?
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    #[command(flatten)]
    demand: DemandFlags,

    #[command(flatten)]
    conditions: ConditionFlags,

    /// Output format
    #[arg(long, value_enum, default_value_t)]
    format: Format,

    /// Write an HTML page with charts: one file that needs no network
    #[arg(long, value_name = "FILE")]
    report: Option<PathBuf>,
}

/// Parts of a replay that the bar shows.
const PARTS: u64 = 100;

pub(crate) async fn run(args: Args) -> anyhow::Result<()> {
    if let Some(path) = &args.report {
        page::check_place(path)?;
    }
    let settings = args.conditions.settings()?;
    let (name, trace) = args.demand.read().await?;
    let settings = ReplaySettings { name, ..settings };
    let bar = progress::bar("replay", PARTS);
    bar.enable_steady_tick(std::time::Duration::from_millis(250));
    let shown = bar.clone();
    let replay = tokio::task::spawn_blocking(move || {
        replay(&trace, &settings, &mut |share| shown.set_position((share * PARTS as f64) as u64))
    })
    .await?;
    bar.finish_and_clear();
    let replay = replay?;
    if let Some(path) = &args.report {
        page::write(path, &scaling::render(&replay))?;
    }
    Ok(print(&match args.format {
        Format::Json => serde_json::to_string(&replay.report)? + "\n",
        Format::Table => terminal::replay(&replay.report),
    })?)
}
