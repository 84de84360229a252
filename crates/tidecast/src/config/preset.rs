//! Presets: keys of a source or an analysis filled in for a known format.

use super::accepted::accepted;
use super::document::{self, Content, Entry, Location, Node, Section};
use super::problem::Problem;

/// A known format and the keys it stands for, as YAML.
pub(super) struct Preset {
    pub(super) name: &'static str,
    keys: &'static str,
}

pub(super) const SOURCES: [Preset; 1] =
    [Preset { name: "smart-meters", keys: include_str!("presets/smart-meters.yaml") }];

pub(super) const ANALYTICS: [Preset; 1] =
    [Preset { name: "network-monitoring", keys: include_str!("presets/network-monitoring.yaml") }];

/// Replaces the key `preset` by the keys it stands for; those written beside it win. Gives the preset that was named.
pub(super) fn fill_in(section: &mut Section, presets: &[Preset], problems: &mut Vec<Problem>) -> Option<&'static str> {
    let index = section.entries.iter().position(|entry| entry.key == "preset")?;
    let written = section.entries[index].value.text().unwrap_or_default();
    let Some(preset) = presets.iter().find(|preset| preset.name == written) else {
        let names: Vec<&str> = presets.iter().map(|preset| preset.name).collect();
        let shown = section.shown("preset");
        problems.push(section.problem("preset", format!("{shown} is no preset{}", accepted(written, &names))));
        section.entries.remove(index);
        return None;
    };
    let location = section.entries.remove(index).location;
    for mut entry in preset.entries(problems) {
        if section.value(&entry.key).is_none() {
            place(&mut entry, location);
            section.entries.push(entry);
        }
    }
    Some(preset.name)
}

impl Preset {
    fn entries(&self, problems: &mut Vec<Problem>) -> Vec<Entry> {
        match document::read(self.keys, problems) {
            Ok(Some(Node { content: Content::Mapping(entries), .. })) => entries,
            _ => Vec::new(),
        }
    }
}

/// Places what a preset stands for where the preset is named, so that errors point into the user's file.
fn place(entry: &mut Entry, location: Location) {
    entry.location = location;
    place_value(&mut entry.value, location);
}

fn place_value(node: &mut Node, location: Location) {
    node.location = location;
    match &mut node.content {
        Content::Scalar { .. } => {}
        Content::Sequence(nodes) => nodes.iter_mut().for_each(|node| place_value(node, location)),
        Content::Mapping(entries) => entries.iter_mut().for_each(|entry| place(entry, location)),
    }
}
