//! The registry: every trained model version in a directory, and which of them speaks for a series.
//!
//! ```text
//! <directory>/<series>/<model>-<version>/metadata.json
//! <directory>/<series>/<model>-<version>/artifact.safetensors
//! <directory>/<series>/champion.json
//! ```
//!
//! A version is written beside, made durable and renamed into place; so is the champion. A crash at any moment leaves
//! what was there before, and at most a leftover that the next publication of the series removes.

mod files;

use crate::artifact::LoadError;
use crate::models::FitSettings;
use crate::parallel;
use crate::score::Score;
use crate::training;
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use tidecast_core::forecast::ModelVersion;
use tidecast_core::ports::Forecaster;
use tidecast_core::series::{SeriesKey, TimeRange};

/// Newest versions kept per series and model, the champion besides.
const VERSIONS_KEPT: u32 = 5;
const CHAMPION: &str = "champion.json";
const METADATA: &str = "metadata.json";
const ARTIFACT: &str = "artifact.safetensors";

/// Why the registry refuses.
#[derive(Debug, thiserror::Error)]
pub enum RegistryError {
    /// Reading or writing failed.
    #[error("{path} cannot be {doing}: {reason}; check permissions and free space of the registry")]
    Io {
        /// The file or directory.
        path: String,
        /// "read", "written", ...
        doing: &'static str,
        /// What the operating system said.
        reason: String,
    },
    /// A file holds something else than was written.
    #[error("{path} is damaged: {reason}; promote another version, or train the series again")]
    Damaged {
        /// The file.
        path: String,
        /// What is wrong.
        reason: String,
    },
    /// The artifact cannot be used by this build.
    #[error("{path}: {source}")]
    Artifact {
        /// The file.
        path: String,
        /// Why.
        source: LoadError,
    },
    /// There is no such version.
    #[error("{series} has no model {version}; versions there are: {known}")]
    Unknown {
        /// The series.
        series: String,
        /// What was asked for.
        version: String,
        /// What there is.
        known: String,
    },
}

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

/// The registry of one store.
#[derive(Debug)]
pub struct Registry {
    directory: PathBuf,
    /// Versions are numbered and champions replaced by one thread at a time.
    writing: Mutex<()>,
}

impl Registry {
    /// Opens the registry in a directory, which is created where it does not exist.
    ///
    /// # Errors
    /// When the directory cannot be created.
    pub fn open(directory: &Path) -> Result<Self, RegistryError> {
        std::fs::create_dir_all(directory).map_err(|error| io(directory, "created", &error))?;
        Ok(Self { directory: directory.to_owned(), writing: Mutex::new(()) })
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
        let _alone = self.writing.lock().unwrap_or_else(PoisonError::into_inner);
        let folder = self.folder(series);
        let model = forecaster.model().to_owned();
        let newest = list(&folder)?.into_iter().filter(|have| have.model == model).map(|have| have.version).max();
        let version = ModelVersion { model, version: newest.unwrap_or(0) + 1 };
        let metadata = Metadata {
            series: series.clone(),
            description,
            code_version: env!("CARGO_PKG_VERSION").to_owned(),
            artifact_bytes: artifact.len() as u64,
            artifact_crc32: crc32fast::hash(&artifact),
            version,
        };
        let text = serde_json::to_vec_pretty(&metadata).unwrap_or_default();
        let name = directory_name(&metadata.version);
        files::create_directory(&folder, &name, &[(METADATA, &text), (ARTIFACT, &artifact)])?;
        self.prune(series, &metadata.version)?;
        Ok(metadata)
    }

    /// Removes the versions of a model that are too old to keep, and what a crash left behind.
    fn prune(&self, series: &SeriesKey, newest: &ModelVersion) -> Result<(), RegistryError> {
        let folder = self.folder(series);
        files::remove_leftovers(&folder)?;
        let champion = self.champion(series)?;
        for have in list(&folder)? {
            let old = have.model == newest.model && have.version + VERSIONS_KEPT <= newest.version;
            if old && champion.as_ref() != Some(&have) {
                files::remove_directory(&folder, &directory_name(&have))?;
            }
        }
        Ok(())
    }

    /// Makes a version the one that speaks for the series; durable when this returns.
    ///
    /// # Errors
    /// When there is no such version, or writing fails; the old champion stays then.
    pub fn promote(&self, series: &SeriesKey, version: &ModelVersion) -> Result<(), RegistryError> {
        let _alone = self.writing.lock().unwrap_or_else(PoisonError::into_inner);
        self.metadata(series, version)?;
        let text = serde_json::to_vec_pretty(version).unwrap_or_default();
        files::replace(&self.folder(series), CHAMPION, &text)
    }

    /// The version that speaks for a series; `None` before the first promotion.
    ///
    /// # Errors
    /// When the file that says so cannot be read.
    pub fn champion(&self, series: &SeriesKey) -> Result<Option<ModelVersion>, RegistryError> {
        read_champion(&self.folder(series))
    }

    /// All versions kept for a series, by model and version.
    ///
    /// # Errors
    /// When metadata cannot be read.
    pub fn versions(&self, series: &SeriesKey) -> Result<Vec<Metadata>, RegistryError> {
        list(&self.folder(series))?.iter().map(|version| self.metadata(series, version)).collect()
    }

    /// What is known about a version.
    ///
    /// # Errors
    /// When there is none, or it is damaged.
    pub fn metadata(&self, series: &SeriesKey, version: &ModelVersion) -> Result<Metadata, RegistryError> {
        let folder = self.folder(series);
        let known = list(&folder)?;
        if !known.contains(version) {
            let known: Vec<String> = known.iter().map(ToString::to_string).collect();
            return Err(RegistryError::Unknown {
                series: series.to_string(),
                version: version.to_string(),
                known: if known.is_empty() { "none".to_owned() } else { known.join(", ") },
            });
        }
        let metadata = read_metadata(&folder.join(directory_name(version)))?;
        if metadata.series == *series && metadata.version == *version {
            Ok(metadata)
        } else {
            let path = folder.join(directory_name(version)).join(METADATA);
            Err(damaged(&path, format!("it is of {} {}", metadata.series, metadata.version)))
        }
    }

    /// The forecaster of a version, at the end of the data it was trained on.
    ///
    /// # Errors
    /// When there is no such version, or it is damaged or of another format.
    pub fn load(&self, series: &SeriesKey, version: &ModelVersion) -> Result<Loaded, RegistryError> {
        let metadata = self.metadata(series, version)?;
        let forecaster = read_forecaster(&self.folder(series).join(directory_name(version)), &metadata)?;
        Ok((metadata, forecaster))
    }

    /// Every series that has a champion, sorted.
    ///
    /// # Errors
    /// When the directory or a champion's metadata cannot be read.
    pub fn series(&self) -> Result<Vec<SeriesKey>, RegistryError> {
        let mut series = Vec::new();
        for folder in files::directories(&self.directory)? {
            let folder = self.directory.join(folder);
            if let Some(version) = read_champion(&folder)? {
                series.push(read_metadata(&folder.join(directory_name(&version)))?.series);
            }
        }
        series.sort_unstable();
        Ok(series)
    }

    /// The champions of all series, read on all processors. A series whose champion cannot be read gives its error,
    /// and does not keep the others from loading.
    ///
    /// # Errors
    /// When the directory itself cannot be read.
    pub fn load_champions(&self) -> Result<Vec<Result<Loaded, RegistryError>>, RegistryError> {
        let folders = files::directories(&self.directory)?;
        let loaded = parallel::map(&folders, |folder| {
            let folder = self.directory.join(folder);
            let champion = read_champion(&folder).transpose()?;
            Some(champion.and_then(|version| {
                let directory = folder.join(directory_name(&version));
                let metadata = read_metadata(&directory)?;
                let forecaster = read_forecaster(&directory, &metadata)?;
                Ok((metadata, forecaster))
            }))
        });
        Ok(loaded.into_iter().flatten().collect())
    }

    fn folder(&self, series: &SeriesKey) -> PathBuf {
        self.directory.join(files::folder_name(&series.to_string()))
    }
}

fn directory_name(version: &ModelVersion) -> String {
    format!("{}-{}", version.model, version.version)
}

/// The versions whose directories are complete.
fn list(folder: &Path) -> Result<Vec<ModelVersion>, RegistryError> {
    let parse = |name: &String| {
        let (model, version) = name.rsplit_once('-')?;
        Some(ModelVersion { model: model.to_owned(), version: version.parse().ok()? })
    };
    let mut versions: Vec<ModelVersion> = files::directories(folder)?.iter().filter_map(parse).collect();
    versions.sort_unstable();
    Ok(versions)
}

fn read_champion(folder: &Path) -> Result<Option<ModelVersion>, RegistryError> {
    let path = folder.join(CHAMPION);
    let Some(bytes) = files::read_if_there(&path)? else { return Ok(None) };
    serde_json::from_slice(&bytes).map(Some).map_err(|error| damaged(&path, error.to_string()))
}

fn read_metadata(directory: &Path) -> Result<Metadata, RegistryError> {
    let path = directory.join(METADATA);
    let bytes = std::fs::read(&path).map_err(|error| io(&path, "read", &error))?;
    serde_json::from_slice(&bytes).map_err(|error| damaged(&path, error.to_string()))
}

fn read_forecaster(directory: &Path, metadata: &Metadata) -> Result<Box<dyn Forecaster>, RegistryError> {
    let path = directory.join(ARTIFACT);
    let bytes = std::fs::read(&path).map_err(|error| io(&path, "read", &error))?;
    if bytes.len() as u64 != metadata.artifact_bytes || crc32fast::hash(&bytes) != metadata.artifact_crc32 {
        let reason = format!(
            "{} bytes whose checksum does not match the {} bytes that were written",
            bytes.len(),
            metadata.artifact_bytes
        );
        return Err(damaged(&path, reason));
    }
    training::load(&bytes).map_err(|source| RegistryError::Artifact { path: path.display().to_string(), source })
}

fn io(path: &Path, doing: &'static str, error: &std::io::Error) -> RegistryError {
    RegistryError::Io { path: path.display().to_string(), doing, reason: error.to_string() }
}

fn damaged(path: &Path, reason: String) -> RegistryError {
    RegistryError::Damaged { path: path.display().to_string(), reason }
}
