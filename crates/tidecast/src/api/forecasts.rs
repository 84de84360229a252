//! Stored forecasts, and the models that make them.

use super::context::Context;
use super::error::ApiError;
use super::extract::{Query, selector};
use crate::runtime::live::Board;
use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use tidecast_connect::http::wire::{ErrorBody, Forecasts, ORIGINS_MAX};
use tidecast_core::ports::ForecastQuery;
use tidecast_core::series::{Selector, SeriesKey, TimeRange};
use utoipa::{IntoParams, ToSchema};

const ORIGINS_DEFAULT: usize = 50;

/// Which forecasts.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct ForecastsQuery {
    /// The series: `power{device_id="meter_1"}`.
    #[param(value_type = String)]
    series: SeriesKey,
    /// First origin, ms since the Unix epoch.
    from: Option<i64>,
    /// First origin left out, ms since the Unix epoch.
    to: Option<i64>,
    /// Only so many of the newest origins (50 if absent, at most 2,000).
    #[param(minimum = 1, maximum = 2_000)]
    limit: Option<usize>,
}

/// Which boards.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct ModelsQuery {
    /// As in Prometheus: `power{device_id=~"meter_.*"}`; all if empty.
    #[serde(default, deserialize_with = "selector")]
    #[param(value_type = Option<String>)]
    selector: Selector,
    /// How many to skip.
    #[serde(default)]
    offset: usize,
    /// How many to give; all if absent.
    limit: Option<usize>,
}

/// The models of every series.
#[derive(Serialize, ToSchema)]
pub(super) struct Models {
    /// Series that match.
    total: usize,
    /// Sorted by series.
    models: Vec<Board>,
}

/// Forecasts of one series by ascending origin, then model version.
#[utoipa::path(get, path = "/v1/forecasts", tag = "forecasts", params(ForecastsQuery),
    responses((status = 200, body = Forecasts), (status = "default", body = ErrorBody)))]
pub(super) async fn forecasts(
    State(context): State<Arc<Context>>,
    Query(query): Query<ForecastsQuery>,
) -> Result<Json<Forecasts>, ApiError> {
    let limit = query.limit.unwrap_or(ORIGINS_DEFAULT);
    if !(1..=ORIGINS_MAX).contains(&limit) {
        return Err(ApiError::bad_request(format!("`limit` is from 1 to {ORIGINS_MAX}")));
    }
    let origins = TimeRange::new(query.from.unwrap_or(i64::MIN), query.to.unwrap_or(i64::MAX));
    if origins.from_ms > origins.to_ms {
        return Err(ApiError::bad_request("`from` is after `to`; exchange them".to_owned()));
    }
    let query = ForecastQuery { series: query.series, origins, limit };
    Ok(Json(Forecasts { forecasts: context.state.store.forecasts(query).await? }))
}

/// Champion, candidates and accuracy of every series that matches.
#[utoipa::path(get, path = "/v1/models", tag = "forecasts", params(ModelsQuery),
    responses((status = 200, body = Models), (status = "default", body = ErrorBody)))]
pub(super) async fn models(State(context): State<Arc<Context>>, Query(query): Query<ModelsQuery>) -> Json<Models> {
    let boards = context.state.live.boards(&query.selector);
    let total = boards.len();
    let page = boards.into_iter().skip(query.offset).take(query.limit.unwrap_or(usize::MAX));
    Json(Models { total, models: page.collect() })
}
