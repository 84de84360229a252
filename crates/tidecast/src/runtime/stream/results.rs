//! Closed windows as samples of series, and as what the API shows.

use super::analysis::Analysis;
use crate::runtime::live::{AnalyticsView, KeyView, result_series};
use std::collections::HashMap;
use std::sync::Arc;
use tidecast_core::series::{SampleBatch, SeriesKey};
use tidecast_core::window::{ClosedWindow, Key, WindowPlan, Windows};

/// Names of the series of an analysis, each made once.
#[derive(Debug)]
pub(super) struct Results {
    analytics: String,
    plan: Arc<WindowPlan>,
    totals: Vec<Option<SeriesKey>>,
    of_keys: HashMap<Key, Box<[Option<SeriesKey>]>>,
}

impl Results {
    pub(super) fn new(analytics: &str, plan: Arc<WindowPlan>) -> Self {
        let mut results = Self { analytics: analytics.to_owned(), plan, totals: Vec::new(), of_keys: HashMap::new() };
        results.totals = results.names(None).collect();
        results
    }

    /// Appends the results of a window as samples at its end: one series a measure over all keys, one a measure and key.
    /// Undefined values make no sample.
    pub(super) fn store(&mut self, window: &ClosedWindow, samples: &mut SampleBatch) {
        push(samples, &self.totals, window.end_ms, &window.totals);
        for (key, values) in window.rows() {
            if !self.of_keys.contains_key(key) {
                let names = self.names(Some(key)).collect();
                self.of_keys.insert(key.clone(), names);
            }
            if let Some(names) = self.of_keys.get(key) {
                push(samples, names, window.end_ms, values);
            }
        }
    }

    /// Forgets the names of keys that the windows have forgotten.
    pub(super) fn tidy(&mut self, windows: &Windows) {
        if self.of_keys.len() > 2 * windows.key_count() + 1_000 {
            self.of_keys.clear();
        }
    }

    fn names<'a>(&'a self, key: Option<&'a Key>) -> impl Iterator<Item = Option<SeriesKey>> + 'a {
        let spec = self.plan.spec();
        spec.measures.iter().map(move |measure| result_series(&self.analytics, &measure.name, &spec.by, key))
    }
}

fn push(samples: &mut SampleBatch, names: &[Option<SeriesKey>], timestamp_ms: i64, values: &[f64]) {
    for (name, &value) in names.iter().zip(values) {
        if let Some(name) = name.as_ref().filter(|_| value.is_finite()) {
            samples.push(name, timestamp_ms, value);
        }
    }
}

/// What the API shows of a window that was closed: every key that is remembered, whether it is in the window or not.
pub(super) fn view(analysis: &Analysis, window: &ClosedWindow) -> AnalyticsView {
    let rows: HashMap<&Key, &[f64]> = window.rows().collect();
    let silent_before_ms = analysis.silent_before_ms(window.end_ms);
    let keys = analysis.windows.keys().map(|(key, last_seen_ms)| KeyView {
        key: key.clone(),
        last_seen_ms,
        values: rows.get(key).map(|values| Box::from(*values)),
        is_silent: last_seen_ms < silent_before_ms,
        anomalies: Vec::new(),
    });
    AnalyticsView {
        name: analysis.name.clone(),
        is_network: analysis.config.is_network,
        start_ms: window.start_ms,
        end_ms: window.end_ms,
        by: Arc::clone(&window.by),
        measures: Arc::clone(&window.measures),
        totals: window.totals.clone(),
        keys: keys.collect(),
    }
}

/// The same window, with what has been heard of the keys since, and has not; `None` where it is all the same.
pub(super) fn review(view: &AnalyticsView, analysis: &Analysis, time_ms: i64) -> Option<AnalyticsView> {
    let silent_before_ms = analysis.silent_before_ms(time_ms);
    let heard: HashMap<&Key, i64> = analysis.windows.keys().collect();
    let last_seen_ms = |key: &KeyView| heard.get(&key.key).copied().unwrap_or(key.last_seen_ms);
    let changed = |key: &KeyView| (last_seen_ms(key) < silent_before_ms) != key.is_silent;
    if !view.keys.iter().any(changed) {
        return None;
    }
    let mut reviewed = view.clone();
    for key in &mut reviewed.keys {
        key.last_seen_ms = last_seen_ms(key);
        key.is_silent = key.last_seen_ms < silent_before_ms;
    }
    Some(reviewed)
}
