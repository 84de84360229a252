//! The console's npm side: packages, a Node that is new enough, its build, its browser tests.

use crate::program::{Programs, find};
use crate::test::Verdict;
use crate::workspace::Workspace;
use anyhow::{Context as _, Result};
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

const MINUTE: Duration = Duration::from_secs(60);

/// The oldest major version of Node that builds the console.
const NODE_MAJOR: u32 = 20;

/// What is installed beside the tests where the machine's Node is older, as from Debian 12: npm's own package of it.
const NODE_VERSION: &str = "20.20.2";

/// What Chromium and its descendants are called; the browser tests drive the first that is there.
const BROWSERS: [&str; 4] = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];

/// Installs the console's packages, and Node beside them if the machine's is too old. Does nothing without npm.
pub(crate) fn install(programs: &Programs, workspace: &Workspace) -> Result<()> {
    if find("npm").is_none() {
        return Ok(());
    }
    if node(programs, workspace).is_none() {
        let package = format!("node-linux-{}@{NODE_VERSION}", node_architecture());
        println!("installing by npm into the build directory: {package} (this Node is older than {NODE_MAJOR})");
        std::fs::create_dir_all(workspace.tools())?;
        let mut command = Command::new("npm");
        command.args(["install", "--silent", "--no-save", "--no-audit", "--no-fund", "--prefix"]);
        programs.run(command.arg(workspace.tools()).arg(package), 5 * MINUTE)?;
    }
    let lock = workspace.path("console/package-lock.json");
    let installed = workspace.path("console/node_modules/.package-lock.json");
    if newer(&installed, &lock) {
        return Ok(());
    }
    println!("installing by npm into console/node_modules: the packages of console/package-lock.json");
    let mut command = npm(programs, workspace).context("Node was just installed, yet is not found")?;
    programs.run(command.args(["ci", "--no-audit", "--no-fund"]), 10 * MINUTE)
}

/// Runs the browser tests against the binary that the build step made.
pub(crate) fn browser_tests(programs: &Programs, workspace: &Workspace) -> Result<Verdict> {
    let Some(mut command) = npm(programs, workspace) else { return Ok(no_node()) };
    let Some(browser) = browser() else {
        return Ok(Verdict::Skipped("no browser: install chromium, or name one in CHROMIUM".to_owned()));
    };
    command.arg("test").env("TIDECAST_BIN", workspace.debug_binary()).env("CHROMIUM", browser);
    programs.run(&mut command, 10 * MINUTE).map(|()| Verdict::Passed)
}

/// The browser that the tests will drive, unless `CHROMIUM` names one.
pub(crate) fn browser() -> Option<PathBuf> {
    let named = std::env::var_os("CHROMIUM").map(PathBuf::from);
    named.or_else(|| BROWSERS.into_iter().find_map(find))
}

/// Builds the console into `folder`. Without Node there is nothing to build with, which the verdict says.
pub(crate) fn build(programs: &Programs, workspace: &Workspace, folder: &Path) -> Result<Verdict> {
    let Some(mut command) = npm(programs, workspace) else { return Ok(no_node()) };
    command.args(["run", "--silent", "build", "--", "--emptyOutDir", "--outDir"]).arg(folder);
    programs.run(&mut command, 5 * MINUTE).map(|()| Verdict::Passed)
}

/// Names, relative to `folder`, and contents of all files below it.
pub(crate) fn contents(folder: &Path) -> Result<BTreeMap<String, Vec<u8>>> {
    let mut files = BTreeMap::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in std::fs::read_dir(&next).with_context(|| format!("cannot list {}", next.display()))? {
            let path = entry?.path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let name = path.strip_prefix(folder)?.to_string_lossy().into_owned();
                files.insert(name, std::fs::read(&path)?);
            }
        }
    }
    Ok(files)
}

fn no_node() -> Verdict {
    Verdict::Skipped(format!("npm or Node {NODE_MAJOR} is not installed"))
}

/// npm in the console's folder, run by a Node that is new enough.
fn npm(programs: &Programs, workspace: &Workspace) -> Option<Command> {
    let node = node(programs, workspace)?;
    let mut command = Command::new(find("npm")?);
    let mut path = OsString::from(node.parent()?);
    if let Some(rest) = std::env::var_os("PATH") {
        path.push(":");
        path.push(rest);
    }
    command.current_dir(workspace.path("console")).env("PATH", path);
    Some(command)
}

/// The machine's Node if it is new enough, else the one in the build directory.
fn node(programs: &Programs, workspace: &Workspace) -> Option<PathBuf> {
    let package = format!("node_modules/node-linux-{}/bin/node", node_architecture());
    let candidates = [find("node"), Some(workspace.tools().join(package))];
    candidates.into_iter().flatten().filter(|node| node.is_file()).find(|node| {
        let version = programs.output(Command::new(node).arg("--version"), MINUTE);
        version.ok().and_then(|version| major(&String::from_utf8_lossy(&version))).is_some_and(|it| it >= NODE_MAJOR)
    })
}

/// The major version in Node's `v20.1.0`.
fn major(version: &str) -> Option<u32> {
    version.trim().strip_prefix('v')?.split('.').next()?.parse().ok()
}

fn node_architecture() -> &'static str {
    if cfg!(target_arch = "aarch64") { "arm64" } else { "x64" }
}

fn newer(file: &Path, than: &Path) -> bool {
    let modified = |path: &Path| path.metadata().and_then(|metadata| metadata.modified()).ok();
    modified(file).zip(modified(than)).is_some_and(|(file, than)| file >= than)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_major_version() {
        let check = |version: &str, expected| assert_eq!(major(version), expected, "{version}");
        check("v20.20.2\n", Some(20));
        check("v18.0.0", Some(18));
        check("20", None);
        check("", None);
    }
}
