//! Forecasting step by step: each forecast is taken for the value that was observed when the next one is made.

use super::NAME;
use super::scale::Scale;
use crate::artifact::{Artifact, LoadError};
use crate::history::Past;
use crate::models::Fitted;
use crate::season::Cycle;
use serde::{Deserialize, Serialize};

/// Longest lag that is believed when it is read back.
const LONGEST_LAG: usize = 1 << 24;
/// Forecasts leave the range of the values known by at most this share of it: errors feed on themselves.
const BEYOND: f64 = 0.5;

/// Small parameters as saved.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Parameters {
    pub(super) cycle: Cycle,
    pub(super) scale: Scale,
    /// Ascending.
    pub(super) lags: Vec<usize>,
    /// Least and largest value learned from, scaled.
    pub(super) range: (f64, f64),
}

/// Coefficients of one series, one for each lag.
pub(super) struct FittedAutoregression {
    pub(super) parameters: Parameters,
    pub(super) coefficients: Vec<f64>,
}

impl FittedAutoregression {
    pub(super) fn load(artifact: &Artifact) -> Result<Self, LoadError> {
        let parameters: Parameters = artifact.get(NAME)?;
        let coefficients = artifact.get_f64("autoregression.coefficients")?;
        let sound = parameters.scale.is_sound()
            && parameters.range.0.is_finite()
            && parameters.range.1.is_finite()
            && parameters.lags.len() == coefficients.len()
            && parameters.lags.iter().all(|lag| (2..=LONGEST_LAG).contains(lag));
        if sound {
            Ok(Self { parameters, coefficients })
        } else {
            Err(LoadError::Damaged("its lags or its scale are impossible".to_owned()))
        }
    }
}

impl Fitted for FittedAutoregression {
    fn model(&self) -> &'static str {
        NAME
    }

    fn cycle(&self) -> Cycle {
        self.parameters.cycle
    }

    fn memory(&self) -> usize {
        self.parameters.lags.iter().copied().max().unwrap_or(1)
    }

    fn point(&self, past: Past<'_>, horizon: usize) -> Vec<f64> {
        let Parameters { scale, lags, range, .. } = &self.parameters;
        let memory = self.memory();
        let recent = &past.values[past.values.len().saturating_sub(memory)..];
        // A history shorter than the memory only arises from a damaged file: what is missing is taken as the first.
        let padding = std::iter::repeat_n(recent.first().copied().unwrap_or(0.0), memory - recent.len());
        let mut values: Vec<f64> = padding.chain(recent.iter().copied()).map(|value| scale.shrink(value)).collect();
        let (least, largest) = values.iter().fold(*range, |(low, high), value| (low.min(*value), high.max(*value)));
        let beyond = BEYOND * (largest - least);
        for _ in 0..horizon {
            let newest = values[values.len() - 1];
            let terms = lags.iter().zip(&self.coefficients);
            let change: f64 = terms.map(|(lag, factor)| factor * (values[values.len() - lag] - newest)).sum();
            values.push((newest + change).clamp(least - beyond, largest + beyond));
        }
        values[memory..].iter().map(|value| scale.grow(*value)).collect()
    }

    fn save(&self, artifact: &mut Artifact) {
        artifact.put(NAME, &self.parameters);
        artifact.put_f64("autoregression.coefficients", &self.coefficients);
    }
}
