//! The registry: every trained model version, which of them speaks for a series, and what tuning found.
//!
//! It keeps objects in an [`ArtifactStorage`], a directory beside the store or an object storage. A version exists
//! once its metadata do, which are written after its artifact; the champion is one small object that is replaced as a
//! whole, after the version it names. A crash between any two steps therefore leaves the champion there was, whole, and
//! at most an artifact nobody asks for, which the next publication or garbage collection removes.

mod directory;
mod error;
mod names;
mod retention;
mod succession;
mod tuning;

pub use directory::ArtifactDirectory;
pub use error::RegistryError;
pub use retention::VERSIONS_KEPT;
pub use succession::{Promotion, Succession};
pub use tuning::{Scope, Study};

use crate::models::FitSettings;
use crate::parallel;
use crate::score::Score;
use crate::training;
use names::Versions;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use tidecast_core::forecast::ModelVersion;
use tidecast_core::ports::{ArtifactError, ArtifactStorage, Forecaster};
use tidecast_core::series::{SeriesKey, TimeRange};

/// Champions read at once: bounds memory, and is enough to hide the latency of an object storage.
const READ_AT_ONCE: usize = 256;

/// How often a number for a version is tried that another process has taken meanwhile.
const NUMBERS_TRIED: u32 = 8;

/// What is known about a model before it gets a version.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Description {
    /// When it was fitted, ms since the Unix epoch.
    pub fitted_at_ms: i64,
    /// First and last value it was trained on: `from_ms <= t <= to_ms`, ms since the Unix epoch.
    pub data: TimeRange,
    /// Distance between values, ms.
    pub step_ms: i64,
    /// What the fit was asked for.
    pub settings: FitSettings,
    /// Accuracy on held-back days.
    pub score: Option<Score>,
    /// Why a simpler model than the one asked for answers, if so.
    pub note: Option<String>,
}

/// A model version as kept.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Metadata {
    /// The series.
    pub series: SeriesKey,
    /// Model and version.
    #[serde(flatten)]
    pub version: ModelVersion,
    /// What it was trained on, and how good it was.
    #[serde(flatten)]
    pub description: Description,
    /// Version of the program that trained it.
    pub code_version: String,
    /// Length of the artifact, bytes.
    pub artifact_bytes: u64,
    /// CRC-32 of the artifact.
    pub artifact_crc32: u32,
}

/// A version read back: what is known about it, and its forecaster at the end of the data it was trained on.
pub type Loaded = (Metadata, Box<dyn Forecaster>);

/// The versions of a series that have a name of their own.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Aliases {
    /// Who speaks.
    pub champion: Option<ModelVersion>,
    /// The newest version whose accuracy is known, the champion and its model's earlier versions apart.
    pub challenger: Option<ModelVersion>,
    /// Who spoke before, and is still kept: where a rollback leads.
    pub previous: Option<ModelVersion>,
}

impl Aliases {
    /// Whether a version has one of the names.
    fn protect(&self, version: &ModelVersion) -> bool {
        [&self.champion, &self.challenger, &self.previous].into_iter().any(|alias| alias.as_ref() == Some(version))
    }
}

/// Everything the registry has about one series.
#[derive(Clone, Debug, PartialEq)]
pub struct SeriesRecord {
    /// The series.
    pub series: SeriesKey,
    /// Its versions, by model and version.
    pub versions: Vec<Metadata>,
    /// Which of them have names.
    pub aliases: Aliases,
    /// How its champions followed each other, oldest first.
    pub promotions: Vec<Promotion>,
}

/// A change of the champion.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Succeeded {
    /// Who spoke before.
    pub from: Option<ModelVersion>,
    /// Who speaks now.
    pub to: ModelVersion,
}

/// What garbage collection removed, or would.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Collected {
    /// Versions.
    pub removed: Vec<Metadata>,
    /// Remains of writes that never ended.
    pub leftovers: usize,
}

/// The registry of one store.
#[derive(Debug)]
pub struct Registry {
    storage: Arc<dyn ArtifactStorage>,
    /// Versions are numbered and champions replaced by one thread at a time.
    writing: Mutex<()>,
}

impl Registry {
    /// Opens the registry in a directory, which is created where it does not exist.
    ///
    /// # Errors
    /// When the directory cannot be created.
    pub fn open(directory: &Path) -> Result<Self, RegistryError> {
        Ok(Self::over(Arc::new(ArtifactDirectory::open(directory)?)))
    }

    /// A registry over any storage, which no other registry writes to.
    #[must_use]
    pub fn over(storage: Arc<dyn ArtifactStorage>) -> Self {
        Self { storage, writing: Mutex::new(()) }
    }

    /// Keeps a trained forecaster as the next version of its model for a series; durable when this returns. Old
    /// versions beyond the newest few are removed.
    ///
    /// # Errors
    /// When writing fails; nothing has changed then.
    pub fn publish(
        &self,
        series: &SeriesKey,
        forecaster: &dyn Forecaster,
        description: Description,
    ) -> Result<Metadata, RegistryError> {
        let artifact = forecaster.save();
        let _alone = self.alone();
        let folder = folder(series);
        let mut versions = Versions::of(&self.storage.keys(&folder)?);
        let version = self.put_artifact(&folder, forecaster.model(), &artifact, &versions)?;
        let metadata = Metadata {
            series: series.clone(),
            description,
            code_version: env!("CARGO_PKG_VERSION").to_owned(),
            artifact_bytes: artifact.len() as u64,
            artifact_crc32: crc32fast::hash(&artifact),
            version,
        };
        let key = names::metadata(&folder, &metadata.version);
        let text = json(&metadata);
        // A write whose answer got lost on the way is repeated, and finds itself there.
        if !self.storage.create(&key, &text)? && self.storage.get(&key)?.as_ref() != Some(&text) {
            return Err(RegistryError::Contested { place: self.storage.place(&key) });
        }
        versions.complete.push(metadata.version.clone());
        // The version is published, whatever becomes of old ones: what cannot be removed now is tried again next time.
        let _left_for_next_time = self.prune(series, &versions);
        Ok(metadata)
    }

    /// Writes an artifact under the next free number.
    fn put_artifact(
        &self,
        folder: &str,
        model: &str,
        artifact: &[u8],
        versions: &Versions,
    ) -> Result<ModelVersion, RegistryError> {
        let first = versions.next(model);
        for number in first..first.saturating_add(NUMBERS_TRIED) {
            let version = ModelVersion { model: model.to_owned(), version: number };
            if self.storage.create(&names::artifact(folder, &version), artifact)? {
                return Ok(version);
            }
        }
        Err(RegistryError::Contested { place: self.storage.place(folder) })
    }

    /// Removes what is too many after a publication, and what a crash left behind.
    fn prune(&self, series: &SeriesKey, versions: &Versions) -> Result<(), RegistryError> {
        let of_model = |model: &str| versions.complete.iter().filter(|have| have.model == model).count();
        let too_many = versions.complete.iter().any(|have| of_model(&have.model) > VERSIONS_KEPT);
        if too_many || !versions.incomplete.is_empty() {
            self.collect_series(series, VERSIONS_KEPT, true)?;
        }
        Ok(())
    }

    /// Makes a version the one that speaks for the series; durable when this returns. `at_ms` is the time of the data,
    /// `reason` says why in plain words.
    ///
    /// # Errors
    /// When there is no such version, or it cannot be read, or writing fails; the old champion stays then.
    pub fn promote(
        &self,
        series: &SeriesKey,
        version: &ModelVersion,
        at_ms: i64,
        reason: &str,
    ) -> Result<Succeeded, RegistryError> {
        let _alone = self.alone();
        self.metadata(series, version)?;
        self.crown(series, Promotion { version: version.clone(), at_ms, reason: reason.to_owned(), is_rollback: false })
    }

    /// Makes the champion before this one speak again, one step down the line at each call; `from` is the champion that
    /// is to be taken back, so that an order that was sent twice is not obeyed twice.
    ///
    /// # Errors
    /// When there is none that is still kept, another champion speaks, or writing fails; the champion stays then.
    pub fn roll_back(
        &self,
        series: &SeriesKey,
        from: Option<&ModelVersion>,
        at_ms: i64,
        reason: &str,
    ) -> Result<Succeeded, RegistryError> {
        let _alone = self.alone();
        let succession = self.succession(series)?;
        if let Some(Succession { champion, .. }) = &succession
            && from.is_some_and(|from| from != champion)
        {
            return Err(RegistryError::Moved { series: series.to_string(), champion: champion.to_string() });
        }
        let former = succession.map(|succession| succession.former()).unwrap_or_default();
        let kept = Versions::of(&self.storage.keys(&folder(series))?).complete;
        let version = former.into_iter().find(|version| kept.contains(version));
        let version = version.ok_or_else(|| RegistryError::NoFormer { series: series.to_string() })?;
        self.load(series, &version)?;
        self.crown(series, Promotion { version, at_ms, reason: reason.to_owned(), is_rollback: true })
    }

    fn crown(&self, series: &SeriesKey, promotion: Promotion) -> Result<Succeeded, RegistryError> {
        // Whoever is promoted over a damaged file begins a line anew: it is what mends it.
        let former = match self.succession(series) {
            Err(RegistryError::Damaged { .. }) => None,
            read => read?,
        };
        let from = former.as_ref().map(|succession| succession.champion.clone());
        let to = promotion.version.clone();
        let succession = Succession::followed_by(former, promotion);
        self.storage.replace(&names::champion(&folder(series)), &json(&succession))?;
        Ok(Succeeded { from, to })
    }

    /// Removes the versions that nobody needs, and the remains of writes that never ended: of a series, champion,
    /// challenger, the champion before and the newest `keep` versions of each model stay. With `is_real` false it only
    /// says what would go.
    ///
    /// # Errors
    /// When reading or removing fails; what was removed before that is gone.
    pub fn collect(&self, series: &[SeriesKey], keep: usize, is_real: bool) -> Result<Collected, RegistryError> {
        let mut collected = Collected::default();
        for series in series {
            let _alone = self.alone();
            let Collected { removed, leftovers } = self.collect_series(series, keep, is_real)?;
            collected.removed.extend(removed);
            collected.leftovers += leftovers;
        }
        Ok(collected)
    }

    fn collect_series(&self, series: &SeriesKey, keep: usize, is_real: bool) -> Result<Collected, RegistryError> {
        let folder = folder(series);
        let Versions { complete, incomplete } = Versions::of(&self.storage.keys(&folder)?);
        let versions = self.read_all(series, &complete)?;
        let aliases = self.aliases(series, &versions)?;
        let removed: Vec<Metadata> =
            retention::superfluous(&versions, &aliases, keep.max(1)).into_iter().cloned().collect();
        let mut leftovers = incomplete.len();
        if is_real {
            for gone in removed.iter().map(|metadata| &metadata.version).chain(&incomplete) {
                self.storage.remove(&names::metadata(&folder, gone))?;
                self.storage.remove(&names::artifact(&folder, gone))?;
            }
            leftovers += self.storage.remove_unfinished(&folder)?;
        }
        Ok(Collected { removed, leftovers })
    }

    /// The version that speaks for a series; `None` before the first promotion.
    ///
    /// # Errors
    /// When the file that says so cannot be read.
    pub fn champion(&self, series: &SeriesKey) -> Result<Option<ModelVersion>, RegistryError> {
        Ok(self.succession(series)?.map(|succession| succession.champion))
    }

    fn succession(&self, series: &SeriesKey) -> Result<Option<Succession>, RegistryError> {
        let key = names::champion(&folder(series));
        self.storage.get(&key)?.map(|bytes| self.parse(&key, &bytes)).transpose()
    }

    /// All versions kept for a series, by model and version. One whose metadata are damaged is left out: whoever asks for it
    /// is told.
    ///
    /// # Errors
    /// When the storage cannot be read.
    pub fn versions(&self, series: &SeriesKey) -> Result<Vec<Metadata>, RegistryError> {
        self.read_all(series, &Versions::of(&self.storage.keys(&folder(series))?).complete)
    }

    fn read_all(&self, series: &SeriesKey, versions: &[ModelVersion]) -> Result<Vec<Metadata>, RegistryError> {
        let folder = folder(series);
        let keys: Vec<String> = versions.iter().map(|version| names::metadata(&folder, version)).collect();
        let read = keys.iter().zip(self.storage.get_all(&keys)).zip(versions);
        let parsed = read.map(|((key, bytes), version)| self.parse_metadata(key, bytes?, series, version));
        parsed.filter(|one| !matches!(one, Err(RegistryError::Damaged { .. }))).collect()
    }

    /// Everything about one series.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn record(&self, series: &SeriesKey) -> Result<SeriesRecord, RegistryError> {
        let versions = self.versions(series)?;
        let aliases = self.aliases(series, &versions)?;
        let promotions = self.succession(series)?.map(|succession| succession.promotions).unwrap_or_default();
        Ok(SeriesRecord { series: series.clone(), versions, aliases, promotions })
    }

    /// The named versions among those that are kept.
    ///
    /// # Errors
    /// When the file that names the champion cannot be read.
    pub fn aliases(&self, series: &SeriesKey, versions: &[Metadata]) -> Result<Aliases, RegistryError> {
        let succession = self.succession(series)?;
        let champion = succession.as_ref().map(|succession| succession.champion.clone());
        let former = succession.map(|succession| succession.former()).unwrap_or_default();
        let is_kept = |version: &ModelVersion| versions.iter().any(|have| have.version == *version);
        Ok(Aliases {
            challenger: retention::challenger(versions, champion.as_ref()),
            previous: former.into_iter().find(is_kept),
            champion,
        })
    }

    /// What is known about a version.
    ///
    /// # Errors
    /// When there is none, or it is damaged.
    pub fn metadata(&self, series: &SeriesKey, version: &ModelVersion) -> Result<Metadata, RegistryError> {
        let folder = folder(series);
        let key = names::metadata(&folder, version);
        let bytes = self.storage.get(&key)?;
        if bytes.is_none() {
            let known = Versions::of(&self.storage.keys(&folder)?).complete;
            let known: Vec<String> = known.iter().map(ToString::to_string).collect();
            return Err(RegistryError::Unknown {
                series: series.to_string(),
                version: version.to_string(),
                known: if known.is_empty() { "none".to_owned() } else { known.join(", ") },
            });
        }
        self.parse_metadata(&key, bytes, series, version)
    }

    /// The forecaster of a version, at the end of the data it was trained on.
    ///
    /// # Errors
    /// When there is no such version, or it is damaged or of another format.
    pub fn load(&self, series: &SeriesKey, version: &ModelVersion) -> Result<Loaded, RegistryError> {
        let metadata = self.metadata(series, version)?;
        let key = names::artifact(&folder(series), version);
        let bytes = self.storage.get(&key)?;
        let forecaster = self.parse_artifact(&key, bytes, &metadata)?;
        Ok((metadata, forecaster))
    }

    /// The forecaster of a version as it was saved, for [`training::rescore`].
    ///
    /// # Errors
    /// When there is no such version, or it cannot be read.
    pub fn artifact(&self, series: &SeriesKey, version: &ModelVersion) -> Result<Vec<u8>, RegistryError> {
        let key = names::artifact(&folder(series), version);
        self.storage.get(&key)?.ok_or_else(|| self.damaged(&key, "it is not there".to_owned()))
    }

    /// Every series that has a champion, sorted.
    ///
    /// # Errors
    /// When the storage or a champion's metadata cannot be read.
    pub fn series(&self) -> Result<Vec<SeriesKey>, RegistryError> {
        let mut series = Vec::new();
        for folders in self.storage.folders()?.chunks(READ_AT_ONCE) {
            for champion in self.champions(folders) {
                series.push(champion?.1.series);
            }
        }
        series.sort_unstable();
        Ok(series)
    }

    /// The champions of all series, read on all processors. A series whose champion cannot be read gives its error,
    /// and does not keep the others from loading.
    ///
    /// # Errors
    /// When the storage itself cannot be read.
    pub fn load_champions(&self) -> Result<Vec<Result<Loaded, RegistryError>>, RegistryError> {
        let mut all = Vec::new();
        for folders in self.storage.folders()?.chunks(READ_AT_ONCE) {
            let (found, failed): (Vec<_>, Vec<_>) = self.champions(folders).into_iter().partition(Result::is_ok);
            all.extend(failed.into_iter().filter_map(Result::err).map(Err));
            let found: Vec<(String, Metadata)> = found.into_iter().flatten().collect();
            let keys: Vec<String> =
                found.iter().map(|(folder, metadata)| names::artifact(folder, &metadata.version)).collect();
            let bytes = self.storage.get_all(&keys);
            let read: Vec<_> = found.into_iter().zip(keys).zip(bytes).collect();
            all.extend(parallel::map(&read, |(((_, metadata), key), bytes)| {
                let forecaster = self.parse_artifact(key, bytes.clone()?, metadata)?;
                Ok((metadata.clone(), forecaster))
            }));
        }
        Ok(all)
    }

    /// Folders that have a champion, with what is known about it.
    fn champions(&self, folders: &[String]) -> Vec<Result<(String, Metadata), RegistryError>> {
        let keys: Vec<String> = folders.iter().map(|folder| names::champion(folder)).collect();
        let mut champions = Vec::new();
        let mut outcomes = Vec::new();
        for ((folder, key), bytes) in folders.iter().zip(&keys).zip(self.storage.get_all(&keys)) {
            let champion = bytes
                .map_err(RegistryError::from)
                .and_then(|bytes| bytes.map(|bytes| self.parse::<Succession>(key, &bytes)).transpose());
            match champion {
                Ok(Some(Succession { champion, .. })) => champions.push((folder, champion)),
                Ok(None) => {}
                Err(error) => outcomes.push(Err(error)),
            }
        }
        let keys: Vec<String> = champions.iter().map(|(folder, version)| names::metadata(folder, version)).collect();
        let read = champions.into_iter().zip(&keys).zip(self.storage.get_all(&keys));
        let parse = |folder: &String, key: &String, bytes: Result<Option<Vec<u8>>, ArtifactError>| {
            let bytes = bytes?.ok_or_else(|| self.damaged(key, "it is not there".to_owned()))?;
            Ok((folder.clone(), self.parse(key, &bytes)?))
        };
        outcomes.extend(read.map(|(((folder, _), key), bytes)| parse(folder, key, bytes)));
        outcomes
    }

    fn parse<T: DeserializeOwned>(&self, key: &str, bytes: &[u8]) -> Result<T, RegistryError> {
        serde_json::from_slice(bytes).map_err(|error| self.damaged(key, error.to_string()))
    }

    fn parse_metadata(
        &self,
        key: &str,
        bytes: Option<Vec<u8>>,
        series: &SeriesKey,
        version: &ModelVersion,
    ) -> Result<Metadata, RegistryError> {
        let bytes = bytes.ok_or_else(|| self.damaged(key, "it is not there".to_owned()))?;
        let metadata: Metadata = self.parse(key, &bytes)?;
        if metadata.series == *series && metadata.version == *version {
            Ok(metadata)
        } else {
            Err(self.damaged(key, format!("it is of {} {}", metadata.series, metadata.version)))
        }
    }

    fn parse_artifact(
        &self,
        key: &str,
        bytes: Option<Vec<u8>>,
        metadata: &Metadata,
    ) -> Result<Box<dyn Forecaster>, RegistryError> {
        let bytes = bytes.ok_or_else(|| self.damaged(key, "it is not there".to_owned()))?;
        if bytes.len() as u64 != metadata.artifact_bytes || crc32fast::hash(&bytes) != metadata.artifact_crc32 {
            let reason = format!(
                "{} bytes whose checksum does not match the {} bytes that were written",
                bytes.len(),
                metadata.artifact_bytes
            );
            return Err(self.damaged(key, reason));
        }
        training::load(&bytes).map_err(|source| RegistryError::Artifact { place: self.storage.place(key), source })
    }

    fn damaged(&self, key: &str, reason: String) -> RegistryError {
        RegistryError::Damaged { place: self.storage.place(key), reason }
    }

    fn alone(&self) -> std::sync::MutexGuard<'_, ()> {
        self.writing.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn folder(series: &SeriesKey) -> String {
    names::folder(&series.to_string())
}

/// Plain structs of numbers and text always serialise; were one not to, reading it back says so.
fn json<T: Serialize>(value: &T) -> Vec<u8> {
    serde_json::to_vec_pretty(value).unwrap_or_default()
}
