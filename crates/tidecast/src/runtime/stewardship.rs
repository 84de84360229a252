//! Changing the registry of a running process by hand: champions promoted and taken back, old versions removed, and
//! whoever forecasts told of it.

use super::live::Live;
use std::sync::Arc;
use tidecast_core::forecast::ModelVersion;
use tidecast_core::series::{Selector, SeriesKey};
use tidecast_forecast::registry::{Collected, Registry, RegistryError, SeriesRecord, Succeeded};

/// How a version is named: by number, or by what it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum VersionName {
    /// `ridge/3`
    Version(ModelVersion),
    /// `challenger`
    Challenger,
}

impl std::str::FromStr for VersionName {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text == "challenger" {
            return Ok(Self::Challenger);
        }
        text.parse().map(Self::Version).map_err(|error| format!("{error}, or challenger"))
    }
}

impl std::fmt::Display for VersionName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Version(version) => version.fmt(f),
            Self::Challenger => f.write_str("challenger"),
        }
    }
}

/// Makes a version the champion of a series, after it was seen to load. `at_ms` is the time of the data.
///
/// # Errors
/// When there is no such version or it cannot be read; the champion stays then.
pub fn promote(
    registry: &Registry,
    series: &SeriesKey,
    name: &VersionName,
    at_ms: i64,
    reason: Option<&str>,
) -> Result<Succeeded, RegistryError> {
    let version = match name {
        VersionName::Version(version) => version.clone(),
        VersionName::Challenger => {
            let record = registry.record(series)?;
            record.aliases.challenger.ok_or_else(|| RegistryError::Unknown {
                series: series.to_string(),
                version: "that challenges the champion".to_owned(),
                known: known(&record.versions.iter().map(|have| have.version.to_string()).collect::<Vec<_>>()),
            })?
        }
    };
    registry.load(series, &version)?;
    registry.promote(series, &version, at_ms, reason.unwrap_or("promoted by hand"))
}

/// Makes the champion before this one speak again; `from` is the one to be taken back.
///
/// # Errors
/// When there is none that is still kept and can be read, or another one speaks; the champion stays then.
pub fn roll_back(
    registry: &Registry,
    series: &SeriesKey,
    from: Option<&ModelVersion>,
    at_ms: i64,
    reason: Option<&str>,
) -> Result<Succeeded, RegistryError> {
    registry.roll_back(series, from, at_ms, reason.unwrap_or("rolled back by hand"))
}

/// Removes what nobody needs of the series that match, or says what would go.
///
/// # Errors
/// When reading or removing fails.
pub fn collect(
    registry: &Registry,
    selector: &Selector,
    keep: usize,
    is_real: bool,
) -> Result<Collected, RegistryError> {
    registry.collect(&matching(registry, selector)?, keep, is_real)
}

/// Everything about the series that match, sorted.
///
/// # Errors
/// When reading fails.
pub fn records(registry: &Registry, selector: &Selector) -> Result<Vec<SeriesRecord>, RegistryError> {
    matching(registry, selector)?.iter().map(|series| registry.record(series)).collect()
}

fn matching(registry: &Registry, selector: &Selector) -> Result<Vec<SeriesKey>, RegistryError> {
    let mut series = registry.series()?;
    series.retain(|series| selector.matches(series));
    Ok(series)
}

fn known(versions: &[String]) -> String {
    if versions.is_empty() { "none".to_owned() } else { versions.join(", ") }
}

/// The registry of a process that serves, and whom to tell when it changes.
#[derive(Clone)]
pub struct Steward {
    /// The registry.
    pub registry: Arc<Registry>,
    /// The process's view, which the jobs listen to.
    pub live: Live,
}

impl Steward {
    /// Does something with the registry, off the threads that serve requests.
    ///
    /// # Errors
    /// Those of `work`.
    pub async fn with<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Registry, i64) -> Result<T, RegistryError> + Send + 'static,
    ) -> Result<T, RegistryError> {
        let (registry, now_ms) = (Arc::clone(&self.registry), self.live.now_ms());
        match tokio::task::spawn_blocking(move || work(&registry, now_ms)).await {
            Ok(outcome) => outcome,
            Err(ended) => std::panic::resume_unwind(ended.into_panic()),
        }
    }
}
