//! The standing job: a fitted forecaster follows its series and says the next steps whenever asked.

use tidecast_core::forecast::{Forecast, ModelVersion};
use tidecast_core::ports::Forecaster;
use tidecast_core::series::{Sample, SeriesKey};

/// Longest gap, in steps, that is bridged by missing values.
const LONGEST_GAP: i64 = 20_000;

/// A forecaster with the series it follows and the time up to which it has seen it.
pub struct Standing {
    /// The series.
    pub series: SeriesKey,
    /// Who forecasts, as in the registry.
    pub model: ModelVersion,
    /// Why a simpler model answers, if so.
    pub note: Option<String>,
    forecaster: Box<dyn Forecaster>,
    origin_ms: i64,
    step_ms: i64,
}

/// The forecaster cannot follow.
#[derive(Clone, Copy, Debug, thiserror::Error, PartialEq, Eq)]
#[error(
    "{missing} steps of the series are missing, more than the {LONGEST_GAP} that a forecaster bridges; train it again"
)]
pub struct OutdatedError {
    /// Steps between the newest sample seen and the next.
    pub missing: i64,
}

impl Standing {
    /// A forecaster trained on a series with steps of `step_ms` whose last value is at `origin_ms`.
    #[must_use]
    pub fn new(
        series: SeriesKey,
        model: ModelVersion,
        note: Option<String>,
        forecaster: Box<dyn Forecaster>,
        origin_ms: i64,
        step_ms: i64,
    ) -> Self {
        Self { series, model, note, forecaster, origin_ms, step_ms: step_ms.max(1) }
    }

    /// Time of the last value seen, ms since the Unix epoch.
    #[must_use]
    pub fn origin_ms(&self) -> i64 {
        self.origin_ms
    }

    /// Takes new samples in ascending time and returns by how many steps the origin moved. Samples of one step are
    /// averaged, steps without one are missing, samples at or before the origin are left out.
    ///
    /// # Errors
    /// When the gap to the next sample is too long to bridge; nothing is taken then or later in the slice.
    pub fn observe(&mut self, samples: &[Sample]) -> Result<usize, OutdatedError> {
        let mut cells: Vec<(i64, f64, u32)> = Vec::new();
        for sample in samples.iter().filter(|sample| sample.timestamp_ms > self.origin_ms && sample.value.is_finite()) {
            // A sample belongs to the step that ends at or after it.
            let distance_ms = sample.timestamp_ms.saturating_sub(self.origin_ms);
            let cell = (distance_ms - 1) / self.step_ms + 1;
            match cells.last_mut() {
                Some((last, sum, count)) if *last >= cell => {
                    *sum += sample.value;
                    *count += 1;
                }
                _ => cells.push((cell, sample.value, 1)),
            }
        }
        let mut seen = 0;
        for (cell, sum, count) in cells {
            let missing = cell - seen - 1;
            if missing > LONGEST_GAP {
                self.advance(seen);
                return Err(OutdatedError { missing });
            }
            for _ in 0..missing {
                self.forecaster.update(&[f64::NAN]);
            }
            self.forecaster.update(&[sum / f64::from(count)]);
            seen = cell;
        }
        self.advance(seen);
        Ok(usize::try_from(seen).unwrap_or(0))
    }

    fn advance(&mut self, steps: i64) {
        self.origin_ms = self.origin_ms.saturating_add(steps.saturating_mul(self.step_ms));
    }

    /// Forecasts the next `horizon` steps at the given levels, which ascend within (0, 1).
    #[must_use]
    pub fn forecast(&self, horizon: usize, levels: &[f64]) -> Forecast {
        Forecast {
            series: self.series.clone(),
            origin_ms: self.origin_ms,
            step_ms: self.step_ms,
            model: self.model.clone(),
            levels: levels.to_vec(),
            quantiles: self.forecaster.predict(horizon, levels),
            note: self.note.clone(),
        }
    }

    /// Everything needed to go on after a restart: see [`crate::training::load`].
    #[must_use]
    pub fn save(&self) -> Vec<u8> {
        self.forecaster.save()
    }
}
