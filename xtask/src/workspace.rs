//! Where the workspace is and what its manifests say, as `cargo metadata` and git tell it.

use crate::program::Programs;
use anyhow::{Context as _, Result};
use serde::Deserialize;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

const QUICK: Duration = Duration::from_secs(120);

/// The workspace on disk.
pub(crate) struct Workspace {
    /// Its folder.
    pub(crate) root: PathBuf,
    /// Where builds go.
    pub(crate) target: PathBuf,
    /// Its crates, by name.
    pub(crate) crates: Vec<Crate>,
}

/// One crate of the workspace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Crate {
    /// Its name.
    pub(crate) name: String,
    /// Its folder, relative to the workspace.
    pub(crate) folder: String,
    /// Names of all it depends on, for tests and build scripts too.
    pub(crate) dependencies: Vec<String>,
}

#[derive(Deserialize)]
struct Metadata {
    packages: Vec<Package>,
    workspace_root: PathBuf,
    target_directory: PathBuf,
}

#[derive(Deserialize)]
struct Package {
    name: String,
    manifest_path: PathBuf,
    dependencies: Vec<Dependency>,
}

#[derive(Deserialize)]
struct Dependency {
    name: String,
}

impl Workspace {
    /// Asks cargo about the workspace of the current folder.
    pub(crate) fn find(programs: &Programs) -> Result<Self> {
        let mut command = cargo();
        command.args(["metadata", "--format-version=1", "--no-deps"]);
        let metadata: Metadata = serde_json::from_slice(&programs.output(&mut command, QUICK)?)?;
        let root = metadata.workspace_root;
        let mut crates = Vec::new();
        for package in metadata.packages {
            let folder = package.manifest_path.parent().context("a manifest is in a folder")?;
            crates.push(Crate {
                name: package.name,
                folder: folder.strip_prefix(&root)?.to_string_lossy().into_owned(),
                dependencies: package.dependencies.into_iter().map(|dependency| dependency.name).collect(),
            });
        }
        crates.sort_by(|one, other| one.name.cmp(&other.name));
        Ok(Self { root, target: metadata.target_directory, crates })
    }

    /// Every file that git tracks or would track, relative to the workspace, sorted.
    pub(crate) fn files(&self, programs: &Programs) -> Result<Vec<String>> {
        // In a container the checkout often belongs to someone else; reading its index is harmless.
        let mut command = Command::new("git");
        command
            .args(["-c", "safe.directory=*", "ls-files", "-z", "--cached", "--others", "--exclude-standard"])
            .current_dir(&self.root);
        let listed = String::from_utf8(programs.output(&mut command, QUICK)?)?;
        let mut files: Vec<String> = listed.split_terminator('\0').map(str::to_owned).collect();
        // A file deleted and not yet committed is still in the index.
        files.retain(|file| self.root.join(file).is_file());
        files.sort();
        files.dedup();
        Ok(files)
    }

    /// The `tidecast` binary of the development profile, built by `cargo build`.
    pub(crate) fn debug_binary(&self) -> PathBuf {
        self.target.join("debug").join("tidecast")
    }

    /// Where programs are put that are installed for the tests alone.
    pub(crate) fn tools(&self) -> PathBuf {
        self.target.join("tools")
    }

    /// A cargo command in the workspace.
    pub(crate) fn cargo<const N: usize>(&self, arguments: [&str; N]) -> Command {
        let mut command = cargo();
        command.args(arguments).current_dir(&self.root);
        command
    }

    /// A path in the workspace.
    pub(crate) fn path(&self, relative: impl AsRef<Path>) -> PathBuf {
        self.root.join(relative)
    }
}

/// The cargo that runs us, or the one on the path.
fn cargo() -> Command {
    Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
}
