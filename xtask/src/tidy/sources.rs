//! Source files: each says first what it is, is short, and is named after what it does.

use super::TextFile;

/// Above this a file does more than one thing, or has a reason in [`LONG_FILES`].
const LINES_MAX: usize = 600;

/// Files that may be longer, and why.
const LONG_FILES: &[(&str, &str)] = &[];

/// Names that say nothing and so attract everything.
const EMPTY_NAMES: [&str; 7] = ["common", "commons", "helper", "helpers", "misc", "util", "utils"];

pub(super) fn check(files: &[TextFile]) -> Vec<String> {
    let mut breaches: Vec<String> = files.iter().filter(|file| is_source(&file.path)).flat_map(check_file).collect();
    let listed = LONG_FILES.iter().filter(|(path, _)| !files.iter().any(|file| file.path == *path && is_long(file)));
    breaches.extend(listed.map(|(path, _)| format!("{path}: listed as long, but is not; take it off the list")));
    breaches
}

fn check_file(file: &TextFile) -> Vec<String> {
    let path = &file.path;
    let mut breaches = Vec::new();
    if path.ends_with(".rs") && !file.text.starts_with("//!") {
        breaches.push(format!("{path}:1: open with `//!`: what this file is and why it exists"));
    }
    if is_long(file) && !LONG_FILES.iter().any(|(long, _)| long == path) {
        let lines = file.text.lines().count();
        breaches.push(format!("{path}: {lines} lines, more than {LINES_MAX}; split it, or list it with a reason"));
    }
    let names = path.split('/').map(|part| part.split_once('.').map_or(part, |(stem, _)| stem));
    for name in names.filter(|name| EMPTY_NAMES.contains(name)) {
        breaches.push(format!("{path}: `{name}` says nothing; name it after the one thing it does"));
    }
    breaches
}

fn is_long(file: &TextFile) -> bool {
    file.text.lines().count() > LINES_MAX
}

fn is_source(path: &str) -> bool {
    [".rs", ".ts", ".mjs", ".svelte"].iter().any(|extension| path.ends_with(extension))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_open_are_short_and_named() {
        let long = format!("//! Long.\n{}", "\n".repeat(LINES_MAX));
        let check = |path: &str, text: &str, expected: &[&str]| {
            let file = TextFile { path: path.to_owned(), text: text.to_owned() };
            assert_eq!(check(&[file]), expected);
        };
        check("crates/a/src/lib.rs", "//! What and why.\n", &[]);
        check("docs/utils.md", "no source", &[]);
        check("a.rs", "use std::fmt;\n", &["a.rs:1: open with `//!`: what this file is and why it exists"]);
        check("a.rs", &long, &["a.rs: 601 lines, more than 600; split it, or list it with a reason"]);
        check("src/utils.rs", "//! A.\n", &["src/utils.rs: `utils` says nothing; name it after the one thing it does"]);
        check(
            "console/src/common/a.test.ts",
            "",
            &["console/src/common/a.test.ts: `common` says nothing; name it after the one thing it does"],
        );
    }
}
