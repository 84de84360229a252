//! `store`: where samples and forecasts are kept.

use super::document::Section;
use super::problem::Problem;
use serde::Serialize;
use std::path::PathBuf;

/// Which store.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(into = "String")]
pub enum StoreConfig {
    /// `embedded:DIR`: files in a directory of this machine, relative to the working directory.
    Embedded(PathBuf),
}

impl Default for StoreConfig {
    fn default() -> Self {
        Self::Embedded(PathBuf::from("./data"))
    }
}

/// Schemes that are part of the design and not available yet.
const PLANNED: [&str; 4] = ["redis", "influxdb", "mongodb", "prometheus"];

impl std::str::FromStr for StoreConfig {
    type Err = String;

    /// Parses `embedded:DIR`; the error is a message without the text itself.
    fn from_str(text: &str) -> Result<Self, String> {
        let (scheme, rest) = text.split_once(':').unwrap_or((text, ""));
        match (scheme, rest) {
            ("embedded", "") => Err("no directory is given; accepted: embedded:DIR".to_owned()),
            ("embedded", directory) => Ok(Self::Embedded(PathBuf::from(directory))),
            (planned, _) if PLANNED.contains(&planned) => {
                Err(format!("a store in {planned} is not built yet; accepted: embedded:DIR"))
            }
            _ => Err("unknown store; accepted: embedded:DIR".to_owned()),
        }
    }
}

impl std::fmt::Display for StoreConfig {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self::Embedded(directory) = self;
        write!(f, "embedded:{}", directory.display())
    }
}

impl From<StoreConfig> for String {
    fn from(store: StoreConfig) -> Self {
        store.to_string()
    }
}

pub(super) fn parse(root: &Section, problems: &mut Vec<Problem>) -> Option<StoreConfig> {
    let node = root.value("store")?;
    let Some(text) = node.text() else {
        problems.push(root.problem("store", format!("expected a text such as embedded:DIR, found {}", node.shown())));
        return None;
    };
    text.parse().map_err(|message| problems.push(root.problem("store", format!("{}: {message}", node.shown())))).ok()
}
