//! Who forecasts a series, who competes, and how good they are.

use serde::{Deserialize, Serialize};
use tidecast_connect::http::wire::ModelVersionSchema;
use tidecast_core::forecast::ModelVersion;
use tidecast_core::series::SeriesKey;
use tidecast_forecast::drift::DriftState;
use utoipa::ToSchema;

/// The models of one series: who serves, who competes, how good they are.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Board {
    /// The series.
    #[schema(value_type = String)]
    pub series: SeriesKey,
    /// The model that answers.
    #[schema(value_type = Option<ModelVersionSchema>)]
    pub champion: Option<ModelVersion>,
    /// Why a simpler model answers, if so.
    pub note: Option<String>,
    /// Season used, in steps.
    pub season: u64,
    /// Distance between values, ms.
    pub step_ms: i64,
    /// Accuracy of the champion when it was chosen, on the past only.
    pub backtest: Option<Accuracy>,
    /// Accuracy of stored forecasts against the actual values that have arrived since.
    pub live: Option<Accuracy>,
    /// Whether errors have grown since the champion was chosen; absent where its accuracy was not known then.
    pub drift: Option<Drift>,
    /// The newest fitted model that competes with the champion.
    #[schema(value_type = Option<ModelVersionSchema>)]
    pub challenger: Option<ModelVersion>,
    /// Every model that was tried.
    pub candidates: Vec<Candidate>,
}

/// How good forecasts were.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Accuracy {
    /// Mean absolute scaled error.
    pub mase: f64,
    /// The same of the seasonal naive forecast on the same origins.
    pub mase_seasonal_naive: f64,
    /// Share of actual values inside the outermost quantiles, 0 to 1.
    pub coverage: Option<f64>,
    /// Number of forecasts compared.
    pub origins: u64,
}

/// Whether the errors of stored forecasts have grown since the champion was chosen.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Drift {
    /// How they compare.
    #[schema(value_type = DriftStateSchema)]
    pub state: DriftState,
    /// Accumulated excess error: 1 is drift, half of it a warning.
    pub statistic: f64,
    /// When this state began, ms since the Unix epoch, time of the data.
    pub since_ms: i64,
}

impl From<tidecast_forecast::drift::Drift> for Drift {
    fn from(drift: tidecast_forecast::drift::Drift) -> Self {
        let tidecast_forecast::drift::Drift { state, statistic, since_ms } = drift;
        Self { state, statistic, since_ms }
    }
}

/// How errors compare with those at selection.
#[derive(ToSchema)]
#[schema(as = DriftState, rename_all = "snake_case")]
#[expect(dead_code, reason = "the shape of a type of the forecasting crate, which knows nothing of OpenAPI")]
pub(crate) enum DriftStateSchema {
    /// As large as expected.
    Stable,
    /// Larger; it may pass.
    Warning,
    /// Larger for so long that models are fitted anew.
    Drifting,
}

/// One model in competition for a series.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Candidate {
    /// The model's name.
    pub model: String,
    /// Its version in the registry, once fitted.
    pub version: Option<u32>,
    /// How it stands.
    pub state: CandidateState,
    /// Its backtest error.
    pub mase: Option<f64>,
    /// Its backtest coverage, 0 to 1.
    pub coverage: Option<f64>,
    /// When it was fitted, ms since the Unix epoch.
    pub fitted_ms: Option<i64>,
    /// How far its training is, 0 to 1.
    pub progress: Option<f64>,
    /// Why it failed or does not suit.
    pub reason: Option<String>,
}

/// How a candidate stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum CandidateState {
    /// It answers.
    Champion,
    /// It is fitted and was worse.
    Challenger,
    /// It is being fitted.
    Training,
    /// It waits to be fitted.
    Queued,
    /// It could not be fitted.
    Failed,
}
