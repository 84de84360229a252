//! `GET /metrics`: the process in the Prometheus text format, or the last window of the network monitoring as the JSON
//! that its dashboards have always read.

use super::context::Context;
use super::exposition::{Exposition, Kind, prefers_text};
use crate::runtime::live::{AnalyticsStatus, AnalyticsView, Live, SourceState, Status, result_metric};
use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use std::sync::Arc;
use utoipa::ToSchema;

/// The JSON of the network monitoring.
#[derive(Serialize, ToSchema)]
pub(super) struct NetworkMetrics {
    /// The end of the last closed window, seconds since the Unix epoch; 0 before the first.
    last_update: f64,
    /// Its figures.
    service_stats: ServiceStats,
}

/// Figures over all antennas of one window.
#[derive(Default, Serialize, ToSchema)]
struct ServiceStats {
    /// Packets sent.
    total_packets: f64,
    /// Packets lost.
    total_loss: f64,
    /// The share that was lost, 0 to 1.
    loss_rate: f64,
    /// Mean latency, ms.
    avg_latency: f64,
    /// Antennas heard.
    active_antennas: f64,
}

/// The process and its results. The Prometheus text format; where a network is shown, by the network-monitoring preset or by
/// `http_poll`, JSON, unless the `Accept` header prefers `text/plain` or OpenMetrics.
#[utoipa::path(get, path = "/metrics", tag = "probes", security(()),
    responses((status = 200, body = NetworkMetrics, description = "Or text/plain; version=0.0.4")))]
pub(super) async fn metrics(State(context): State<Arc<Context>>, headers: HeaderMap) -> Response {
    let live = &context.state.live;
    let accept = headers.get(header::ACCEPT).and_then(|accept| accept.to_str().ok()).unwrap_or_default();
    let vary = [(header::VARY, "Accept")];
    let is_network = live.status().analytics.iter().any(|analytics| analytics.is_network);
    if is_network && !prefers_text(accept) {
        let view = live.analytics().into_iter().find(|view| view.is_network);
        return (vary, Json(network_metrics(view.as_deref()))).into_response();
    }
    (vary, [(header::CONTENT_TYPE, Exposition::CONTENT_TYPE)], text(live)).into_response()
}

fn network_metrics(view: Option<&AnalyticsView>) -> NetworkMetrics {
    let Some(view) = view else {
        return NetworkMetrics { last_update: 0.0, service_stats: ServiceStats::default() };
    };
    let total = |measure| view.total(measure).unwrap_or_default();
    NetworkMetrics {
        last_update: view.end_ms as f64 / 1e3,
        service_stats: ServiceStats {
            total_packets: total("total_packets"),
            total_loss: total("total_loss"),
            loss_rate: total("loss_rate"),
            avg_latency: total("avg_latency"),
            active_antennas: total("active_antennas"),
        },
    }
}

fn text(live: &Live) -> String {
    let status = live.status();
    let mut page = Exposition::default();
    let build = vec![("version", status.version.as_str())];
    page.metric("tidecast_build_info", Kind::Gauge, "This build.", [(build, 1)]);
    page.metric(
        "tidecast_series",
        Kind::Gauge,
        "Series in the store, counted every few seconds.",
        [(Vec::new(), status.series)],
    );
    page.metric(
        "tidecast_samples",
        Kind::Gauge,
        "Samples in the store, counted every few seconds.",
        [(Vec::new(), status.samples)],
    );
    sources(&mut page, &status);
    analytics(&mut page, &status);
    let forecasts = status.forecasts.iter().map(|forecast| (vec![("forecast", forecast.name.as_str())], forecast.runs));
    page.metric("tidecast_forecast_runs_total", Kind::Counter, "Runs of a forecast.", forecasts);
    for view in live.analytics() {
        for (measure, &total) in view.measures.iter().zip(&view.totals).filter(|(_, total)| total.is_finite()) {
            let help = format!("{measure} of the last window of {}, over all keys.", view.name);
            page.metric(&result_metric(&view.name, measure), Kind::Gauge, &help, [(Vec::new(), total)]);
        }
    }
    page.finish()
}

fn sources(page: &mut Exposition, status: &Status) {
    let sources = &status.sources;
    let rows =
        sources.iter().map(|source| (vec![("source", source.name.as_str()), ("type", &source.kind)], source.rows));
    page.metric("tidecast_source_records_total", Kind::Counter, "Rows or records taken.", rows);
    let up = sources.iter().map(|source| {
        let up = matches!(source.state, SourceState::Reading | SourceState::Done);
        (vec![("source", source.name.as_str())], u8::from(up))
    });
    page.metric("tidecast_source_up", Kind::Gauge, "Whether a source can be read.", up);
    let lag = sources.iter().filter_map(|source| Some((vec![("source", source.name.as_str())], source.lag?)));
    page.metric("tidecast_source_lag", Kind::Gauge, "Records that wait behind the last one taken.", lag);
    let counted = |are_refusals: bool| {
        sources.iter().flat_map(move |source| {
            let reasons = source.refused.iter().filter(move |(reason, _)| reason.is_refusal() == are_refusals);
            reasons.map(|(reason, count)| (vec![("source", source.name.as_str()), ("reason", reason.name())], count))
        })
    };
    page.metric("tidecast_source_refused_total", Kind::Counter, "Records refused by reason.", counted(true));
    page.metric("tidecast_source_noted_total", Kind::Counter, "Records taken that are remarkable.", counted(false));
}

/// A number of an analysis.
type Reading = fn(&AnalyticsStatus) -> u64;

fn analytics(page: &mut Exposition, status: &Status) {
    let all = &status.analytics;
    let windows = all.iter().map(|analytics| (vec![("analytics", analytics.name.as_str())], analytics.windows));
    page.metric("tidecast_analytics_windows_total", Kind::Counter, "Windows closed.", windows);
    let watermark = all.iter().filter_map(|analytics| {
        Some((vec![("analytics", analytics.name.as_str())], analytics.watermark_ms? as f64 / 1e3))
    });
    page.metric("tidecast_analytics_watermark_seconds", Kind::Gauge, "Up to here windows are closed.", watermark);
    let gauges: [(&str, &str, Reading); 3] = [
        ("tidecast_analytics_keys", "Keys that are remembered.", |analytics| analytics.keys),
        ("tidecast_analytics_silent_keys", "Keys silent for too long.", |analytics| analytics.silent),
        ("tidecast_analytics_anomalous_keys", "Keys outside their forecast band.", |analytics| analytics.anomalous),
    ];
    for (name, help, value) in gauges {
        let samples = all.iter().map(|analytics| (vec![("analytics", analytics.name.as_str())], value(analytics)));
        page.metric(name, Kind::Gauge, help, samples);
    }
    let refused = all.iter().flat_map(|analytics| {
        let name = analytics.name.as_str();
        analytics
            .refused
            .iter()
            .map(move |(reason, count)| (vec![("analytics", name), ("reason", reason.name())], count))
    });
    page.metric("tidecast_analytics_refused_total", Kind::Counter, "Records refused by reason.", refused);
}
