//! The least that any autoscaler could pay without violating anything, were the future known.
//!
//! Each replica beyond another is needed at known times. It is created just early enough to be ready, and between two times
//! it is kept if that is no longer than a start, for which it would be paid as well: that is optimal replica by replica.

use super::cluster::{SYNC_MS, Workload};
use super::report::{Course, Score};
use super::startup::StartupTimes;

/// The oracle's score, and its course if `step_ms` is given.
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
    let mut score = Score::default();
    let mut course = Course::default();
    for sync in first..syncs {
        score.cost_replica_minutes += f64::from(paid[sync]) * SYNC_MS as f64 / 60_000.0;
        score.scale_events += u64::from(sync > first && paid[sync] != paid[sync - 1]);
        let index = ((sync - first) as i64 * SYNC_MS / step_ms) as usize;
        if index == course.replicas.len() {
            course.replicas.push(0);
            course.ready.push(i32::MAX);
            course.cost_replica_minutes.push(0.0);
            course.violation_seconds.push(0.0);
            course.scale_events.push(0);
        }
        course.replicas[index] = paid[sync];
        course.ready[index] = course.ready[index].min(need[sync]);
        course.cost_replica_minutes[index] = score.cost_replica_minutes;
        course.scale_events[index] = score.scale_events;
    }
    (score, course)
}
