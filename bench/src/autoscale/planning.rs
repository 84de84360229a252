//! Ten thousand workloads with two weeks of minutes each: one decision for all of them, and the memory they take.

use super::figure;
use crate::process;
use crate::report::{Better, Report};
use tidecast_autoscale::policy::{Autoscaler, Capacity, Policy, Reading};

const WORKLOADS: usize = 10_000;
const MINUTES: usize = 14 * 1_440;
/// Workloads that are learned from the start; the others are copies of them.
const LEARNED: usize = 40;
/// Decisions for all: two minutes of them, so that each kind comes twice.
const SYNCS: usize = 8;
const SYNC_MS: i64 = 15_000;
const BAR_S: f64 = 15.0;
const BAR_MB: f64 = 1_000.0;

pub(super) fn run(report: &mut Report) -> anyhow::Result<()> {
    let traces = super::traces::all()?;
    let before = process::thread_seconds()?;
    let mut learned = Vec::new();
    for index in 0..LEARNED {
        let (_, trace) = &traces[index % traces.len()];
        let policy = Policy { max_replicas: 80, violation_budget: Some(0.001), ..Policy::default() };
        let mut autoscaler = Autoscaler::new(policy, Capacity::Given(trace.peak() / 40.0), 180.0)?;
        // Each begins at another minute of its trace, and goes around.
        for minute in 0..MINUTES {
            autoscaler.remember(Some(trace.values[(index * 997 + minute) % trace.values.len()]));
        }
        learned.push((autoscaler, trace));
    }
    let cold_s = (process::thread_seconds()? - before) / LEARNED as f64;
    let mut workloads: Vec<_> = (0..WORKLOADS).map(|index| learned[index % LEARNED].clone()).collect();
    let mut syncs = Vec::new();
    for sync in 0..SYNCS as i64 {
        let now_ms = (MINUTES as i64) * 60_000 + sync * SYNC_MS;
        let before = process::thread_seconds()?;
        for (index, (autoscaler, trace)) in workloads.iter_mut().enumerate() {
            let minute = (index * 31 + (now_ms / 60_000) as usize) % trace.values.len();
            let demand = Some((trace.values[minute], now_ms - 30_000));
            let reading = Reading { now_ms, replicas: 20, ready: 20, demand, usage: None, utilisation: &[] };
            let decision = autoscaler.step(&reading);
            anyhow::ensure!((1..=80).contains(&decision.replicas), "{decision:?}");
        }
        syncs.push(process::thread_seconds()? - before);
    }
    let what = |what: &str| format!("{WORKLOADS} workloads, 14 days of minutes each: {what}");
    let longest = syncs.iter().copied().fold(0.0, f64::max);
    report.add(figure(
        what("one decision for all, at the end of a minute, one core"),
        longest,
        "s",
        Some(BAR_S),
        Better::Lower,
    ));
    let shortest = syncs.iter().copied().fold(f64::INFINITY, f64::min);
    report.add(figure(what("the same within a minute"), shortest, "s", None, Better::Lower));
    report.add(figure(what("learned from nothing, each"), 1e3 * cold_s, "ms", None, Better::Lower));
    report.add(figure(what("peak memory"), process::peak_bytes()? / 1e6, "MB", Some(BAR_MB), Better::Lower));
    Ok(())
}
