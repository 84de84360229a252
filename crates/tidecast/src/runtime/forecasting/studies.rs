//! What tuning found, for whoever fits: the values for a series come from the newest search that covers it.

use tidecast_core::series::{Selector, SeriesKey};
use tidecast_forecast::models::FitSettings;
use tidecast_forecast::registry::{Registry, Scope};
use tidecast_forecast::tuned::Tuned;

/// All searches of a registry, the newest first.
#[derive(Debug, Default)]
pub struct Studies(Vec<(Selector, Scope, Tuned)>);

impl Studies {
    /// Reads what the registry has. What cannot be read is left out: models then keep their defaults.
    #[must_use]
    pub fn load(registry: &Registry) -> Self {
        let studies = registry.studies().unwrap_or_else(|error| {
            tracing::warn!("{error}; models are fitted with their defaults");
            Vec::new()
        });
        let known = studies.into_iter().filter_map(|study| {
            let selector: Selector = study.scope.selector.parse().ok()?;
            let tuned = study.tuned();
            Some((selector, study.scope, tuned))
        });
        Self(known.collect())
    }

    /// What a fit of a series is asked for, with the values found for it.
    #[must_use]
    pub fn settings(&self, series: &SeriesKey, step_ms: i64, settings: FitSettings) -> FitSettings {
        let found =
            self.0.iter().find(|(selector, scope, _)| scope.suits(step_ms, &settings) && selector.matches(series));
        match found {
            Some((_, _, tuned)) => FitSettings { tuned: tuned.clone(), ..settings },
            None => settings,
        }
    }
}
