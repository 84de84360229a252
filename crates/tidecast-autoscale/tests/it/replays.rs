//! Replays from end to end: what must hold whatever the trace, and what a forecast is for.

use proptest::prelude::*;
use tidecast_autoscale::policy::{Autoscaler, Capacity, Policy, Reading};
use tidecast_autoscale::simulation::report::{Replay, Score};
use tidecast_autoscale::simulation::{ReplayError, ReplaySettings, explain, replay};
use tidecast_autoscale::trace::Trace;

const MINUTE_MS: i64 = 60_000;
pub(crate) const DAY: usize = 1_440;

/// Demand by minute, from a function of the minute.
pub(crate) fn trace(minutes: usize, demand: impl Fn(usize) -> f64) -> Trace {
    Trace { start_ms: 0, step_ms: MINUTE_MS, values: (0..minutes).map(demand).collect(), notes: Vec::new() }
}

/// Quiet nights and busy days that begin within ten minutes, with deterministic noise.
pub(crate) fn office(minute: usize) -> f64 {
    let of_day = minute % DAY;
    let noise = ((minute * 7_919) % 101) as f64 / 101.0;
    let level = if (480..1_080).contains(&of_day) { 100.0 } else { 10.0 };
    level * (0.9 + 0.2 * noise)
}

fn run(trace: &Trace) -> Replay {
    replay(trace, &ReplaySettings::default(), &mut |_| {}).expect("the replay runs")
}

fn score(replay: &Replay, name: &str) -> Score {
    let found = replay.report.contenders.iter().find(|contender| contender.name == name);
    found.unwrap_or_else(|| panic!("{name} is missing")).score
}

#[test]
fn what_comes_every_day_is_prepared_for() {
    let replay = run(&trace(8 * DAY, office));
    let (ours, best, oracle) = (score(&replay, "ours"), score(&replay, "hpa_hindsight"), score(&replay, "oracle"));
    assert!(ours.violation_share <= 0.002, "{ours:?}");
    assert!(oracle.cost_replica_minutes < ours.cost_replica_minutes, "{oracle:?} {ours:?}");
    assert!(ours.cost_replica_minutes < 0.9 * best.cost_replica_minutes, "{ours:?} {best:?}");
    assert!(replay.report.gap_closed.expect("a gap") > 0.3);
    assert!(replay.decisions.iter().any(|change| change.rule == "forecast"), "the forecast acted");
    assert!(replay.decisions.iter().all(|change| change.reason.ends_with('.')));
}

#[test]
fn the_oracle_violates_nothing_and_nobody_who_keeps_service_is_cheaper() {
    let replay = run(&trace(4 * DAY, |minute| office(minute) + if minute % 977 == 0 { 150.0 } else { 0.0 }));
    let oracle = score(&replay, "oracle");
    assert_eq!((oracle.violation_share, oracle.unserved_share), (0.0, 0.0));
    for contender in replay.report.contenders.iter().filter(|contender| contender.score.violation_share == 0.0) {
        assert!(contender.score.cost_replica_minutes >= oracle.cost_replica_minutes, "{contender:?}");
    }
}

/// The future of a trace must not change what was decided before it.
#[test]
fn nothing_looks_into_the_future() {
    let minutes = 6 * DAY;
    let changed = |minute: usize| if minute < 5 * DAY { office(minute) } else { 3.0 * office(minute + 300) };
    // Capacity and limits are given, as they would otherwise follow from the peak.
    for measured_capacity in [false, true] {
        nothing_looks_ahead(minutes, changed, measured_capacity);
    }
}

fn nothing_looks_ahead(minutes: usize, changed: impl Fn(usize) -> f64, measured_capacity: bool) {
    let settings =
        ReplaySettings { capacity: Some(3.0), max_replicas: Some(200), measured_capacity, ..ReplaySettings::default() };
    let replays = [trace(minutes, office), trace(minutes, changed)]
        .map(|trace| replay(&trace, &settings, &mut |_| {}).expect("the replay runs"));
    let until = 2 * DAY;
    for name in ["ours", "ours_same_target", "hpa_rate"] {
        let courses = replays.each_ref().map(|replay| {
            let course = replay.timeline.contenders.iter().find(|course| course.name == name).expect("a course");
            course.replicas[..until].to_vec()
        });
        assert_eq!(courses[0], courses[1], "{name}");
    }
    assert_eq!(replays[0].timeline.predicted[..until], replays[1].timeline.predicted[..until]);
    // The test can fail: the oracle does look ahead.
    let ahead = replays.each_ref().map(|replay| {
        let course = replay.timeline.contenders.iter().find(|course| course.name == "oracle").expect("a course");
        course.replicas[until - 3..until].to_vec()
    });
    assert_ne!(ahead[0], ahead[1]);
}

#[test]
fn the_same_seed_gives_the_same_replay() {
    let trace = trace(3 * DAY, office);
    let json = |seed| {
        let settings = ReplaySettings { seed, ..ReplaySettings::default() };
        serde_json::to_string(&replay(&trace, &settings, &mut |_| {}).expect("the replay runs")).expect("JSON")
    };
    assert_eq!(json(1), json(1));
    assert_ne!(json(1), json(2));
}

#[test]
fn strange_traces_are_replayed_or_refused_with_a_reason() {
    let gaps = trace(3 * DAY, |minute| if minute % 700 < 200 { f64::NAN } else { office(minute) });
    let constant = trace(2 * DAY, |_| 5.0);
    let spike = trace(2 * DAY, |minute| if minute == 2_000 { 1e6 } else { 1.0 });
    let day = trace(DAY, office);
    for strange in [gaps, constant, spike, day] {
        let replay = run(&strange);
        for contender in &replay.report.contenders {
            let Score { cost_replica_minutes, violation_share, unserved_share, .. } = contender.score;
            assert!(cost_replica_minutes.is_finite() && cost_replica_minutes > 0.0, "{contender:?}");
            assert!((0.0..=1.0).contains(&violation_share) && (0.0..=1.0).contains(&unserved_share), "{contender:?}");
        }
        assert!(replay.report.gap_closed.is_some() != replay.report.gap_closed_reason.is_some());
    }
    let office = trace(DAY, office);
    let refused = |settings: ReplaySettings, expected: &str| {
        let error = replay(&office, &settings, &mut |_| {}).expect_err(expected).to_string();
        assert!(error.contains(expected), "{error:?} should contain {expected:?}");
    };
    let usual = ReplaySettings::default;
    refused(ReplaySettings { capacity: Some(0.0), ..usual() }, "the capacity of a replica is 0");
    refused(ReplaySettings { capacity: Some(0.001), ..usual() }, "requests a minute");
    refused(ReplaySettings { violation_budget: 1.5, ..usual() }, "violation_budget is 1.5");
    refused(
        ReplaySettings { min_replicas: 9, max_replicas: Some(3), ..usual() },
        "min_replicas is 9 and max_replicas 3",
    );
    refused(ReplaySettings { startup_seconds: -1.0, ..usual() }, "the start-up time is -1 s");
    let nothing = trace(DAY, |_| 0.0);
    assert_eq!(replay(&nothing, &usual(), &mut |_| {}).err(), Some(ReplayError::NoDemand));
}

#[test]
fn no_history_reacts_and_a_day_later_the_forecast_may_act() {
    let policy = Policy { max_replicas: 60, violation_budget: Some(0.01), ..Policy::default() };
    let mut autoscaler = Autoscaler::new(policy, Capacity::Given(3.0), 60.0).expect("a policy");
    let mut rules = Vec::new();
    let mut replicas = 5;
    for sync in 0..(3 * DAY * 4) as i64 {
        let until_ms = sync * 15_000;
        let demand = office((until_ms / MINUTE_MS) as usize);
        let reading = Reading {
            now_ms: until_ms + 30_000,
            replicas,
            ready: replicas,
            demand: Some((demand, until_ms)),
            usage: None,
            utilisation: &[],
        };
        let decision = autoscaler.step(&reading);
        replicas = decision.replicas;
        rules.push((decision.rule.as_str(), decision.predicted.is_some()));
    }
    assert!(
        rules[..60].iter().all(|(rule, predicted)| *rule != "forecast" && !predicted),
        "the first quarter of an hour"
    );
    assert!(rules[2 * DAY * 4..].iter().any(|(rule, _)| *rule == "forecast"), "the third day");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    /// Whatever is read: within limits, never to zero, never down without evidence.
    #[test]
    fn readings_of_any_kind_keep_the_policy(
        demands in proptest::collection::vec(proptest::option::weighted(0.8, prop_oneof![0.0..100.0_f64, any::<f64>()]), 200),
        budget in proptest::option::of(0.001..0.2_f64),
        min in 1..5_i32,
        more in 0..30_i32,
    ) {
        let policy = Policy { min_replicas: min, max_replicas: min + more, violation_budget: budget, ..Policy::default() };
        let mut autoscaler = Autoscaler::new(policy, Capacity::Given(2.0), 120.0).expect("a policy");
        (0..2 * DAY).for_each(|minute| autoscaler.remember(Some(office(minute))));
        let mut replicas = min;
        for (sync, demand) in demands.iter().enumerate() {
            let now_ms = sync as i64 * 15_000;
            let reading = Reading { now_ms, replicas, ready: replicas, demand: demand.map(|demand| (demand, now_ms)), usage: None, utilisation: &[] };
            let decision = autoscaler.step(&reading);
            prop_assert!((min..=min + more).contains(&decision.replicas), "{decision:?}");
            if demand.is_none_or(|demand| !demand.is_finite() || demand < 0.0) {
                prop_assert!(decision.replicas >= replicas, "{decision:?}");
            }
            replicas = decision.replicas;
        }
    }
}

/// From zero replicas, where one may go there, demand brings them back, with a budget and without.
#[test]
fn a_workload_comes_back_from_zero() {
    for violation_budget in [None, Some(0.001)] {
        let policy = Policy { min_replicas: 0, max_replicas: 20, violation_budget, ..Policy::default() };
        let mut autoscaler = Autoscaler::new(policy, Capacity::Given(1.0), 60.0).expect("a policy");
        let mut replicas = 0;
        for sync in 0..40 {
            let now_ms = sync * 15_000;
            let demand = Some((if sync < 20 { 0.0 } else { 5.0 }, now_ms));
            let reading = Reading { now_ms, replicas, ready: replicas, demand, usage: None, utilisation: &[] };
            replicas = autoscaler.step(&reading).replicas;
            assert_eq!(replicas > 0, sync >= 20, "{violation_budget:?} {sync}");
        }
        assert!(replicas >= 5, "{violation_budget:?}: {replicas}");
    }
}

/// A stamp from the future, or a demand that is none, is as good as no reading: it neither decides nor stays.
#[test]
fn readings_that_cannot_be_are_ignored() {
    let mut autoscaler = Autoscaler::new(Policy { max_replicas: 60, ..Policy::default() }, Capacity::Given(1.0), 60.0)
        .expect("a policy");
    let mut step = |sync: i64, replicas, demand| {
        let now_ms = sync * 15_000;
        autoscaler.step(&Reading { now_ms, replicas, ready: replicas, demand, usage: None, utilisation: &[] }).replicas
    };
    assert_eq!(step(1, 10, Some((7.0, 15_000))), 10);
    for (sync, demand) in
        (2..).zip([(2.0, 365 * 86_400_000), (f64::NAN, 15_000), (-5.0, 15_000), (1.0, i64::MIN), (1.0, i64::MAX)])
    {
        assert_eq!(step(sync, 10, Some(demand)), 10, "{demand:?}");
    }
    assert!(step(7, 10, Some((28.0, 105_000))) > 10, "the next that is sound counts");
}

/// A minute that is missing now and then does not keep anybody from learning.
#[test]
fn short_gaps_do_not_stop_the_forecast() {
    let whole = trace(4 * DAY, office);
    let mut holed = whole.clone();
    holed.values.iter_mut().skip(3).step_by(7).for_each(|value| *value = f64::NAN);
    let settings = ReplaySettings { capacity: Some(3.0), violation_budget: 0.01, ..ReplaySettings::default() };
    for trace in [whole, holed] {
        let decisions = explain(&trace, &settings).expect("the replay runs").decisions;
        assert!(decisions.iter().any(|change| change.rule == "forecast"));
        assert!(decisions.iter().all(|change| !change.reason.contains("there is no forecast yet")));
    }
}
