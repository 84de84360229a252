//! How good a forecaster was on days that it had not seen.

use serde::{Deserialize, Serialize};

/// Accuracy over one stretch of time of one series. Lower is better except for coverage, which should be near 0.8.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Score {
    /// Mean absolute scaled error; 1 is the error of a seasonal naive forecast in the time before.
    pub mase: f64,
    /// The same of a seasonal naive forecast over the same stretch.
    pub mase_seasonal_naive: f64,
    /// Share of actual values inside the 80 % interval.
    pub coverage: Option<f64>,
    /// Pinball loss over the levels 0.1, 0.5 and 0.9, in units of the scale of MASE.
    pub pinball: Option<f64>,
    /// Forecasts measured.
    pub origins: usize,
    /// Time of the first value forecast, ms since the Unix epoch.
    pub from_ms: i64,
    /// Time of the last value forecast, ms since the Unix epoch.
    pub to_ms: i64,
}

impl Score {
    /// Error relative to the seasonal naive of the same stretch: comparable between stretches that differ a little.
    #[must_use]
    pub fn relative_error(&self) -> f64 {
        if self.mase_seasonal_naive > 0.0 { self.mase / self.mase_seasonal_naive } else { self.mase }
    }
}
