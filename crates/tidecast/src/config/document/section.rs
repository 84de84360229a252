//! One group of keys that becomes one struct, with all of its mistakes at once.

use super::decode::decode;
use super::error::Kind;
use super::node::{Content, Entry, Location, Node};
use crate::config::accepted::{accepted, nearest};
use crate::config::problem::Problem;
use serde::de::DeserializeOwned;

/// Mistakes reported of one section; whoever reads this many has seen enough.
const MOST_MISTAKES: usize = 100;

/// A group of keys in the document.
#[derive(Clone, Debug)]
pub(in crate::config) struct Section {
    /// Its path, `sources.meters`; empty for the whole file.
    pub(in crate::config) path: String,
    /// Where its name stands.
    pub(in crate::config) location: Location,
    pub(in crate::config) entries: Vec<Entry>,
}

impl Section {
    /// The section of an entry; a problem when its value is no group of keys. Nothing at all counts as an empty group.
    pub(in crate::config) fn new(parent: &str, entry: Entry, problems: &mut Vec<Problem>) -> Option<Self> {
        let path = if parent.is_empty() { entry.key } else { format!("{parent}.{}", entry.key) };
        let location = entry.location;
        match entry.value.content {
            Content::Mapping(entries) => Some(Self { path, location, entries }),
            Content::Scalar { .. } if entry.value.is_null() => Some(Self { path, location, entries: Vec::new() }),
            Content::Scalar { .. } | Content::Sequence(_) => {
                let message = format!("expected a group of keys, found {}", entry.value.shown());
                problems.push(Problem::new(entry.value.location, path, message));
                None
            }
        }
    }

    /// Takes a key out of the section.
    pub(in crate::config) fn take(&mut self, key: &str) -> Option<Entry> {
        let index = self.entries.iter().position(|entry| entry.key == key)?;
        Some(self.entries.remove(index))
    }

    /// A value as it was written, after substitution.
    pub(in crate::config) fn value(&self, key: &str) -> Option<&Node> {
        self.entries.iter().find(|entry| entry.key == key).map(|entry| &entry.value)
    }

    /// A problem with the value of a key, placed at the section where the key was not written.
    pub(in crate::config) fn problem(&self, key: &str, message: impl Into<String>) -> Problem {
        let location = self.value(key).map_or(self.location, |node| node.location);
        Problem::new(location, self.key_path(key), message)
    }

    /// Where the value at a path stands, `rules[0].value`; where it leads nowhere, what it leads to last.
    pub(in crate::config) fn place(&self, path: &str) -> Location {
        let mut steps = path.split(['.', '[']).map(|step| step.trim_end_matches(']'));
        let Some(mut node) = steps.next().and_then(|key| self.value(key)) else { return self.location };
        for step in steps {
            let next = match &node.content {
                Content::Mapping(entries) => entries.iter().find(|entry| entry.key == step).map(|entry| &entry.value),
                Content::Sequence(nodes) => step.parse().ok().and_then(|index: usize| nodes.get(index)),
                Content::Scalar { .. } => None,
            };
            let Some(next) = next else { break };
            node = next;
        }
        node.location
    }

    /// A value as messages quote it: never the content of a substituted one.
    pub(in crate::config) fn shown(&self, key: &str) -> String {
        self.value(key).map_or_else(|| "nothing".to_owned(), Node::shown)
    }

    /// The full path of a key.
    pub(in crate::config) fn key_path(&self, key: &str) -> String {
        if self.path.is_empty() { key.to_owned() } else { format!("{}.{key}", self.path) }
    }

    /// Reports every one of `names` that was not written, not even misspelt.
    pub(in crate::config) fn require(&self, names: &[&str], problems: &mut Vec<Problem>) {
        for name in names.iter().filter(|name| self.value(name).is_none() && self.misspelt(name).is_none()) {
            problems.push(self.problem(name, format!("missing; add `{name}: …`")));
        }
    }

    /// The key that was written for `name`, if it is close to it.
    pub(in crate::config) fn misspelt(&self, name: &str) -> Option<&Entry> {
        self.entries.iter().find(|entry| entry.key != name && nearest(&entry.key, &[name]).is_some())
    }

    /// Decodes the section. serde stops at the first mistake, so after each one the key it happened under is left
    /// out and decoding starts again: every wrong key is reported, and one that is merely missing because it was
    /// wrong is not reported twice. `also` are keys already taken, named among the accepted ones.
    pub(in crate::config) fn decode<T: DeserializeOwned>(
        &self,
        also: &[&str],
        problems: &mut Vec<Problem>,
    ) -> Option<T> {
        let mut left_out: Vec<String> = Vec::new();
        let mut node =
            Node { location: self.location, content: Content::Mapping(self.entries.clone()), substituted: false };
        loop {
            let error = match decode::<T>(&node) {
                Ok(value) => return left_out.is_empty().then_some(value),
                Err(error) => error,
            };
            if left_out.iter().any(|key| error.is_missing_for(key)) {
                return None;
            }
            let message = error.message(also);
            let mut path = self.path.clone();
            let missing = if let Kind::MissingKey { key } = error.kind { Some(key.to_owned()) } else { None };
            for step in error.path.iter().rev().chain(&missing) {
                let dot = if path.is_empty() || step.starts_with('[') { "" } else { "." };
                path = format!("{path}{dot}{step}");
            }
            problems.push(Problem::new(error.location.unwrap_or(self.location), path, message));
            let (Some(key), Content::Mapping(entries)) = (error.path.last(), &mut node.content) else { return None };
            entries.retain(|entry| entry.key != *key);
            left_out.push(key.clone());
            if left_out.len() >= MOST_MISTAKES {
                return None;
            }
        }
    }

    /// Reports every key that is not one of `names`.
    pub(in crate::config) fn refuse_unknown(&self, names: &[&str], problems: &mut Vec<Problem>) {
        for entry in self.entries.iter().filter(|entry| !names.contains(&entry.key.as_str())) {
            let message = format!("unknown key{}", accepted(&entry.key, names));
            problems.push(Problem::new(entry.location, self.key_path(&entry.key), message));
        }
    }
}
