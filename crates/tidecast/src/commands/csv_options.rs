//! The flags that describe a CSV file, the same wherever one is read. Whatever is not given is detected.

use std::str::FromStr;
use tidecast_connect::files::{CsvOptions, Layout, OnError, TimestampFormat};

/// How to read the CSV.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "CSV")]
pub(crate) struct CsvFlags {
    /// What the series are called [default: power{device_id="$column"}]
    #[arg(long, value_name = "TEMPLATE")]
    series: Option<String>,

    /// Read only this many value columns
    #[arg(long, value_name = "N")]
    columns: Option<usize>,

    /// Character between cells [default: detected]
    #[arg(long, value_name = "CHAR")]
    delimiter: Option<char>,

    /// Whether the first line holds names [default: detected]
    #[arg(long, value_name = "true|false")]
    header: Option<bool>,

    /// Timestamp column, by its header or its number from 1 [default: detected]
    #[arg(long, value_name = "COLUMN")]
    timestamp_column: Option<String>,

    /// iso8601, DD.MM.YYYY, DD/MM/YYYY, MM/DD/YYYY, epoch_s or epoch_ms [default: detected]
    #[arg(long, value_name = "FORMAT", value_parser = parse::<TimestampFormat>)]
    timestamp_format: Option<TimestampFormat>,

    /// Time zone of timestamps without an offset, such as Europe/Zurich [default: UTC]
    #[arg(long, value_name = "ZONE")]
    zone: Option<String>,

    /// wide (a column per series) or long (series,timestamp,value) [default: detected]
    #[arg(long, value_name = "LAYOUT", value_parser = parse::<Layout>)]
    layout: Option<Layout>,

    /// What to do with a malformed row: fail, or skip and count it
    #[arg(long, value_name = "fail|skip", default_value = "fail", value_parser = parse::<OnError>)]
    on_error: OnError,
}

fn parse<T: FromStr<Err: std::fmt::Display>>(text: &str) -> Result<T, String> {
    text.parse().map_err(|error: T::Err| error.to_string())
}

impl CsvFlags {
    pub(crate) fn options(&self) -> CsvOptions {
        CsvOptions {
            series: self.series.clone(),
            columns: self.columns,
            delimiter: self.delimiter,
            header: self.header,
            timestamp_column: self.timestamp_column.clone(),
            timestamp_format: self.timestamp_format,
            zone: self.zone.clone(),
            layout: self.layout,
            on_error: self.on_error,
        }
    }
}
