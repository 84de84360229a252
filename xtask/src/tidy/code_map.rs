//! Keeps the code map of `ARCHITECTURE.md` and the repository in step, both ways.
//!
//! Below the heading `## Code map`, each heading of the third level names one folder; a crate's section then names its
//! modules. Every folder at the top of the repository, every crate, and every folder directly in a crate's `src` must
//! be there. What looks like a path, and in a crate's section like a module, must exist.

use super::ARCHITECTURE;
use crate::workspace::Crate;
use std::collections::BTreeSet;

const HEADING: &str = "## Code map";

/// One folder's part of the map.
struct Section<'a> {
    folder: &'a str,
    /// What it writes in backquotes.
    quoted: Vec<&'a str>,
}

pub(super) fn check(architecture: &str, files: &[String], crates: &[Crate]) -> Vec<String> {
    let there = folders(files);
    let sections = sections(architecture);
    let mut breaches = Vec::new();
    let top = there.iter().filter(|folder| !folder.contains('/') && !folder.starts_with('.'));
    // The folder of the crates has no section of its own; theirs are in it.
    let required = top.filter(|folder| !crates.iter().any(|one| one.folder.starts_with(&format!("{folder}/"))));
    for folder in required.chain(crates.iter().map(|one| &one.folder)).collect::<BTreeSet<_>>() {
        if !sections.iter().any(|section| section.folder == folder) {
            breaches.push(format!("{ARCHITECTURE}: the code map has no heading ### `{folder}`"));
        }
    }
    for section in &sections {
        if !there.contains(section.folder) {
            breaches.push(format!("{ARCHITECTURE}: the code map has `{}`, which does not exist", section.folder));
        }
        let krate = crates.iter().find(|one| one.folder == section.folder);
        let gone = section.quoted.iter().filter(|name| is_gone(name, section.folder, krate, files, &there, crates));
        breaches.extend(gone.map(|name| format!("{ARCHITECTURE}: `{name}` under `{}` does not exist", section.folder)));
        if krate.is_some() {
            breaches.extend(unnamed_modules(section, &there));
        }
    }
    breaches
}

/// Folders directly in the `src` of the section's crate which it does not name.
fn unnamed_modules(section: &Section<'_>, folders: &BTreeSet<String>) -> Vec<String> {
    let source = format!("{}/src/", section.folder);
    let modules = folders.iter().filter_map(|folder| folder.strip_prefix(&source)).filter(|name| !name.contains('/'));
    let missing = modules.filter(|module| !section.quoted.iter().any(|name| name.trim_end_matches('/') == *module));
    missing.map(|module| format!("{ARCHITECTURE}: `{}` does not name `{module}`", section.folder)).collect()
}

fn sections(architecture: &str) -> Vec<Section<'_>> {
    let Some((_, map)) = architecture.split_once(HEADING) else { return Vec::new() };
    let map = map.split_once("\n## ").map_or(map, |(map, _)| map);
    let section = |text| {
        let mut quoted = backquoted(text).into_iter();
        quoted.next().map(|folder| Section { folder, quoted: quoted.collect() })
    };
    map.split("\n### ").skip(1).filter_map(section).collect()
}

/// Every second piece between backquotes.
fn backquoted(text: &str) -> Vec<&str> {
    text.split('`').skip(1).step_by(2).collect()
}

/// Whether a quoted name is meant as a place and is none. Types, commands and formulas are not meant as places.
fn is_gone(
    name: &str,
    folder: &str,
    krate: Option<&Crate>,
    files: &[String],
    folders: &BTreeSet<String>,
    crates: &[Crate],
) -> bool {
    let plain =
        |extra: &[u8]| name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_' || extra.contains(&byte));
    let path = name.contains('/') && !name.starts_with('/') && plain(b"-./");
    let module = krate.is_some() && plain(b"") && !crates.iter().any(|one| one.name == name);
    if !path && !module {
        return false;
    }
    let name = name.trim_end_matches('/');
    let places = [name.to_owned(), format!("{folder}/{name}"), format!("{folder}/src/{name}")];
    !places.iter().any(|place| {
        let file = format!("{place}.rs");
        folders.contains(place) || files.contains(place) || files.contains(&file)
    })
}

/// All folders that hold files, at any depth.
fn folders(files: &[String]) -> BTreeSet<String> {
    files.iter().flat_map(|file| file.match_indices('/').map(|(end, _)| file[..end].to_owned())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILES: [&str; 5] = [
        "README.md",
        "crates/tidecast-core/src/lib.rs",
        "crates/tidecast-core/src/duration.rs",
        "crates/tidecast-core/src/series/key.rs",
        "docs/README.md",
    ];

    fn check_map(map: &str, expected: &[&str]) {
        let text = format!("# Architecture\n\n## Code map\n\nThe `edges`.\n\n{map}\n\n## Invariants\n\n`none/such`\n");
        let files = FILES.map(str::to_owned);
        let crates = [Crate {
            name: "tidecast-core".to_owned(),
            folder: "crates/tidecast-core".to_owned(),
            dependencies: Vec::new(),
        }];
        let expected: Vec<String> = expected.iter().map(|rest| format!("ARCHITECTURE.md: {rest}")).collect();
        assert_eq!(check(&text, &files, &crates), expected);
    }

    #[test]
    fn a_map_that_names_everything_passes() {
        check_map(
            "### `crates/tidecast-core`\n\nPure: `series`, `duration`, `Source`, no `--server`.\n\n### `docs`\n\nA guide.",
            &[],
        );
        check_map("### `crates/tidecast-core`\n\n`series/`, in `src/lib.rs`.\n\n### `docs`\n\n`docs/README.md`", &[]);
    }

    #[test]
    fn what_is_missing_and_what_is_gone_is_named() {
        check_map("### `docs`\n", &["the code map has no heading ### `crates/tidecast-core`"]);
        check_map(
            "### `crates/tidecast-core`\n\n`duration`\n\n### `docs`\n\n### `site`\n",
            &["`crates/tidecast-core` does not name `series`", "the code map has `site`, which does not exist"],
        );
        check_map(
            "### `crates/tidecast-core`\n\n`series`, `window`, `models/`\n\n### `docs`\n\n`prose` and `docs/dist`\n",
            &[
                "`window` under `crates/tidecast-core` does not exist",
                "`models/` under `crates/tidecast-core` does not exist",
                "`docs/dist` under `docs` does not exist",
            ],
        );
    }
}
