//! The routes of the API and their OpenAPI document: one list gives both, so that neither can lack what the other has.

use super::context::Context;
use super::{
    autoscaling, events, forecasts, ingest, leaderboard, metrics, models, network, overview, range, records, series,
    status, verification,
};
use crate::runtime::live::{ChampionChange, WindowNotice};
use std::sync::Arc;
use utoipa::OpenApi;
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Tidecast",
        description = "Series, forecasts and models of a running Tidecast. Times are milliseconds since the Unix epoch \
                       (UTC); a series is its text, `power{device_id=\"meter_1\"}`. With a token configured every path \
                       under /api wants `Authorization: Bearer TOKEN`.",
        license(name = "Apache-2.0", identifier = "Apache-2.0"),
    ),
    tags(
        (name = "status", description = "What the process is doing"),
        (name = "series", description = "Samples"),
        (name = "forecasts", description = "Forecasts and the models that make them"),
        (name = "ingest", description = "Writing from other processes"),
        (name = "probes", description = "For Kubernetes and Prometheus; never want a token"),
        (name = "network", description = "Network monitoring"),
        (name = "autoscaling", description = "How many replicas, and why"),
    ),
    components(schemas(ChampionChange, WindowNotice)),
    security((), ("token" = [])),
)]
struct Document;

/// The OpenAPI 3.1 document of this build, indented, in a stable order, ending in a line break.
#[must_use]
pub fn openapi_json() -> String {
    let (_, mut document) =
        OpenApiRouter::with_openapi(Document::openapi()).merge(probes()).nest("/api", routes()).split_for_parts();
    let token = SecurityScheme::Http(HttpBuilder::new().scheme(HttpAuthScheme::Bearer).build());
    document.components.get_or_insert_default().add_security_scheme("token", token);
    // A document of plain data always serialises.
    document.to_pretty_json().map_or_else(|_| String::new(), |text| text + "\n")
}

/// The routes under `/api`.
pub(super) fn routes() -> OpenApiRouter<Arc<Context>> {
    OpenApiRouter::new()
        .routes(routes!(status::status))
        .routes(routes!(overview::overview))
        .routes(routes!(series::series))
        .routes(routes!(series::latest))
        .routes(routes!(range::range))
        .routes(routes!(forecasts::forecasts, ingest::put_forecasts))
        .routes(routes!(forecasts::models))
        .routes(routes!(models::versions))
        .routes(routes!(models::promote))
        .routes(routes!(models::rollback))
        .routes(routes!(models::collect))
        .routes(routes!(leaderboard::leaderboard))
        .routes(routes!(verification::verification))
        .routes(routes!(verification::accuracy))
        .routes(routes!(network::network))
        .routes(routes!(autoscaling::autoscaling))
        .routes(routes!(events::events))
        .routes(routes!(ingest::cursor))
        .routes(routes!(ingest::samples))
        .routes(routes!(records::records))
}

/// The routes that never want a token.
pub(super) fn probes() -> OpenApiRouter<Arc<Context>> {
    OpenApiRouter::new()
        .routes(routes!(status::healthz))
        .routes(routes!(status::readyz))
        .routes(routes!(metrics::metrics))
}
