//! Samples and forecasts from other processes, and how far their sources have been read.

use super::context::Context;
use super::error::ApiError;
use super::extract::{Body, Query};
use crate::runtime::live::{Event, ForecastNotice};
use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use std::sync::Arc;
use tidecast_connect::http::wire::{
    Cursor, ErrorBody, Forecasts, ForecastsStored, SampleRun, Samples, SamplesStored, SeriesSample,
};
use tidecast_core::forecast::Forecast;
use tidecast_core::series::SampleBatch;
use utoipa::IntoParams;

/// The most items that one event announces; what is beyond is found when it is fetched.
const ANNOUNCED_MAX: usize = 1_000;

/// Which source.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct CursorQuery {
    /// The name of the source.
    source: String,
}

/// How far a source has been read.
#[utoipa::path(get, path = "/v1/cursor", tag = "ingest", params(CursorQuery),
    responses((status = 200, body = Cursor), (status = "default", body = ErrorBody)))]
pub(super) async fn cursor(
    State(context): State<Arc<Context>>,
    Query(query): Query<CursorQuery>,
) -> Result<Json<Cursor>, ApiError> {
    Ok(Json(Cursor { cursor: context.state.store.cursor(&query.source).await? }))
}

/// Stores samples and, in the same commit, the position of their source. They are durable when the answer comes;
/// sending them twice stores them once.
#[utoipa::path(post, path = "/v1/samples", tag = "ingest", request_body = Samples,
    responses((status = 200, body = SamplesStored), (status = "default", body = ErrorBody)))]
pub(super) async fn samples(
    State(context): State<Arc<Context>>,
    Body { value: Samples { runs, position }, permit }: Body<Samples>,
) -> Result<Json<SamplesStored>, ApiError> {
    let batch = batch(&runs)?;
    let newest: Vec<SeriesSample> = runs.iter().filter_map(newest).take(ANNOUNCED_MAX).collect();
    drop(runs);
    let samples = batch.len() as u64;
    context.state.store.append(batch, position).await?;
    drop(permit);
    if !newest.is_empty() {
        let live = &context.state.live;
        live.publish(Event::Samples { now_ms: live.now_ms(), samples: newest });
    }
    Ok(Json(SamplesStored { samples }))
}

/// Stores forecasts; the same series, model version and origin overwrite.
#[utoipa::path(post, path = "/v1/forecasts", tag = "ingest", request_body = Forecasts,
    responses((status = 200, body = ForecastsStored), (status = "default", body = ErrorBody)))]
pub(super) async fn put_forecasts(
    State(context): State<Arc<Context>>,
    Body { value: Forecasts { forecasts }, permit }: Body<Forecasts>,
) -> Result<Json<ForecastsStored>, ApiError> {
    for forecast in &forecasts {
        check(forecast)?;
    }
    let notice = |forecast: &Forecast| ForecastNotice {
        series: forecast.series.clone(),
        origin_ms: forecast.origin_ms,
        model: forecast.model.clone(),
    };
    let notices: Vec<ForecastNotice> = forecasts.iter().take(ANNOUNCED_MAX).map(notice).collect();
    let stored = forecasts.len() as u64;
    context.state.store.put_forecasts(forecasts).await?;
    drop(permit);
    if !notices.is_empty() {
        context.state.live.publish(Event::Forecasts(notices));
    }
    Ok(Json(ForecastsStored { forecasts: stored }))
}

fn batch(runs: &[SampleRun]) -> Result<SampleBatch, ApiError> {
    let mut batch = SampleBatch::with_capacity(runs.iter().map(|run| run.values.len()).sum());
    for run in runs {
        let (timestamps, values) = (run.timestamps_ms.len(), run.values.len());
        if timestamps != values {
            return Err(ApiError::bad_request(format!(
                "{} has {timestamps} timestamps_ms and {values} values; send as many of each",
                run.series
            )));
        }
        batch.push_run(&run.series, &run.timestamps_ms, &run.values);
    }
    Ok(batch)
}

fn newest(run: &SampleRun) -> Option<SeriesSample> {
    let (&timestamp_ms, &value) =
        run.timestamps_ms.iter().zip(&run.values).max_by_key(|(timestamp_ms, _)| **timestamp_ms)?;
    Some(SeriesSample { series: run.series.clone(), timestamp_ms, value })
}

/// What every reader of forecasts relies on.
fn check(forecast: &Forecast) -> Result<(), ApiError> {
    let wrong = |reason: &str| {
        Err(ApiError::bad_request(format!("the forecast of {} at {}: {reason}", forecast.series, forecast.origin_ms)))
    };
    if forecast.step_ms < 1 {
        return wrong("step_ms is at least 1");
    }
    let ascend = forecast.levels.windows(2).all(|pair| pair[0] < pair[1]);
    if !ascend || forecast.levels.iter().any(|level| *level <= 0.0 || *level >= 1.0) {
        return wrong("levels ascend and lie between 0 and 1");
    }
    if forecast.quantiles.len() != forecast.levels.len() {
        return wrong("quantiles has one row per level");
    }
    if forecast.quantiles.iter().any(|row| row.len() != forecast.horizon()) {
        return wrong("the rows of quantiles are equally long");
    }
    Ok(())
}
