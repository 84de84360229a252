//! A simulated workload: pods that start slowly, metrics that come late, and the account of both.

use super::report::{Course, Score};
use super::startup::StartupTimes;
use crate::hpa::{Phase, Pod, ReadyCondition, ReadyStatus, Request, Sample};
use crate::trace::Trace;
use std::collections::VecDeque;

/// Time between two decisions: the HPA's own.
pub(super) const SYNC_MS: i64 = 15_000;

/// Stretch over which a metric is averaged.
pub(super) const AVERAGING_MS: i64 = 30_000;

/// The request of a pod, in thousandths: its usage is a share of it.
const REQUEST_MILLI: i64 = 1_000_000;

/// What a workload is and how it is seen.
#[derive(Clone, Copy, Debug)]
pub(super) struct Workload<'a> {
    pub(super) trace: &'a Trace,
    /// Demand that one replica serves.
    pub(super) capacity: f64,
    pub(super) startup_seconds: f64,
    pub(super) lag_ms: i64,
    pub(super) seed: u64,
    /// From here on scores count.
    pub(super) scored_from_ms: i64,
    pub(super) end_ms: i64,
}

/// What a contender sees when it decides.
#[derive(Clone, Copy, Debug)]
pub(super) struct View<'a> {
    pub(super) now_ms: i64,
    /// Total demand as the metric tells it, and the end of the time it was measured over. CPU tells no more than what is
    /// served; this does.
    pub(super) rate: Option<(f64, i64)>,
    /// The share of ready pods' request that was in use, the mean of the same time.
    pub(super) usage: Option<f64>,
    /// The pods, as the HPA sees them, with their CPU; none where the run shows none.
    pub(super) pods: &'a [Pod],
    /// How many there are.
    pub(super) replicas: i32,
    /// How many of them serve.
    pub(super) ready: i32,
    /// Start-up times, seconds, of pods that became ready since the last decision.
    pub(super) started: &'a [f64],
}

/// A pod, by its times.
#[derive(Clone, Copy, Debug)]
struct Started {
    created_ms: i64,
    ready_ms: i64,
}

/// What a run needs and leaves beside its score.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Watch {
    /// Record what happens, in steps of so many milliseconds.
    pub(super) step_ms: Option<i64>,
    /// Show the contender its pods one by one: that costs time, and only CPU metrics need it.
    pub(super) pods: bool,
}

/// Runs a contender over a trace from a time on.
pub(super) fn run(
    workload: &Workload<'_>,
    from_ms: i64,
    replicas: i32,
    watch: Watch,
    mut decide: impl FnMut(&View<'_>) -> i32,
) -> (Score, Course) {
    let mut startup = StartupTimes::new(workload.startup_seconds, workload.seed);
    let mut pods: Vec<Started> = vec![Started { created_ms: i64::MIN, ready_ms: i64::MIN }; replicas.max(0) as usize];
    let mut seen = Vec::new();
    // Demand, and the share of a pod's capacity in use, of the syncs that metrics still cover.
    let covered = ((workload.lag_ms + AVERAGING_MS) / SYNC_MS) as usize + 1;
    let mut past: VecDeque<(f64, f64)> = VecDeque::with_capacity(covered + 1);
    let mut account = Account::default();
    let mut course = Course::default();
    let mut now_ms = from_ms;
    let mut started = Vec::new();
    while now_ms < workload.end_ms {
        started.clear();
        let just = |pod: &&Started| pod.ready_ms <= now_ms && pod.ready_ms > now_ms - SYNC_MS;
        started.extend(pods.iter().filter(just).map(|pod| (pod.ready_ms - pod.created_ms) as f64 / 1_000.0));
        let ready = pods.iter().filter(|pod| pod.ready_ms <= now_ms).count() as i32;
        let metric = measured(&past, workload.lag_ms);
        let until_ms = now_ms - workload.lag_ms;
        if watch.pods {
            see(&pods, now_ms, until_ms, metric.map(|(_, usage)| usage), &mut seen);
        }
        let replicas = pods.len() as i32;
        let view = View {
            now_ms,
            rate: metric.map(|(demand, _)| (demand, until_ms)),
            usage: metric.map(|(_, usage)| usage),
            pods: &seen,
            replicas,
            ready,
            started: &started,
        };
        let wanted = decide(&view).max(0);
        let scored = now_ms >= workload.scored_from_ms;
        if wanted != replicas {
            account.scale_events += u64::from(scored);
            resize(&mut pods, wanted, now_ms, &mut startup);
        }
        let ready = pods.iter().filter(|pod| pod.ready_ms <= now_ms).count() as i32;
        let demand = workload.trace.at(now_ms);
        let served = f64::from(ready) * workload.capacity;
        past.push_back((demand, if ready == 0 { 1.0 } else { (demand / served).min(1.0) }));
        if past.len() > covered {
            past.pop_front();
        }
        if scored {
            account.add(demand, served, pods.len());
            if let Some(step_ms) = watch.step_ms {
                let index = ((now_ms - workload.scored_from_ms) / step_ms) as usize;
                account.record(&mut course, index, pods.len() as i32, ready);
            }
        }
        now_ms += SYNC_MS;
    }
    (account.score(), course)
}

/// The mean over the averaging stretch that ends `lag_ms` ago; `None` where demand is missing within it.
fn measured(past: &VecDeque<(f64, f64)>, lag_ms: i64) -> Option<(f64, f64)> {
    let end = past.len().checked_sub((lag_ms / SYNC_MS) as usize)?;
    let count = (AVERAGING_MS / SYNC_MS) as usize;
    let start = end.checked_sub(count)?;
    let sum = past.range(start..end).fold((0.0, 0.0), |sum, sync| (sum.0 + sync.0, sum.1 + sync.1));
    let mean = (sum.0 / count as f64, sum.1 / count as f64);
    (!mean.0.is_nan()).then_some(mean)
}

/// The pods as the HPA sees them.
fn see(pods: &[Started], now_ms: i64, until_ms: i64, usage: Option<f64>, seen: &mut Vec<Pod>) {
    let seconds = |ms: i64| if ms == i64::MIN { f64::NEG_INFINITY } else { ms as f64 / 1_000.0 };
    seen.clear();
    seen.extend(pods.iter().map(|pod| {
        let is_ready = pod.ready_ms <= now_ms;
        let (status, since_ms) =
            if is_ready { (ReadyStatus::True, pod.ready_ms) } else { (ReadyStatus::False, pod.created_ms) };
        // A pod that does not serve uses nothing; its metric appears once it was measured.
        let value_milli = usage.map(|usage| if is_ready { (usage * REQUEST_MILLI as f64) as i64 } else { 0 });
        Pod {
            phase: Phase::Running,
            is_deleted: false,
            ready: Some(ReadyCondition { status, since_seconds: seconds(since_ms) }),
            started_seconds: Some(seconds(pod.created_ms)),
            request: Request::Milli(REQUEST_MILLI),
            sample: value_milli.filter(|_| pod.created_ms <= until_ms - AVERAGING_MS).map(|value_milli| Sample {
                value_milli,
                timestamp_seconds: seconds(until_ms),
                window_seconds: AVERAGING_MS as f64 / 1_000.0,
            }),
        }
    }));
}

/// Creates pods, or deletes those that would be ready last: a ReplicaSet deletes pods that are not ready first, then the
/// newest.
fn resize(pods: &mut Vec<Started>, wanted: i32, now_ms: i64, startup: &mut StartupTimes) {
    let wanted = wanted as usize;
    while pods.len() < wanted {
        pods.push(Started { created_ms: now_ms, ready_ms: now_ms + (startup.draw() * 1_000.0) as i64 });
    }
    if pods.len() > wanted {
        pods.sort_by_key(|pod| (pod.ready_ms > now_ms, pod.created_ms));
        pods.truncate(wanted);
    }
}

/// What a run has cost so far.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Account {
    syncs: u64,
    violated: u64,
    demand: f64,
    unserved: f64,
    replica_syncs: u64,
    pub(super) scale_events: u64,
}

impl Account {
    /// A sync with its demand, NaN where that is missing, what ready replicas served, and the replicas paid for.
    pub(super) fn add(&mut self, demand: f64, served: f64, replicas: usize) {
        self.replica_syncs += replicas as u64;
        if demand.is_nan() {
            return;
        }
        self.syncs += 1;
        self.demand += demand;
        // Demand that is exactly a multiple of the capacity is served, whatever rounding says.
        if demand > served * (1.0 + 1e-9) {
            self.violated += 1;
            self.unserved += demand - served;
        }
    }

    fn cost(&self) -> f64 {
        self.replica_syncs as f64 * SYNC_MS as f64 / 60_000.0
    }

    pub(super) fn score(&self) -> Score {
        let share = |part: f64, whole: f64| if whole > 0.0 { part / whole } else { 0.0 };
        Score {
            cost_replica_minutes: self.cost(),
            violation_share: share(self.violated as f64, self.syncs as f64),
            unserved_share: share(self.unserved, self.demand),
            scale_events: self.scale_events,
        }
    }

    /// Brings the course up to this sync, which lies in the step of this index.
    pub(super) fn record(&self, course: &mut Course, index: usize, replicas: i32, ready: i32) {
        if index == course.replicas.len() {
            course.replicas.push(replicas);
            course.ready.push(ready);
            course.cost_replica_minutes.push(0.0);
            course.violation_seconds.push(0.0);
            course.scale_events.push(0);
        }
        course.replicas[index] = replicas;
        course.ready[index] = course.ready[index].min(ready);
        course.cost_replica_minutes[index] = self.cost();
        course.violation_seconds[index] = self.violated as f64 * SYNC_MS as f64 / 1_000.0;
        course.scale_events[index] = self.scale_events;
    }
}
