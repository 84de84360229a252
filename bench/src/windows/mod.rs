//! Antenna messages as JSON lines into windows of event time: speed, memory, and how exact the sketches are.
//!
//! Everything goes the way it goes in the product: decoded into batches, assessed, encoded as for the journal, applied.
//! Speed and memory are measured in processes of their own, started with `windows stream DIR` and `windows keys`, so that
//! nothing else counts. The peer is PySpark on the same files (`bench/peers/spark_windows.py`).

mod messages;
mod peer;
mod redis;
mod run;
mod sketch;

use crate::report::{Better, Figure, Report};
use anyhow::{Context, Result, bail, ensure};
use std::path::Path;
use std::process::Command;

/// Messages and antennas of the first part.
const MESSAGES: usize = 2_000_000;
const ANTENNAS: usize = 1_000;
/// Antennas of the second part.
const MANY_ANTENNAS: usize = 100_000;

/// Measures every part; in a child process, the one named.
pub(crate) fn run(report: &mut Report) -> Result<()> {
    match std::env::args().nth(2).as_deref() {
        Some("stream") => {
            let directory = std::env::args().nth(3).context("usage: windows stream DIR")?;
            run::stream(Path::new(&directory))
        }
        Some("redis") => redis::run(report),
        Some("keys") => run::keys(MANY_ANTENNAS),
        Some(other) => bail!("windows has no part {other}"),
        None => {
            let directory = tempfile::tempdir()?;
            messages::write(directory.path(), MESSAGES, ANTENNAS)?;
            stream(directory.path(), report)?;
            keys(report)?;
            sketch::run(report);
            redis::run(report)
        }
    }
}

fn stream(directory: &Path, report: &mut Report) -> Result<()> {
    let peers = peer::run(directory)?;
    let [cpu_s, peak_bytes, closed] = child(&["stream".as_ref(), directory.as_os_str()])?;
    ensure!(closed > 100_000.0, "only {closed} results came out");
    let speed = |peer: Option<&peer::Figures>| Figure {
        what: peer.map_or_else(
            || format!("{MESSAGES} messages, {ANTENNAS} antennas, 1m windows"),
            |peer| format!("  beside PySpark, {}", peer.mode),
        ),
        ours: MESSAGES as f64 / cpu_s,
        unit: "events/CPU-s",
        bar: peer.is_none().then_some(5e6),
        peer: peer.map(|peer| ("PySpark".to_owned(), peer.events_per_cpu_s)),
        better: Better::Higher,
    };
    report.add(speed(None));
    peers.iter().for_each(|peer| report.add(speed(Some(peer))));
    let peer = peers.iter().map(|peer| peer.resident_mb).reduce(f64::max).map(|most| ("PySpark".to_owned(), most));
    report.add(lower("  resident memory, at most", peak_bytes / 1e6, "MB", Some(60.0), peer));
    Ok(())
}

fn keys(report: &mut Report) -> Result<()> {
    let [peak_bytes, bytes_before, cpu_s] = child(&["keys".as_ref()])?;
    let what = format!("{MANY_ANTENNAS} antennas, 10s windows, nine measures: resident memory, at most");
    report.add(lower(&what, peak_bytes / 1e6, "MB", Some(300.0), None));
    let each = (peak_bytes - bytes_before) / MANY_ANTENNAS as f64;
    report.add(lower("  for each antenna", each, "B", None, None));
    report.add(lower("  a message, decoded to closed", cpu_s * 1e9, "ns", None, None));
    Ok(())
}

fn lower(what: &str, ours: f64, unit: &'static str, bar: Option<f64>, peer: Option<(String, f64)>) -> Figure {
    Figure { what: what.to_owned(), ours, unit, bar, peer, better: Better::Lower }
}

/// The figures that a part prints in a process of its own.
fn child<const COUNT: usize>(arguments: &[&std::ffi::OsStr]) -> Result<[f64; COUNT]> {
    let output = Command::new(std::env::current_exe()?).arg("windows").args(arguments).output()?;
    ensure!(output.status.success(), "a part failed: {}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout)?;
    // The report of the process, which is empty, follows.
    let figures: Vec<f64> =
        text.lines().next().unwrap_or_default().split_whitespace().map(str::parse).collect::<Result<_, _>>()?;
    figures.try_into().map_err(|_| anyhow::anyhow!("a part printed {text}"))
}
