//! Forecasts as data, and how good they were.

pub mod accuracy;

use crate::series::SeriesKey;
use serde::{Deserialize, Serialize};
use std::fmt;

/// A fitted model in the registry: `ridge` version 3. Versions count up per series and model, from 1.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ModelVersion {
    /// The model's name.
    pub model: String,
    /// Its version.
    pub version: u32,
}

impl fmt::Display for ModelVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.model, self.version)
    }
}

impl std::str::FromStr for ModelVersion {
    type Err = String;

    /// Reads what is displayed: `ridge/3`.
    fn from_str(text: &str) -> Result<Self, String> {
        let parts = text.split_once('/').filter(|(model, _)| !model.is_empty());
        let parsed = parts.and_then(|(model, version)| Some((model.to_owned(), version.parse().ok()?)));
        let (model, version) =
            parsed.ok_or_else(|| format!("`{text}` is no model version; write model and version as in ridge/3"))?;
        Ok(Self { model, version })
    }
}

/// What one model said about the future of one series, at one origin.
///
/// Forecasts are stored by (series, model version, origin): forecasting again from an unchanged origin overwrites,
/// champion and challenger stand side by side, and yesterday's forecast can be held against today's actuals.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Forecast {
    /// The series.
    pub series: SeriesKey,
    /// Time of the last sample the model had seen, ms since the Unix epoch.
    pub origin_ms: i64,
    /// Distance between the forecast's values, ms.
    pub step_ms: i64,
    /// Who said it.
    pub model: ModelVersion,
    /// Quantile levels, ascending, each in (0, 1).
    pub levels: Vec<f64>,
    /// One row per level, one value per step; rows never cross. Value `i` is for `origin_ms + (i + 1) * step_ms`.
    pub quantiles: Vec<Vec<f64>>,
    /// Why a simpler model than the one asked for answered, if so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

impl Forecast {
    /// Number of steps.
    #[must_use]
    pub fn horizon(&self) -> usize {
        self.quantiles.first().map_or(0, Vec::len)
    }

    /// Time of the value at `index`.
    #[must_use]
    pub fn timestamp_ms(&self, index: usize) -> i64 {
        let steps = i64::try_from(index).unwrap_or(i64::MAX).saturating_add(1);
        self.origin_ms.saturating_add(self.step_ms.saturating_mul(steps))
    }

    /// Time of every value.
    pub fn timestamps_ms(&self) -> impl Iterator<Item = i64> + '_ {
        (0..self.horizon()).map(|index| self.timestamp_ms(index))
    }

    /// The row of a level, if the forecast has it.
    #[must_use]
    pub fn quantile(&self, level: f64) -> Option<&[f64]> {
        let row = self.levels.iter().position(|have| (have - level).abs() < 1e-9)?;
        self.quantiles.get(row).map(Vec::as_slice)
    }

    /// The median, or the middle level where 0.5 was not asked for. Empty without levels.
    #[must_use]
    pub fn median(&self) -> &[f64] {
        self.quantile(0.5).or_else(|| self.quantiles.get(self.levels.len() / 2).map(Vec::as_slice)).unwrap_or(&[])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_follow_the_origin() {
        let forecast = Forecast {
            series: "power".parse().unwrap(),
            origin_ms: 100,
            step_ms: 10,
            model: ModelVersion { model: "ridge".into(), version: 1 },
            levels: vec![0.1, 0.5, 0.9],
            quantiles: vec![vec![1.0, 2.0], vec![2.0, 3.0], vec![3.0, 4.0]],
            note: None,
        };
        assert_eq!(forecast.timestamps_ms().collect::<Vec<_>>(), [110, 120]);
        assert_eq!(forecast.median(), [2.0, 3.0]);
        assert_eq!(forecast.quantile(0.9), Some(&[3.0, 4.0][..]));
        let text = serde_json::to_string(&forecast).unwrap();
        assert_eq!(serde_json::from_str::<Forecast>(&text).unwrap(), forecast);
    }
}
