//! What subscribers are told when something changes.

use super::status::Status;
use serde::{Deserialize, Serialize};
use tidecast_connect::http::wire::{ModelVersionSchema, SeriesSample};
use tidecast_core::forecast::ModelVersion;
use tidecast_core::series::SeriesKey;
use utoipa::ToSchema;

/// What subscribers are told.
#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    /// The status changed.
    Status(Box<Status>),
    /// Samples arrived (durable).
    Samples {
        /// Time of the data.
        now_ms: i64,
        /// The samples.
        samples: Vec<SeriesSample>,
    },
    /// New forecasts are in the store.
    Forecasts(Vec<ForecastNotice>),
    /// A series is served by another model from now on.
    Champion(ChampionChange),
    /// A window of an analysis was closed, and its results are in the store.
    Window(WindowNotice),
}

/// Says that a window was closed, without its values.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct WindowNotice {
    /// The analysis.
    pub analytics: String,
    /// The beginning of the window, ms since the Unix epoch.
    pub start_ms: i64,
    /// Its end, ms since the Unix epoch.
    pub end_ms: i64,
}

/// Says that a forecast is in the store, without its values.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ForecastNotice {
    /// The series.
    #[schema(value_type = String)]
    pub series: SeriesKey,
    /// Its origin, ms since the Unix epoch.
    pub origin_ms: i64,
    /// Who made it.
    #[schema(value_type = ModelVersionSchema)]
    pub model: ModelVersion,
}

/// A challenger won, or the first champion was chosen.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ChampionChange {
    /// The series.
    #[schema(value_type = String)]
    pub series: SeriesKey,
    /// Who answered until now.
    #[schema(value_type = Option<ModelVersionSchema>)]
    pub from: Option<ModelVersion>,
    /// Who answers from now on.
    #[schema(value_type = ModelVersionSchema)]
    pub to: ModelVersion,
    /// Backtest error of the former.
    pub mase_before: Option<f64>,
    /// Backtest error of the new one.
    pub mase_after: Option<f64>,
}
