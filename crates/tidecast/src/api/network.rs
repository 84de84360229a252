//! Network monitoring at a glance: the last closed window over all antennas and of each, the worst first.

use super::context::Context;
use super::error::ApiError;
use super::extract::Query;
use crate::runtime::live::{AnalyticsView, Anomaly, KeyView};
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::Arc;
use tidecast_connect::http::wire::{ErrorBody, ErrorCode};
use tidecast_core::series::SeriesKey;
use utoipa::{IntoParams, ToSchema};

const ANTENNAS_DEFAULT: usize = 200;
const ANTENNAS_MAX: usize = 10_000;
const WORST: usize = 10;

/// By what antennas are sorted, and named as the worst.
const FAILURES: &str = "total_loss";

/// Which antennas.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct NetworkQuery {
    /// How many antennas to give, the worst first (200 if absent, at most 10,000).
    #[param(maximum = 10_000)]
    limit: Option<usize>,
}

/// The last closed window.
#[derive(Serialize, ToSchema)]
pub(super) struct Network {
    /// The analysis, as in the configuration, or the prefix of the service that is polled.
    analytics: String,
    /// How long a window is, ms; of a service that is polled, the time between two answers, at least between two requests.
    window_ms: i64,
    /// The beginning of the last closed window, ms since the Unix epoch; absent before the first.
    start_ms: Option<i64>,
    /// Its end, ms since the Unix epoch.
    end_ms: Option<i64>,
    /// Its figures over all antennas: `total_packets`, `total_loss`, `delivered_packets`, `loss_rate`, `success_rate`,
    /// `avg_latency`, `latency_p50`, `latency_p95`, `latency_p99`, `active_antennas`, `messages`; undefined ones are left out.
    overall: BTreeMap<String, f64>,
    /// The series that hold those figures over time, by figure.
    #[schema(value_type = BTreeMap<String, String>)]
    series: BTreeMap<String, SeriesKey>,
    /// Antennas that are remembered.
    antennas_total: usize,
    /// Antennas that have been silent for too long.
    silent: usize,
    /// Antennas outside the band that was forecast for them.
    anomalous: usize,
    /// Antennas with the most lost packets, most first.
    worst: Vec<String>,
    /// The antennas, the most lost packets first.
    antennas: Vec<Antenna>,
}

/// One antenna.
#[derive(Serialize, ToSchema)]
struct Antenna {
    /// Its identifier.
    antenna_id: String,
    /// Its newest message, ms since the Unix epoch.
    last_seen_ms: i64,
    /// Whether it has been silent for too long.
    silent: bool,
    /// Its figures in the window; none where it sent nothing.
    figures: BTreeMap<String, f64>,
    /// The series that hold those figures over time, by figure.
    #[schema(value_type = BTreeMap<String, String>)]
    series: BTreeMap<String, SeriesKey>,
    /// Where it left the band that was forecast for it.
    anomalies: Vec<Anomaly>,
}

/// The last closed window of the network monitoring: overall, and antenna by antenna. Of a service that is polled the last answer,
/// which knows no antennas.
#[utoipa::path(get, path = "/v1/network", tag = "network", params(NetworkQuery),
    responses((status = 200, body = Network), (status = "default", body = ErrorBody)))]
pub(super) async fn network(
    State(context): State<Arc<Context>>,
    Query(query): Query<NetworkQuery>,
) -> Result<Json<Network>, ApiError> {
    let limit = query.limit.unwrap_or(ANTENNAS_DEFAULT);
    if limit > ANTENNAS_MAX {
        return Err(ApiError::bad_request(format!("`limit` is at most {ANTENNAS_MAX}")));
    }
    let live = &context.state.live;
    let Some(analytics) = live.status().analytics.into_iter().find(|analytics| analytics.is_network) else {
        let message = "no network monitoring is configured; add `analytics: {network: {preset: network-monitoring, input: …}}`, \
                       or `sources: {theirs: {type: http_poll, url: …}}` for the figures of a service of another make";
        return Err(ApiError::new(StatusCode::NOT_FOUND, ErrorCode::NotFound, message.to_owned()));
    };
    let view = live.analytics().into_iter().find(|view| view.name == analytics.name);
    let mut answer = Network {
        analytics: analytics.name,
        window_ms: analytics.window_ms,
        start_ms: None,
        end_ms: None,
        overall: BTreeMap::new(),
        series: BTreeMap::new(),
        antennas_total: 0,
        silent: 0,
        anomalous: 0,
        worst: Vec::new(),
        antennas: Vec::new(),
    };
    if let Some(view) = view {
        fill_in(&mut answer, &view, limit);
    }
    Ok(Json(answer))
}

fn fill_in(answer: &mut Network, view: &AnalyticsView, limit: usize) {
    answer.start_ms = Some(view.start_ms);
    answer.end_ms = Some(view.end_ms);
    answer.overall = figures(view, &view.totals);
    answer.series = series(view, None);
    answer.antennas_total = view.keys.len();
    answer.silent = view.keys.iter().filter(|key| key.is_silent).count();
    answer.anomalous = view.keys.iter().filter(|key| !key.anomalies.is_empty()).count();
    let worst_first = worst_first(view);
    let failing = worst_first.iter().take_while(|key| failures(view, key) > 0.0);
    answer.worst = failing.take(WORST).map(|key| key.key.to_string()).collect();
    answer.antennas = worst_first.iter().take(limit).map(|key| antenna(view, key)).collect();
}

/// All antennas, the most lost packets first; of those alike, the one silent for longest.
fn worst_first(view: &AnalyticsView) -> Vec<&KeyView> {
    let mut keys: Vec<&KeyView> = view.keys.iter().collect();
    keys.sort_by(|a, b| {
        let by_failures = failures(view, b).total_cmp(&failures(view, a));
        let by_silence = a.last_seen_ms.cmp(&b.last_seen_ms);
        by_failures.then(by_silence).then_with(|| a.key.texts().cmp(b.key.texts()))
    });
    keys
}

fn failures(view: &AnalyticsView, key: &KeyView) -> f64 {
    let place = view.measure(FAILURES);
    place.zip(key.values.as_ref()).map_or(0.0, |(place, values)| values[place]).max(0.0)
}

fn figures(view: &AnalyticsView, values: &[f64]) -> BTreeMap<String, f64> {
    let measures = view.measures.iter().cloned().zip(values.iter().copied());
    measures.filter(|(_, value)| value.is_finite()).collect()
}

fn series(view: &AnalyticsView, key: Option<&KeyView>) -> BTreeMap<String, SeriesKey> {
    let of = |measure: &String| Some((measure.clone(), view.series(measure, key.map(|key| &key.key))?));
    view.measures.iter().filter_map(of).collect()
}

fn antenna(view: &AnalyticsView, key: &KeyView) -> Antenna {
    Antenna {
        antenna_id: key.key.to_string(),
        last_seen_ms: key.last_seen_ms,
        silent: key.is_silent,
        figures: key.values.as_ref().map(|values| figures(view, values)).unwrap_or_default(),
        series: series(view, Some(key)),
        anomalies: key.anomalies.clone(),
    }
}
