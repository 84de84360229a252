//! The least that any autoscaler could pay without violating anything, were the future known.
//!
//! Each replica beyond another is needed at known times. It is created just early enough to be ready, and between two times
//! it is kept if that is no longer than a start, for which it would be paid as well: that is optimal replica by replica.

use super::cluster::{Account, SYNC_MS, Workload};
use super::report::{Course, Score};
use super::startup::StartupTimes;

/// The oracle's score, and its course in steps of `step_ms`.
pub(super) fn run(workload: &Workload<'_>, min_replicas: i32, step_ms: i64) -> (Score, Course) {
    let start_ms = workload.trace.start_ms;
    let syncs = ((workload.end_ms - start_ms) / SYNC_MS) as usize;
    let demand = |sync: usize| workload.trace.at(start_ms + sync as i64 * SYNC_MS);
    let need: Vec<i32> = (0..syncs)
        .map(|sync| (demand(sync) / workload.capacity - 1e-9).ceil().max(f64::from(min_replicas)) as i32)
        .collect();
    let mut startup = StartupTimes::new(workload.startup_seconds, workload.seed);
    let mut paid = vec![0_i32; syncs];
    for level in 1..=need.iter().copied().max().unwrap_or(0) {
        let mut last_end = None;
        let mut sync = 0;
        while sync < syncs {
            if need[sync] < level {
                sync += 1;
                continue;
            }
            let begin = sync;
            while sync < syncs && need[sync] >= level {
                sync += 1;
            }
            let start = (startup.draw() * 1_000.0 / SYNC_MS as f64).ceil() as usize;
            let created = match last_end {
                Some(end) if begin - end <= start => end,
                _ => begin.saturating_sub(start),
            };
            paid[created..sync].iter_mut().for_each(|paid| *paid += 1);
            last_end = Some(sync);
        }
    }
    let first = ((workload.scored_from_ms - start_ms) / SYNC_MS) as usize;
    let (mut account, mut course) = (Account::default(), Course::default());
    for sync in first..syncs {
        account.scale_events += u64::from(sync > first && paid[sync] != paid[sync - 1]);
        account.add(demand(sync), f64::from(need[sync]) * workload.capacity, paid[sync] as usize);
        let index = ((sync - first) as i64 * SYNC_MS / step_ms) as usize;
        account.record(&mut course, index, paid[sync], need[sync]);
    }
    (account.score(), course)
}
