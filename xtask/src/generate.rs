//! `cargo xtask generate`: the files in the repository that programs write, and whether they are up to date.
//!
//! They are committed so that reading the API needs no build and building the binary needs no Node.

use crate::console;
use crate::program::Programs;
use crate::test::Verdict;
use crate::workspace::Workspace;
use anyhow::{Context as _, Result, bail};
use std::collections::BTreeMap;
use std::process::Command;
use std::time::Duration;

const MINUTE: Duration = Duration::from_secs(60);

const OPENAPI: &str = "docs/openapi.json";
const CONSOLE: &str = "console/dist";

/// Builds the console and the library, and writes both anew.
pub(crate) fn write(programs: &Programs, workspace: &Workspace) -> Result<()> {
    console::install(programs, workspace)?;
    if let Verdict::Skipped(why) = console::build(programs, workspace, &workspace.path(CONSOLE))? {
        println!("{CONSOLE} is left as it is: {why}");
    }
    programs.run(&mut workspace.cargo(["build", "--package", "tidecast", "--example", "openapi"]), 30 * MINUTE)?;
    std::fs::write(workspace.path(OPENAPI), openapi(programs, workspace)?)
        .with_context(|| format!("cannot write {OPENAPI}"))
}

/// Builds the library and fails when a generated file is out of date.
pub(crate) fn check(programs: &Programs, workspace: &Workspace) -> Result<()> {
    console::install(programs, workspace)?;
    programs.run(&mut workspace.cargo(["build", "--package", "tidecast", "--example", "openapi"]), 30 * MINUTE)?;
    if let Verdict::Skipped(why) = check_built(programs, workspace)? {
        println!("{why}");
    }
    Ok(())
}

/// As [`check`], with what the build step made.
pub(crate) fn check_built(programs: &Programs, workspace: &Workspace) -> Result<Verdict> {
    let mut stale = Vec::new();
    if std::fs::read(workspace.path(OPENAPI)).ok() != Some(openapi(programs, workspace)?) {
        stale.push(OPENAPI.to_owned());
    }
    // Elsewhere than in the checkout: touching the embedded files would make cargo build the binary again.
    let folder = tempfile::tempdir()?;
    let built = console::build(programs, workspace, folder.path())?;
    if matches!(built, Verdict::Passed) {
        let committed = console::contents(&workspace.path(CONSOLE))?;
        let names = differences(&committed, &console::contents(folder.path())?);
        stale.extend(names.into_iter().map(|name| format!("{CONSOLE}/{name}")));
    }
    if !stale.is_empty() {
        bail!("out of date, run `cargo xtask generate` and commit: {}", stale.join(", "));
    }
    Ok(match built {
        Verdict::Passed => Verdict::Passed,
        Verdict::Skipped(why) => Verdict::Skipped(format!("{OPENAPI} is up to date, {CONSOLE} not checked: {why}")),
    })
}

fn openapi(programs: &Programs, workspace: &Workspace) -> Result<Vec<u8>> {
    programs.output(&mut Command::new(workspace.target.join("debug/examples/openapi")), MINUTE)
}

/// Names of the files that only one side has or whose contents differ.
fn differences(committed: &BTreeMap<String, Vec<u8>>, built: &BTreeMap<String, Vec<u8>>) -> Vec<String> {
    let mut names: Vec<&String> = committed.keys().chain(built.keys()).collect();
    names.sort();
    names.dedup();
    names.into_iter().filter(|name| committed.get(*name) != built.get(*name)).cloned().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_changed_added_and_missing_files() {
        let files = |pairs: &[(&str, &str)]| -> BTreeMap<String, Vec<u8>> {
            pairs.iter().map(|(name, text)| ((*name).to_owned(), text.as_bytes().to_vec())).collect()
        };
        let check = |committed: &[(&str, &str)], built: &[(&str, &str)], expected: &[&str]| {
            assert_eq!(differences(&files(committed), &files(built)), expected);
        };
        check(&[("a", "1"), ("b", "2")], &[("a", "1"), ("b", "2")], &[]);
        check(&[("a", "1")], &[("a", "2")], &["a"]);
        check(&[("a", "1")], &[("b", "1")], &["a", "b"]);
    }
}
