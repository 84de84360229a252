//! `tidecast models`: the models of every series, which one speaks for it, and how good it was.

use super::format::{Format, csv_cell, print};
use super::instant;
use super::table::Table;
use super::target::Target;
use crate::runtime::host::open_registry;
use crate::runtime::live::Board;
use serde::{Deserialize, Serialize};
use std::fmt::Write;
use tidecast_core::series::{Selector, SeriesKey};
use tidecast_forecast::registry::{Metadata, Registry, RegistryError};

const EXAMPLES: &str = "Examples:
  tidecast models --store embedded:data
  tidecast models 'power{device_id=\"meter_1\"}' --store embedded:data --format json
  tidecast models --server http://127.0.0.1:8080

With --store every version that is kept is listed; the registry is only read, so this works while a server has the store.
With --server, the candidates that the server tried.";

/// List the models of each series
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    /// Which series, as in Prometheus [default: all]
    #[arg(default_value = "{}")]
    selector: Selector,

    #[command(flatten)]
    target: Target,

    /// Output format
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

pub(crate) async fn run(args: Args) -> anyhow::Result<()> {
    let rows = if args.target.is_remote() {
        let answer: Boards = args.target.remote()?.models(&args.selector).await?;
        answer.models.into_iter().flat_map(of_board).collect()
    } else {
        let registry = open_registry(args.target.directory()?)?;
        let mut series = registry.series()?;
        series.retain(|series| args.selector.matches(series));
        of_registry(&registry, series.iter())?
    };
    Ok(print(&render(&rows, args.format))?)
}

/// What `GET /api/v1/models` answers.
#[derive(Deserialize)]
struct Boards {
    models: Vec<Board>,
}

/// One model of one series.
#[derive(Serialize)]
pub(crate) struct Row {
    series: SeriesKey,
    model: String,
    /// Absent for a candidate that has not been fitted.
    version: Option<u32>,
    champion: bool,
    mase: Option<f64>,
    mase_seasonal_naive: Option<f64>,
    coverage: Option<f64>,
    fitted_at_ms: Option<i64>,
    note: Option<String>,
}

/// Every version kept for some series.
pub(crate) fn of_registry<'a>(
    registry: &Registry,
    series: impl Iterator<Item = &'a SeriesKey>,
) -> Result<Vec<Row>, RegistryError> {
    let mut rows = Vec::new();
    for series in series {
        let champion = registry.champion(series)?;
        let row = |Metadata { series, version, description, .. }: Metadata| Row {
            champion: champion.as_ref() == Some(&version),
            mase: description.score.map(|score| score.mase),
            mase_seasonal_naive: description.score.map(|score| score.mase_seasonal_naive),
            coverage: description.score.and_then(|score| score.coverage),
            fitted_at_ms: Some(description.fitted_at_ms),
            note: description.note,
            model: version.model,
            version: Some(version.version),
            series,
        };
        rows.extend(registry.versions(series)?.into_iter().map(row));
    }
    Ok(rows)
}

fn of_board(board: Board) -> Vec<Row> {
    let Board { series, champion, backtest, note, candidates, .. } = board;
    let row = |candidate: crate::runtime::live::Candidate| {
        let speaks = champion.as_ref().is_some_and(|champion| champion.model == candidate.model);
        Row {
            series: series.clone(),
            champion: speaks,
            mase_seasonal_naive: backtest.filter(|_| speaks).map(|backtest| backtest.mase_seasonal_naive),
            mase: candidate.mase,
            coverage: candidate.coverage,
            fitted_at_ms: candidate.fitted_ms,
            note: candidate.reason.or_else(|| note.clone().filter(|_| speaks)),
            model: candidate.model,
            version: candidate.version,
        }
    };
    candidates.into_iter().map(row).collect()
}

/// The rows in the format asked for.
pub(crate) fn render(rows: &[Row], format: Format) -> String {
    match format {
        Format::Table => table(rows),
        Format::Json => format!("{}\n", serde_json::json!({ "models": rows })),
        Format::Csv => csv(rows),
    }
}

fn table(rows: &[Row]) -> String {
    let number = |value: Option<f64>| value.map_or_else(|| "-".to_owned(), |value| format!("{value:.3}"));
    let mut table =
        Table::new(&["series", "model", "champion", "MASE", "seasonal naive", "coverage", "fitted at", "note"]);
    for row in rows {
        table.row(vec![
            row.series.to_string(),
            row.version.map_or_else(|| row.model.clone(), |version| format!("{}/{version}", row.model)),
            if row.champion { "yes" } else { "" }.to_owned(),
            number(row.mase),
            number(row.mase_seasonal_naive),
            number(row.coverage),
            row.fitted_at_ms.map_or_else(|| "-".to_owned(), instant::format),
            row.note.clone().unwrap_or_default(),
        ]);
    }
    table.to_string()
}

fn csv(rows: &[Row]) -> String {
    let mut text = String::from("series,model,version,champion,mase,mase_seasonal_naive,coverage,fitted_at\n");
    for row in rows {
        let number = |value: Option<f64>| value.map_or_else(String::new, |value| value.to_string());
        let cells = [
            csv_cell(&row.series.to_string()),
            row.model.clone(),
            row.version.map_or_else(String::new, |version| version.to_string()),
            row.champion.to_string(),
            number(row.mase),
            number(row.mase_seasonal_naive),
            number(row.coverage),
            row.fitted_at_ms.map_or_else(String::new, instant::format),
        ];
        let _infallible = writeln!(text, "{}", cells.join(","));
    }
    text
}
