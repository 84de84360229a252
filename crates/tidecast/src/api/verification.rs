//! Forecasts held against what came: of one series at a lead time, and of many by day.

use super::context::Context;
use super::error::ApiError;
use super::extract::{Query, selector};
use crate::runtime::live::Board;
use crate::verification::{Blocks, Period, Question, Verification, verify};
use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::Arc;
use tidecast_connect::http::wire::ErrorBody;
use tidecast_core::duration::DurationMs;
use tidecast_core::series::{Selector, SeriesKey};
use utoipa::{IntoParams, ToSchema};

/// How far back is looked if nothing is said.
const RANGE_DEFAULT_MS: i64 = 14 * DurationMs::DAY.0;

/// Series whose forecasts are read for the accuracy of all: spread evenly over those that match.
const SERIES_MAX: usize = 40;

/// What to hold against each other.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct VerificationQuery {
    /// The series: `power{device_id="meter_1"}`.
    #[param(value_type = String)]
    series: SeriesKey,
    /// How long before a forecast was made at least: `1h`, `1d`; a step if absent.
    #[param(value_type = Option<String>)]
    lead: Option<DurationMs>,
    /// First time, ms since the Unix epoch; 14 days before `to` if absent.
    from: Option<i64>,
    /// First time left out, ms since the Unix epoch; now if absent.
    to: Option<i64>,
}

/// Whose accuracy.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct AccuracyQuery {
    /// As in Prometheus: `power{device_id=~"meter_.*"}`; all if empty.
    #[serde(default, deserialize_with = "selector")]
    #[param(value_type = Option<String>)]
    selector: Selector,
    /// First time, ms since the Unix epoch; 14 days before `to` if absent.
    from: Option<i64>,
    /// First time left out, ms since the Unix epoch; now if absent.
    to: Option<i64>,
}

/// Accuracy over time.
#[derive(Serialize, ToSchema)]
pub(super) struct AccuracyOverTime {
    /// Series that match and are forecast.
    series: usize,
    /// How many of them were looked at: at most 40, spread evenly.
    series_measured: usize,
    /// Means over those, by day, or by week or four weeks where that would be many.
    periods: Vec<Period>,
}

/// Forecasts made at least a lead time before, beside the actual values, and how good they were by day. The work is
/// bounded: a long range is cut to its end, and keeps the lead time less exactly (`lead_ms` of the answer says how far).
#[utoipa::path(get, path = "/v1/verification", tag = "forecasts", params(VerificationQuery),
    responses((status = 200, body = Verification), (status = "default", body = ErrorBody)))]
pub(super) async fn verification(
    State(context): State<Arc<Context>>,
    Query(query): Query<VerificationQuery>,
) -> Result<Json<Verification>, ApiError> {
    let state = &context.state;
    let (from_ms, to_ms) = range(query.from, query.to, state.live.now_ms())?;
    let question = Question {
        lead_ms: query.lead.map_or(0, |lead| lead.0),
        from_ms,
        to_ms,
        season: season(state.live.board(&query.series).as_ref()),
        series: query.series,
        blocks: Blocks::Finest,
    };
    let _permit = context.verification_permit().await?;
    Ok(Json(verify(state.store.as_ref(), &question).await?))
}

/// How good forecasts were day by day: means over the series that match, each of whose forecasts is held whole against
/// what came.
#[utoipa::path(get, path = "/v1/accuracy", tag = "forecasts", params(AccuracyQuery),
    responses((status = 200, body = AccuracyOverTime), (status = "default", body = ErrorBody)))]
pub(super) async fn accuracy(
    State(context): State<Arc<Context>>,
    Query(query): Query<AccuracyQuery>,
) -> Result<Json<AccuracyOverTime>, ApiError> {
    let state = &context.state;
    let (from_ms, to_ms) = range(query.from, query.to, state.live.now_ms())?;
    let boards = state.live.boards(&query.selector);
    let measured = boards.len().min(SERIES_MAX);
    let _permit = context.verification_permit().await?;
    let mut periods: BTreeMap<i64, Vec<Period>> = BTreeMap::new();
    for index in 0..measured {
        let board = &boards[index * boards.len() / measured];
        let series = board.series.clone();
        let question =
            Question { series, lead_ms: 0, from_ms, to_ms, season: season(Some(board)), blocks: Blocks::Whole };
        for period in verify(state.store.as_ref(), &question).await?.periods {
            periods.entry(period.from_ms).or_default().push(period);
        }
    }
    let periods = periods.into_values().filter_map(|periods| mean(&periods)).collect();
    Ok(Json(AccuracyOverTime { series: boards.len(), series_measured: measured, periods }))
}

fn season(board: Option<&Board>) -> Option<usize> {
    board.and_then(|board| usize::try_from(board.season).ok()).filter(|season| *season > 0)
}

fn range(from: Option<i64>, to: Option<i64>, now_ms: i64) -> Result<(i64, i64), ApiError> {
    let to_ms = to.unwrap_or_else(|| now_ms.saturating_add(1));
    let from_ms = from.unwrap_or_else(|| to_ms.saturating_sub(RANGE_DEFAULT_MS));
    if from_ms > to_ms {
        return Err(ApiError::bad_request("`from` is after `to`; exchange them".to_owned()));
    }
    Ok((from_ms, to_ms))
}

/// The mean of the same period of several series. Errors in their own units would add meters to kilograms.
fn mean(periods: &[Period]) -> Option<Period> {
    let of = |measure: &dyn Fn(&Period) -> Option<f64>| {
        let known: Vec<f64> = periods.iter().filter_map(measure).collect();
        (!known.is_empty()).then(|| known.iter().sum::<f64>() / known.len() as f64)
    };
    // Both measures of the same series, or the comparison limps.
    let both = |one: &Period| one.mase.is_some() && one.mase_seasonal_naive.is_some();
    let first = periods.first()?;
    Some(Period {
        from_ms: first.from_ms,
        to_ms: first.to_ms,
        mae: of(&|one| Some(one.mae))?,
        mase: of(&|one| one.mase.filter(|_| both(one))),
        mase_seasonal_naive: of(&|one| one.mase_seasonal_naive.filter(|_| both(one))),
        coverage: of(&|one| Some(one.coverage))?,
        values: periods.iter().map(|one| one.values).sum(),
    })
}
