//! Why the registry refuses, with what to do about it.

use crate::artifact::LoadError;
use tidecast_core::ports::ArtifactError;

/// Why the registry refuses.
#[derive(Debug, thiserror::Error)]
pub enum RegistryError {
    /// Reading or writing failed.
    #[error(transparent)]
    Storage(#[from] ArtifactError),
    /// A file holds something else than was written.
    #[error("{place} is damaged: {reason}; promote another version, or train the series again")]
    Damaged {
        /// The file.
        place: String,
        /// What is wrong.
        reason: String,
    },
    /// The artifact cannot be used by this build.
    #[error("{place}: {source}")]
    Artifact {
        /// The file.
        place: String,
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
    /// No champion came before the one there is, or none that is still kept.
    #[error("{series} has no champion to go back to; see its versions with `tidecast models`, and promote one")]
    NoFormer {
        /// The series.
        series: String,
    },
    /// Another version speaks than whoever asks believes.
    #[error("{series} is served by {champion} now; look at it again with `tidecast models`, then repeat")]
    Moved {
        /// The series.
        series: String,
        /// Who speaks.
        champion: String,
    },
    /// Another process writes versions of the same series.
    #[error("{place} was written by another process; a registry belongs to one store: give each its own")]
    Contested {
        /// What was to be written.
        place: String,
    },
}
