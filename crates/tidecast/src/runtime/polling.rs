//! A network-monitoring service of another make that is polled: its figures become series, and what the API and the console
//! show of a network, as if an analysis here had found them.

use super::clock::SystemClock;
use super::ingest::run_source;
use super::live::{AnalyticsStatus, AnalyticsView, Live, SourceState};
use crate::config::{Config, PollKeys, SourceConfig};
use std::sync::Arc;
use tidecast_connect::http::{MetricsPoll, PolledFigures};
use tidecast_core::ports::{SeriesStore, StreamHealth};

/// The polled services as the status shows them beside the analytics. One network can be shown: an analysis of our own comes first.
pub fn described(config: &Config) -> Vec<AnalyticsStatus> {
    let is_analysed = config.analytics.values().any(|analytics| analytics.is_network);
    let polled = config.sources.iter().filter_map(|(name, source)| match source {
        SourceConfig::HttpPoll(keys) => Some((name, keys)),
        _ => None,
    });
    let status = |(place, (name, keys)): (usize, (&String, &PollKeys))| AnalyticsStatus {
        // The names of the series begin with it, as with the name of an analysis.
        name: keys.prefix.clone(),
        input: name.clone(),
        is_network: place == 0 && !is_analysed,
        window_ms: keys.every.0,
        ..AnalyticsStatus::default()
    };
    polled.enumerate().map(status).collect()
}

/// Asks a service for its figures again and again.
pub async fn poll(name: &str, keys: PollKeys, store: &dyn SeriesStore, live: &Live) {
    let opened = MetricsPoll::new(keys.options(name), Arc::new(SystemClock)).map_err(anyhow::Error::from);
    let watched = opened.as_ref().ok().map(|poll| (poll.health(), poll.figures()));
    let watch = async {
        let Some((mut health, mut figures)) = watched else { return };
        loop {
            tokio::select! {
                Ok(()) = health.changed() => {
                    let health = health.borrow_and_update().clone();
                    show_health(live, name, health);
                }
                Ok(()) = figures.changed() => {
                    let figures = *figures.borrow_and_update();
                    figures.into_iter().for_each(|figures| show_figures(live, &keys, figures));
                }
                else => return,
            }
        }
    };
    tokio::join!(run_source(name, opened, store, live), watch);
}

fn show_health(live: &Live, name: &str, health: StreamHealth) {
    live.update_status(|status| {
        if let Some(source) = status.sources.iter_mut().find(|source| source.name == name) {
            source.state = if health.trouble.is_some() { SourceState::Waiting } else { SourceState::Reading };
            source.error = health.trouble;
        }
    });
}

/// Shows what is durable, as a window that ended when the figures were made.
fn show_figures(live: &Live, keys: &PollKeys, PolledFigures { at_ms, values }: PolledFigures) {
    let mut is_network = false;
    live.update_status(|status| {
        if let Some(shown) = status.analytics.iter_mut().find(|shown| shown.name == keys.prefix) {
            shown.windows += 1;
            shown.last_window_ms = Some(at_ms);
            shown.watermark_ms = Some(at_ms);
            is_network = shown.is_network;
        }
    });
    live.put_analytics(AnalyticsView {
        name: keys.prefix.clone(),
        is_network,
        start_ms: at_ms.saturating_sub(keys.every.0),
        end_ms: at_ms,
        by: Arc::default(),
        measures: MetricsPoll::FIGURES.map(str::to_owned).into(),
        totals: values.to_vec(),
        keys: Vec::new(),
    });
}
