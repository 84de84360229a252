//! What tuning tried and found, kept beside the models: `tuning/<scope>.json`, replaced as a whole after every trial.

use super::{Registry, RegistryError, json, names};
use crate::models::FitSettings;
use crate::tune::{Finding, Trial};
use crate::tuned::Tuned;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

const FOLDER: &str = "tuning";

/// For what settings were searched: later fits of the same task over the same series use them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Scope {
    /// Which series, as the user wrote it.
    pub selector: String,
    /// Distance between values, ms.
    pub step_ms: i64,
    /// Steps ahead.
    pub horizon: usize,
    /// The season asked for, in steps.
    pub season: Option<usize>,
}

impl Scope {
    /// Whether a fit with these settings is of the same task.
    #[must_use]
    pub fn suits(&self, step_ms: i64, settings: &FitSettings) -> bool {
        (self.step_ms, self.horizon, self.season) == (step_ms, settings.horizon, settings.season)
    }
}

/// A search over the settings of models.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Study {
    /// What for.
    pub scope: Scope,
    /// When it was last changed, ms since the Unix epoch.
    pub updated_ms: i64,
    /// What the trials were made on, see [`crate::tune::fingerprint`].
    pub fingerprint: String,
    /// Series that settings were judged on.
    pub series: usize,
    /// Every setting tried on that.
    pub trials: Vec<Trial>,
    /// What was found, by model; from earlier data until the model was searched on these.
    pub findings: BTreeMap<String, Finding>,
}

impl Study {
    /// A study in which nothing has been tried.
    #[must_use]
    pub fn new(scope: Scope) -> Self {
        Self {
            scope,
            updated_ms: 0,
            fingerprint: String::new(),
            series: 0,
            trials: Vec::new(),
            findings: BTreeMap::new(),
        }
    }

    /// The values found for all models together.
    #[must_use]
    pub fn tuned(&self) -> Tuned {
        let mut all = Tuned::none();
        for finding in self.findings.values() {
            finding.tuned.iter().for_each(|(name, value)| all.set(name, value));
        }
        all
    }

    fn key(&self) -> String {
        let Scope { selector, step_ms, horizon, season } = &self.scope;
        let season = season.map_or_else(String::new, |season| season.to_string());
        format!("{FOLDER}/{}.json", names::folder(&format!("{selector} {step_ms} {horizon} {season}")))
    }
}

impl Registry {
    /// Every study, the one changed last first.
    ///
    /// # Errors
    /// When one cannot be read.
    pub fn studies(&self) -> Result<Vec<Study>, RegistryError> {
        let keys = self.storage.keys(FOLDER)?;
        let read = keys.iter().zip(self.storage.get_all(&keys));
        let mut studies: Vec<Study> = read
            .filter_map(|(key, bytes)| Some((key, bytes.transpose()?)))
            .map(|(key, bytes)| self.parse(key, &bytes?))
            .collect::<Result<_, RegistryError>>()?;
        studies.sort_by_key(|study| std::cmp::Reverse(study.updated_ms));
        Ok(studies)
    }

    /// Keeps a study in place of the former one of its scope.
    ///
    /// # Errors
    /// When writing fails; the former one stays.
    pub fn put_study(&self, study: &Study) -> Result<(), RegistryError> {
        let _alone = self.alone();
        Ok(self.storage.replace(&study.key(), &json(study))?)
    }
}
