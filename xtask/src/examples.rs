//! Runs the examples: each `examples/*/expected.txt` is a transcript, and what it shows must be what one gets.
//!
//! A line that opens with `$ ` is a command, given to a shell in a fresh copy of the folder; the lines below it are what it
//! prints. `[..]` stands for whatever differs between runs, such as times taken.

use crate::console;
use crate::program::Programs;
use crate::workspace::Workspace;
use anyhow::{Context as _, Result, bail};
use std::ffi::OsString;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

const MINUTE: Duration = Duration::from_secs(60);

const EXAMPLES: &str = "examples";
const TRANSCRIPT: &str = "expected.txt";
const ANYTHING: &str = "[..]";

/// One command and what it prints.
#[derive(Debug, PartialEq, Eq)]
struct Exchange<'a> {
    command: &'a str,
    output: Vec<&'a str>,
}

/// Replays every transcript with the binary that the build step made.
pub(crate) fn check(programs: &Programs, workspace: &Workspace) -> Result<()> {
    let files = workspace.files(programs)?;
    let in_example = |file: &String| file.starts_with(&format!("{EXAMPLES}/")) && file.ends_with(TRANSCRIPT);
    for transcript in files.iter().filter(|file| in_example(file)) {
        let example = transcript.trim_end_matches(TRANSCRIPT).trim_end_matches('/');
        let copy = tempfile::tempdir()?;
        for (name, bytes) in console::contents(&workspace.path(example))? {
            // Only what is committed: a store left by someone who tried the example is not part of it.
            if files.contains(&format!("{example}/{name}")) {
                write(&copy.path().join(name), &bytes)?;
            }
        }
        let text = std::fs::read_to_string(workspace.path(transcript))?;
        let exchanges = parse(&text).with_context(|| transcript.clone())?;
        for exchange in &exchanges {
            replay(programs, workspace, copy.path(), exchange).with_context(|| example.to_owned())?;
        }
        println!("{example}: {} commands print what they should", exchanges.len());
    }
    Ok(())
}

fn write(path: &Path, bytes: &[u8]) -> Result<()> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    Ok(std::fs::write(path, bytes)?)
}

fn replay(programs: &Programs, workspace: &Workspace, folder: &Path, exchange: &Exchange<'_>) -> Result<()> {
    let binary = workspace.debug_binary();
    let mut path = OsString::from(binary.parent().context("the binary is in a folder")?);
    path.push(":");
    path.push(std::env::var_os("PATH").unwrap_or_default());
    let mut command = Command::new("sh");
    command.args(["-c", exchange.command]).current_dir(folder).env("PATH", path);
    let printed = String::from_utf8(programs.output(&mut command, MINUTE)?)?;
    if !matches(&exchange.output, &printed) {
        let expected = exchange.output.join("\n");
        bail!("`{}` should print\n{expected}\n\nbut prints\n{printed}", exchange.command);
    }
    Ok(())
}

fn parse(transcript: &str) -> Result<Vec<Exchange<'_>>> {
    let mut exchanges: Vec<Exchange<'_>> = Vec::new();
    for line in transcript.lines() {
        match (line.strip_prefix("$ "), exchanges.last_mut()) {
            (Some(command), _) => exchanges.push(Exchange { command, output: Vec::new() }),
            (None, Some(exchange)) => exchange.output.push(line),
            (None, None) => bail!("a transcript opens with a command: `$ ...`"),
        }
    }
    Ok(exchanges)
}

fn matches(expected: &[&str], printed: &str) -> bool {
    let printed: Vec<&str> = printed.lines().collect();
    expected.len() == printed.len()
        && expected.iter().zip(&printed).all(|(expected, line)| matches_line(expected, line))
}

/// Whether the pieces between the gaps follow each other in the line, the first at its start and the last at its end.
fn matches_line(expected: &str, line: &str) -> bool {
    let mut pieces = expected.split(ANYTHING);
    let Some(mut rest) = pieces.next().and_then(|first| line.strip_prefix(first)) else { return false };
    let pieces: Vec<&str> = pieces.collect();
    let Some((last, between)) = pieces.split_last() else { return rest.is_empty() };
    for piece in between {
        let Some((_, after)) = rest.split_once(piece) else { return false };
        rest = after;
    }
    rest.ends_with(last)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gaps_match_anything() {
        let check =
            |expected: &str, line: &str, fits| assert_eq!(matches_line(expected, line), fits, "{expected} {line}");
        check("672 rows", "672 rows", true);
        check("672 rows", "672 rows more", false);
        check("672 rows in [..] s", "672 rows in 0.01 s", true);
        check("672 rows in [..] s", "672 rows in 0.01 min", false);
        check("[..]", "", true);
        check("a[..]b[..]c", "a1b2c", true);
        check("a[..]b[..]c", "a1c", false);
    }

    #[test]
    fn a_transcript_is_commands_and_what_they_print() {
        let exchange = |command, output: &[&'static str]| Exchange { command, output: output.to_vec() };
        let parsed = parse("$ one\n1\n\n$ two\n").unwrap();
        assert_eq!(parsed, [exchange("one", &["1", ""]), exchange("two", &[])]);
        assert!(parse("1\n$ one\n").is_err());
        assert!(matches(&["1", "[..]"], "1\n2\n") && !matches(&["1"], "1\n2\n"));
    }
}
