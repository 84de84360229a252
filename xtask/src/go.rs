//! Builds Go programs that tests use, into the build directory.
//!
//! Debian's Go can be years older than a program asks for. Go 1.21 and later fetch what is newer by themselves; for an
//! older one we do the same from the same place, the module `golang.org/toolchain`.

use crate::program::{Programs, find};
use crate::workspace::Workspace;
use anyhow::{Context as _, Result};
use serde::Deserialize;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

const MINUTE: Duration = Duration::from_secs(60);

/// The first minor version of Go 1 that fetches newer ones by itself.
const SELF_UPDATING: u32 = 21;

/// What is fetched for an older one.
const TOOLCHAIN: &str = "go1.24.8";

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Downloaded {
    dir: PathBuf,
}

/// Builds `module` (`path@version`).
pub(crate) fn install(programs: &Programs, workspace: &Workspace, module: &str) -> Result<()> {
    println!("installing by go into the build directory: {module}");
    std::fs::create_dir_all(workspace.tools())?;
    let mut command = Command::new(go(programs)?);
    programs.run(command.args(["install", module]).env("GOBIN", workspace.tools()), 20 * MINUTE)
}

/// A Go that builds what asks for a newer one.
fn go(programs: &Programs) -> Result<PathBuf> {
    let go = find("go").context("Go is not installed")?;
    let version = programs.output(Command::new(&go).arg("version"), MINUTE)?;
    if minor(&String::from_utf8_lossy(&version)).is_some_and(|minor| minor >= SELF_UPDATING) {
        return Ok(go);
    }
    println!("fetching {TOOLCHAIN}: this Go is older than 1.{SELF_UPDATING}");
    let architecture = if cfg!(target_arch = "aarch64") { "arm64" } else { "amd64" };
    let module = format!("golang.org/toolchain@v0.0.1-{TOOLCHAIN}.linux-{architecture}");
    let output = programs.output(Command::new(&go).args(["mod", "download", "-json", &module]), 5 * MINUTE)?;
    let Downloaded { dir } = serde_json::from_slice(&output)?;
    make_executable(&dir.join("bin"))?;
    make_executable(&dir.join("pkg").join("tool"))?;
    Ok(dir.join("bin").join("go"))
}

/// Modules are unpacked as data.
fn make_executable(folder: &Path) -> Result<()> {
    for entry in std::fs::read_dir(folder).with_context(|| format!("cannot list {}", folder.display()))? {
        let path = entry?.path();
        if path.is_dir() {
            make_executable(&path)?;
        } else {
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o555))?;
        }
    }
    Ok(())
}

/// The minor version in `go version go1.19.8 linux/amd64`.
fn minor(version: &str) -> Option<u32> {
    let (_, version) = version.split_once("go1.")?;
    version.split(|character: char| !character.is_ascii_digit()).next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_minor_version() {
        let check = |version: &str, expected| assert_eq!(minor(version), expected, "{version}");
        check("go version go1.19.8 linux/amd64\n", Some(19));
        check("go version go1.26 linux/amd64", Some(26));
        check("go version devel", None);
    }
}
