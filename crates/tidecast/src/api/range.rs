//! Samples of one series, as they are or reduced to what a chart can show.

use super::context::Context;
use super::error::ApiError;
use super::extract::Query;
use super::resolution;
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::Deserialize;
use std::sync::Arc;
use tidecast_connect::http::wire::{ErrorBody, ErrorCode, POINTS_MAX, Range};
use tidecast_core::duration::DurationMs;
use tidecast_core::ports::{SeriesStore, SeriesSummary, StoreError};
use tidecast_core::series::{Aggregate, Bucket, Downsampler, Points, Selector, SeriesKey, TimeRange};
use utoipa::IntoParams;

/// Which samples, and how fine.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct RangeQuery {
    /// The series: `power{device_id="meter_1"}`.
    #[param(value_type = String)]
    series: SeriesKey,
    /// First instant, ms since the Unix epoch; from the beginning if absent.
    from: Option<i64>,
    /// First instant after the range, ms since the Unix epoch; to the end if absent.
    to: Option<i64>,
    /// At most so many points (2 to 1,000,000), in buckets of the narrowest width that gives no more.
    #[param(minimum = 2, maximum = 1_000_000)]
    points: Option<usize>,
    /// The width of the buckets: `15m`, `1h`.
    #[param(value_type = Option<String>)]
    bucket: Option<DurationMs>,
    /// What a bucket is reduced to: `min`, `max`, `mean` or `last`.
    #[serde(default = "mean")]
    #[param(value_type = Option<String>)]
    aggregate: Aggregate,
}

fn mean() -> Aggregate {
    Aggregate::Mean
}

/// Samples of one series in ascending time, or one point per bucket. Empty for an unknown series.
#[utoipa::path(get, path = "/v1/range", tag = "series", params(RangeQuery),
    responses((status = 200, body = Range), (status = "default", body = ErrorBody)))]
pub(super) async fn range(
    State(context): State<Arc<Context>>,
    Query(query): Query<RangeQuery>,
) -> Result<Json<Range>, ApiError> {
    let range = TimeRange::new(query.from.unwrap_or(i64::MIN), query.to.unwrap_or(i64::MAX));
    if range.from_ms > range.to_ms {
        return Err(ApiError::bad_request("`from` is after `to`; exchange them".to_owned()));
    }
    let store = context.state.store.as_ref();
    let (points, bucket_ms) = match (query.points, query.bucket) {
        (Some(_), Some(_)) => {
            return Err(ApiError::bad_request("give either `points` or `bucket`, not both".to_owned()));
        }
        (None, Some(DurationMs(width_ms))) if width_ms > 0 => {
            let bucket = Bucket { width_ms, aggregate: query.aggregate };
            (bucketed(store, &query.series, range, bucket).await?, Some(width_ms))
        }
        (None, Some(_)) => return Err(ApiError::bad_request("`bucket` is at least 1ms".to_owned())),
        (Some(most), None) if (2..=POINTS_MAX).contains(&most) => {
            at_most(store, &query.series, range, most, query.aggregate).await?
        }
        (Some(_), None) => return Err(ApiError::bad_request(format!("`points` is from 2 to {POINTS_MAX}"))),
        (None, None) => (raw(store, &query.series, range).await?, None),
    };
    let Points { timestamps_ms, values } = points;
    Ok(Json(Range { series: query.series, bucket_ms, timestamps_ms, values }))
}

async fn bucketed(
    store: &dyn SeriesStore,
    series: &SeriesKey,
    range: TimeRange,
    bucket: Bucket,
) -> Result<Points, ApiError> {
    // Most ranges are known to fit without a look at the samples: there are not as many buckets.
    if let Some(extent) = extent(store, series, range).await? {
        let buckets = extent.to_ms.abs_diff(extent.from_ms) / bucket.width_ms.unsigned_abs();
        if buckets.min(extent.samples) >= POINTS_MAX as u64 {
            return read_bounded(store, series, &extent, Some(bucket)).await;
        }
    }
    Ok(store.range(series, range, Some(bucket)).await?)
}

async fn raw(store: &dyn SeriesStore, series: &SeriesKey, range: TimeRange) -> Result<Points, ApiError> {
    match extent(store, series, range).await? {
        Some(extent) if extent.samples > POINTS_MAX as u64 => read_bounded(store, series, &extent, None).await,
        Some(_) => Ok(store.range(series, range, None).await?),
        None => Ok(Points::default()),
    }
}

async fn at_most(
    store: &dyn SeriesStore,
    series: &SeriesKey,
    range: TimeRange,
    most: usize,
    aggregate: Aggregate,
) -> Result<(Points, Option<i64>), ApiError> {
    let Some(extent) = extent(store, series, range).await? else { return Ok((Points::default(), None)) };
    let bucket = Bucket { width_ms: resolution::width_ms(extent.from_ms, extent.to_ms - 1, most), aggregate };
    // Where the samples are spread evenly this many lie in the range. If they may fit they are read, and counted.
    if extent.expected > (most as u64).saturating_mul(4) {
        return Ok((store.range(series, range, Some(bucket)).await?, Some(bucket.width_ms)));
    }
    let samples = store.range(series, range, None).await?;
    if samples.values.len() <= most {
        return Ok((samples, None));
    }
    let mut downsampler = Downsampler::new(bucket);
    downsampler.extend(&samples.timestamps_ms, &samples.values);
    Ok((downsampler.finish(), Some(bucket.width_ms)))
}

/// The part of a range in which a series has samples.
struct Extent {
    from_ms: i64,
    to_ms: i64,
    /// Samples of the whole series.
    samples: u64,
    /// Samples in this part, if they are spread evenly over the series.
    expected: u64,
}

async fn extent(store: &dyn SeriesStore, series: &SeriesKey, range: TimeRange) -> Result<Option<Extent>, StoreError> {
    let found = store.series(&Selector::exact(series)).await?;
    Ok(found.into_iter().find(|summary| summary.series == *series).and_then(|summary| overlap(&summary, range)))
}

fn overlap(summary: &SeriesSummary, range: TimeRange) -> Option<Extent> {
    let from_ms = range.from_ms.max(summary.first_ms);
    let to_ms = range.to_ms.min(summary.last_ms.saturating_add(1));
    let whole_ms = summary.last_ms.abs_diff(summary.first_ms).saturating_add(1);
    let part_ms = if from_ms < to_ms { to_ms.abs_diff(from_ms) } else { return None };
    let expected = u128::from(summary.samples) * u128::from(part_ms) / u128::from(whole_ms);
    Some(Extent { from_ms, to_ms, samples: summary.samples, expected: u64::try_from(expected).unwrap_or(u64::MAX) })
}

/// Reads in slices, so that a series of any length costs the memory of one answer at most before it is refused.
async fn read_bounded(
    store: &dyn SeriesStore,
    series: &SeriesKey,
    extent: &Extent,
    bucket: Option<Bucket>,
) -> Result<Points, ApiError> {
    const SLICES_PER_ANSWER: u64 = 4;
    let slices = (extent.expected / (POINTS_MAX as u64 / SLICES_PER_ANSWER)).clamp(1, 1 << 20);
    let slice_ms = i64::try_from(extent.to_ms.abs_diff(extent.from_ms) / slices).unwrap_or(i64::MAX).max(1);
    // A bucket must not be cut: slices end where buckets do.
    let width_ms = bucket.map_or(1, |bucket| bucket.width_ms);
    let mut points = Points::default();
    let mut from_ms = extent.from_ms;
    while from_ms < extent.to_ms {
        let end_ms = from_ms.saturating_add(slice_ms.max(width_ms));
        let to_ms = end_ms.saturating_sub(end_ms.rem_euclid(width_ms)).min(extent.to_ms);
        let slice = store.range(series, TimeRange::new(from_ms, to_ms), bucket).await?;
        points.timestamps_ms.extend(slice.timestamps_ms);
        points.values.extend(slice.values);
        if points.values.len() > POINTS_MAX {
            let message =
                format!("more than {POINTS_MAX} points; use `points` or a wider `bucket`, or ask for less time");
            return Err(ApiError::new(StatusCode::BAD_REQUEST, ErrorCode::PayloadTooLarge, message));
        }
        from_ms = to_ms;
    }
    Ok(points)
}
