//! The traces, and the figures over all of them.

use super::figure;
use crate::report::{Better, Report};
use anyhow::{Context as _, ensure};
use flate2::read::MultiGzDecoder;
use std::fs::File;
use std::io::BufReader;
use std::path::PathBuf;
use std::sync::Mutex;
use tidecast_autoscale::simulation::report::{Contender, Replay};
use tidecast_autoscale::simulation::{ReplaySettings, replay};
use tidecast_autoscale::trace::{Trace, read_csv};

/// Bars over all traces.
const GAP: f64 = 60.0;
const CHEAPER: f64 = 25.0;
const VIOLATION: f64 = 0.333;
const BUDGET: f64 = 1.25;

/// Budgets whose keeping is checked.
const BUDGETS: [f64; 3] = [0.000_8, 0.005, 0.01];

/// Where the recorded data are.
pub(super) fn shared() -> anyhow::Result<PathBuf> {
    let path = std::env::var_os("TIDECAST_SHARED_DATA")
        .context("TIDECAST_SHARED_DATA names the folder of the recorded data")?;
    Ok(PathBuf::from(path))
}

/// All traces, by name.
pub(super) fn all() -> anyhow::Result<Vec<(String, Trace)>> {
    let folder = shared()?.join("demand");
    let mut paths: Vec<PathBuf> = std::fs::read_dir(&folder)
        .with_context(|| folder.display().to_string())?
        .map(|entry| Ok(entry?.path()))
        .collect::<std::io::Result<_>>()?;
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "gz"));
    paths.sort();
    ensure!(!paths.is_empty(), "{} has no traces", folder.display());
    let read = |path: &PathBuf| {
        let name = path.file_stem().map_or_else(String::new, |stem| stem.to_string_lossy().replace(".csv", ""));
        let trace = read_csv(BufReader::new(MultiGzDecoder::new(File::open(path)?)))?;
        Ok((name, trace))
    };
    paths.iter().map(read).collect()
}

/// Replays traces on both cores, in order.
pub(super) fn replay_all(traces: &[(String, Trace)], settings: &ReplaySettings) -> anyhow::Result<Vec<Replay>> {
    let next = Mutex::new(0..traces.len());
    let done = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                while let Some(index) = next.lock().ok().and_then(|mut next| next.next()) {
                    let (name, trace) = &traces[index];
                    let settings = ReplaySettings { name: name.clone(), ..settings.clone() };
                    let replay = replay(trace, &settings, &mut |_| {});
                    if let Ok(mut done) = done.lock() {
                        done.push((index, replay));
                    }
                }
            });
        }
    });
    let mut done = done.into_inner().map_err(|_| anyhow::anyhow!("a replay panicked"))?;
    done.sort_by_key(|(index, _)| *index);
    done.into_iter().map(|(_, replay)| Ok(replay?)).collect()
}

pub(super) fn contender<'a>(replay: &'a Replay, name: &str) -> Option<&'a Contender> {
    replay.report.contenders.iter().find(|contender| contender.name == name)
}

pub(super) fn run(report: &mut Report) -> anyhow::Result<()> {
    let traces = all()?;
    let replays = replay_all(&traces, &ReplaySettings::default())?;
    let (mut gaps, mut cheaper, mut violations) = (Vec::new(), Vec::new(), 0.0);
    for replay in &replays {
        let ours = contender(replay, "ours").context("ours is missing")?;
        let gap = replay.report.gap_closed;
        gaps.push(100.0 * gap.unwrap_or(0.0));
        let best = contender(replay, "hpa_hindsight").filter(|_| gap.is_some());
        cheaper.push(
            best.map_or(0.0, |best| 100.0 * (1.0 - ours.score.cost_replica_minutes / best.score.cost_replica_minutes)),
        );
        violations += replay.report.violation_vs_hpa_equal_cost.unwrap_or(1.0).ln();
        let name = &replay.report.trace.name;
        println!(
            "{name:<10} cost {:>8.0}, violation {:.3} %, gap closed {:>6.1} %, cheaper {:>5.1} %",
            ours.score.cost_replica_minutes,
            100.0 * ours.score.violation_share,
            gaps.last().copied().unwrap_or_default(),
            cheaper.last().copied().unwrap_or_default(),
        );
    }
    let count = replays.len();
    report.add(figure(
        format!("{count} traces: gap HPA to oracle closed, median"),
        median(&mut gaps),
        "%",
        Some(GAP),
        Better::Higher,
    ));
    let what = "cheaper than the HPA's best target in hindsight, median";
    report.add(figure(what, median(&mut cheaper), "%", Some(CHEAPER), Better::Higher));
    let ratio = (violations / count as f64).exp();
    report.add(figure("violation at the HPA's cost, geometric mean", ratio, "x HPA", Some(VIOLATION), Better::Lower));
    for budget in BUDGETS {
        let settings = ReplaySettings { violation_budget: budget, ..ReplaySettings::default() };
        let (mut violated, mut scored) = (0.0, 0.0);
        for replay in replay_all(&traces, &settings)? {
            let trace = &replay.report.trace;
            let length = (trace.to_ms - trace.scored_from_ms) as f64;
            violated += contender(&replay, "ours").context("ours is missing")?.score.violation_share * length;
            scored += length;
        }
        let what = format!("violation realised against {} % declared, pooled", 100.0 * budget);
        report.add(figure(what, violated / scored / budget, "x", Some(BUDGET), Better::Lower));
    }
    Ok(())
}

fn median(values: &mut [f64]) -> f64 {
    values.sort_by(f64::total_cmp);
    let count = values.len();
    (values[(count - 1) / 2] + values[count / 2]) / 2.0
}
