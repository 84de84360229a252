//! The listing: one row per version, and per candidate that waits.

use crate::api::models::{Registered, RegisteredSeries, RegisteredVersion};
use crate::commands::format::{Format, csv_cell};
use crate::commands::instant;
use crate::commands::table::Table;
use crate::runtime::live::{Board, Drift};
use serde::Serialize;
use std::collections::BTreeMap;
use std::fmt::Write;
use tidecast_core::series::{SeriesKey, TimeRange};
use tidecast_forecast::drift::DriftState;
use tidecast_forecast::registry::SeriesRecord;

/// One model of one series.
#[derive(Serialize)]
pub(crate) struct Row {
    series: SeriesKey,
    model: String,
    /// Absent for a candidate that has not been fitted.
    version: Option<u32>,
    champion: bool,
    /// `champion`, `challenger` or `previous`.
    alias: Option<String>,
    /// What it was fitted on.
    data: Option<TimeRange>,
    mase: Option<f64>,
    mase_seasonal_naive: Option<f64>,
    coverage: Option<f64>,
    fitted_at_ms: Option<i64>,
    code_version: Option<String>,
    /// Of the champion, where a server follows the series.
    drift: Option<Drift>,
    note: Option<String>,
}

/// Every version kept.
pub(crate) fn of_records(records: Vec<SeriesRecord>) -> Vec<Row> {
    records.into_iter().flat_map(|record| of_series(record.into())).collect()
}

fn of_series(series: RegisteredSeries) -> impl Iterator<Item = Row> {
    let RegisteredSeries { series, versions, .. } = series;
    versions.into_iter().map(move |version| {
        let RegisteredVersion { model, version, alias, fitted_at_ms, data, score, note, code_version, .. } = version;
        Row {
            series: series.clone(),
            model,
            version: Some(version),
            champion: alias.as_deref() == Some("champion"),
            alias,
            data: Some(data),
            mase: score.map(|score| score.mase),
            mase_seasonal_naive: score.map(|score| score.mase_seasonal_naive),
            coverage: score.and_then(|score| score.coverage),
            fitted_at_ms: Some(fitted_at_ms),
            code_version: Some(code_version),
            drift: None,
            note,
        }
    })
}

/// Every version kept by a server, whether its champion drifts, and the candidates that are not fitted yet.
pub(super) fn of_server(registered: Registered, boards: Vec<Board>) -> Vec<Row> {
    let mut rows: BTreeMap<SeriesKey, Vec<Row>> = BTreeMap::new();
    for series in registered.series {
        rows.insert(series.series.clone(), of_series(series).collect());
    }
    for board in boards {
        let known = rows.entry(board.series.clone()).or_default();
        for row in known.iter_mut().filter(|row| row.champion) {
            row.drift = board.drift;
            row.note = row.note.take().or_else(|| board.note.clone());
        }
        for candidate in board.candidates {
            if candidate.version.is_none() && known.iter().all(|row| row.model != candidate.model) {
                known.push(Row {
                    series: board.series.clone(),
                    model: candidate.model,
                    version: None,
                    champion: false,
                    alias: None,
                    data: None,
                    mase: candidate.mase,
                    mase_seasonal_naive: None,
                    coverage: candidate.coverage,
                    fitted_at_ms: candidate.fitted_ms,
                    code_version: None,
                    drift: None,
                    note: candidate.reason,
                });
            }
        }
    }
    rows.into_values().flatten().collect()
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
    let time = |at_ms: Option<i64>| at_ms.map_or_else(|| "-".to_owned(), instant::format);
    let header = [
        "series",
        "model",
        "alias",
        "MASE",
        "seasonal naive",
        "coverage",
        "data from",
        "data to",
        "fitted at",
        "drift",
        "note",
    ];
    let mut table = Table::new(&header);
    for row in rows {
        table.row(vec![
            row.series.to_string(),
            row.version.map_or_else(|| row.model.clone(), |version| format!("{}/{version}", row.model)),
            row.alias.clone().unwrap_or_default(),
            number(row.mase),
            number(row.mase_seasonal_naive),
            number(row.coverage),
            time(row.data.map(|data| data.from_ms)),
            time(row.data.map(|data| data.to_ms)),
            time(row.fitted_at_ms),
            row.drift.map_or_else(String::new, |drift| format!("{} {:.2}", state(drift), drift.statistic)),
            row.note.clone().unwrap_or_default(),
        ]);
    }
    table.to_string()
}

fn state(drift: Drift) -> &'static str {
    match drift.state {
        DriftState::Stable => "stable",
        DriftState::Warning => "warning",
        DriftState::Drifting => "drifting",
    }
}

fn csv(rows: &[Row]) -> String {
    let mut text = String::from(
        "series,model,version,champion,mase,mase_seasonal_naive,coverage,fitted_at,alias,data_from,data_to,\
         code_version,drift,drift_statistic\n",
    );
    for row in rows {
        let number = |value: Option<f64>| value.map_or_else(String::new, |value| value.to_string());
        let time = |at_ms: Option<i64>| at_ms.map_or_else(String::new, instant::format);
        let cells = [
            csv_cell(&row.series.to_string()),
            row.model.clone(),
            row.version.map_or_else(String::new, |version| version.to_string()),
            row.champion.to_string(),
            number(row.mase),
            number(row.mase_seasonal_naive),
            number(row.coverage),
            time(row.fitted_at_ms),
            row.alias.clone().unwrap_or_default(),
            time(row.data.map(|data| data.from_ms)),
            time(row.data.map(|data| data.to_ms)),
            row.code_version.clone().unwrap_or_default(),
            row.drift.map_or_else(String::new, |drift| state(drift).to_owned()),
            number(row.drift.map(|drift| drift.statistic)),
        ];
        let _infallible = writeln!(text, "{}", cells.join(","));
    }
    text
}
