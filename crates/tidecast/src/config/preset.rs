//! Presets: keys of a source filled in for a known format.

use super::accepted::accepted;
use super::document::{Content, Entry, Location, Node, Section};
use super::problem::Problem;

/// A known format and the keys it stands for.
struct Preset {
    name: &'static str,
    keys: &'static [(&'static str, &'static str)],
}

const PRESETS: [Preset; 1] = [Preset {
    // A timestamp column, then a column per meter, of which the first ten are read.
    name: "smart-meters",
    keys: &[("type", "csv"), ("layout", "wide"), ("series", "power{device_id=\"$column\"}"), ("columns", "10")],
}];

/// Replaces the key `preset` by the keys it stands for; those written beside it win.
pub(super) fn fill_in(section: &mut Section, problems: &mut Vec<Problem>) {
    let Some(index) = section.entries.iter().position(|entry| entry.key == "preset") else { return };
    let written = section.entries[index].value.text().unwrap_or_default();
    let Some(preset) = PRESETS.iter().find(|preset| preset.name == written) else {
        let names: Vec<&str> = PRESETS.iter().map(|preset| preset.name).collect();
        let shown = section.shown("preset");
        problems.push(section.problem("preset", format!("{shown} is no preset{}", accepted(written, &names))));
        section.entries.remove(index);
        return;
    };
    let location = section.entries.remove(index).location;
    for (key, text) in preset.keys {
        if section.value(key).is_none() {
            section.entries.push(Entry { key: (*key).to_owned(), location, value: scalar(text, location) });
        }
    }
}

fn scalar(text: &str, location: Location) -> Node {
    Node { location, content: Content::Scalar { text: text.to_owned(), plain: true }, substituted: false }
}
