//! What a newcomer waits for first: a cold `cargo build --release` with default features.
//!
//! The crates are fetched before, untimed: how fast the network is says nothing about us.

use crate::report::{Better, Figure, Report};
use anyhow::{Result, bail};
use std::process::Command;
use std::time::Instant;

/// Builds into an empty folder.
pub(crate) fn run(report: &mut Report) -> Result<()> {
    let target = tempfile::tempdir()?;
    cargo(Command::new("cargo").args(["fetch", "--locked", "--quiet"]))?;
    let started = Instant::now();
    cargo(
        Command::new("cargo")
            .args(["build", "--release", "--locked", "--quiet"])
            .env("CARGO_TARGET_DIR", target.path()),
    )?;
    let wall_s = started.elapsed().as_secs_f64();
    let processors = std::thread::available_parallelism()?;
    let binary_bytes = target.path().join("release").join("tidecast").metadata()?.len();
    report.add(Figure {
        what: format!("cold cargo build --release, {processors} processors"),
        ours: wall_s,
        unit: "s",
        bar: Some(240.0),
        peer: None,
        better: Better::Lower,
    });
    report.add(Figure {
        what: "  size of the binary".to_owned(),
        ours: binary_bytes as f64 / 1e6,
        unit: "MB",
        bar: None,
        peer: None,
        better: Better::Lower,
    });
    Ok(())
}

fn cargo(command: &mut Command) -> Result<()> {
    let status = command.status()?;
    if !status.success() {
        bail!("{command:?} failed: {status}");
    }
    Ok(())
}
