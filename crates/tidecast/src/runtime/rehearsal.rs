//! A replay of an autoscaler, shown as if it happened now: computed once, then looked at from a moment that moves on with
//! the clock. Nothing ticks; what is seen is a function of the time that has passed.

use serde::Serialize;
use std::ops::Range;
use std::sync::{Arc, PoisonError, RwLock};
use tidecast_autoscale::simulation::report::{Change, Course, Replay};
use utoipa::ToSchema;

/// More points than this no chart shows.
const POINTS_MAX: usize = 1_500;
/// The newest decisions: as many as somebody reads.
const DECISIONS_MAX: usize = 100;
/// The contender whose decisions are shown.
const OURS: &str = "ours";
/// Share of capacity above which ready replicas have little room left.
const THRESHOLD_SHARE: f64 = 0.85;

/// Where the process keeps the replay that it shows, if it shows one. Cheap to clone.
#[derive(Clone, Default)]
pub struct Rehearsal(Arc<RwLock<Option<Stage>>>);

/// How far a rehearsal has come.
#[derive(Clone)]
pub enum Stage {
    /// The replay is being computed.
    Preparing {
        /// What is scaled.
        workload: String,
        /// Share of the work that is done.
        progress: f64,
    },
    /// The replay is shown.
    Playing(Arc<Playback>),
}

/// A replay that is shown from a moment on, at a speed.
pub struct Playback {
    /// What is scaled.
    pub workload: String,
    /// What happened.
    pub replay: Replay,
    /// When it began to be shown, wall clock, ms since the Unix epoch.
    pub started_ms: i64,
    /// Time of the data per time of the wall clock.
    pub speed: f64,
}

/// What can be seen at a moment.
#[derive(Clone, Debug)]
pub struct Scene {
    /// The time of the data, ms since the Unix epoch.
    pub now_ms: i64,
    /// Whether the data have come to their end.
    pub has_ended: bool,
    /// How everyone fares so far.
    pub contenders: Vec<Standing>,
    /// The last part of what happened.
    pub timeline: Excerpt,
    /// The newest decisions first.
    pub decisions: Vec<Change>,
    /// How many decisions there were so far.
    pub decisions_total: usize,
}

/// How one contender fares at a moment.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Standing {
    /// Its name, stable.
    name: String,
    /// Its name for people.
    label: String,
    /// Replicas paid for.
    replicas: i32,
    /// Replicas that serve.
    ready: i32,
    /// Demand as a share of what ready replicas serve; `null` where either is unknown or nothing.
    utilisation: Option<f64>,
    /// Replicas times minutes since the beginning.
    cost_replica_minutes: f64,
    /// Share of time in which demand exceeded what ready replicas serve, since the beginning.
    violation_share: f64,
    /// Changes of the number of replicas since the beginning.
    scale_events: u64,
}

/// What happened in a stretch of time, as fine as a chart can show it: one entry a point in every list.
#[derive(Clone, Debug, Default, PartialEq, Serialize, ToSchema)]
pub struct Excerpt {
    /// Distance between points, ms.
    step_ms: i64,
    /// Where points begin, ms since the Unix epoch.
    times_ms: Vec<i64>,
    /// The greatest demand; `null` where it is missing.
    demand: Vec<Option<f64>>,
    /// The greatest demand that our policy prepared for.
    predicted: Vec<Option<f64>>,
    /// 85 % of what our ready replicas serve, where fewest are ready.
    threshold: Vec<f64>,
    /// The contenders.
    contenders: Vec<ExcerptCourse>,
}

/// One contender in a stretch of time.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct ExcerptCourse {
    /// Its name, stable.
    name: String,
    /// Its name for people.
    label: String,
    /// Replicas paid for, at the end.
    replicas: Vec<i32>,
    /// Fewest replicas that served.
    ready: Vec<i32>,
    /// Seconds in which demand exceeded what ready replicas serve.
    violation_seconds: Vec<f64>,
}

impl Rehearsal {
    /// Says how far the computation has come.
    pub fn prepare(&self, workload: &str, progress: f64) {
        self.put(Stage::Preparing { workload: workload.to_owned(), progress: progress.clamp(0.0, 1.0) });
    }

    /// Shows a replay.
    pub fn play(&self, playback: Arc<Playback>) {
        self.put(Stage::Playing(playback));
    }

    /// How far it has come; nothing where nothing is rehearsed.
    #[must_use]
    pub fn stage(&self) -> Option<Stage> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn put(&self, stage: Stage) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = Some(stage);
    }
}

impl Playback {
    /// First instant that is shown, ms since the Unix epoch.
    #[must_use]
    pub fn from_ms(&self) -> i64 {
        self.replay.timeline.times_ms.first().copied().unwrap_or(self.replay.report.trace.scored_from_ms)
    }

    /// First instant behind what is shown, ms since the Unix epoch.
    #[must_use]
    pub fn to_ms(&self) -> i64 {
        let timeline = &self.replay.timeline;
        timeline.times_ms.last().map_or(self.replay.report.trace.to_ms, |last_ms| last_ms + timeline.step_ms)
    }

    /// The time of the data when the wall clock shows `wall_ms`.
    #[must_use]
    pub fn now_ms(&self, wall_ms: i64) -> i64 {
        let passed_ms = wall_ms.saturating_sub(self.started_ms).max(0) as f64 * self.speed;
        // What is beyond i64 ends with the data anyway.
        self.from_ms().saturating_add(passed_ms as i64).min(self.to_ms())
    }

    /// What can be seen when the wall clock shows `wall_ms`: of the timeline the last `window_ms`, or all of it.
    #[must_use]
    pub fn at(&self, wall_ms: i64, window_ms: Option<i64>) -> Scene {
        let now_ms = self.now_ms(wall_ms);
        let timeline = &self.replay.timeline;
        // A step is known once it is over.
        let seen = timeline.times_ms.partition_point(|start_ms| start_ms + timeline.step_ms <= now_ms);
        let from_ms = window_ms.map_or(i64::MIN, |window_ms| now_ms.saturating_sub(window_ms));
        let first = timeline.times_ms[..seen].partition_point(|start_ms| start_ms + timeline.step_ms <= from_ms);
        let decided = self.replay.decisions.partition_point(|change| change.time_ms <= now_ms);
        let decisions = &self.replay.decisions[..decided];
        Scene {
            now_ms,
            has_ended: now_ms >= self.to_ms(),
            contenders: timeline.contenders.iter().map(|course| self.standing(course, seen)).collect(),
            timeline: self.excerpt(first..seen),
            decisions: decisions.iter().rev().take(DECISIONS_MAX).cloned().collect(),
            decisions_total: decided,
        }
    }

    /// How a contender fares after the first `seen` steps.
    fn standing(&self, course: &Course, seen: usize) -> Standing {
        let timeline = &self.replay.timeline;
        let last = seen.saturating_sub(1);
        let ready = course.ready.get(last).copied().unwrap_or_default();
        let served = f64::from(ready) * self.capacity();
        let demand = timeline.demand.get(last).copied().flatten();
        let seconds = seen as f64 * timeline.step_ms as f64 / 1_000.0;
        let so_far = |values: &[f64]| if seen == 0 { 0.0 } else { values.get(last).copied().unwrap_or_default() };
        Standing {
            name: course.name.clone(),
            label: course.label.clone(),
            replicas: course.replicas.get(last).copied().unwrap_or_default(),
            ready,
            utilisation: demand.filter(|_| served > 0.0).map(|demand| demand / served),
            cost_replica_minutes: so_far(&course.cost_replica_minutes),
            violation_share: if seen == 0 { 0.0 } else { so_far(&course.violation_seconds) / seconds },
            scale_events: if seen == 0 { 0 } else { course.scale_events.get(last).copied().unwrap_or_default() },
        }
    }

    /// The steps of a range, several to a point where there are too many.
    fn excerpt(&self, steps: Range<usize>) -> Excerpt {
        let timeline = &self.replay.timeline;
        let groups = groups(&steps);
        let width = groups.first().map_or(1, |_| width(steps.len()));
        let ours = timeline.contenders.iter().find(|course| course.name == OURS);
        let ready = ours.map_or(Vec::new(), |course| least(&course.ready, &groups));
        Excerpt {
            step_ms: timeline.step_ms.saturating_mul(i64::try_from(width).unwrap_or(i64::MAX)),
            times_ms: groups.iter().map(|group| timeline.times_ms[group.start]).collect(),
            demand: greatest(&timeline.demand, &groups),
            predicted: greatest(&timeline.predicted, &groups),
            threshold: ready.iter().map(|&ready| f64::from(ready) * self.capacity() * THRESHOLD_SHARE).collect(),
            contenders: timeline.contenders.iter().map(|course| excerpt_of(course, &groups)).collect(),
        }
    }

    fn capacity(&self) -> f64 {
        self.replay.report.conditions.capacity
    }
}

fn excerpt_of(course: &Course, groups: &[Range<usize>]) -> ExcerptCourse {
    let until = |step: usize| course.violation_seconds.get(step).copied().unwrap_or_default();
    let within = |group: &Range<usize>| until(group.end - 1) - group.start.checked_sub(1).map_or(0.0, until);
    ExcerptCourse {
        name: course.name.clone(),
        label: course.label.clone(),
        replicas: groups.iter().map(|group| course.replicas.get(group.end - 1).copied().unwrap_or_default()).collect(),
        ready: least(&course.ready, groups),
        violation_seconds: groups.iter().map(within).collect(),
    }
}

/// How many steps make a point.
fn width(steps: usize) -> usize {
    // One point less than there may be: the first and the last may hold fewer steps.
    steps.div_ceil(POINTS_MAX - 1).max(1)
}

/// Steps that make a point, none of them empty. They begin at multiples of their width, so that a point stays the same
/// while newer ones come.
fn groups(steps: &Range<usize>) -> Vec<Range<usize>> {
    let width = width(steps.len());
    let firsts = (steps.start / width..).map(|index| index * width).take_while(|&first| first < steps.end);
    firsts.map(|first| first.max(steps.start)..(first + width).min(steps.end)).collect()
}

/// The greatest value of each group.
fn greatest(values: &[Option<f64>], groups: &[Range<usize>]) -> Vec<Option<f64>> {
    let of = |group: &Range<usize>| values.get(group.clone())?.iter().copied().flatten().reduce(f64::max);
    groups.iter().map(of).collect()
}

/// The least value of each group.
fn least(values: &[i32], groups: &[Range<usize>]) -> Vec<i32> {
    let of = |group: &Range<usize>| values.get(group.clone()).and_then(|values| values.iter().min().copied());
    groups.iter().map(|group| of(group).unwrap_or_default()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use tidecast_autoscale::simulation::report::{Conditions, Report, Timeline, TraceSummary};

    const MINUTE_MS: i64 = 60_000;
    const START_MS: i64 = 1_000 * MINUTE_MS;

    /// Minutes with the given demand; one replica serves 10, we have 2 and the HPA 1, and each minute in which demand is
    /// beyond that counts as violated.
    fn playback(demand: &[f64]) -> Playback {
        let minutes = i64::try_from(demand.len()).unwrap();
        let course = |name: &str, ready: i32| {
            let mut violation_seconds = 0.0;
            let violated = demand.iter().map(|&demand| {
                violation_seconds += if demand > f64::from(ready) * 10.0 { 60.0 } else { 0.0 };
                violation_seconds
            });
            Course {
                name: name.to_owned(),
                label: name.to_uppercase(),
                replicas: vec![ready + 1; demand.len()],
                ready: vec![ready; demand.len()],
                violation_seconds: violated.collect(),
                cost_replica_minutes: (1..=demand.len()).map(|minutes| minutes as f64 * f64::from(ready)).collect(),
                scale_events: (0..demand.len() as u64).collect(),
            }
        };
        let change = |minute: i64| Change {
            time_ms: START_MS + minute * MINUTE_MS,
            from: 1,
            to: 2,
            reactive: 1,
            predicted: Some(2),
            quantile: Some(0.9),
            rule: "forecast",
            reason: format!("minute {minute}"),
        };
        let timeline = Timeline {
            step_ms: MINUTE_MS,
            times_ms: (0..minutes).map(|minute| START_MS + minute * MINUTE_MS).collect(),
            demand: demand.iter().map(|&demand| demand.is_finite().then_some(demand)).collect(),
            predicted: demand.iter().map(|&demand| demand.is_finite().then_some(demand + 1.0)).collect(),
            contenders: vec![course("hpa_cpu", 1), course("ours", 2)],
        };
        let report = Report {
            trace: TraceSummary {
                name: "crane".to_owned(),
                from_ms: 0,
                scored_from_ms: START_MS,
                to_ms: START_MS + minutes * MINUTE_MS,
                step_seconds: 60.0,
                samples: demand.len(),
                missing: 0,
                peak: 25.0,
            },
            conditions: Conditions {
                capacity: 10.0,
                startup_seconds: 60.0,
                lag_seconds: 30.0,
                averaging_seconds: 60.0,
                sync_seconds: 15.0,
                min_replicas: 1,
                max_replicas: 100,
                target: 0.7,
                violation_budget: 0.01,
                seed: 1,
            },
            gap_closed: None,
            gap_closed_reason: None,
            cost_vs_hpa_equal_violation: None,
            violation_vs_hpa_equal_cost: None,
            contenders: Vec::new(),
            pareto: Vec::new(),
            notes: Vec::new(),
        };
        let replay = Replay { report, timeline, decisions: (0..minutes).map(change).collect() };
        Playback { workload: "crane".to_owned(), replay, started_ms: 500, speed: 60.0 }
    }

    #[test]
    fn the_time_of_the_data_follows_the_clock_up_to_their_end() {
        let playback = playback(&[5.0; 10]);
        let cases = [
            (0, START_MS, false),
            (500, START_MS, false),
            (1_500, START_MS + MINUTE_MS, false),
            (10_499, START_MS + 10 * MINUTE_MS - 60, false),
            (10_500, START_MS + 10 * MINUTE_MS, true),
            (i64::MAX, START_MS + 10 * MINUTE_MS, true),
        ];
        for (wall_ms, now_ms, has_ended) in cases {
            let scene = playback.at(wall_ms, None);
            assert_eq!((scene.now_ms, scene.has_ended), (now_ms, has_ended), "{wall_ms}");
        }
    }

    #[test]
    fn nothing_of_the_future_is_seen() {
        let playback = playback(&[5.0, 15.0, 25.0, 35.0, 5.0]);
        for seen in 0..=5_usize {
            let scene = playback.at(500 + 1_000 * seen as i64, None);
            assert_eq!(scene.timeline.times_ms.len(), seen);
            assert!(scene.timeline.contenders.iter().all(|course| course.ready.len() == seen));
            // A decision at the very moment is known.
            assert_eq!(scene.decisions_total, (seen + 1).min(5));
            assert_eq!(scene.decisions[0].reason, format!("minute {}", seen.min(4)));
        }
    }

    #[test]
    fn figures_run_up_to_now() {
        let playback = playback(&[5.0, 15.0, 25.0, f64::NAN]);
        let standings = |seconds: i64| playback.at(500 + 1_000 * seconds, None).contenders;
        let start = &standings(0)[0];
        assert_eq!((start.replicas, start.cost_replica_minutes, start.violation_share), (2, 0.0, 0.0));
        let third = standings(3);
        assert_eq!((third[0].utilisation, third[1].utilisation), (Some(2.5), Some(1.25)));
        assert_eq!((third[0].cost_replica_minutes, third[1].cost_replica_minutes), (3.0, 6.0));
        assert_eq!((third[0].violation_share, third[1].violation_share), (2.0 / 3.0, 1.0 / 3.0));
        assert_eq!(third[0].scale_events, 2);
        assert_eq!(standings(4)[0].utilisation, None);
    }

    #[test]
    fn a_window_is_the_last_part() {
        let playback = playback(&[5.0; 100]);
        let times = |window_ms| playback.at(500 + 50_000, window_ms).timeline.times_ms;
        assert_eq!(times(None).len(), 50);
        assert_eq!(times(Some(10 * MINUTE_MS)), playback.replay.timeline.times_ms[40..50]);
        assert_eq!(times(Some(i64::MAX)).len(), 50);
        assert_eq!(times(Some(0)).len(), 0);
    }

    #[test]
    fn a_long_stretch_keeps_its_peaks_and_its_violations() {
        let mut demand = vec![5.0; 4_001];
        demand[1_234] = 30.0;
        let scene = playback(&demand).at(i64::MAX, None);
        let excerpt = scene.timeline;
        assert!(excerpt.times_ms.len() <= POINTS_MAX, "{}", excerpt.times_ms.len());
        assert_eq!(excerpt.step_ms, 3 * MINUTE_MS);
        let violated: Vec<usize> =
            (0..excerpt.demand.len()).filter(|&i| excerpt.contenders[1].violation_seconds[i] > 0.0).collect();
        assert_eq!(violated, [411]);
        assert_eq!((excerpt.demand[411], excerpt.predicted[411]), (Some(30.0), Some(31.0)));
        assert_eq!(excerpt.threshold[411], 17.0);
        assert_eq!(scene.decisions.len(), DECISIONS_MAX);
        assert_eq!(scene.decisions_total, 4_001);
    }

    #[test]
    fn points_stay_the_same_while_newer_ones_come() {
        for end in [3_000, 3_001, 4_400] {
            for start in [0, 1, 7] {
                let groups = groups(&(start..end));
                assert!(groups.len() <= POINTS_MAX && groups.iter().all(|group| !group.is_empty()));
                assert_eq!((groups[0].start, groups.last().map(|group| group.end)), (start, Some(end)));
                assert!(groups[1..].iter().all(|group| group.start % width(end - start) == 0));
            }
        }
        assert!(groups(&(5..5)).is_empty());
    }
}
