//! `tidecast models`: every model version of a store, which one speaks for each series, and how good it was.

use super::format::{Format, csv_cell, print};
use super::instant;
use super::table::Table;
use super::target::StoreFlag;
use crate::runtime::host::open_registry;
use std::fmt::Write;
use tidecast_core::series::{Selector, SeriesKey};
use tidecast_forecast::registry::{Metadata, Registry};

const EXAMPLES: &str = "Examples:
  tidecast models --store embedded:data
  tidecast models 'power{device_id=\"meter_1\"}' --store embedded:data --format json

The registry is only read: this works while a server has the store.";

/// List the models of a store
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    /// Which series, as in Prometheus [default: all]
    #[arg(default_value = "{}")]
    selector: Selector,

    #[command(flatten)]
    store: StoreFlag,

    /// Output format
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

pub(crate) async fn run(args: Args) -> anyhow::Result<()> {
    let registry = open_registry(args.store.directory()?)?;
    let mut series = registry.series()?;
    series.retain(|series| args.selector.matches(series));
    Ok(print(&render(&registry, series.iter(), args.format)?)?)
}

/// The versions of some series in the format asked for.
pub(crate) fn render<'a>(
    registry: &Registry,
    series: impl Iterator<Item = &'a SeriesKey>,
    format: Format,
) -> anyhow::Result<String> {
    let mut versions: Vec<(Metadata, bool)> = Vec::new();
    for series in series {
        let champion = registry.champion(series)?;
        let all = registry.versions(series)?.into_iter();
        versions.extend(all.map(|metadata| {
            let speaks = champion.as_ref() == Some(&metadata.version);
            (metadata, speaks)
        }));
    }
    Ok(match format {
        Format::Table => table(&versions),
        Format::Json => json(&versions)?,
        Format::Csv => csv(&versions),
    })
}

fn number(value: Option<f64>) -> String {
    value.map_or_else(|| "-".to_owned(), |value| format!("{value:.3}"))
}

fn table(versions: &[(Metadata, bool)]) -> String {
    let mut table =
        Table::new(&["series", "model", "champion", "MASE", "seasonal naive", "coverage", "data up to", "note"]);
    for (metadata, speaks) in versions {
        let score = metadata.description.score.as_ref();
        table.row(vec![
            metadata.series.to_string(),
            metadata.version.to_string(),
            if *speaks { "yes" } else { "" }.to_owned(),
            number(score.map(|score| score.mase)),
            number(score.map(|score| score.mase_seasonal_naive)),
            number(score.and_then(|score| score.coverage)),
            instant::format(metadata.description.data.to_ms),
            metadata.description.note.clone().unwrap_or_default(),
        ]);
    }
    table.to_string()
}

fn json(versions: &[(Metadata, bool)]) -> anyhow::Result<String> {
    let mut rows = Vec::new();
    for (metadata, speaks) in versions {
        let mut row = serde_json::to_value(metadata)?;
        row["champion"] = (*speaks).into();
        rows.push(row);
    }
    Ok(format!("{}\n", serde_json::json!({ "models": rows })))
}

fn csv(versions: &[(Metadata, bool)]) -> String {
    let mut text = String::from("series,model,version,champion,mase,mase_seasonal_naive,coverage,data_to\n");
    for (metadata, speaks) in versions {
        let score = metadata.description.score.as_ref();
        let cell = |value: Option<f64>| value.map_or_else(String::new, |value| value.to_string());
        let cells = [
            csv_cell(&metadata.series.to_string()),
            metadata.version.model.clone(),
            metadata.version.version.to_string(),
            speaks.to_string(),
            cell(score.map(|score| score.mase)),
            cell(score.map(|score| score.mase_seasonal_naive)),
            cell(score.and_then(|score| score.coverage)),
            instant::format(metadata.description.data.to_ms),
        ];
        let _infallible = writeln!(text, "{}", cells.join(","));
    }
    text
}
