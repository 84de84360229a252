//! `tidecast train`: fit models to the series of a store, all candidates, and keep them in its registry.

use super::format::{Format, print};
use super::job_flags::JobFlags;
use super::models::{of_registry, render};
use super::progress;
use super::target::{StoreFlag, open_embedded};
use crate::exit::InputError;
use crate::runtime::clock::SystemClock;
use crate::runtime::forecasting::Forecasting;
use crate::runtime::host::open_registry;
use crate::runtime::live::{Live, Mode};
use std::sync::Arc;
use tidecast_core::ports::Clock;
use tidecast_core::series::Selector;

const EXAMPLES: &str = "Examples:
  tidecast train power --store embedded:data
  tidecast train 'power{device_id=\"meter_1\"}' --store embedded:data --model lstm --horizon 1d";

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
    job: JobFlags,

    /// Output format
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

pub(crate) async fn run(args: Args) -> anyhow::Result<()> {
    let directory = args.store.directory()?;
    let store = Arc::new(open_embedded(directory)?);
    let registry = Arc::new(open_registry(directory)?);
    let live = Live::new(Mode::Run, Arc::new(SystemClock), SystemClock.now_ms());
    let job = args.job.job(args.selector.clone());
    let mut forecasting = Forecasting::new(job, store, Arc::clone(&registry), live.clone())?;
    forecasting.resume().await?;
    let bar = progress::follow(&live, "train");
    forecasting.fit_all().await?;
    bar.finish_and_clear();
    let boards = live.boards(&args.selector);
    if boards.is_empty() {
        return Err(InputError(format!("no series match {}, or none has enough samples yet", args.selector)).into());
    }
    let rows = of_registry(&registry, boards.iter().map(|board| &board.series))?;
    Ok(print(&render(&rows, args.format))?)
}
