//! Installs what the tests need and this machine lacks, and says so first: components of the Rust toolchain, Debian
//! packages by apt, the console's npm packages, a pinned Node where the distribution's is too old, a pinned Kustomize, a
//! pinned MinIO as the S3 server of the tests.
//!
//! What is pinned goes into the build directory, where it is in nobody's way.

use super::Verdict;
use crate::program::{Programs, find};
use crate::workspace::Workspace;
use crate::{console, deploy, go};
use anyhow::{Context as _, Result};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

const MINUTE: Duration = Duration::from_secs(60);

/// A program that tests use, and the Debian package that brings it.
struct Need {
    program: &'static str,
    package: &'static str,
    why: &'static str,
}

const CHROMIUM: Need = Need { program: "chromium", package: "chromium", why: "browser tests" };
const NODE: Need = Need { program: "node", package: "nodejs", why: "building and testing the console" };
const NPM: Need = Need { program: "npm", package: "npm", why: "building and testing the console" };
const REDIS: Need = Need { program: "redis-server", package: "redis-server", why: "tests of Redis streams" };
const PROMETHEUS: Need = Need { program: "prometheus", package: "prometheus", why: "tests of Prometheus queries" };
const VICTORIA_METRICS: Need =
    Need { program: "victoria-metrics", package: "victoria-metrics", why: "tests of Prometheus queries" };
const GO: Need = Need { program: "go", package: "golang-go", why: "building Kustomize and MinIO" };

/// The S3 server of the tests; also named where they look for it.
const MINIO: &str = "github.com/minio/minio@v0.0.0-20260212201848-7aac2a2c5b7c";

/// How this machine installs packages.
enum Installer {
    /// We are root on Debian or a descendant.
    Apt,
    /// sudo asks for no password.
    SudoApt,
    /// None that we know how to use, and why.
    Missing(&'static str),
}

pub(super) fn run(programs: &Programs, workspace: &Workspace) -> Result<Verdict> {
    components(programs, workspace)?;
    let programs_needed = [&NODE, &NPM, &REDIS, &PROMETHEUS, &VICTORIA_METRICS];
    let mut missing: Vec<&Need> = programs_needed.into_iter().filter(|need| find(need.program).is_none()).collect();
    if console::browser().is_none() {
        missing.push(&CHROMIUM);
    }
    let needs_go = deploy::kustomize(programs, workspace).is_none() || !has_s3_server(workspace);
    if needs_go && find(GO.program).is_none() {
        missing.push(&GO);
    }
    let verdict = if missing.is_empty() { Verdict::Passed } else { packages(programs, &missing)? };
    console::install(programs, workspace)?;
    deploy::install_kustomize(programs, workspace)?;
    if !has_s3_server(workspace) && find(GO.program).is_some() {
        go::install(programs, workspace, MINIO)?;
    }
    Ok(verdict)
}

/// Whether the tests will find one: named in the environment, or MinIO on the path, where Go puts it or where we do.
fn has_s3_server(workspace: &Workspace) -> bool {
    let by_go = std::env::var_os("HOME").map(|home| Path::new(&home).join("go/bin/minio"));
    let built = [by_go, Some(workspace.tools().join("minio"))].into_iter().flatten().any(|file| file.is_file());
    built || find("minio").is_some() || std::env::var_os("TIDECAST_TEST_S3_ENDPOINT").is_some()
}

/// Minimal toolchains come without formatter and linter.
fn components(programs: &Programs, workspace: &Workspace) -> Result<()> {
    for (subcommand, component) in [("fmt", "rustfmt"), ("clippy", "clippy")] {
        if programs.output(&mut workspace.cargo([subcommand, "--version"]), MINUTE).is_ok() {
            continue;
        }
        println!("installing by rustup: {component}");
        let mut command = Command::new("rustup");
        programs
            .run(command.args(["component", "add", component]), 5 * MINUTE)
            .with_context(|| format!("`cargo {subcommand}` is missing; install {component} for this toolchain"))?;
    }
    Ok(())
}

fn packages(programs: &Programs, missing: &[&Need]) -> Result<Verdict> {
    for need in missing {
        println!("not found: {} (for {})", need.program, need.why);
    }
    let sudo = match installer() {
        Installer::Apt => false,
        Installer::SudoApt => true,
        Installer::Missing(why) => {
            let programs = missing.iter().map(|need| need.program).collect::<Vec<_>>().join(", ");
            return Ok(Verdict::Skipped(format!("{why}: install {programs} yourself; steps without them are skipped")));
        }
    };
    let apt = |arguments: &[&str]| {
        let mut command = if sudo { Command::new("sudo") } else { Command::new("env") };
        command.args(if sudo { &["-n", "env"][..] } else { &[] });
        command.args(["DEBIAN_FRONTEND=noninteractive", "apt-get", "-qq"]).args(arguments);
        command
    };
    programs.run(&mut apt(&["update"]), 5 * MINUTE)?;
    let names = missing.iter().map(|need| need.package);
    let (names, unknown): (Vec<&str>, Vec<&str>) = names.partition(|name| has_package(programs, name));
    println!("installing by apt: {}", names.join(" "));
    let mut install = apt(&["install", "--yes", "--no-install-recommends"]);
    programs.run(install.args(&names), 15 * MINUTE).context("apt could not install what the tests need")?;
    if unknown.is_empty() {
        return Ok(Verdict::Passed);
    }
    Ok(Verdict::Skipped(format!("this distribution has no {}: tests that need it are skipped", unknown.join(", no "))))
}

/// Whether the distribution knows the package.
fn has_package(programs: &Programs, name: &str) -> bool {
    programs.output(Command::new("apt-cache").args(["show", "--no-all-versions", name]), MINUTE).is_ok()
}

fn installer() -> Installer {
    if find("apt-get").is_none() {
        return Installer::Missing("this is neither Debian nor Ubuntu");
    }
    if rustix::process::geteuid().is_root() {
        return Installer::Apt;
    }
    let asks_nothing = Command::new("sudo").args(["-n", "true"]).stderr(Stdio::null()).status();
    if asks_nothing.is_ok_and(|status| status.success()) {
        return Installer::SudoApt;
    }
    Installer::Missing("apt needs root, or sudo without a password")
}
