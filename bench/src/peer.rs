//! Peers: scripts of `bench/peers`, run by the Python named in `TIDECAST_PEERS_PYTHON`.

use anyhow::{Context, ensure};
use std::ffi::OsStr;
use std::path::Path;
use std::process::Command;

const PYTHON: &str = "TIDECAST_PEERS_PYTHON";

/// The JSON lines that a script prints; none, and a word about what to install, where no Python is named.
pub(crate) fn run(
    script: &str,
    needs: &str,
    arguments: &[impl AsRef<OsStr>],
) -> anyhow::Result<Vec<serde_json::Value>> {
    let Some(python) = std::env::var_os(PYTHON) else {
        eprintln!("{script} is left out: python3 -m venv peers && peers/bin/pip install {needs}, then run again");
        eprintln!("with {PYTHON}=peers/bin/python");
        return Ok(Vec::new());
    };
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("peers").join(script);
    let output =
        Command::new(python).arg(&script).args(arguments).output().context("the peer's Python does not start")?;
    ensure!(output.status.success(), "{} failed: {}", script.display(), String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8_lossy(&output.stdout);
    text.lines().map(|line| Ok(serde_json::from_str(line)?)).collect()
}

/// A number of an answer.
pub(crate) fn number(answer: &serde_json::Value, name: &str) -> anyhow::Result<f64> {
    answer[name].as_f64().with_context(|| format!("the peer gave no {name}"))
}
