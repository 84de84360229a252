//! One row per series with everything the first screen shows: recent past, next day, accuracy.

use super::context::Context;
use super::error::ApiError;
use super::extract::{Query, selector};
use crate::runtime::live::Board;
use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use tidecast_connect::http::wire::{ErrorBody, ForecastSchema};
use tidecast_core::duration::DurationMs;
use tidecast_core::forecast::Forecast;
use tidecast_core::ports::{ForecastQuery, SeriesStore, SeriesSummary, StoreError};
use tidecast_core::series::{Aggregate, Bucket, Points, Sample, Selector, SeriesKey, TimeRange, infer_step_ms};
use utoipa::{IntoParams, ToSchema};

const ROWS_DEFAULT: usize = 200;
const ROWS_MAX: usize = 1_000;

const SPARKLINE_MS: i64 = 7 * DurationMs::DAY.0;
const SPARKLINE_BUCKET: Bucket = Bucket { width_ms: DurationMs::HOUR.0, aggregate: Aggregate::Mean };

/// How many of the newest origins are searched for the champion's: challengers forecast from the same ones.
const ORIGINS_SEARCHED: usize = 8;

/// How many of the newest samples decide the step of a series that no model knows yet.
const SAMPLES_FOR_STEP: i64 = 64;

/// Which rows.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct OverviewQuery {
    /// As in Prometheus: `power{device_id=~"meter_.*"}`; all if empty.
    #[serde(default, deserialize_with = "selector")]
    #[param(value_type = Option<String>)]
    selector: Selector,
    /// How many rows to skip.
    #[serde(default)]
    offset: usize,
    /// How many rows to give (200 if absent, at most 1,000).
    #[param(maximum = 1_000)]
    limit: Option<usize>,
}

/// A page of the overview.
#[derive(Serialize, ToSchema)]
pub(super) struct Overview {
    /// Series that match.
    total: usize,
    /// The time of the data, ms since the Unix epoch.
    now_ms: i64,
    /// The page, sorted by series.
    series: Vec<OverviewRow>,
}

/// One series at a glance.
#[derive(Serialize, ToSchema)]
struct OverviewRow {
    /// The series.
    #[schema(value_type = String)]
    series: SeriesKey,
    /// Its short name.
    label: String,
    /// Distance between its samples, ms, if known.
    step_ms: Option<i64>,
    /// How many samples it has.
    samples: u64,
    /// Its newest sample.
    #[schema(value_type = Option<SampleSchema>)]
    last: Option<Sample>,
    /// The last 7 days before now in at most 168 points.
    #[schema(value_type = PointsSchema)]
    sparkline: Points,
    /// The newest forecast of the champion.
    #[schema(value_type = Option<ForecastSchema>)]
    forecast: Option<Forecast>,
    /// Totals over the forecast's first day.
    next_day: Option<NextDay>,
    /// Its models.
    board: Option<Board>,
}

/// Sums over the first day of a forecast.
#[derive(Debug, PartialEq, Serialize, ToSchema)]
struct NextDay {
    /// Of the lowest quantile.
    low: f64,
    /// Of the median.
    median: f64,
    /// Of the highest quantile.
    high: f64,
    /// Steps summed.
    steps: usize,
}

/// One measurement.
#[derive(ToSchema)]
#[schema(as = Sample)]
#[expect(dead_code, reason = "the shape of a type of the domain crate, which knows nothing of OpenAPI")]
struct SampleSchema {
    /// Milliseconds since the Unix epoch.
    timestamp_ms: i64,
    /// The measured value.
    value: f64,
}

/// Samples in columns, in ascending time.
#[derive(ToSchema)]
#[schema(as = Points)]
#[expect(dead_code, reason = "the shape of a type of the domain crate, which knows nothing of OpenAPI")]
struct PointsSchema {
    /// Milliseconds since the Unix epoch.
    timestamps_ms: Vec<i64>,
    /// As many values.
    values: Vec<f64>,
}

/// Every series that matches with its recent past, next day and accuracy.
#[utoipa::path(get, path = "/v1/overview", tag = "status", params(OverviewQuery),
    responses((status = 200, body = Overview), (status = "default", body = ErrorBody)))]
pub(super) async fn overview(
    State(context): State<Arc<Context>>,
    Query(query): Query<OverviewQuery>,
) -> Result<Json<Overview>, ApiError> {
    let limit = query.limit.unwrap_or(ROWS_DEFAULT);
    if limit > ROWS_MAX {
        return Err(ApiError::bad_request(format!("`limit` is at most {ROWS_MAX}; go on with `offset`")));
    }
    let state = &context.state;
    let now_ms = state.live.now_ms();
    let found = state.store.series(&query.selector).await?;
    let total = found.len();
    let mut series = Vec::with_capacity(limit.min(total));
    for summary in found.into_iter().skip(query.offset).take(limit) {
        let board = state.live.board(&summary.series);
        series.push(row(state.store.as_ref(), summary, board, now_ms).await?);
    }
    Ok(Json(Overview { total, now_ms, series }))
}

async fn row(
    store: &dyn SeriesStore,
    summary: SeriesSummary,
    board: Option<Board>,
    now_ms: i64,
) -> Result<OverviewRow, StoreError> {
    let newest = store.range(&summary.series, newest_samples(&summary), None).await?;
    let last = newest.timestamps_ms.last().zip(newest.values.last());
    let sparkline =
        store.range(&summary.series, sparkline_range(now_ms.min(summary.last_ms)), Some(SPARKLINE_BUCKET)).await?;
    let query = ForecastQuery { series: summary.series.clone(), origins: TimeRange::ALL, limit: ORIGINS_SEARCHED };
    let forecast = newest_of_champion(store.forecasts(query).await?, board.as_ref());
    Ok(OverviewRow {
        label: summary.series.short_name(),
        step_ms: board.as_ref().map(|board| board.step_ms).or_else(|| infer_step_ms(&newest.timestamps_ms)),
        samples: summary.samples,
        last: last.map(|(&timestamp_ms, &value)| Sample { timestamp_ms, value }),
        sparkline,
        next_day: forecast.as_ref().and_then(next_day),
        forecast,
        board,
        series: summary.series,
    })
}

/// About the last samples of a series, if they are spread evenly; the very last one in any case.
fn newest_samples(summary: &SeriesSummary) -> TimeRange {
    let gaps = i64::try_from(summary.samples).unwrap_or(i64::MAX).saturating_sub(1).max(1);
    let span_ms = summary.last_ms.saturating_sub(summary.first_ms);
    let back_ms = (span_ms / gaps).saturating_add(1).saturating_mul(SAMPLES_FOR_STEP);
    TimeRange::new(summary.last_ms.saturating_sub(back_ms), summary.last_ms.saturating_add(1))
}

/// The 7 days up to and including an instant (now, or where an old series ends), from a full hour on, so that no more than 168 hours have a part in it.
fn sparkline_range(end_ms: i64) -> TimeRange {
    let to_ms = end_ms.saturating_add(1);
    let from_ms = to_ms.saturating_sub(SPARKLINE_MS);
    let into_hour_ms = from_ms.rem_euclid(SPARKLINE_BUCKET.width_ms);
    let rest_ms = if into_hour_ms == 0 { 0 } else { SPARKLINE_BUCKET.width_ms - into_hour_ms };
    TimeRange::new(from_ms.saturating_add(rest_ms), to_ms)
}

/// The newest forecast of the model that answers now; of any model while that one has not forecast yet.
fn newest_of_champion(mut forecasts: Vec<Forecast>, board: Option<&Board>) -> Option<Forecast> {
    let champion = board.and_then(|board| board.champion.as_ref());
    match forecasts.iter().rposition(|forecast| Some(&forecast.model) == champion) {
        Some(index) => Some(forecasts.swap_remove(index)),
        None => forecasts.pop(),
    }
}

fn next_day(forecast: &Forecast) -> Option<NextDay> {
    let steps = usize::try_from(DurationMs::DAY.0.checked_div(forecast.step_ms)?).ok()?.min(forecast.horizon());
    let sum = |row: &[f64]| row.iter().take(steps).sum::<f64>();
    let (low, high) = (forecast.quantiles.first()?, forecast.quantiles.last()?);
    (steps > 0).then(|| NextDay { low: sum(low), median: sum(forecast.median()), high: sum(high), steps })
}

#[cfg(test)]
mod tests {
    use super::*;
    use tidecast_core::forecast::ModelVersion;

    fn forecast(model: &str, origin_ms: i64, step_ms: i64, horizon: usize) -> Forecast {
        Forecast {
            series: "power".parse().unwrap(),
            origin_ms,
            step_ms,
            model: ModelVersion { model: model.into(), version: 1 },
            levels: vec![0.1, 0.5, 0.9],
            quantiles: vec![vec![1.0; horizon], vec![2.0; horizon], vec![3.0; horizon]],
            note: None,
        }
    }

    #[test]
    fn next_day_is_the_first_day_only() {
        let hour = DurationMs::HOUR.0;
        let cases = [
            (hour, 24, Some((24.0, 48.0, 72.0, 24))),
            (hour, 48, Some((24.0, 48.0, 72.0, 24))),
            (hour, 6, Some((6.0, 12.0, 18.0, 6))),
            (48 * hour, 6, None),
            (hour, 0, None),
            (0, 6, None),
        ];
        for (step_ms, horizon, expected) in cases {
            let expected = expected.map(|(low, median, high, steps)| NextDay { low, median, high, steps });
            assert_eq!(next_day(&forecast("ridge", 0, step_ms, horizon)), expected, "{horizon} steps of {step_ms}");
        }
    }

    #[test]
    fn sparkline_has_at_most_168_hours() {
        let hour = DurationMs::HOUR.0;
        for now_ms in [0, 1, hour - 1, 1_000 * hour, 1_000 * hour + 1, -1] {
            let range = sparkline_range(now_ms);
            let hours = (range.to_ms - 1).div_euclid(hour) - range.from_ms.div_euclid(hour) + 1;
            assert_eq!((hours, range.contains(now_ms)), (168, true), "{now_ms}");
        }
    }

    #[test]
    fn the_champion_is_preferred() {
        let board = |champion: Option<&str>| Board {
            series: "power".parse().unwrap(),
            champion: champion.map(|model| ModelVersion { model: model.into(), version: 1 }),
            note: None,
            season: 24,
            step_ms: 1,
            backtest: None,
            live: None,
            drift: None,
            challenger: None,
            candidates: Vec::new(),
        };
        let stored = || vec![forecast("ridge", 1, 1, 1), forecast("ridge", 2, 1, 1), forecast("lstm", 3, 1, 1)];
        let cases =
            [(Some(board(Some("ridge"))), 2), (Some(board(Some("naive"))), 3), (Some(board(None)), 3), (None, 3)];
        for (board, expected) in cases {
            let chosen = newest_of_champion(stored(), board.as_ref()).unwrap();
            assert_eq!(chosen.origin_ms, expected);
        }
        assert!(newest_of_champion(Vec::new(), None).is_none());
    }
}
