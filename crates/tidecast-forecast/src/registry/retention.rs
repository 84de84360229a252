//! Which versions are kept: the decision, apart from doing it.

use super::{Aliases, Metadata};
use std::collections::BTreeMap;
use tidecast_core::forecast::ModelVersion;

/// Newest versions kept per series and model, unless asked otherwise.
pub const VERSIONS_KEPT: usize = 5;

/// The version that competes with the champion: the newest whose accuracy is known. The champion's own forerunners have
/// had their time.
pub(super) fn challenger(versions: &[Metadata], champion: Option<&ModelVersion>) -> Option<ModelVersion> {
    let is_past =
        |have: &ModelVersion, champion: &ModelVersion| have.model == champion.model && have.version <= champion.version;
    let competes = |have: &&Metadata| {
        have.description.score.is_some() && champion.is_none_or(|champion| !is_past(&have.version, champion))
    };
    let newest =
        versions.iter().filter(competes).max_by_key(|have| (have.description.fitted_at_ms, have.version.version));
    newest.map(|have| have.version.clone())
}

/// The versions of a series that go: all but champion, challenger, the champion before, and the newest `keep` of each
/// model.
pub(super) fn superfluous<'a>(versions: &'a [Metadata], aliases: &Aliases, keep: usize) -> Vec<&'a Metadata> {
    let mut by_model: BTreeMap<&str, Vec<&Metadata>> = BTreeMap::new();
    for version in versions {
        by_model.entry(&version.version.model).or_default().push(version);
    }
    let mut gone = Vec::new();
    for mut versions in by_model.into_values() {
        versions.sort_by_key(|have| std::cmp::Reverse(have.version.version));
        gone.extend(versions.into_iter().skip(keep).filter(|have| !aliases.protect(&have.version)));
    }
    gone
}
