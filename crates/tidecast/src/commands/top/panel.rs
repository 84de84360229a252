//! A status as tables: sources, analytics, forecasts.

use super::super::table::Table;
use crate::runtime::live::{AnalyticsStatus, ForecastStatus, SourceState, SourceStatus, Status};
use tidecast_core::duration::DurationMs;
use tidecast_core::record::Rejections;

/// A table with a title; the first column has names.
pub(super) struct Panel {
    pub(super) title: &'static str,
    pub(super) header: Vec<&'static str>,
    pub(super) rows: Vec<Vec<String>>,
    /// Columns that are left out where there is no room for all, the first one first.
    spare: &'static [&'static str],
}

/// The last column takes what is left, and is cut off where that is less than its text; of more than this.
const LAST_AT_LEAST: usize = 24;

/// How a time is written, beside the present one.
pub(super) type Time = fn(i64, i64) -> String;

impl Panel {
    /// For printing.
    pub(super) fn table(&self) -> Table {
        let mut table = Table::new(&self.header);
        self.rows.iter().for_each(|row| table.row(row.clone()));
        table
    }

    /// Leaves out columns until the others fit into a width, or none is left to spare.
    pub(super) fn fit(&mut self, width: usize) {
        for spare in self.spare {
            if self.width() <= width {
                return;
            }
            if let Some(place) = self.header.iter().position(|title| title == spare) {
                self.header.remove(place);
                self.rows.iter_mut().for_each(|row| drop(row.remove(place)));
            }
        }
    }

    /// The width of a column's longest text.
    pub(super) fn column_width(&self, column: usize) -> usize {
        let cells = self.rows.iter().map(|row| row[column].chars().count());
        cells.chain([self.header[column].len()]).max().unwrap_or(0)
    }

    fn width(&self) -> usize {
        let last = self.header.len() - 1;
        let others: usize = (0..last).map(|column| self.column_width(column) + 1).sum();
        others + self.column_width(last).min(LAST_AT_LEAST)
    }
}

/// The three panels, in their order.
pub(super) fn panels(status: &Status, time: Time) -> [Panel; 3] {
    let time = |ms| time(ms, status.now_ms);
    [
        Panel {
            title: "sources",
            header: vec!["name", "type", "state", "records", "rate", "lag", "refused", "noted", "error"],
            rows: status.sources.iter().map(source).collect(),
            spare: &["course", "noted", "type", "lag", "rate", "records"],
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
            rows: status.analytics.iter().map(|analytics| analysis(analytics, status.now_ms, time)).collect(),
            spare: &["input", "windows", "window", "behind", "last window", "keys"],
        },
        Panel {
            title: "forecasts",
            header: vec!["name", "series", "horizon", "every", "last run", "took", "runs"],
            rows: status.forecasts.iter().map(|shown| forecast(shown, time)).collect(),
            spare: &["every", "took", "runs", "horizon"],
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
    let mut refused = reasons(&source.refused, true);
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
        reasons(&source.refused, false),
        source.error.clone().unwrap_or_default(),
    ]
}

fn analysis(analytics: &AnalyticsStatus, now_ms: i64, time: impl Fn(i64) -> String) -> Vec<String> {
    vec![
        analytics.name.clone(),
        analytics.input.clone(),
        DurationMs(analytics.window_ms).to_string(),
        or_dash(analytics.last_window_ms.map(time)),
        or_dash(analytics.watermark_ms.map(|watermark_ms| behind(now_ms.saturating_sub(watermark_ms)))),
        analytics.windows.to_string(),
        analytics.keys.to_string(),
        analytics.silent.to_string(),
        analytics.anomalous.to_string(),
        reasons(&analytics.refused, true),
    ]
}

fn forecast(forecast: &ForecastStatus, time: impl Fn(i64) -> String) -> Vec<String> {
    vec![
        forecast.name.clone(),
        forecast.selector.clone(),
        DurationMs(forecast.horizon_ms).to_string(),
        DurationMs(forecast.every_ms).to_string(),
        or_dash(forecast.last_run_ms.map(time)),
        or_dash(forecast.last_run_wall_ms.map(|ms| format!("{ms}ms"))),
        forecast.runs.to_string(),
    ]
}

/// How far the watermark is behind: tenths of a second below a minute, else whole seconds.
fn behind(ms: i64) -> String {
    if ms.abs() < 60_000 { format!("{:.1}s", ms as f64 / 1e3) } else { DurationMs(ms - ms % 1_000).to_string() }
}

/// Why how many were refused, or what was noted about those that were not.
fn reasons(tally: &Rejections, are_refusals: bool) -> String {
    let reasons = tally.iter().filter(|(reason, _)| reason.is_refusal() == are_refusals);
    reasons.map(|(reason, count)| format!("{reason} {count}")).collect::<Vec<_>>().join(", ")
}

fn or_dash(value: Option<impl ToString>) -> String {
    value.map_or_else(|| "-".to_owned(), |value| value.to_string())
}
