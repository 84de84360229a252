//! `tidecast backtest`: how good would forecasts have been? Straight on a CSV file, or on the series of a store.

use super::csv_options::CsvFlags;
use super::format::{Format, csv_cell, print};
use super::progress;
use super::table::Table;
use super::target::Target;
use crate::exit::{InputError, UsageError};
use crate::runtime::collect::collect;
use crate::runtime::forecasting::fit;
use serde::Serialize;
use std::collections::BTreeMap;
use std::fmt::Write;
use std::str::FromStr;
use std::sync::atomic::AtomicBool;
use std::time::Instant;
use tidecast_connect::files::CsvSource;
use tidecast_core::duration::DurationMs;
use tidecast_core::series::{RegularSeries, Selector, SeriesKey};
use tidecast_forecast::backtest::{self, BacktestPlan, BacktestResult};
use tidecast_forecast::models::{Control, FitSettings};
use tidecast_forecast::select::{self, Choice};

const EXAMPLES: &str = "Examples:
  tidecast backtest --input meters.csv.gz --horizon 24 --stride 24 --origins 90 --season 168
  tidecast backtest --input meters.csv.gz --horizon 1d --origins 30 --model ridge --format json
  tidecast backtest power --store embedded:data --horizon 1d --origins 30

A model sees nothing after the origin it forecasts from: it is fitted on what lies before the first origin (and again every
--refit origins), and is told the values between origins as they pass. MASE is the mean absolute error in units of the mean
absolute difference between values one season apart before the first origin; below 1 is better than that.";

/// Most steps of a series that a backtest looks at.
const STEPS_MAX: usize = 200_000;

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

    /// Model, or auto for the best per series
    #[arg(long, default_value = select::AUTO)]
    model: String,

    /// Fit anew every this many origins [default: once, before the first]
    #[arg(long, value_name = "ORIGINS")]
    refit: Option<usize>,

    /// Output format
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// A stretch of a series, in its steps or in time.
#[derive(Clone, Copy, Debug)]
enum Span {
    Steps(usize),
    Time(DurationMs),
}

impl FromStr for Span {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if let Ok(steps) = text.parse() {
            return Ok(Self::Steps(steps));
        }
        text.parse().map(Self::Time).map_err(|error| format!("{error}, or a number of steps"))
    }
}

impl Span {
    fn steps(self, step_ms: i64) -> usize {
        match self {
            Self::Steps(steps) => steps,
            Self::Time(DurationMs(ms)) => usize::try_from(ms.saturating_add(step_ms - 1) / step_ms.max(1)).unwrap_or(0),
        }
    }
}

pub(crate) async fn run(args: Args) -> anyhow::Result<()> {
    let started = Instant::now();
    // An unknown model is found before anything is read.
    select::candidates(&args.model)?;
    let (keys, panel): (Vec<SeriesKey>, Vec<RegularSeries>) = read(&args).await?.into_iter().unzip();
    let Some(first) = panel.first() else {
        return Err(InputError("no series with at least two samples; check the file or the selector".to_owned()).into());
    };
    if let Some(other) = panel.iter().find(|series| series.step_ms != first.step_ms) {
        let steps = [first.step_ms, other.step_ms].map(|ms| DurationMs(ms).to_string());
        let message = format!("series have steps of {} and {}; backtest them apart", steps[0], steps[1]);
        return Err(UsageError(message).into());
    }
    let plan = plan(&args, first);
    let (keys, panel) = long_enough(keys, panel, &plan)?;
    let bar = progress::spinner("backtest");
    let (result, boards) = tokio::task::spawn_blocking({
        let model = args.model.clone();
        let asked = args.season.map(|_| plan.season);
        move || compete(&panel, &plan, &model, asked)
    })
    .await??;
    bar.finish_and_clear();
    let report = report(&args, &plan, &keys, result, boards, started.elapsed().as_secs_f64());
    Ok(print(&match args.format {
        Format::Json => serde_json::to_string(&report)? + "\n",
        Format::Csv => csv(&report),
        Format::Table => table(&report),
    })?)
}

async fn read(args: &Args) -> anyhow::Result<Vec<(SeriesKey, RegularSeries)>> {
    let Some(input) = &args.input else {
        let store = args.target.open_existing()?;
        return Ok(fit::histories(&*store, &store.series(&args.selector).await?).await);
    };
    let mut source = CsvSource::open(input, args.csv.options(), None).await?;
    let columns = collect(&mut source).await?;
    let regular =
        columns.into_iter().filter_map(|(series, points)| Some((series, RegularSeries::infer(&points, STEPS_MAX)?)));
    Ok(regular.collect())
}

/// Leaves out, and names, series that are too short for the plan.
fn long_enough(
    keys: Vec<SeriesKey>,
    panel: Vec<RegularSeries>,
    plan: &BacktestPlan,
) -> anyhow::Result<(Vec<SeriesKey>, Vec<RegularSeries>)> {
    let rolled = plan.origins.saturating_sub(1).saturating_mul(plan.stride);
    let needed = plan.horizon.saturating_add(rolled).saturating_add(plan.season);
    let (long, short): (Vec<_>, Vec<_>) = keys.into_iter().zip(panel).partition(|(_, series)| series.len() > needed);
    for (key, series) in &short {
        eprintln!("{key}: left out, {} values are not more than the {needed} that are needed", series.len());
    }
    if long.is_empty() {
        let message = format!(
            "no series has more than the {needed} values that are needed; take fewer origins, or a shorter horizon or season"
        );
        return Err(InputError(message).into());
    }
    Ok(long.into_iter().unzip())
}

fn plan(args: &Args, series: &RegularSeries) -> BacktestPlan {
    let step_ms = series.step_ms;
    let horizon = args.horizon.steps(step_ms);
    let stride = args.stride.map_or(horizon, |stride| stride.steps(step_ms));
    BacktestPlan {
        horizon,
        stride,
        origins: args.origins,
        season: args.season.map_or_else(
            || {
                // Found in what was known at the first origin.
                let future = horizon.saturating_add(stride.saturating_mul(args.origins.saturating_sub(1)));
                let known = series.truncated(series.len().saturating_sub(future));
                tidecast_forecast::season::Cycle::of(&known, None).longest()
            },
            |season| season.steps(step_ms),
        ),
        refit_every: args.refit,
    }
}

/// How the candidates of `auto` did on the days before the first origin, by series; newest fit.
type Boards = Vec<Vec<(String, Option<f64>)>>;

fn compete(
    panel: &[RegularSeries],
    plan: &BacktestPlan,
    model: &str,
    asked_season: Option<usize>,
) -> anyhow::Result<(BacktestResult, Boards)> {
    let candidates = select::candidates(model)?;
    let settings = FitSettings { horizon: plan.horizon, season: asked_season, seed: 1, ..FitSettings::default() };
    let boards = std::sync::Mutex::new(Boards::new());
    let never = AtomicBool::new(false);
    let contestant = |known: &[RegularSeries]| {
        let control = Control { stop: &never, progress: &|_| {} };
        let choices = select::choose(&candidates, known, &settings, &control);
        let scores = |choice: &Choice| {
            choice
                .candidates
                .iter()
                .map(|(name, score)| (name.clone(), score.as_ref().map(|score| score.mase)))
                .collect()
        };
        let newest = choices.iter().map(|choice| choice.as_ref().map(scores).unwrap_or_default()).collect();
        *boards.lock().unwrap_or_else(std::sync::PoisonError::into_inner) = newest;
        choices.into_iter().map(|choice| choice.map(|choice| choice.trained)).collect()
    };
    let result = backtest::run(panel, plan, &contestant).map_err(|error| UsageError(error.to_string()))?;
    Ok((result, boards.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner)))
}

/// Everything that is printed.
#[derive(Serialize)]
struct Report {
    model: String,
    horizon: usize,
    stride: usize,
    origins: usize,
    season: usize,
    mase: Option<f64>,
    mase_seasonal_naive: Option<f64>,
    coverage: Option<f64>,
    pinball: Option<f64>,
    series: Vec<Row>,
    wall_s: f64,
}

#[derive(Serialize)]
struct Row {
    series: SeriesKey,
    model: Option<String>,
    mase: Option<f64>,
    mase_seasonal_naive: Option<f64>,
    coverage: Option<f64>,
    pinball: Option<f64>,
    /// Mean absolute error by step ahead; null where no actual value is known.
    error_by_step: Vec<f64>,
    /// Error of every candidate when the model was chosen, on the days before the first origin.
    candidates: BTreeMap<String, Option<f64>>,
    /// Why a simpler model answered, or none did.
    note: Option<String>,
}

fn report(
    args: &Args,
    plan: &BacktestPlan,
    keys: &[SeriesKey],
    result: BacktestResult,
    boards: Boards,
    wall_s: f64,
) -> Report {
    let rows = keys.iter().zip(result.series).zip(boards).map(|((series, result), board)| {
        let (result, failure) = match result {
            Ok(result) => (Some(result), None),
            Err(error) => (None, Some(error.to_string())),
        };
        let result = result.as_ref();
        Row {
            series: series.clone(),
            model: result.map(|result| result.model.clone()),
            mase: result.and_then(|result| result.mase),
            mase_seasonal_naive: result.and_then(|result| result.mase_seasonal_naive),
            coverage: result.and_then(|result| result.coverage),
            pinball: result.and_then(|result| result.pinball),
            error_by_step: result.map(|result| result.error_by_step.clone()).unwrap_or_default(),
            candidates: board.into_iter().collect(),
            note: failure.or_else(|| result.and_then(|result| result.note.clone())),
        }
    });
    Report {
        model: args.model.clone(),
        horizon: plan.horizon,
        stride: plan.stride,
        origins: plan.origins,
        season: plan.season,
        mase: result.mase,
        mase_seasonal_naive: result.mase_seasonal_naive,
        coverage: result.coverage,
        pinball: result.pinball,
        series: rows.collect(),
        wall_s,
    }
}

fn number(value: Option<f64>) -> String {
    value.map_or_else(|| "-".to_owned(), |value| format!("{value:.3}"))
}

fn table(report: &Report) -> String {
    let mut table = Table::new(&["series", "model", "MASE", "seasonal naive", "coverage", "note"]);
    let row = |series: String, model: String, measures: [Option<f64>; 3], note: Option<&String>| {
        let mut cells = vec![series, model];
        cells.extend(measures.map(number));
        cells.push(note.cloned().unwrap_or_default());
        cells
    };
    for one in &report.series {
        let model = one.model.clone().unwrap_or_else(|| "-".to_owned());
        let measures = [one.mase, one.mase_seasonal_naive, one.coverage];
        table.row(row(one.series.to_string(), model, measures, one.note.as_ref()));
    }
    let measures = [report.mase, report.mase_seasonal_naive, report.coverage];
    table.row(row("mean".to_owned(), report.model.clone(), measures, None));
    let Report { origins, horizon, stride, season, wall_s, .. } = report;
    format!("{table}\n{origins} origins every {stride} steps, {horizon} steps ahead, season {season}; {wall_s:.2} s\n")
}

fn csv(report: &Report) -> String {
    let mut text = String::from("series,model,mase,mase_seasonal_naive,coverage,pinball\n");
    for row in &report.series {
        let series = csv_cell(&row.series.to_string());
        let model = row.model.as_deref().unwrap_or_default();
        let measures = [row.mase, row.mase_seasonal_naive, row.coverage, row.pinball];
        let measures = measures.map(|value| value.map_or_else(String::new, |value| value.to_string())).join(",");
        let _infallible = writeln!(text, "{series},{model},{measures}");
    }
    text
}
