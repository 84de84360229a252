//! The newest results of analytics over streams, for the API and the console. Older ones are series in the store.

use serde::{Deserialize, Serialize};
use std::sync::Arc;
use tidecast_core::series::SeriesKey;
use tidecast_core::window::Key;
use utoipa::ToSchema;

/// The last closed window of an analysis, and what is known of every key.
#[derive(Clone, Debug)]
pub struct AnalyticsView {
    /// Its key in the configuration.
    pub name: String,
    /// Whether it is the network monitoring, which has an API and a page of its own.
    pub is_network: bool,
    /// The beginning of the window, ms since the Unix epoch.
    pub start_ms: i64,
    /// Its end, ms since the Unix epoch.
    pub end_ms: i64,
    /// The fields that make a key, in its order.
    pub by: Arc<[String]>,
    /// What is measured.
    pub measures: Arc<[String]>,
    /// One value a measure, over all keys; NaN where undefined.
    pub totals: Vec<f64>,
    /// Every key that is remembered, whether the window has it or not.
    pub keys: Vec<KeyView>,
}

/// One key, such as an antenna.
#[derive(Clone, Debug)]
pub struct KeyView {
    /// The key.
    pub key: Key,
    /// The time of its newest record, ms since the Unix epoch.
    pub last_seen_ms: i64,
    /// One value a measure, NaN where undefined; `None` where the window has no record of it.
    pub values: Option<Box<[f64]>>,
    /// Whether nothing has been heard of it for longer than should be.
    pub is_silent: bool,
    /// Where it left the band that was forecast for it.
    pub anomalies: Vec<Anomaly>,
}

/// A value outside the band that was forecast for it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Anomaly {
    /// Which measure.
    pub measure: String,
    /// What it was.
    pub value: f64,
    /// The least that was expected: the lowest quantile of the forecast.
    pub low: f64,
    /// The most that was expected: the highest quantile of the forecast.
    pub high: f64,
}

impl AnalyticsView {
    /// The place of a measure among the values.
    #[must_use]
    pub fn measure(&self, name: &str) -> Option<usize> {
        self.measures.iter().position(|measure| measure == name)
    }

    /// The series of a measure: of a key, or over all keys.
    #[must_use]
    pub fn series(&self, measure: &str, key: Option<&Key>) -> Option<SeriesKey> {
        result_series(&self.name, measure, &self.by, key)
    }

    /// The total of a measure, where it is defined.
    #[must_use]
    pub fn total(&self, measure: &str) -> Option<f64> {
        self.totals.get(self.measure(measure)?).copied().filter(|total| total.is_finite())
    }
}

/// The metric name of a measure's results.
#[must_use]
pub fn result_metric(analytics: &str, measure: &str) -> String {
    format!("{}_{measure}", analytics.replace('-', "_"))
}

/// The series of a measure's results: `network_total_packets{antenna_id="a"}` of a key, `network_total_packets` over all keys.
/// `None` where the names make no series; a checked configuration has none such.
#[must_use]
pub fn result_series(analytics: &str, measure: &str, by: &[String], key: Option<&Key>) -> Option<SeriesKey> {
    let metric = result_metric(analytics, measure);
    let labels = by.iter().map(String::as_str).zip(key.into_iter().flat_map(Key::texts));
    SeriesKey::new(&metric, labels).ok()
}
