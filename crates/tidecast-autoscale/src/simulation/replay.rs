//! One trace, all contenders, one report.

use super::cluster::{AVERAGING_MS, SYNC_MS, View, Watch, Workload, run};
use super::comparison::{Front, KEPT, gap_closed};
use super::contenders::{Contender, HoltWinters, Hpa, KedaCron, Limits, Metric, Ours, SeasonalNaive, Threshold};
use super::notes;
use super::oracle;
use super::report::{
    Change, Conditions, Contender as Entry, Course, Explanation, ParetoPoint, Replay, Report, Score, Timeline,
    TraceSummary,
};
use crate::hpa::BehaviorSpec;
use crate::policy::{CalendarEntry, Capacity, Policy, PolicyError, STALE_MS};
use crate::trace::Trace;

/// Contenders that learn nothing begin this long before the scored part.
const WARM_UP_MS: i64 = 2 * 3_600_000;

/// The threshold of the rule of the same name.
const THRESHOLD: f64 = 0.85;

/// A replica serves this share of the peak where no capacity is given.
const PEAK_REPLICAS: f64 = 40.0;

/// The most replicas, in units of what the peak needs, where no maximum is given.
const HEAD_ROOM: f64 = 2.0;

/// Under which conditions a trace is replayed.
#[derive(Clone, Debug, PartialEq)]
pub struct ReplaySettings {
    /// Where the trace came from.
    pub name: String,
    /// Demand that one replica serves; `None`: a fortieth of the peak.
    pub capacity: Option<f64>,
    /// Our policy does not know that capacity, and measures it from CPU.
    pub measured_capacity: bool,
    /// Median start-up time, seconds.
    pub startup_seconds: f64,
    /// Age of metrics, seconds.
    pub lag_seconds: f64,
    /// The target of an HPA that nobody tuned.
    pub target: f64,
    /// The share of time that demand may exceed capacity.
    pub violation_budget: f64,
    /// Fewest replicas.
    pub min_replicas: i32,
    /// Most replicas; `None`: twice what the peak needs.
    pub max_replicas: Option<i32>,
    /// Replicas that must be there at times, for our policy; others have no calendar.
    pub calendar: Vec<CalendarEntry>,
    /// How fast replicas may change, for every contender but the oracle.
    pub behavior: Option<BehaviorSpec>,
    /// Seed of start-up times.
    pub seed: u64,
}

impl Default for ReplaySettings {
    fn default() -> Self {
        Self {
            name: "trace".to_owned(),
            capacity: None,
            measured_capacity: false,
            startup_seconds: 180.0,
            lag_seconds: 30.0,
            target: 0.7,
            // Somewhat below the 0.2 % that contenders are compared at: what is realised is not what was declared.
            violation_budget: 0.000_8,
            min_replicas: 1,
            max_replicas: None,
            calendar: Vec::new(),
            behavior: None,
            seed: 1,
        }
    }
}

/// Why a replay cannot be made.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum ReplayError {
    /// A setting of the policy.
    #[error(transparent)]
    Policy(#[from] PolicyError),
    /// A duration that makes no sense here.
    #[error("{name} is {seconds} s; give {range}")]
    Duration {
        /// Its name.
        name: &'static str,
        /// Its value.
        seconds: f64,
        /// The values that it may have.
        range: &'static str,
    },
    /// Replicas without end.
    #[error(
        "the peak of {peak} needs {replicas:.0} replicas of capacity {capacity}, more than the {most} that are simulated; is the demand in requests a minute, and the capacity in requests a second?"
    )]
    TooMany {
        /// The peak.
        peak: f64,
        /// The capacity given.
        capacity: f64,
        /// How many replicas that makes.
        replicas: f64,
        /// How many are possible.
        most: i32,
    },
    /// The same by a limit.
    #[error("{name} is {replicas}, more than the {most} that are simulated; give fewer")]
    Limit {
        /// The limit's name.
        name: &'static str,
        /// Its value.
        replicas: i32,
        /// How many are possible.
        most: i32,
    },
    /// Nothing to scale.
    #[error("demand is zero throughout; there is nothing to scale")]
    NoDemand,
}

/// The most replicas that are simulated.
const REPLICAS_MAX: i32 = 10_000;

/// Replays a trace. `progress` is told the share that is done.
///
/// # Errors
/// Settings that make no sense, alone or with this trace.
pub fn replay(trace: &Trace, settings: &ReplaySettings, progress: &mut dyn FnMut(f64)) -> Result<Replay, ReplayError> {
    let stage = Stage::new(trace, settings)?;
    let sweep: Vec<(Metric, &'static str, f64)> = sweep().collect();
    // A run from the start of the trace takes about four times as long as one of the scored part.
    let (runs, mut done) = (sweep.len() + 7 * 4, 0);
    let mut advance = |by: usize| {
        done += by;
        progress((done as f64 / runs as f64).min(1.0));
    };

    let mut pareto = Vec::new();
    let mut past = Vec::new();
    for (metric, name, target) in sweep.iter().copied() {
        pareto.push(ParetoPoint { metric: name, target, score: stage.hpa(metric, target).0 });
        past.push(stage.hpa_before(metric, target));
        advance(1);
    }
    let front = Front::of(&pareto);
    let kept = |score: &Score| score.violation_share <= KEPT;
    let cheapest = |scores: &[Score]| {
        let kept = scores.iter().enumerate().filter(|(_, score)| kept(score));
        kept.min_by(|(_, one), (_, other)| one.cost_replica_minutes.total_cmp(&other.cost_replica_minutes))
            .map(|(index, _)| index)
    };
    let scores: Vec<Score> = pareto.iter().map(|point| point.score).collect();
    // Hundredths of a percent tell all targets apart.
    let describe = |index: usize| {
        let ParetoPoint { metric, target, .. } = &pareto[index];
        format!("{metric} at {} %", (1e4 * target).round() / 100.0)
    };

    let mut entries: Vec<(&'static str, &'static str, String, Score)> = Vec::new();
    let mut courses = Vec::new();
    let mut show = |name: &str, label: &str, course: Course| {
        courses.push(Course { name: name.to_owned(), label: label.to_owned(), ..course });
    };
    let target_text = format!("{:.0} %", 100.0 * settings.target);

    let (score, _) = stage.hpa(Metric::Cpu, settings.target);
    entries.push(("hpa_cpu", "HPA on CPU", target_text.clone(), score));
    let (score, course) = stage.hpa(Metric::Rate, settings.target);
    show("hpa_rate", "HPA on request rate", course);
    entries.push(("hpa_rate", "HPA on request rate", target_text.clone(), score));
    if let Some(index) = cheapest(&past) {
        entries.push(("hpa_tuned", "HPA, target tuned on the past", describe(index), scores[index]));
    }
    if let Some(index) = cheapest(&scores) {
        let (metric, _, target) = sweep[index];
        let (_, course) = stage.hpa(metric, target);
        show("hpa_hindsight", "HPA, best target in hindsight", course);
        entries.push(("hpa_hindsight", "HPA, best target in hindsight", describe(index), scores[index]));
    }
    let cron =
        KedaCron::new(trace, stage.workload.scored_from_ms, settings.target, stage.workload.capacity, stage.limits);
    let setting = cron.setting.clone();
    entries.push(("keda_cron", "KEDA with cron", setting, stage.contend(cron).0));
    advance(4);
    let ahead_ms = ((settings.startup_seconds + settings.lag_seconds) * 1_000.0) as i64;
    let naive = SeasonalNaive::new(trace, ahead_ms, settings.target, stage.workload.capacity, stage.limits);
    entries.push(("seasonal_naive", "Yesterday at this time", target_text.clone(), stage.contend(naive).0));
    advance(4);
    let ahead = (ahead_ms / 60_000 + 1) as usize;
    let holt_winters = HoltWinters::new(ahead, settings.target, stage.workload.capacity, stage.limits);
    entries.push(("holt_winters", "Holt-Winters over replicas", target_text.clone(), stage.contend(holt_winters).0));
    advance(4);
    let threshold = Threshold::new(THRESHOLD, stage.workload.capacity, settings.startup_seconds, stage.limits)?;
    entries.push((
        "threshold",
        "Threshold on predictions",
        format!("{:.0} %", 100.0 * THRESHOLD),
        stage.contend(threshold).0,
    ));
    advance(4);
    let same = Policy { violation_budget: None, ..stage.policy.clone() };
    let (score, course) = stage.contend(stage.at_work(same)?);
    show("ours_same_target", "Tidecast, adding to the target", course);
    entries.push(("ours_same_target", "Tidecast, adding to the target", target_text, score));
    advance(4);
    let mut ours = stage.at_work(stage.policy.clone())?;
    let (score, course, predicted, decisions) = stage.ours(&mut ours);
    show("ours", "Tidecast", course);
    let ours_setting = format!("budget {} %", notes::percent(settings.violation_budget));
    entries.push(("ours", "Tidecast", ours_setting, score));
    advance(8);
    let (oracle_score, oracle_course) = oracle::run(&stage.workload, settings.min_replicas, stage.step_ms);
    show("oracle", "Oracle", oracle_course);
    entries.push(("oracle", "Oracle", "knows the future".to_owned(), oracle_score));

    let contenders: Vec<Entry> = entries
        .into_iter()
        .map(|(name, label, setting, score)| Entry {
            name: name.to_owned(),
            label: label.to_owned(),
            setting,
            score,
            gap_closed: gap_closed(&score, &front, &oracle_score).ok(),
            cost_vs_hpa_equal_violation: front.cost_ratio(&score),
            violation_vs_hpa_equal_cost: front.violation_ratio(&score),
        })
        .collect();
    let gap = gap_closed(&score, &front, &oracle_score);
    let told = stage.notes(settings, &ours).into_iter().chain(notes::after(settings, &score)).collect();
    courses.sort_by_key(|course| course.name != "ours");
    progress(1.0);
    Ok(Replay {
        report: Report {
            trace: stage.summary(settings),
            conditions: stage.conditions(settings),
            gap_closed_reason: gap.as_ref().err().cloned(),
            gap_closed: gap.ok(),
            cost_vs_hpa_equal_violation: front.cost_ratio(&score),
            violation_vs_hpa_equal_cost: front.violation_ratio(&score),
            contenders,
            pareto,
            notes: told,
        },
        timeline: stage.timeline(predicted, courses),
        decisions,
    })
}

/// Replays a trace through our policy alone: what it changed in the scored part, and why.
///
/// # Errors
/// As [`replay`].
pub fn explain(trace: &Trace, settings: &ReplaySettings) -> Result<Explanation, ReplayError> {
    let stage = Stage::new(trace, settings)?;
    let mut ours = stage.at_work(stage.policy.clone())?;
    let (_, _, _, decisions) = stage.ours(&mut ours);
    Ok(Explanation {
        trace: stage.summary(settings),
        conditions: stage.conditions(settings),
        decisions,
        notes: stage.notes(settings, &ours),
    })
}

/// Metrics, their names and targets of the sweep: whole percents, every second above 20, and for a rate, which may be set
/// in any fraction, some below one percent, for the wildest traffic.
fn sweep() -> impl Iterator<Item = (Metric, &'static str, f64)> {
    let percents = || (1..20).chain((20..=100).step_by(2)).map(|percent| f64::from(percent) / 100.0);
    let fractions = (0..7).map(|step| 0.002 * 1.28_f64.powi(step));
    let cpu = percents().map(|target| (Metric::Cpu, "cpu", target));
    cpu.chain(fractions.chain(percents()).map(|target| (Metric::Rate, "rate", target)))
}

/// A trace with everything that is derived from it and the settings.
struct Stage<'a> {
    workload: Workload<'a>,
    limits: Limits<'a>,
    /// Ours, planning for the declared budget.
    policy: Policy,
    /// What our policy is told of the workload's capacity.
    told: Capacity,
    step_ms: i64,
}

impl<'a> Stage<'a> {
    fn new(trace: &'a Trace, settings: &'a ReplaySettings) -> Result<Self, ReplayError> {
        let seconds = |name, seconds: f64, most: f64, range| {
            if (0.0..=most).contains(&seconds) { Ok(()) } else { Err(ReplayError::Duration { name, seconds, range }) }
        };
        seconds("the start-up time", settings.startup_seconds, 3_600.0, "between 0 s and 1 h")?;
        // Older ones tell nothing about present demand, and no policy here goes by them.
        seconds("the age of metrics", settings.lag_seconds, STALE_MS as f64 / 1_000.0, "between 0 s and 5 min")?;
        let peak = trace.peak();
        if peak <= 0.0 {
            return Err(ReplayError::NoDemand);
        }
        let capacity = settings.capacity.unwrap_or(peak / PEAK_REPLICAS);
        if !(capacity > 0.0 && capacity.is_finite()) {
            return Err(PolicyError::Capacity(capacity).into());
        }
        let needed = peak / capacity;
        if needed > f64::from(REPLICAS_MAX) {
            return Err(ReplayError::TooMany { peak, capacity, replicas: needed, most: REPLICAS_MAX });
        }
        let max =
            settings.max_replicas.unwrap_or(((HEAD_ROOM * needed).ceil() as i32).max(settings.min_replicas).max(2));
        for (name, replicas) in [("min_replicas", settings.min_replicas), ("max_replicas", max)] {
            let most = 2 * REPLICAS_MAX;
            if replicas > most {
                return Err(ReplayError::Limit { name, replicas, most });
            }
        }
        let policy = Policy {
            min_replicas: settings.min_replicas,
            max_replicas: max,
            target: settings.target,
            violation_budget: Some(settings.violation_budget),
            calendar: settings.calendar.clone(),
            threshold: None,
            behavior: settings.behavior.clone(),
        };
        policy.check()?;
        let end_ms = trace.start_ms + trace.duration().0;
        // On a minute of its own, so that the timeline's steps are minutes.
        let half = (trace.start_ms + (end_ms - trace.start_ms) / 2).div_euclid(60_000) * 60_000;
        let scored_from_ms = half.max(trace.start_ms);
        let workload = Workload {
            trace,
            capacity,
            startup_seconds: settings.startup_seconds,
            // Metrics are read once a sync: what comes between two of them is seen at the next.
            lag_ms: (settings.lag_seconds * 1_000.0 / SYNC_MS as f64).ceil() as i64 * SYNC_MS,
            seed: settings.seed,
            scored_from_ms,
            end_ms,
        };
        let limits = Limits { min: settings.min_replicas, max, behavior: settings.behavior.as_ref() };
        let told = if settings.measured_capacity { Capacity::Measured } else { Capacity::Given(capacity) };
        Ok(Self { workload, limits, policy, told, step_ms: trace.step_ms.clamp(60_000, 3_600_000) })
    }

    /// A policy on this workload.
    fn at_work(&self, policy: Policy) -> Result<Ours, PolicyError> {
        Ours::new(policy, self.told, self.workload.startup_seconds)
    }

    /// What the reader should know, after our policy was at work.
    fn notes(&self, settings: &ReplaySettings, ours: &Ours) -> Vec<String> {
        notes::before(settings, &self.workload, self.limits, ours.capacity())
    }

    /// The HPA at a target, in the scored part.
    fn hpa(&self, metric: Metric, target: f64) -> (Score, Course) {
        let from_ms = (self.workload.scored_from_ms - WARM_UP_MS).max(self.workload.trace.start_ms);
        let mut hpa = Hpa::new(metric, target, self.workload.capacity, self.limits);
        let watch = Watch { step_ms: Some(self.step_ms), pods: metric == Metric::Cpu };
        run(&self.workload, from_ms, self.first(from_ms, target), watch, |view| hpa.decide(view))
    }

    /// The same in the second half of what came before it.
    fn hpa_before(&self, metric: Metric, target: f64) -> Score {
        let start_ms = self.workload.trace.start_ms;
        let from_ms = start_ms + (self.workload.scored_from_ms - start_ms) / 2;
        let workload = Workload { scored_from_ms: from_ms, end_ms: self.workload.scored_from_ms, ..self.workload };
        let from_ms = (from_ms - WARM_UP_MS).max(start_ms);
        let mut hpa = Hpa::new(metric, target, self.workload.capacity, self.limits);
        let watch = Watch { step_ms: None, pods: metric == Metric::Cpu };
        run(&workload, from_ms, self.first(from_ms, target), watch, |view| hpa.decide(view)).0
    }

    /// A contender that learns, from the start of the trace.
    fn contend(&self, mut contender: impl Contender) -> (Score, Course) {
        let from_ms = self.workload.trace.start_ms;
        let watch = Watch { step_ms: Some(self.step_ms), pods: false };
        run(&self.workload, from_ms, self.first(from_ms, 0.7), watch, |view| contender.decide(view))
    }

    /// Our policy, with what it planned for and why it changed what.
    fn ours(&self, ours: &mut Ours) -> (Score, Course, Vec<Option<f64>>, Vec<Change>) {
        let from_ms = self.workload.trace.start_ms;
        let (mut predicted, mut changes) = (Vec::new(), Vec::new());
        let decide = |view: &View<'_>| {
            let replicas = ours.decide(view);
            if view.now_ms >= self.workload.scored_from_ms {
                if predicted.len() as i64 * self.step_ms <= view.now_ms - self.workload.scored_from_ms {
                    predicted.push(ours.planned_demand());
                }
                if let Some(decision) = ours.decision.filter(|_| replicas != view.replicas) {
                    changes.push(Change {
                        time_ms: view.now_ms,
                        from: view.replicas,
                        to: replicas,
                        reactive: decision.reactive,
                        predicted: decision.predicted,
                        quantile: decision.quantile,
                        rule: decision.rule.as_str(),
                        reason: decision.reason.to_string(),
                    });
                }
            }
            replicas
        };
        let watch = Watch { step_ms: Some(self.step_ms), pods: false };
        let (score, course) = run(&self.workload, from_ms, self.first(from_ms, 0.7), watch, decide);
        (score, course, predicted, changes)
    }

    /// Replicas to begin with: what a reasonable person would have started.
    fn first(&self, from_ms: i64, target: f64) -> i32 {
        let demand = self.workload.trace.at(from_ms);
        let replicas = if demand.is_nan() { 1.0 } else { (demand / (self.workload.capacity * target)).ceil() };
        (replicas as i32).clamp(self.limits.min.max(1).min(self.limits.max), self.limits.max)
    }

    fn summary(&self, settings: &ReplaySettings) -> TraceSummary {
        let trace = self.workload.trace;
        let missing = trace.values.iter().filter(|value| value.is_nan()).count();
        TraceSummary {
            name: settings.name.clone(),
            from_ms: trace.start_ms,
            scored_from_ms: self.workload.scored_from_ms,
            to_ms: self.workload.end_ms,
            step_seconds: trace.step_ms as f64 / 1_000.0,
            samples: trace.values.len() - missing,
            missing,
            peak: trace.peak(),
        }
    }

    fn conditions(&self, settings: &ReplaySettings) -> Conditions {
        Conditions {
            capacity: self.workload.capacity,
            startup_seconds: settings.startup_seconds,
            lag_seconds: settings.lag_seconds,
            averaging_seconds: AVERAGING_MS as f64 / 1_000.0,
            sync_seconds: SYNC_MS as f64 / 1_000.0,
            min_replicas: self.limits.min,
            max_replicas: self.limits.max,
            target: settings.target,
            violation_budget: settings.violation_budget,
            seed: settings.seed,
        }
    }

    fn timeline(&self, predicted: Vec<Option<f64>>, contenders: Vec<Course>) -> Timeline {
        let steps = predicted.len();
        let time = |step: usize| self.workload.scored_from_ms + step as i64 * self.step_ms;
        let demand = |step: usize| {
            let syncs = (0..self.step_ms / SYNC_MS).map(|sync| self.workload.trace.at(time(step) + sync * SYNC_MS));
            syncs.filter(|demand| !demand.is_nan()).reduce(f64::max)
        };
        Timeline {
            step_ms: self.step_ms,
            times_ms: (0..steps).map(time).collect(),
            demand: (0..steps).map(demand).collect(),
            predicted,
            contenders,
        }
    }
}
