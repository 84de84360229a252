//! `cargo xtask bench NAME`: a benchmark, from a release build.

use crate::program::Programs;
use crate::workspace::Workspace;
use anyhow::Result;
use std::time::Duration;

/// Peers included, no benchmark takes longer.
const LIMIT: Duration = Duration::from_secs(2 * 3600);

pub(crate) fn run(programs: &Programs, workspace: &Workspace, arguments: &[&str]) -> Result<()> {
    let mut command = workspace.cargo(["run", "--quiet", "--release", "--package", "tidecast-bench", "--"]);
    programs.run(command.args(arguments), LIMIT)
}
