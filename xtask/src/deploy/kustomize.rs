//! Finds or installs Kustomize 5: kubectl's own, the program `kustomize`, or one built by Go into the build directory.

use crate::go;
use crate::program::{self, Programs};
use crate::workspace::Workspace;
use anyhow::Result;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

const MINUTE: Duration = Duration::from_secs(60);

const MODULE: &str = "sigs.k8s.io/kustomize/kustomize/v5@v5.0.1";

/// A program that renders.
pub(crate) enum Kustomize {
    /// `kubectl kustomize FOLDER`.
    Kubectl,
    /// `kustomize build FOLDER`.
    Standalone(PathBuf),
}

impl Kustomize {
    /// The command that writes the objects of `folder` to its standard output.
    pub(super) fn render(&self, folder: &Path) -> Command {
        let mut command = match self {
            Self::Kubectl => Command::new("kubectl"),
            Self::Standalone(path) => Command::new(path),
        };
        command.arg(if matches!(self, Self::Kubectl) { "kustomize" } else { "build" }).arg(folder);
        command
    }
}

/// What this machine has.
pub(crate) fn find(programs: &Programs, workspace: &Workspace) -> Option<Kustomize> {
    let prints_five = |program: &str, arguments: &[&str], before: &str| {
        program::find(program)?;
        let output = programs.output(Command::new(program).args(arguments), MINUTE).ok()?;
        is_five(&String::from_utf8_lossy(&output), before).then_some(())
    };
    if prints_five("kubectl", &["version", "--client"], "Kustomize Version:").is_some() {
        return Some(Kustomize::Kubectl);
    }
    if prints_five("kustomize", &["version"], "").is_some() {
        return Some(Kustomize::Standalone("kustomize".into()));
    }
    let built = workspace.tools().join("kustomize");
    built.is_file().then_some(Kustomize::Standalone(built))
}

/// Builds the pinned Kustomize if there is none and Go is here. Without Go it does nothing.
pub(crate) fn install(programs: &Programs, workspace: &Workspace) -> Result<()> {
    if find(programs, workspace).is_some() || program::find("go").is_none() {
        return Ok(());
    }
    go::install(programs, workspace, MODULE)
}

/// Whether the version behind `before` is 5.
fn is_five(output: &str, before: &str) -> bool {
    output.split_once(before).is_some_and(|(_, version)| version.trim_start().starts_with("v5."))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn knows_kustomize_five() {
        let check = |output: &str, before: &str, expected| assert_eq!(is_five(output, before), expected, "{output}");
        check("Client Version: v1.32.4\nKustomize Version: v5.5.0\n", "Kustomize Version:", true);
        check("Client Version: v1.20.2\n", "Kustomize Version:", false);
        check("Client Version: v1.25.0\nKustomize Version: v4.5.7\n", "Kustomize Version:", false);
        check("v5.0.1\n", "", true);
        check("{Version:kustomize/v4.5.7}", "", false);
    }
}
