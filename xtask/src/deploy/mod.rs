//! `cargo xtask deploy`: renders the Kubernetes manifests as a user would and checks what comes out, without a
//! cluster: every field against the Kubernetes types, every reference between objects, every container against what we
//! promise, every `tidecast.yaml` against the binary.

mod containers;
mod kustomize;
mod objects;
mod references;
#[cfg(feature = "kubernetes")]
mod schema;

pub(crate) use kustomize::{find as kustomize, install as install_kustomize};

use crate::program::Programs;
use crate::test::Verdict;
use crate::workspace::Workspace;
use anyhow::{Context as _, Result, bail};
use objects::Objects;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

const MINUTE: Duration = Duration::from_secs(60);

/// Each folder in here that has a `kustomization.yaml` is rendered.
const SYSTEMS: &str = "deploy/kubernetes/systems";

/// Builds what the check needs, and checks.
pub(crate) fn run(programs: &Programs, workspace: &Workspace) -> Result<()> {
    if cfg!(not(feature = "kubernetes")) {
        let arguments = ["run", "--quiet", "--package", "xtask", "--features=kubernetes", "--", "deploy"];
        return programs.run(&mut workspace.cargo(arguments), 30 * MINUTE);
    }
    install_kustomize(programs, workspace)?;
    programs.run(&mut workspace.cargo(["build", "--package", "tidecast"]), 30 * MINUTE)?;
    check_built(programs, workspace)
}

/// Checks with what the build step made: this program with the Kubernetes types, and `tidecast`.
pub(crate) fn check(programs: &Programs, workspace: &Workspace) -> Result<Verdict> {
    if kustomize(programs, workspace).is_none() {
        return Ok(Verdict::Skipped("no Kustomize 5: install kubectl 1.27 or newer, kustomize 5, or Go".to_owned()));
    }
    let mut command = Command::new(workspace.target.join("debug").join("xtask"));
    command.args(["deploy", "--built"]).current_dir(&workspace.root);
    programs.run(&mut command, 10 * MINUTE).map(|()| Verdict::Passed)
}

/// Checks everything. Needs the feature `kubernetes`, a Kustomize, and `tidecast` built by the development profile.
pub(crate) fn check_built(programs: &Programs, workspace: &Workspace) -> Result<()> {
    if cfg!(not(feature = "kubernetes")) {
        bail!("this xtask was built without the Kubernetes types; run `cargo xtask deploy`");
    }
    let kustomize = kustomize(programs, workspace).context("there is no Kustomize 5")?;
    let systems = systems(&workspace.path(SYSTEMS))?;
    let mut breaches = Vec::new();
    for system in &systems {
        let name = system.strip_prefix(&workspace.root)?.display().to_string();
        let rendered = programs.output(&mut kustomize.render(system), MINUTE).with_context(|| name.clone())?;
        let objects = Objects::parse(&String::from_utf8(rendered)?).with_context(|| name.clone())?;
        let mut found = references::check(&objects);
        found.extend(containers::check(&objects));
        #[cfg(feature = "kubernetes")]
        found.extend(schema::check(&objects));
        found.extend(configurations(programs, workspace, &objects)?);
        println!("{name}: {} objects, {} breaches", objects.all().len(), found.len());
        breaches.extend(found.into_iter().map(|breach| format!("{name}: {breach}")));
    }
    for breach in &breaches {
        println!("{breach}");
    }
    if systems.is_empty() || !breaches.is_empty() {
        bail!("{} systems with {} breaches, listed above", systems.len(), breaches.len());
    }
    Ok(())
}

/// Folders with a kustomization, sorted.
fn systems(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut systems = Vec::new();
    for entry in std::fs::read_dir(folder).with_context(|| format!("cannot list {}", folder.display()))? {
        let path = entry?.path();
        if path.join("kustomization.yaml").is_file() {
            systems.push(path);
        }
    }
    systems.sort();
    Ok(systems)
}

/// Has the binary check every `tidecast.yaml` that a ConfigMap brings.
fn configurations(programs: &Programs, workspace: &Workspace, objects: &Objects) -> Result<Vec<String>> {
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("tidecast.yaml");
    let mut breaches = Vec::new();
    for map in objects.of_kind("ConfigMap") {
        let Some(text) = map.string("/data/tidecast.yaml") else { continue };
        std::fs::write(&file, text)?;
        let mut command = Command::new(workspace.debug_binary());
        if let Err(error) = programs.output(command.arg("check").arg("-f").arg(&file), MINUTE) {
            breaches.push(format!("{}: its tidecast.yaml: {error:#}", map.shown()));
        }
    }
    Ok(breaches)
}
