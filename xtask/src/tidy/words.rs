//! Words that do not belong in what we write: praise that carries no fact, marks of unfinished work, one person's paths.

use super::TextFile;
use anyhow::Result;
use regex::Regex;

/// This file has to name them.
const SELF: &str = "xtask/src/tidy/words.rs";

/// Each pattern, and what to write instead.
const BANNED: [(&str, &str); 5] = [
    (r"(?i)\b(leverag(e[sd]?|ing)|utili[sz](e[sd]?|ing))\b", "write `use`"),
    (
        r"(?i)\b(seamless(ly)?|blazing(ly)?|cutting-edge|world-class|game-changing|powerful)\b",
        "give a fact or a figure",
    ),
    (r"(?i)\b(obviously|of course)\b", "leave it out"),
    (r"\b(FIXME|TODO|XXX)\b", "do it, or open an issue"),
    (r"/home/\w", "name no one's machine; write a relative path"),
];

pub(super) fn check(files: &[TextFile]) -> Result<Vec<String>> {
    let mut breaches = Vec::new();
    for (pattern, instead) in BANNED {
        let pattern = Regex::new(pattern)?;
        for file in files.iter().filter(|file| file.path != SELF) {
            for (line, text) in file.text.lines().enumerate() {
                if let Some(found) = pattern.find(text) {
                    breaches.push(format!("{}:{}: `{}`: {instead}", file.path, line + 1, found.as_str()));
                }
            }
        }
    }
    Ok(breaches)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_whole_words() {
        let check = |text: &str, expected: &[&str]| {
            let file = TextFile { path: "a.md".to_owned(), text: text.to_owned() };
            assert_eq!(check(&[file]).unwrap(), expected);
        };
        check("Use it.\nThe todo of a list; lever, age.", &[]);
        check("Fine.\nSeamlessly done.", &["a.md:2: `Seamlessly`: give a fact or a figure"]);
        check("// TODO: later", &["a.md:1: `TODO`: do it, or open an issue"]);
        check("see /home/me", &["a.md:1: `/home/m`: name no one's machine; write a relative path"]);
    }
}
