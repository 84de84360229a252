//! Keys of what the registry keeps.
//!
//! ```text
//! <series>/<model>-<version>/artifact.safetensors
//! <series>/<model>-<version>/metadata.json            what makes the version exist: written last, removed first
//! <series>/champion.json                              who speaks, and who did before
//! ```

use std::collections::BTreeSet;
use tidecast_core::forecast::ModelVersion;

const CHAMPION: &str = "champion.json";
const METADATA: &str = "metadata.json";
const ARTIFACT: &str = "artifact.safetensors";

/// Characters of a name that go into its folder's name, so that people can find it.
const READABLE: usize = 60;

/// A folder for a name: what can be read of it, and a hash that tells it from all others.
pub(super) fn folder(name: &str) -> String {
    let readable: String =
        name.chars().take(READABLE).map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect();
    format!("{readable}-{:016x}", hash(name.bytes()))
}

/// FNV-1a, which never changes between releases.
pub(super) fn hash(bytes: impl Iterator<Item = u8>) -> u64 {
    bytes.fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

pub(super) fn champion(folder: &str) -> String {
    format!("{folder}/{CHAMPION}")
}

pub(super) fn metadata(folder: &str, version: &ModelVersion) -> String {
    format!("{folder}/{}-{}/{METADATA}", version.model, version.version)
}

pub(super) fn artifact(folder: &str, version: &ModelVersion) -> String {
    format!("{folder}/{}-{}/{ARTIFACT}", version.model, version.version)
}

/// What the keys of a folder say about its versions.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Versions {
    /// Those that exist, by model and version.
    pub(super) complete: Vec<ModelVersion>,
    /// Those of which something is there, but not all.
    pub(super) incomplete: Vec<ModelVersion>,
}

impl Versions {
    pub(super) fn of(keys: &[String]) -> Self {
        let parse = |key: &String| {
            let mut parts = key.rsplit('/');
            let (file, directory) = (parts.next()?, parts.next()?);
            let (model, version) = directory.rsplit_once('-')?;
            let known = (file == METADATA || file == ARTIFACT) && parts.count() == 1;
            known
                .then_some((ModelVersion { model: model.to_owned(), version: version.parse().ok()? }, file == METADATA))
        };
        let found: Vec<(ModelVersion, bool)> = keys.iter().filter_map(parse).collect();
        let complete: BTreeSet<ModelVersion> =
            found.iter().filter(|(_, exists)| *exists).map(|(version, _)| version.clone()).collect();
        let all: BTreeSet<ModelVersion> = found.into_iter().map(|(version, _)| version).collect();
        Self { incomplete: all.difference(&complete).cloned().collect(), complete: complete.into_iter().collect() }
    }

    /// The number after the last one given to a version of a model, complete or not.
    pub(super) fn next(&self, model: &str) -> u32 {
        let all = self.complete.iter().chain(&self.incomplete);
        all.filter(|have| have.model == model).map(|have| have.version).max().unwrap_or(0).saturating_add(1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_exists_by_its_metadata() {
        let version = |model: &str, version| ModelVersion { model: model.to_owned(), version };
        let (one, two, three) = (version("ridge", 1), version("ridge", 2), version("lstm", 7));
        let keys =
            [artifact("s", &one), metadata("s", &one), artifact("s", &two), metadata("s", &three), champion("s")];
        let versions = Versions::of(&keys);
        assert_eq!(versions, Versions { complete: vec![three, one], incomplete: vec![two] });
        assert_eq!((versions.next("ridge"), versions.next("lstm"), versions.next("tree")), (3, 8, 1));
    }
}
