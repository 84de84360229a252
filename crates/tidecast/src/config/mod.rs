//! The configuration: one YAML file for every role, parsed once and passed down.
//!
//! Mistakes are found before anything runs, all of them at once where possible, and each names file, line, column,
//! key, what is wrong and what would be accepted. `docs/configuration.md` is the user's description.

mod accepted;
mod agreement;
mod analytics;
mod document;
mod environment;
mod forecast;
mod policy;
mod preset;
mod problem;
mod redis;
mod registry;
mod server;
mod share;
mod source;
mod store;
mod stream;
mod transform;

#[cfg(test)]
mod documentation;
#[cfg(test)]
mod fixtures;
#[cfg(test)]
mod tests;

pub use analytics::{AnalyticsConfig, AnalyticsKeys};
pub use environment::{Environment, ProcessEnvironment};
pub use forecast::ForecastConfig;
pub use policy::PolicyConfig;
pub use problem::{ConfigError, Problem};
pub use redis::RedisKeys;
pub(crate) use redis::shown;
pub use registry::RegistryConfig;
pub use server::{ServerConfig, TokenError};
pub use share::Share;
pub use source::{PollKeys, SourceConfig};
pub use store::StoreConfig;
pub use stream::StreamKeys;
pub use transform::{TransformConfig, transforms};

use document::{Content, Entry, Location, Section};
use serde::Serialize;
use std::collections::BTreeMap;
use std::path::Path;
use tidecast_core::duration::DurationMs;

/// Everything a configuration file says.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Config {
    /// Where samples and forecasts are kept.
    pub store: StoreConfig,
    /// Where models are kept; beside the store where absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub registry: Option<RegistryConfig>,
    /// Where samples come from, by name.
    pub sources: BTreeMap<String, SourceConfig>,
    /// What is computed over streams, by name.
    pub analytics: BTreeMap<String, AnalyticsConfig>,
    /// What is forecast, by name.
    pub forecasts: BTreeMap<String, ForecastConfig>,
    /// How long samples are kept; forever where absent.
    pub retention: Option<DurationMs>,
    /// How the API and the console are served.
    pub server: ServerConfig,
}

/// The keys of the file itself.
const KEYS: [&str; 7] = ["store", "registry", "sources", "analytics", "forecasts", "retention", "server"];

impl Config {
    /// Reads and parses a file. `models` are the names that `forecasts.*.model` may have.
    ///
    /// # Errors
    /// When the file cannot be read or is wrong.
    pub fn load(path: &Path, environment: &dyn Environment, models: &[&str]) -> Result<Self, ConfigError> {
        let file = path.display().to_string();
        let text = environment.file(path).map_err(|error| ConfigError::Unreadable {
            what: "configuration",
            file: file.clone(),
            reason: format!("{error}; check the path after -f and its permissions"),
        })?;
        Self::parse(&file, &text, environment, models)
    }

    /// Parses the text of a file called `name` in messages.
    ///
    /// # Errors
    /// When it is wrong: with every mistake found.
    pub fn parse(name: &str, text: &str, environment: &dyn Environment, models: &[&str]) -> Result<Self, ConfigError> {
        let mut problems = Vec::new();
        let config = parse(text, environment, models, &mut problems);
        match config {
            Some(config) if problems.is_empty() => Ok(config),
            _ => Err(ConfigError::invalid(name, problems)),
        }
    }
}

/// The configuration as far as it can be understood; it counts only if there are no problems.
fn parse(text: &str, environment: &dyn Environment, models: &[&str], problems: &mut Vec<Problem>) -> Option<Config> {
    let root = document::read(text, problems).map_err(|problem| problems.push(problem)).ok()?;
    let start = Location { line: 1, column: 1 };
    let Some(mut root) = root else {
        problems.push(Problem::new(start, "", "the file is empty; write at least `sources:` or `server:`"));
        return None;
    };
    document::substitute(&mut root, "", environment, problems);
    let Content::Mapping(entries) = root.content else {
        problems.push(Problem::new(
            root.location,
            "",
            format!("expected keys ({}), found {}", KEYS.join(", "), root.shown()),
        ));
        return None;
    };
    let mut root = Section { path: String::new(), location: start, entries };
    root.refuse_unknown(&KEYS, problems);

    let mut config = Config::default();
    if let Some(store) = store::parse(&root, problems) {
        config.store = store;
    }
    config.registry = registry::parse(&root, problems);
    config.retention = forecast::positive_duration(&root, "retention", problems);
    let sources = named(root.take("sources"), problems);
    problems.extend(paths_read_twice(&sources));
    for (name, section) in &sources {
        if let Some(source) = source::parse(section.clone(), problems) {
            config.sources.insert(name.clone(), source);
        }
    }
    let analytics = named(root.take("analytics"), problems);
    for (name, section) in &analytics {
        if let Some(analysis) = analytics::parse(section.clone(), &config.sources, problems) {
            config.analytics.insert(name.clone(), analysis);
        }
    }
    agreement::check(&config, &sources, &analytics, problems);
    for (name, section) in named(root.take("forecasts"), problems) {
        if let Some(forecast) = forecast::parse(&section, models, problems) {
            config.forecasts.insert(name, forecast);
        }
    }
    if let Some(section) = root.take("server").and_then(|entry| Section::new("", entry, problems)) {
        config.server = server::parse(&section, problems)?;
    }
    Some(config)
}

/// Stores remember by its path how far a file was read, so two sources of one file would each read half of it.
fn paths_read_twice(sources: &[(String, Section)]) -> Vec<Problem> {
    let mut first_readers: BTreeMap<&str, &str> = BTreeMap::new();
    let mut problems = Vec::new();
    for (name, section) in sources {
        let Some(path) = section.value("path").and_then(document::Node::text).filter(|path| !path.is_empty()) else {
            continue;
        };
        match first_readers.get(path) {
            Some(first) => {
                let message = format!("{} is already read by sources.{first}; keep one of them", section.shown("path"));
                problems.push(section.problem("path", message));
            }
            None => {
                first_readers.insert(path, name);
            }
        }
    }
    problems
}

/// The sections that a user has named, under `sources` or `forecasts`.
fn named(group: Option<Entry>, problems: &mut Vec<Problem>) -> Vec<(String, Section)> {
    let Some(group) = group.and_then(|entry| Section::new("", entry, problems)) else { return Vec::new() };
    let mut sections = Vec::new();
    for entry in group.entries {
        let is_name = !entry.key.is_empty() && entry.key.chars().all(|c| c.is_ascii_alphanumeric() || "_-".contains(c));
        if !is_name {
            let path = format!("{}.{}", group.path, entry.key);
            problems.push(Problem::new(entry.location, path, "a name has letters, digits, `_` and `-` only"));
        }
        let name = entry.key.clone();
        sections.extend(Section::new(&group.path, entry, problems).map(|section| (name, section)));
    }
    sections
}
