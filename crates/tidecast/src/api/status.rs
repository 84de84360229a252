//! Is it there, is it ready, what is it doing.

use super::context::Context;
use crate::runtime::live::{Phase, Status};
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use std::sync::Arc;
use tidecast_connect::http::wire::ErrorBody;

/// The process serves.
#[utoipa::path(get, path = "/healthz", tag = "probes", security(()),
    responses((status = 200, body = str, content_type = "text/plain", description = "`ok`")))]
pub(super) async fn healthz() -> &'static str {
    "ok"
}

/// Forecasts are there.
#[utoipa::path(get, path = "/readyz", tag = "probes", security(()),
    responses(
        (status = 200, body = str, content_type = "text/plain", description = "`ready`"),
        (status = 503, body = str, content_type = "text/plain", description = "The phase it is in"),
    ))]
pub(super) async fn readyz(State(context): State<Arc<Context>>) -> (StatusCode, &'static str) {
    match context.state.live.status().phase {
        Phase::Live | Phase::Ended => (StatusCode::OK, "ready"),
        Phase::Starting => (StatusCode::SERVICE_UNAVAILABLE, "starting"),
        Phase::Loading => (StatusCode::SERVICE_UNAVAILABLE, "loading"),
        Phase::Fitting => (StatusCode::SERVICE_UNAVAILABLE, "fitting"),
        Phase::Failed => (StatusCode::SERVICE_UNAVAILABLE, "failed"),
    }
}

/// Phase, progress, sources and forecasts of the process.
#[utoipa::path(get, path = "/v1/status", tag = "status",
    responses((status = 200, body = Status), (status = "default", body = ErrorBody)))]
pub(super) async fn status(State(context): State<Arc<Context>>) -> Json<Status> {
    Json(context.state.live.status())
}
