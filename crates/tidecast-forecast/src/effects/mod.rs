//! What is known about the future beside the past of a series: public holidays, and covariates such as a forecast temperature.
//!
//! Their effects are learned from a series before any model sees it, and taken out of it; what models forecast is a series
//! without them, and the effects of the steps to come are added again. So every model profits, from the seasonal naive on,
//! and a holiday does not disturb the forecasts of the days and weeks after it.

mod covariate;
mod holiday;

use crate::artifact::{Artifact, LoadError};
use crate::models::FitSettings;
use crate::season::Cycle;
use covariate::CovariateEffect;
use holiday::HolidayEffect;
use serde::{Deserialize, Serialize};
use tidecast_core::series::RegularSeries;

/// Learned effects of one series.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Effects {
    holiday: Option<HolidayEffect>,
    covariates: Vec<CovariateEffect>,
}

impl Effects {
    /// Learns from a series what its holidays and covariates do to it: nothing where there is no reason to believe it.
    pub(crate) fn learn(series: &RegularSeries, settings: &FitSettings, cycle: Cycle) -> Self {
        let holiday = settings.holidays.and_then(|country| HolidayEffect::learn(series, country, cycle));
        let mut effects = Self { holiday, covariates: Vec::new() };
        if !settings.covariates.is_empty() {
            let known = effects.removed(series, &settings.covariates);
            effects.covariates = covariate::learn(&known, &settings.covariates, cycle);
        }
        effects
    }

    /// Whether nothing is known to have an effect.
    pub(crate) fn is_empty(&self) -> bool {
        self.holiday.is_none() && self.covariates.is_empty()
    }

    /// The effect at a time, ms since the Unix epoch, to be added to a value without it. `covariates` are in the order
    /// that they were learned in; one whose value is not known has no effect.
    pub(crate) fn at(&self, time_ms: i64, covariates: &[RegularSeries]) -> f64 {
        let holiday = self.holiday.as_ref().map_or(0.0, |holiday| holiday.at(time_ms));
        let pairs = self.covariates.iter().zip(covariates);
        holiday + pairs.map(|(effect, series)| effect.at(time_ms, series)).sum::<f64>()
    }

    /// A series without its effects.
    pub(crate) fn removed(&self, series: &RegularSeries, covariates: &[RegularSeries]) -> RegularSeries {
        let values = series.values.iter().enumerate();
        let values = values.map(|(index, value)| value - self.at(series.timestamp_ms(index), covariates)).collect();
        RegularSeries { values, ..*series }
    }

    pub(crate) fn save(&self, artifact: &mut Artifact) {
        artifact.put("effects", self);
    }

    pub(crate) fn load(artifact: &Artifact) -> Result<Self, LoadError> {
        let effects: Self = artifact.get("effects")?;
        let sound = effects.holiday.as_ref().is_none_or(HolidayEffect::is_sound)
            && effects.covariates.iter().all(CovariateEffect::is_sound);
        if sound { Ok(effects) } else { Err(LoadError::Damaged("its effects are impossible".to_owned())) }
    }
}
