//! A status as tables: sources, analytics, forecasts.

use super::super::instant;
use super::super::table::Table;
use crate::runtime::live::{AnalyticsStatus, ForecastStatus, SourceState, SourceStatus, Status};
use tidecast_core::duration::DurationMs;
use tidecast_core::record::Rejections;

/// A table with a title; the first column has names.
pub(super) struct Panel {
    pub(super) title: &'static str,
    pub(super) header: Vec<&'static str>,
    pub(super) rows: Vec<Vec<String>>,
}

impl Panel {
    /// For printing.
    pub(super) fn table(&self) -> Table {
        let mut table = Table::new(&self.header);
        self.rows.iter().for_each(|row| table.row(row.clone()));
        table
    }
}

/// The three panels, in their order.
pub(super) fn panels(status: &Status) -> [Panel; 3] {
    [
        Panel {
            title: "sources",
            header: vec!["name", "type", "state", "records", "rate", "lag", "refused", "error"],
            rows: status.sources.iter().map(source).collect(),
        },
        Panel {
            title: "analytics",
            header: vec![
                "name",
                "input",
                "window",
                "last window",
                "behind",
                "windows",
                "keys",
                "silent",
                "anomalous",
                "refused",
            ],
            rows: status.analytics.iter().map(|analytics| analysis(analytics, status.now_ms)).collect(),
        },
        Panel {
            title: "forecasts",
            header: vec!["name", "series", "horizon", "every", "last run", "took", "runs"],
            rows: status.forecasts.iter().map(forecast).collect(),
        },
    ]
}

fn source(source: &SourceStatus) -> Vec<String> {
    let state = match source.state {
        SourceState::Reading => "reading",
        SourceState::Waiting => "waiting",
        SourceState::Done => "done",
        SourceState::Failed => "failed",
    };
    let mut refused = refused(&source.refused);
    if source.rows_skipped > 0 && source.refused.is_empty() {
        refused = format!("skipped {}", source.rows_skipped);
    }
    vec![
        source.name.clone(),
        source.kind.clone(),
        state.to_owned(),
        source.rows.to_string(),
        or_dash(source.rate.map(|rate| format!("{rate:.1}"))),
        or_dash(source.lag),
        refused,
        source.error.clone().unwrap_or_default(),
    ]
}

fn analysis(analytics: &AnalyticsStatus, now_ms: i64) -> Vec<String> {
    vec![
        analytics.name.clone(),
        analytics.input.clone(),
        DurationMs(analytics.window_ms).to_string(),
        or_dash(analytics.last_window_ms.map(instant::format)),
        or_dash(analytics.watermark_ms.map(|watermark_ms| behind(now_ms.saturating_sub(watermark_ms)))),
        analytics.windows.to_string(),
        analytics.keys.to_string(),
        analytics.silent.to_string(),
        analytics.anomalous.to_string(),
        refused(&analytics.refused),
    ]
}

fn forecast(forecast: &ForecastStatus) -> Vec<String> {
    vec![
        forecast.name.clone(),
        forecast.selector.clone(),
        DurationMs(forecast.horizon_ms).to_string(),
        DurationMs(forecast.every_ms).to_string(),
        or_dash(forecast.last_run_ms.map(instant::format)),
        or_dash(forecast.last_run_wall_ms.map(|ms| format!("{ms}ms"))),
        forecast.runs.to_string(),
    ]
}

/// How far the watermark is behind: tenths of a second below a minute, else whole seconds.
fn behind(ms: i64) -> String {
    if ms.abs() < 60_000 { format!("{:.1}s", ms as f64 / 1e3) } else { DurationMs(ms - ms % 1_000).to_string() }
}

fn refused(refused: &Rejections) -> String {
    refused.iter().map(|(reason, count)| format!("{reason} {count}")).collect::<Vec<_>>().join(", ")
}

fn or_dash(value: Option<impl ToString>) -> String {
    value.map_or_else(|| "-".to_owned(), |value| value.to_string())
}
