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
        let mut pace = Pace::default();
        loop {
            tokio::select! {
                Ok(()) = health.changed() => {
                    let health = health.borrow_and_update().clone();
                    show_health(live, name, health);
                }
                Ok(()) = figures.changed() => {
                    let figures = *figures.borrow_and_update();
                    if let Some(figures) = figures {
                        show_figures(live, &keys, figures, pace.after(figures.at_ms).max(keys.every.0));
                    }
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

/// How far apart a service makes its figures, which may be further than it is asked. Charts join what is not further apart.
#[derive(Default)]
struct Pace {
    last_ms: Option<i64>,
    distances_ms: [i64; 2],
}

impl Pace {
    /// The distance, once there are figures of that time: of the last two the smaller one, so that a service that was away for
    /// long is not taken for a slow one. 0 before the second figures.
    fn after(&mut self, at_ms: i64) -> i64 {
        let distance_ms = self.last_ms.map_or(0, |last_ms| at_ms.saturating_sub(last_ms));
        // Figures of the same time are corrections.
        if distance_ms > 0 {
            let before_ms = if self.distances_ms[1] > 0 { self.distances_ms[1] } else { distance_ms };
            self.distances_ms = [before_ms, distance_ms];
        }
        self.last_ms = Some(at_ms);
        self.distances_ms[0].min(self.distances_ms[1])
    }
}

/// Shows what is durable, as a window that ended when the figures were made.
fn show_figures(live: &Live, keys: &PollKeys, PolledFigures { at_ms, values }: PolledFigures, window_ms: i64) {
    let mut is_network = false;
    live.update_status(|status| {
        if let Some(shown) = status.analytics.iter_mut().find(|shown| shown.name == keys.prefix) {
            shown.windows += 1;
            shown.window_ms = window_ms;
            shown.last_window_ms = Some(at_ms);
            shown.watermark_ms = Some(at_ms);
            is_network = shown.is_network;
        }
    });
    live.put_analytics(AnalyticsView {
        name: keys.prefix.clone(),
        is_network,
        start_ms: at_ms.saturating_sub(window_ms),
        end_ms: at_ms,
        by: Arc::default(),
        measures: MetricsPoll::FIGURES.map(str::to_owned).into(),
        totals: values.to_vec(),
        keys: Vec::new(),
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_service_keeps_its_pace_through_an_outage() {
        let mut pace = Pace::default();
        let answers = [(100, 0), (110, 10), (110, 10), (120, 10), (920, 10), (930, 10), (931, 1), (941, 1), (951, 10)];
        for (at_ms, expected) in answers {
            assert_eq!(pace.after(at_ms), expected, "{at_ms}");
        }
    }
}
