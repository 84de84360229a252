//! The JSON of samples, ranges, series and forecasts, as it travels between server and client.
//!
//! Fields are snake_case, times are milliseconds since the Unix epoch, a series is its text
//! (`power{device_id="meter_1"}`). Columns are used wherever there can be many values.

#[cfg(feature = "openapi")]
mod schema;

#[cfg(feature = "openapi")]
pub use schema::{ForecastSchema, ModelVersionSchema, PositionSchema, SeriesSummarySchema};

use serde::{Deserialize, Serialize};
use tidecast_core::forecast::Forecast;
use tidecast_core::ports::{Position, SeriesSummary};
use tidecast_core::record::Rejections;
use tidecast_core::series::SeriesKey;

/// The largest body of a request, bytes.
pub const BODY_BYTES_MAX: usize = 32 << 20;

/// The largest body of a request with records, bytes: several of them wait at once for the one who consumes them.
pub const RECORDS_BYTES_MAX: usize = 4 << 20;

/// The most points of one answer.
pub const POINTS_MAX: usize = 1_000_000;

/// The most origins of forecasts in one answer.
pub const ORIGINS_MAX: usize = 2_000;

/// The series that match a selector.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SeriesList {
    /// Sorted by series.
    #[cfg_attr(feature = "openapi", schema(value_type = Vec<SeriesSummarySchema>))]
    pub series: Vec<SeriesSummary>,
}

/// Samples of one series, or one point per bucket.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Range {
    /// The series.
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub series: SeriesKey,
    /// Width of the buckets, ms; null when these are the samples themselves.
    pub bucket_ms: Option<i64>,
    /// Ascending; of a bucket its start.
    pub timestamps_ms: Vec<i64>,
    /// As many values.
    pub values: Vec<f64>,
}

/// The newest sample of every series that matches a selector.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Latest {
    /// Sorted by series.
    pub samples: Vec<SeriesSample>,
}

/// One sample and its series.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SeriesSample {
    /// The series.
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub series: SeriesKey,
    /// Milliseconds since the Unix epoch.
    pub timestamp_ms: i64,
    /// The value.
    pub value: f64,
}

/// Forecasts, as an answer and as a body.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Forecasts {
    /// In an answer by ascending origin, then model version.
    #[cfg_attr(feature = "openapi", schema(value_type = Vec<ForecastSchema>))]
    pub forecasts: Vec<Forecast>,
}

/// How far a source has been read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Cursor {
    /// Only the source can read it; null when nothing of it is stored.
    pub cursor: Option<String>,
}

/// Samples to store, and the position of the source they came from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Samples {
    /// Any number of runs, also several of one series.
    pub runs: Vec<SampleRun>,
    /// Stored in the same commit.
    #[cfg_attr(feature = "openapi", schema(value_type = Option<PositionSchema>))]
    pub position: Option<Position>,
}

/// Samples of one series.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct SampleRun {
    /// The series.
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub series: SeriesKey,
    /// Milliseconds since the Unix epoch, in any order.
    pub timestamps_ms: Vec<i64>,
    /// As many values.
    pub values: Vec<f64>,
}

/// Says how many samples are durable now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SamplesStored {
    /// All of the request.
    pub samples: u64,
}

/// Says how many forecasts are durable now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ForecastsStored {
    /// All of the request.
    pub forecasts: u64,
}

/// Says how many records of a stream are durable now.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RecordsAccepted {
    /// Records taken into the stream.
    pub accepted: u64,
    /// Messages refused, by reason (`malformed`, `missing_field`, `not_a_number`, `bad_text`, `bad_timestamp`,
    /// `future_timestamp`).
    #[cfg_attr(feature = "openapi", schema(value_type = std::collections::BTreeMap<String, u64>))]
    pub refused: Rejections,
    /// Records taken that have something remarkable (`timestamp_in_milliseconds`, `unknown_field`).
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(value_type = std::collections::BTreeMap<String, u64>))]
    pub noted: Rejections,
}

/// What was refused, and what was only noted about messages that were taken.
#[must_use]
pub fn refused_and_noted(tally: &Rejections) -> (Rejections, Rejections) {
    let (mut refused, mut noted) = (Rejections::default(), Rejections::default());
    for (reason, count) in tally.iter() {
        let of = if reason.is_refusal() { &mut refused } else { &mut noted };
        of.add(reason, count);
    }
    (refused, noted)
}

/// The body of every answer that is no success.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ErrorBody {
    /// What went wrong.
    pub error: ErrorDetail,
}

/// What went wrong.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ErrorDetail {
    /// For programs.
    pub code: ErrorCode,
    /// For people: what is wrong, and what to do.
    pub message: String,
}

/// What went wrong, for programs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum ErrorCode {
    /// There is nothing at that path.
    NotFound,
    /// The request is wrong as it stands; sending it again will not help.
    BadRequest,
    /// The token is missing or wrong, or the request comes from where it must not.
    Unauthorized,
    /// The body, or the answer it asks for, is larger than allowed; ask for less at once.
    PayloadTooLarge,
    /// Not now; trying again later may help.
    Unavailable,
    /// The server failed.
    #[serde(other)]
    Internal,
}
