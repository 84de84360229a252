//! `tidecast forecast`: the next steps of the series of a store, of a running server, or of a CSV file.

use super::csv_options::CsvFlags;
use super::format::{Format, csv_cell, print};
use super::instant;
use super::job_flags::JobFlags;
use super::known_flags::KnownFlags;
use super::progress;
use super::table::Table;
use super::target::{RegistryFlag, Target};
use crate::exit::InputError;
use crate::runtime::clock::SystemClock;
use crate::runtime::collect::collect;
use crate::runtime::forecasting::{ForecastJob, Forecasting, fit};
use crate::runtime::live::{Live, Mode};
use std::fmt::Write;
use std::sync::Arc;
use tidecast_connect::files::CsvSource;
use tidecast_core::forecast::{Forecast, ModelVersion};
use tidecast_core::ports::{Clock, ForecastQuery, SeriesStore};
use tidecast_core::series::{RegularSeries, Selector, SeriesKey, TimeRange};
use tidecast_forecast::select;

const EXAMPLES: &str = "Examples:
  tidecast forecast power --store embedded:data --horizon 1d
  tidecast forecast --input meters.csv --horizon 1d --quantiles 0.05,0.5,0.95 --format csv
  tidecast forecast 'power{device_id=\"meter_1\"}' --server http://127.0.0.1:8080

With --store, models fitted before are used, series without one are fitted, and the forecasts are stored. With --server,
the newest forecasts that the server made are fetched, as its configuration asks for them. With --input, nothing is stored.";

/// Forecast the next steps of series
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    /// Which series, as in Prometheus [default: all]
    #[arg(default_value = "{}")]
    selector: Selector,

    /// CSV file to forecast, without a store
    #[arg(long, value_name = "FILE", conflicts_with_all = ["store", "server"])]
    input: Option<String>,

    #[command(flatten)]
    target: Target,

    #[command(flatten)]
    registry: RegistryFlag,

    #[command(flatten)]
    job: JobFlags,

    #[command(flatten)]
    csv: CsvFlags,

    /// Output format
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

pub(crate) async fn run(args: Args) -> anyhow::Result<()> {
    let job = args.job.job(args.selector.clone());
    select::candidates(&job.model)?;
    let forecasts = if let Some(input) = &args.input {
        straight(input, &args.csv, &job, &args.job.known).await?
    } else if args.target.is_remote() {
        newest(&*args.target.open()?, &args.selector).await?
    } else {
        stored(&args.target, &args.registry, job).await?
    };
    if forecasts.is_empty() {
        let message = format!("no series match {}, or none has enough samples yet", args.selector);
        return Err(InputError(message).into());
    }
    for forecast in &forecasts {
        if let Some(note) = &forecast.note {
            eprintln!("{}: {note}", forecast.series);
        }
    }
    Ok(print(&match args.format {
        Format::Json => format!("{}\n", serde_json::json!({ "forecasts": forecasts })),
        Format::Csv => csv(&forecasts),
        Format::Table => table(&forecasts),
    })?)
}

/// Forecasts from the registry's champions, fitting series that have none.
async fn stored(target: &Target, registry: &RegistryFlag, job: ForecastJob) -> anyhow::Result<Vec<Forecast>> {
    let directory = target.directory()?;
    let store = target.open_existing()?;
    let live = Live::new(Mode::Run, Arc::new(SystemClock), SystemClock.now_ms());
    let mut forecasting = Forecasting::new(job, store, Arc::new(registry.open(directory)?), live.clone())?;
    forecasting.resume().await?;
    let bar = progress::follow(&live, "fit");
    forecasting.fit_first().await?;
    bar.finish_and_clear();
    forecasting.refresh().await
}

/// The newest forecast of every series of a server.
async fn newest(store: &dyn SeriesStore, selector: &Selector) -> anyhow::Result<Vec<Forecast>> {
    let mut forecasts = Vec::new();
    for summary in store.series(selector).await? {
        let query = ForecastQuery { series: summary.series, origins: TimeRange::ALL, limit: 1 };
        // Champion and former champion may have spoken at the same origin; the one stored under the later name counts
        // no more than the other, so one is shown.
        forecasts.extend(store.forecasts(query).await?.pop());
    }
    Ok(forecasts)
}

/// Forecasts of the series of a file, without a store.
async fn straight(input: &str, csv: &CsvFlags, job: &ForecastJob, known: &KnownFlags) -> anyhow::Result<Vec<Forecast>> {
    let mut source = CsvSource::open(input, csv.options(), None).await?;
    let columns = collect(&mut source).await?;
    let mut histories: Vec<(SeriesKey, RegularSeries)> = Vec::new();
    for (series, points) in columns.into_iter().filter(|(series, _)| job.selector.matches(series)) {
        match RegularSeries::infer(&points, fit::STEPS_MAX) {
            Some(history) => histories.push((series, history)),
            None => eprintln!("{series}: left out, of a single value no step can be told"),
        }
    }
    let job = &ForecastJob { known_ahead: known.take(&mut histories)?, ..job.clone() };
    let bar = progress::spinner("fit");
    let candidates = select::candidates(&job.model)?;
    let never = Arc::default();
    let chosen = fit::choose(job, fit::Basis::default(), candidates, histories, never, |_| {}).await?;
    bar.finish_and_clear();
    let mut forecasts = Vec::new();
    for fit::Chosen { series, history, choice, .. } in chosen {
        let trained = choice.map_err(|error| InputError(format!("{series}: {error}")))?.trained;
        let horizon = job.horizon_steps(history.step_ms);
        forecasts.push(Forecast {
            series,
            origin_ms: history.origin_ms().unwrap_or(history.start_ms),
            step_ms: history.step_ms,
            model: ModelVersion { model: trained.forecaster.model().to_owned(), version: 1 },
            levels: job.levels.clone(),
            quantiles: trained.forecaster.predict(horizon, &job.levels),
            note: trained.note,
        });
    }
    Ok(forecasts)
}

fn csv(forecasts: &[Forecast]) -> String {
    let levels = forecasts.first().map(|forecast| forecast.levels.clone()).unwrap_or_default();
    let columns: Vec<String> = levels.iter().map(|level| quantile_name(*level)).collect();
    let mut text = format!("series,origin,timestamp,{}\n", columns.join(","));
    for forecast in forecasts {
        let (series, origin) = (csv_cell(&forecast.series.to_string()), instant::format(forecast.origin_ms));
        for (index, timestamp_ms) in forecast.timestamps_ms().enumerate() {
            let values: Vec<String> = forecast.quantiles.iter().map(|row| row[index].to_string()).collect();
            let _infallible =
                writeln!(text, "{series},{origin},{},{}", instant::format(timestamp_ms), values.join(","));
        }
    }
    text
}

fn table(forecasts: &[Forecast]) -> String {
    let levels = forecasts.first().map(|forecast| forecast.levels.clone()).unwrap_or_default();
    let names: Vec<String> = levels.iter().map(|level| quantile_name(*level)).collect();
    let mut header = vec!["series", "model", "timestamp"];
    header.extend(names.iter().map(String::as_str));
    let mut table = Table::new(&header);
    for forecast in forecasts {
        for (index, timestamp_ms) in forecast.timestamps_ms().enumerate() {
            let mut cells =
                vec![forecast.series.to_string(), forecast.model.to_string(), instant::format(timestamp_ms)];
            cells.extend(forecast.quantiles.iter().map(|row| format!("{:.2}", row[index])));
            table.row(cells);
        }
    }
    table.to_string()
}

/// `p10` for 0.1, `p97.5` for 0.975.
fn quantile_name(level: f64) -> String {
    format!("p{}", (level * 1_000.0).round() / 10.0)
}
