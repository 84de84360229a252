//! An operator's own autoscaling policy, in a file of its own: read like the configuration, with errors that say where.

mod behavior;

#[cfg(test)]
mod tests;

use super::document::{self, Content, Location, Section};
use super::environment::Environment;
use super::problem::{ConfigError, Problem};
use super::share::Share;
use behavior::BehaviorKeys;
use serde::Deserialize;
use std::path::Path;
use tidecast_autoscale::hpa::BehaviorSpec;
use tidecast_autoscale::policy::{CalendarEntry, Policy, PolicyError};

/// What a policy file says; what it leaves out stays as it is without one.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PolicyConfig {
    /// Fewest replicas.
    pub min_replicas: Option<i32>,
    /// Most replicas.
    pub max_replicas: Option<i32>,
    /// Utilisation to aim at when reacting to demand.
    pub target: Option<f64>,
    /// Share of time in which demand may exceed capacity.
    pub violation_budget: Option<f64>,
    /// Replicas that must be there at times.
    pub calendar: Vec<CalendarEntry>,
    /// How fast replicas may change.
    pub behavior: Option<BehaviorSpec>,
}

/// The keys as written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PolicyKeys {
    min_replicas: Option<i32>,
    max_replicas: Option<i32>,
    target: Option<Share>,
    violation_budget: Option<Share>,
    #[serde(default)]
    calendar: Vec<CalendarEntry>,
    behavior: Option<BehaviorKeys>,
}

impl PolicyConfig {
    /// Reads and parses a file.
    ///
    /// # Errors
    /// When the file cannot be read or is wrong.
    pub fn load(path: &Path, environment: &dyn Environment) -> Result<Self, ConfigError> {
        let file = path.display().to_string();
        let text = environment.file(path).map_err(|error| ConfigError::Unreadable {
            what: "policy",
            file: file.clone(),
            reason: format!("{error}; check the path after --policy and its permissions"),
        })?;
        Self::parse(&file, &text)
    }

    /// Parses the text of a file called `name` in messages.
    ///
    /// # Errors
    /// When it is wrong: with every mistake found.
    pub fn parse(name: &str, text: &str) -> Result<Self, ConfigError> {
        let mut problems = Vec::new();
        match parse(text, &mut problems) {
            Some(policy) if problems.is_empty() => Ok(policy),
            _ => Err(ConfigError::invalid(name, problems)),
        }
    }
}

fn parse(text: &str, problems: &mut Vec<Problem>) -> Option<PolicyConfig> {
    let root = document::read(text, problems).map_err(|problem| problems.push(problem)).ok()?;
    let start = Location { line: 1, column: 1 };
    let Some(root) = root else {
        problems.push(Problem::new(start, "", "the file is empty; write at least `target:` or `calendar:`"));
        return None;
    };
    let Content::Mapping(entries) = root.content else {
        let message = format!("expected keys such as `target:`, found {}", root.shown());
        problems.push(Problem::new(root.location, "", message));
        return None;
    };
    let section = Section { path: String::new(), location: start, entries };
    let keys: PolicyKeys = section.decode(&[], problems)?;
    let policy = PolicyConfig {
        min_replicas: keys.min_replicas,
        max_replicas: keys.max_replicas,
        target: keys.target.map(|share| share.0),
        violation_budget: keys.violation_budget.map(|share| share.0),
        calendar: keys.calendar,
        behavior: keys.behavior.map(BehaviorSpec::from),
    };
    for (key, error) in mistakes(&policy) {
        // The message names the key itself.
        problems.push(Problem::new(section.place(&key), "", error.to_string()));
    }
    Some(policy)
}

/// What is wrong with a policy as such: the first mistake of each of its parts, with its key.
fn mistakes(policy: &PolicyConfig) -> Vec<(String, PolicyError)> {
    let usual = Policy::default();
    let min_replicas = policy.min_replicas.unwrap_or(0);
    // What is not given gets out of the way of what is.
    let max_replicas = policy.max_replicas.unwrap_or(usual.max_replicas.max(min_replicas));
    let parts = [
        Policy { min_replicas, max_replicas, ..usual.clone() },
        Policy { target: policy.target.unwrap_or(usual.target), ..usual.clone() },
        Policy { violation_budget: policy.violation_budget, ..usual.clone() },
        Policy { behavior: policy.behavior.clone(), ..usual.clone() },
    ];
    let mut mistakes: Vec<(String, PolicyError)> =
        parts.iter().filter_map(|part| part.check().err()).map(|error| (key(&error).to_owned(), error)).collect();
    for (index, entry) in policy.calendar.iter().enumerate() {
        let part = Policy { calendar: vec![entry.clone()], ..usual.clone() };
        if let Err(error) = part.check() {
            mistakes.push((format!("calendar[{index}].{}", key_of_entry(entry, &error)), error));
        }
    }
    mistakes
}

fn key(error: &PolicyError) -> &str {
    match error {
        PolicyError::Limits { .. } => "min_replicas",
        PolicyError::Replicas { name, .. } | PolicyError::Share { name, .. } => name,
        PolicyError::Behavior(error) => error.key(),
        PolicyError::Capacity(_) | PolicyError::Schedule { .. } | PolicyError::TimeZone(_) => "calendar",
    }
}

fn key_of_entry(entry: &CalendarEntry, error: &PolicyError) -> &'static str {
    match error {
        PolicyError::TimeZone(_) => "time_zone",
        PolicyError::Schedule { schedule, .. } if *schedule == entry.start => "start",
        PolicyError::Schedule { .. } => "end",
        _ => "min_replicas",
    }
}
