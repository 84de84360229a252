//! `tidecast autoscale explain`: what our policy would have changed on this demand, when, and why.

use super::conditions::ConditionFlags;
use super::demand::DemandFlags;
use super::{Format, terminal};
use crate::commands::format::print;
use crate::commands::{instant, progress};
use crate::exit::UsageError;
use crate::runtime::clock::SystemClock;
use tidecast_autoscale::simulation::report::Explanation;
use tidecast_autoscale::simulation::{ReplaySettings, explain};
use tidecast_core::ports::Clock;

const EXAMPLES: &str = "Examples:
  tidecast autoscale explain --input requests.csv.gz
  tidecast autoscale explain --input requests.csv.gz --capacity 125 --at 2021-10-07T08:15:00Z
  tidecast autoscale explain --input requests.csv.gz --last 100 --format json

The first half of the demand is for learning; changes of the second half are listed, oldest first. With --at, the change by
which there were as many replicas at that time.";

/// List what the policy would have changed on recorded demand, each change with its reason
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    #[command(flatten)]
    demand: DemandFlags,

    #[command(flatten)]
    conditions: ConditionFlags,

    /// Why there were as many replicas at this time: 2021-10-07T08:15:00Z
    #[arg(long, value_name = "TIME", conflicts_with = "last")]
    at: Option<String>,

    /// The newest changes, this many
    #[arg(long, value_name = "N", default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..))]
    last: u32,

    /// Output format
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

pub(crate) async fn run(args: Args) -> anyhow::Result<()> {
    let now_ms = SystemClock.now_ms();
    let at_ms = args.at.as_deref().map(|at| instant::parse(at, now_ms)).transpose().map_err(UsageError)?;
    let settings = args.conditions.settings()?;
    let (name, trace) = args.demand.read().await?;
    let settings = ReplaySettings { name, ..settings };
    let spinner = progress::spinner("replay");
    let explanation = tokio::task::spawn_blocking(move || explain(&trace, &settings)).await?;
    spinner.finish_and_clear();
    let mut explanation = explanation?;
    let total = explanation.decisions.len();
    match at_ms {
        Some(at_ms) => keep_at(&mut explanation, at_ms)?,
        None => {
            explanation.decisions.drain(..total.saturating_sub(args.last as usize));
        }
    }
    Ok(print(&match args.format {
        Format::Json => serde_json::to_string(&explanation)? + "\n",
        Format::Table => terminal::explanation(&explanation, total, at_ms),
    })?)
}

/// Keeps the newest change up to a time.
fn keep_at(explanation: &mut Explanation, at_ms: i64) -> Result<(), UsageError> {
    let (from_ms, to_ms) = (explanation.trace.scored_from_ms, explanation.trace.to_ms);
    if !(from_ms..to_ms).contains(&at_ms) {
        let [from, to, at] = [from_ms, to_ms, at_ms].map(instant::format);
        return Err(UsageError(format!(
            "--at {at} is not within the part that is scored; give a time from {from} until {to}"
        )));
    }
    let after = explanation.decisions.partition_point(|change| change.time_ms <= at_ms);
    explanation.decisions.truncate(after);
    explanation.decisions.drain(..after.saturating_sub(1));
    Ok(())
}
