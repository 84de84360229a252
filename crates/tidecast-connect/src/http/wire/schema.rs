//! Shapes of the domain's types in the OpenAPI document; the domain crate knows nothing of OpenAPI.

use utoipa::ToSchema;

/// One series of a store.
#[derive(ToSchema)]
#[schema(as = SeriesSummary)]
pub struct SeriesSummarySchema {
    /// The series.
    pub series: String,
    /// Its oldest sample's time, ms since the Unix epoch.
    pub first_ms: i64,
    /// Its newest sample's time, ms since the Unix epoch.
    pub last_ms: i64,
    /// How many samples it has, at most: samples written twice and not yet compacted may count twice.
    pub samples: u64,
}

/// A fitted model in the registry.
#[derive(ToSchema)]
#[schema(as = ModelVersion)]
pub struct ModelVersionSchema {
    /// The model's name.
    pub model: String,
    /// Its version, from 1.
    pub version: u32,
}

/// What one model said about the future of one series, at one origin.
#[derive(ToSchema)]
#[schema(as = Forecast)]
pub struct ForecastSchema {
    /// The series.
    pub series: String,
    /// Time of the last sample the model had seen, ms since the Unix epoch.
    pub origin_ms: i64,
    /// Distance between the values, ms.
    pub step_ms: i64,
    /// Who said it.
    pub model: ModelVersionSchema,
    /// Quantile levels, ascending, each in (0, 1).
    pub levels: Vec<f64>,
    /// One row per level, one value per step; value `i` is for `origin_ms + (i + 1) * step_ms`.
    pub quantiles: Vec<Vec<f64>>,
    /// Why a simpler model than the one asked for answered, if so.
    #[schema(nullable = false)]
    pub note: Option<String>,
}

/// How far a source has been read.
#[derive(ToSchema)]
#[schema(as = Position)]
pub struct PositionSchema {
    /// Which source, unique in a store.
    pub source: String,
    /// Where in it; only the source can read this.
    pub cursor: String,
}
