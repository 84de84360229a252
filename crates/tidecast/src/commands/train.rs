//! `tidecast train`: fit models to the series of a store, all candidates, and keep them in its registry; with `--tune`
//! search their settings first.

use super::format::{Format, print};
use super::job_flags::JobFlags;
use super::models::{Row, of_records, render};
use super::progress;
use super::table::Table;
use super::target::{RegistryFlag, StoreFlag, open_embedded};
use crate::exit::{InputError, UsageError};
use crate::runtime::clock::SystemClock;
use crate::runtime::forecasting::{Forecasting, Tuning};
use crate::runtime::live::{Live, Mode};
use std::sync::Arc;
use std::time::Duration;
use tidecast_core::duration::DurationMs;
use tidecast_core::ports::Clock;
use tidecast_core::series::Selector;

const EXAMPLES: &str = "Examples:
  tidecast train power --store embedded:data
  tidecast train 'power{device_id=\"meter_1\"}' --store embedded:data --model lstm --horizon 1d
  tidecast train power --store embedded:data --tune --budget 10m

With --tune the settings of each model are searched first, on the past only; what is found is kept beside the models and
used by every later fit of the same series and horizon, those of `tidecast run` included. A search that was stopped, or
ran out of its budget, goes on where it stopped when it is asked for again.";

/// Fit models to the series of a store and keep the best
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    /// Which series, as in Prometheus [default: all]
    #[arg(default_value = "{}")]
    selector: Selector,

    #[command(flatten)]
    store: StoreFlag,

    #[command(flatten)]
    registry: RegistryFlag,

    #[command(flatten)]
    job: JobFlags,

    /// Search the settings of each model first
    #[arg(long)]
    tune: bool,

    /// About how long to search
    #[arg(long, value_name = "DURATION", default_value = "5m", requires = "tune")]
    budget: DurationMs,

    /// Output format
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

pub(crate) async fn run(args: Args) -> anyhow::Result<()> {
    let budget = u64::try_from(args.budget.0).ok().filter(|budget_ms| *budget_ms > 0).map(Duration::from_millis);
    let budget = budget.ok_or_else(|| UsageError("--budget must be longer than 0ms, for example 5m".to_owned()))?;
    let directory = args.store.directory()?;
    let store = Arc::new(open_embedded(directory)?);
    let registry = Arc::new(args.registry.open(directory)?);
    let live = Live::new(Mode::Run, Arc::new(SystemClock), SystemClock.now_ms());
    let job = args.job.job(args.selector.clone());
    let mut forecasting = Forecasting::new(job, store, Arc::clone(&registry), live.clone())?;
    forecasting.resume().await?;
    let mut tunings = Vec::new();
    if args.tune {
        let bar = progress::follow(&live, "tune");
        tunings = forecasting.tune(budget).await?;
        bar.finish_and_clear();
    }
    let bar = progress::follow(&live, "train");
    forecasting.fit_all().await?;
    bar.finish_and_clear();
    let boards = live.boards(&args.selector);
    if boards.is_empty() {
        return Err(InputError(format!("no series match {}, or none has enough samples yet", args.selector)).into());
    }
    let records: Result<Vec<_>, _> =
        tokio::task::block_in_place(|| boards.iter().map(|board| registry.record(&board.series)).collect());
    let rows = of_records(records?);
    Ok(print(&output(args.tune.then_some(tunings.as_slice()), &rows, args.format))?)
}

fn output(tunings: Option<&[Tuning]>, rows: &[Row], format: Format) -> String {
    match (tunings, format) {
        (None, _) | (Some(_), Format::Csv) => render(rows, format),
        (Some(tunings), Format::Table) => format!("{}\n{}", leaderboard(tunings), render(rows, format)),
        (Some(tunings), Format::Json) => format!("{}\n", serde_json::json!({ "tuning": tunings, "models": rows })),
    }
}

/// What tuning found, the best first.
fn leaderboard(tunings: &[Tuning]) -> String {
    if tunings.is_empty() {
        return "no model that was asked for has settings to tune\n".to_owned();
    }
    let mut sorted: Vec<&Tuning> = tunings.iter().collect();
    let mase = |tuning: &Tuning| tuning.finding.as_ref().map_or(f64::INFINITY, |finding| finding.mase);
    sorted.sort_by(|a, b| a.step_ms.cmp(&b.step_ms).then(mase(a).total_cmp(&mase(b))));
    let mut table =
        Table::new(&["model", "step", "MASE tuned", "MASE default", "settings", "trials", "series", "seconds"]);
    for tuning in sorted {
        let (tuned, default, settings, trials) = match &tuning.finding {
            None => ("-".to_owned(), "-".to_owned(), "not judged: histories too short, or no time".to_owned(), 0),
            Some(finding) => {
                let values = finding.tuned.iter().map(|(name, value)| format!("{name}={value}"));
                let values = values.collect::<Vec<_>>().join(" ");
                let values = if values.is_empty() { "defaults".to_owned() } else { values };
                let more = if finding.is_complete { "" } else { " (to be continued)" };
                let number = |mase: f64| format!("{mase:.4}");
                (number(finding.mase), number(finding.mase_default), format!("{values}{more}"), finding.trials)
            }
        };
        table.row(vec![
            tuning.model.clone(),
            DurationMs(tuning.step_ms).to_string(),
            tuned,
            default,
            settings,
            trials.to_string(),
            tuning.series.to_string(),
            format!("{:.1}", tuning.wall_s),
        ]);
    }
    format!("Tried on days before those that models are chosen by:\n{table}")
}
