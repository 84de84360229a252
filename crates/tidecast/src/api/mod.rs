//! The HTTP side of a Tidecast process: its API under `/api`, the console under `/ui/`, probes.
//!
//! Everything here reads [`Live`] and the store, and writes only what clients send. Routes are grouped into one file
//! each; [`openapi`] lists them all.

mod auth;
mod autoscaling;
mod console;
mod context;
mod error;
mod events;
mod exposition;
mod extract;
mod forecasts;
mod headers;
mod ingest;
mod leaderboard;
mod metrics;
pub(crate) mod models;
mod network;
mod openapi;
mod overview;
mod range;
mod records;
mod resolution;
mod series;
mod serve;
mod status;
mod verification;

pub use openapi::openapi_json;
pub use serve::serve;

use crate::runtime::live::Live;
use crate::runtime::rehearsal::Rehearsal;
use crate::runtime::stream::PushSources;
use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::header::CONTENT_TYPE;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::response::IntoResponse;
use axum::routing::get;
use context::Context;
use std::sync::Arc;
use tidecast_connect::http::Token;
use tidecast_connect::http::wire::BODY_BYTES_MAX;
use tidecast_core::ports::SeriesStore;
use tidecast_forecast::registry::Registry;

/// What the API needs from the process.
#[derive(Clone)]
pub struct ApiState {
    /// Where series and forecasts are.
    pub store: Arc<dyn SeriesStore>,
    /// The models of the series.
    pub registry: Arc<Registry>,
    /// What the process knows about itself.
    pub live: Live,
    /// The sources that clients bring records to, by name.
    pub push_sources: PushSources,
    /// The replay of an autoscaler, where one is shown.
    pub rehearsal: Rehearsal,
    /// What every request under `/api` must show, if set.
    pub token: Option<Token>,
}

/// All routes, without a server around them. [`serve`] adds the checks that depend on the address.
pub fn router(state: ApiState) -> Router {
    routes(&Context::new(state))
}

fn routes(context: &Arc<Context>) -> Router {
    let (api, _) = openapi::routes().split_for_parts();
    let api = api
        .route("/openapi.json", get(openapi_document))
        .fallback(error::not_found)
        .method_not_allowed_fallback(error::method_not_allowed)
        .layer(DefaultBodyLimit::max(BODY_BYTES_MAX))
        .layer(from_fn(auth::refuse_cross_origin_writes))
        .layer(from_fn_with_state(Arc::clone(context), auth::require_token));
    let (probes, _) = openapi::probes().split_for_parts();
    probes
        .nest("/api", api)
        .route("/", get(console::to_console))
        .route("/ui", get(console::to_console))
        .route("/ui/", get(console::index))
        .route("/ui/{*path}", get(console::file))
        .fallback(error::not_found)
        .layer(from_fn(headers::add))
        .with_state(Arc::clone(context))
}

async fn openapi_document() -> impl IntoResponse {
    ([(CONTENT_TYPE, "application/json")], openapi_json())
}
