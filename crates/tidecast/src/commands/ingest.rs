//! `tidecast ingest`: a CSV file into a store, on this machine or behind a server. Running it twice changes nothing.

use super::csv_options::CsvFlags;
use super::format::{Format, print};
use super::progress;
use super::target::Target;
use crate::runtime::ingest::pump;
use std::time::Instant;
use tidecast_connect::files::CsvSource;
use tidecast_core::ports::{Progress, Source};

const EXAMPLES: &str = "Examples:
  tidecast ingest meters.csv.gz --store embedded:data
  tidecast ingest s3://bucket/meters.csv --columns 10 --zone Europe/Zurich --server http://tidecast:8080
  tidecast ingest dirty.csv --on-error skip --store embedded:data

For s3:// the credentials come from AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY; AWS_REGION and AWS_ENDPOINT_URL are honoured.";

/// Load a CSV file, plain or gzip, local or on S3, into a store
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    /// Path, or s3://bucket/key
    location: String,

    #[command(flatten)]
    target: Target,

    #[command(flatten)]
    csv: CsvFlags,

    /// Output format
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

pub(crate) async fn run(args: Args) -> anyhow::Result<()> {
    let started = Instant::now();
    let store = args.target.open()?;
    // The source names itself after its location; the store knows how far that one was read.
    let cursor = store.cursor(&args.location).await?;
    let mut source = CsvSource::open(&args.location, args.csv.options(), cursor.as_deref()).await?;
    let before = source.progress();
    let bar = progress::source_bar();
    let progress = pump(&mut source, &*store, |progress| progress::show_source(&bar, progress)).await?;
    bar.finish_and_clear();
    summarise(&args, before, progress, started.elapsed().as_secs_f64())
}

fn summarise(args: &Args, before: Progress, progress: Progress, wall_s: f64) -> anyhow::Result<()> {
    let rows = progress.rows.saturating_sub(before.rows);
    let Progress { rows_skipped, .. } = progress;
    let text = match args.format {
        Format::Json => {
            let summary = serde_json::json!({
                "source": args.location, "rows": rows, "rows_skipped": rows_skipped, "wall_s": wall_s,
            });
            format!("{summary}\n")
        }
        Format::Csv => format!("rows,rows_skipped,wall_s\n{rows},{rows_skipped},{wall_s:.3}\n"),
        Format::Table if rows == 0 && rows_skipped == 0 => format!("{}: nothing new\n", args.location),
        Format::Table => {
            let skipped =
                if rows_skipped > 0 { format!(", {rows_skipped} malformed rows skipped") } else { String::new() };
            format!("{}: {rows} rows in {wall_s:.2} s{skipped}\n", args.location)
        }
    };
    Ok(print(&text)?)
}
