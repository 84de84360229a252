//! Which series there are, and their newest samples.

use super::context::Context;
use super::error::ApiError;
use super::extract::{Query, selector};
use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use std::sync::Arc;
use tidecast_connect::http::wire::{ErrorBody, Latest, SeriesList, SeriesSample};
use tidecast_core::series::Selector;
use utoipa::IntoParams;

/// Which series.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Selection {
    /// As in Prometheus: `power{device_id=~"meter_.*"}`; all if empty.
    #[serde(default, deserialize_with = "selector")]
    #[param(value_type = Option<String>)]
    pub(super) selector: Selector,
}

/// The series that match, sorted, with the extent of their samples.
#[utoipa::path(get, path = "/v1/series", tag = "series", params(Selection),
    responses((status = 200, body = SeriesList), (status = "default", body = ErrorBody)))]
pub(super) async fn series(
    State(context): State<Arc<Context>>,
    Query(query): Query<Selection>,
) -> Result<Json<SeriesList>, ApiError> {
    Ok(Json(SeriesList { series: context.state.store.series(&query.selector).await? }))
}

/// The newest sample of every series that matches.
#[utoipa::path(get, path = "/v1/latest", tag = "series", params(Selection),
    responses((status = 200, body = Latest), (status = "default", body = ErrorBody)))]
pub(super) async fn latest(
    State(context): State<Arc<Context>>,
    Query(query): Query<Selection>,
) -> Result<Json<Latest>, ApiError> {
    let newest = context.state.store.latest(&query.selector).await?;
    let samples = newest.into_iter().map(|(series, sample)| SeriesSample {
        series,
        timestamp_ms: sample.timestamp_ms,
        value: sample.value,
    });
    Ok(Json(Latest { samples: samples.collect() }))
}
