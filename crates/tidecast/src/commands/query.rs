//! `tidecast query`: samples, latest values or forecasts of the series that match.

use super::format::{Format, csv_cell, print};
use super::instant;
use super::table::Table;
use super::target::Target;
use crate::exit::UsageError;
use crate::runtime::clock::SystemClock;
use std::fmt::Write;
use tidecast_core::duration::DurationMs;
use tidecast_core::ports::{Clock, SeriesStore};
use tidecast_core::series::{Aggregate, Bucket, Points, Selector, SeriesKey, TimeRange};

const EXAMPLES: &str = "Examples:
  tidecast query power --store embedded:data --latest
  tidecast query 'power{device_id=\"meter_1\"}' --store embedded:data --from 2019-05-01 --to 2019-06-01 --format csv
  tidecast query 'power{device_id=~\"meter_[1-3]\"}' --server http://127.0.0.1:8080 --from -7d --bucket 1d --aggregate max";

/// Print samples of the series that match
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    /// Which series, as in Prometheus: power{device_id=~"meter_.*"}
    selector: Selector,

    #[command(flatten)]
    target: Target,

    /// First instant: 2019-05-31, 2019-05-31T12:00, ms since 1970, or -7d before now
    #[arg(long, allow_hyphen_values = true)]
    from: Option<String>,

    /// Instant after the last, as --from
    #[arg(long, allow_hyphen_values = true)]
    to: Option<String>,

    /// One point per bucket of this width, for example 1h
    #[arg(long)]
    bucket: Option<DurationMs>,

    /// What a bucket becomes: min, max, mean, last
    #[arg(long, default_value = "mean", value_parser = parse_aggregate, requires = "bucket")]
    aggregate: Aggregate,

    /// Only the newest sample of every series
    #[arg(long, conflicts_with_all = ["from", "to", "bucket"])]
    latest: bool,

    /// Output format
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

fn parse_aggregate(text: &str) -> Result<Aggregate, String> {
    text.parse().map_err(|error: tidecast_core::series::ParseAggregateError| error.to_string())
}

pub(crate) async fn run(args: Args) -> anyhow::Result<()> {
    let now_ms = SystemClock.now_ms();
    let bound = |text: &Option<String>, open: i64| match text {
        Some(text) => instant::parse(text, now_ms).map_err(UsageError),
        None => Ok(open),
    };
    let range = TimeRange::new(bound(&args.from, i64::MIN)?, bound(&args.to, i64::MAX)?);
    if range.is_empty() {
        return Err(UsageError("--from must be before --to".to_owned()).into());
    }
    let bucket = match args.bucket {
        Some(DurationMs(width_ms)) if width_ms > 0 => Some(Bucket { width_ms, aggregate: args.aggregate }),
        Some(_) => return Err(UsageError("--bucket must be longer than 0ms".to_owned()).into()),
        None => None,
    };
    let store = args.target.open_existing()?;
    let columns = Columns { store: &*store, selector: &args.selector, range, bucket, latest: args.latest };
    match args.format {
        Format::Csv => columns.print_csv().await,
        Format::Json => columns.print_json().await,
        Format::Table => columns.print_table().await,
    }
}

/// What was asked for. Series are fetched and printed one by one, so that memory holds one of them.
struct Columns<'a> {
    store: &'a dyn SeriesStore,
    selector: &'a Selector,
    range: TimeRange,
    bucket: Option<Bucket>,
    latest: bool,
}

impl Columns<'_> {
    async fn series(&self) -> anyhow::Result<Vec<SeriesKey>> {
        let summaries = self.store.series(self.selector).await?;
        Ok(summaries.into_iter().map(|summary| summary.series).collect())
    }

    async fn points(&self, series: &SeriesKey) -> anyhow::Result<Points> {
        if !self.latest {
            return Ok(self.store.range(series, self.range, self.bucket).await?);
        }
        let latest = self.store.latest(&Selector::exact(series)).await?;
        let (timestamps_ms, values) = latest
            .into_iter()
            .filter(|(found, _)| found == series)
            .map(|(_, sample)| (sample.timestamp_ms, sample.value))
            .unzip();
        Ok(Points { timestamps_ms, values })
    }

    async fn print_csv(&self) -> anyhow::Result<()> {
        print("series,timestamp,value\n")?;
        for series in self.series().await? {
            let name = csv_cell(&series.to_string());
            let points = self.points(&series).await?;
            let mut rows = String::new();
            for (&timestamp_ms, value) in points.timestamps_ms.iter().zip(&points.values) {
                let _infallible = writeln!(rows, "{name},{},{value}", instant::format(timestamp_ms));
            }
            print(&rows)?;
        }
        Ok(())
    }

    async fn print_json(&self) -> anyhow::Result<()> {
        let mut columns = Vec::new();
        for series in self.series().await? {
            let Points { timestamps_ms, values } = self.points(&series).await?;
            columns.push(serde_json::json!({"series": series, "timestamps_ms": timestamps_ms, "values": values}));
        }
        Ok(print(&format!("{}\n", serde_json::json!({ "series": columns })))?)
    }

    async fn print_table(&self) -> anyhow::Result<()> {
        let mut table = Table::new(&["series", "timestamp", "value"]);
        for series in self.series().await? {
            let points = self.points(&series).await?;
            for (&timestamp_ms, value) in points.timestamps_ms.iter().zip(&points.values) {
                table.row(vec![series.to_string(), instant::format(timestamp_ms), value.to_string()]);
            }
        }
        Ok(print(&table.to_string())?)
    }
}
