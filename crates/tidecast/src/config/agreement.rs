//! What sources and analytics must agree on, since none of them is wrong by itself.

use super::document::{Node, Section};
use super::problem::Problem;
use super::{Config, SourceConfig};
use std::collections::BTreeMap;

type Named = [(String, Section)];

/// The sections are those of the file, in its order.
pub(super) fn check(config: &Config, sources: &Named, analytics: &Named, problems: &mut Vec<Problem>) {
    problems.extend(networks(config, analytics));
    problems.extend(idle_groups(config, sources, analytics));
    problems.extend(names_of_series(config, sources, analytics));
}

/// There is one network on the API and on the console.
fn networks(config: &Config, analytics: &Named) -> Vec<Problem> {
    let is_network = |name: &String| config.analytics.get(name).is_some_and(|analytics| analytics.is_network);
    let mut networks = analytics.iter().filter(|(name, _)| is_network(name));
    let Some((first, _)) = networks.next() else { return Vec::new() };
    let message = format!(
        "analytics.{first} is the network monitoring already, and one is shown; write the keys of the preset out here, without the preset"
    );
    networks.map(|(_, section)| section.problem("preset", message.clone())).collect()
}

/// A group keeps only what analytics make of its records.
fn idle_groups(config: &Config, sources: &Named, analytics: &Named) -> Vec<Problem> {
    // As written, since an analysis with a mistake of its own reads it nevertheless.
    let is_read =
        |name: &str| analytics.iter().any(|(_, section)| section.value("input").and_then(Node::text) == Some(name));
    let shares = |name: &String| matches!(config.sources.get(name), Some(SourceConfig::RedisStream { redis, .. }) if redis.group.is_some());
    let idle = sources.iter().filter(|(name, _)| shares(name) && !is_read(name));
    let message = "no analytics read this source, and workers of a group keep nothing else; add some under `analytics`, or leave `group` out";
    idle.map(|(_, section)| section.problem("group", message)).collect()
}

/// Two that call their series alike would each overwrite what the other stores.
fn names_of_series<'a>(config: &Config, sources: &'a Named, analytics: &'a Named) -> Vec<Problem> {
    let mut owners: BTreeMap<String, String> = BTreeMap::new();
    let mut problems = Vec::new();
    let polled = |(name, section): &'a (String, Section)| match config.sources.get(name) {
        Some(SourceConfig::HttpPoll(keys)) => Some((keys.prefix.clone(), section, "prefix")),
        _ => None,
    };
    let analysed = analytics.iter().map(|(name, section)| (name.replace('-', "_"), section, ""));
    for (prefix, section, key) in analysed.chain(sources.iter().filter_map(polled)) {
        if let Some(owner) = owners.get(&prefix) {
            let message = format!("{owner} has series named {prefix}_* already; write another name");
            let path = if key.is_empty() { section.path.clone() } else { section.key_path(key) };
            let location = section.value(key).map_or(section.location, |node| node.location);
            problems.push(Problem::new(location, path, message));
        } else {
            owners.insert(prefix, section.path.clone());
        }
    }
    problems
}
