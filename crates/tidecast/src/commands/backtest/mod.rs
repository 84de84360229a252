//! `tidecast backtest`: how good would forecasts have been? Straight on a CSV file, or on the series of a store.

mod contest;
mod input;
mod measures;
mod span;
mod summary;
mod terminal;

use super::csv_options::CsvFlags;
use super::format::{Format, print};
use super::known_flags::KnownFlags;
use super::target::Target;
use super::{page, progress};
use crate::report;
use contest::{Lineup, Run};
use input::Input;
use span::Span;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;
use tidecast_core::series::Selector;
use tidecast_forecast::models::FitSettings;
use tidecast_forecast::select;

const EXAMPLES: &str = "Examples:
  tidecast backtest --input meters.csv.gz --horizon 24 --stride 24 --origins 90 --season 168
  tidecast backtest --input meters.csv.gz --horizon 1d --origins 30 --model ridge --format json
  tidecast backtest --input meters.csv.gz --horizon 1d --origins 30 --models seasonal_naive,ridge
  tidecast backtest --input meters.csv.gz --horizon 1d --origins 90 --report backtest.html
  tidecast backtest power --store embedded:data --horizon 1d --origins 30

A model sees nothing after the origin it forecasts from: it is fitted on what lies before the first origin (and again every
--refit origins), and is told the values between origins as they pass. MASE is the mean absolute error in units of the mean
absolute difference between values one season apart before the first origin; below 1 is better than that.";

/// Measure how good forecasts of the past would have been
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    /// Which series of a store, as in Prometheus [default: all]
    #[arg(default_value = "{}", conflicts_with = "input")]
    selector: Selector,

    /// CSV file to run on, without a store
    #[arg(long, value_name = "FILE", conflicts_with_all = ["store", "server"])]
    input: Option<String>,

    #[command(flatten)]
    target: Target,

    #[command(flatten)]
    csv: CsvFlags,

    /// How far ahead: steps of the series, or a duration such as 1d
    #[arg(long, default_value = "1d")]
    horizon: Span,

    /// Distance between origins: steps or a duration [default: the horizon]
    #[arg(long)]
    stride: Option<Span>,

    /// How many forecasts of each series
    #[arg(long, default_value_t = 30)]
    origins: usize,

    /// Season of MASE and of the seasonal naive forecast: steps or a duration [default: found from the data]
    #[arg(long)]
    season: Option<Span>,

    /// One model, or auto for the best per series [default: auto; all of them with --report]
    #[arg(long, conflicts_with_all = ["models", "leaderboard"])]
    model: Option<String>,

    /// Compare these models, and the choice among them: a,b,c
    #[arg(long, value_name = "MODELS", value_delimiter = ',', conflicts_with = "leaderboard")]
    models: Vec<String>,

    /// Compare all models, and the choice among them
    #[arg(long)]
    leaderboard: bool,

    /// Write an HTML page with charts: one file that needs no network
    #[arg(long, value_name = "FILE")]
    report: Option<PathBuf>,

    /// Fit anew every this many origins [default: once, before the first]
    #[arg(long, value_name = "ORIGINS")]
    refit: Option<usize>,

    #[command(flatten)]
    known: KnownFlags,

    /// Output format
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

impl Args {
    fn lineup(&self) -> Lineup {
        match &self.model {
            Some(model) => Lineup::One(model.clone()),
            None if !self.models.is_empty() => Lineup::These(self.models.clone()),
            None if self.leaderboard || self.report.is_some() => Lineup::All,
            None => Lineup::One(select::AUTO.to_owned()),
        }
    }
}

pub(crate) async fn run(args: Args) -> anyhow::Result<()> {
    let started = Instant::now();
    // An unknown model is found before anything is read.
    let contestants = contest::contestants(&args.lineup())?;
    if let Some(path) = &args.report {
        page::check_place(path)?;
    }
    let input = Input::read(&args).await?;
    let bar = progress::bar("backtest", contestants.len() as u64);
    let settings = FitSettings {
        horizon: input.plan.horizon,
        season: args.season.map(|_| input.plan.season),
        seed: 1,
        holidays: args.known.holidays,
        covariates: Arc::clone(&input.covariates),
        ..FitSettings::default()
    };
    bar.enable_steady_tick(std::time::Duration::from_millis(250));
    let shown = bar.clone();
    let (input, runs) = tokio::task::spawn_blocking(move || -> anyhow::Result<(Input, Vec<Run>)> {
        let mut runs: Vec<Run> = Vec::with_capacity(contestants.len());
        for contestant in contestants {
            shown.set_message(contestant.name.clone());
            // Only the forecasts of the last are shown; those of all, for thousands of series, would fill the memory.
            runs.last_mut().into_iter().for_each(Run::forget_forecasts);
            runs.push(contestant.run(&input.panel, &input.plan, &settings)?);
            shown.inc(1);
        }
        Ok((input, runs))
    })
    .await??;
    bar.finish_and_clear();
    let Some(report) = summary::summarise(&input, &runs, started.elapsed().as_secs_f64()) else { return Ok(()) };
    if let Some(path) = &args.report {
        page::write(path, &report::render(&report))?;
    }
    Ok(print(&match args.format {
        Format::Json => serde_json::to_string(&report)? + "\n",
        Format::Csv => terminal::csv(&report),
        Format::Table => terminal::table(&report),
    })?)
}
