//! An operator's own policy: its behavior and its calendar hold, in replays and whatever is read.

use crate::replays::{DAY, office, trace};
use proptest::prelude::*;
use tidecast_autoscale::hpa::behavior::{Change, Policy as RatePolicy, SelectPolicy};
use tidecast_autoscale::hpa::{BehaviorSpec, RulesSpec};
use tidecast_autoscale::policy::{Autoscaler, CalendarEntry, Capacity, Policy, Reading, Rule};
use tidecast_autoscale::simulation::report::Replay;
use tidecast_autoscale::simulation::{ReplaySettings, explain, replay};

const SYNC_MS: i64 = 15_000;

/// The contenders whose course is shown, but for the oracle, whom nothing holds.
const HELD: [&str; 4] = ["ours", "ours_same_target", "hpa_rate", "hpa_hindsight"];

/// What one direction allows at most.
fn at_most(change: Change, period_seconds: i32) -> RulesSpec {
    RulesSpec { policies: Some(vec![RatePolicy { change, period_seconds }]), ..RulesSpec::default() }
}

fn disabled() -> RulesSpec {
    RulesSpec { select_policy: Some(SelectPolicy::Disabled), ..RulesSpec::default() }
}

fn up(rules: RulesSpec) -> BehaviorSpec {
    BehaviorSpec { scale_up: Some(rules), scale_down: None }
}

fn down(rules: RulesSpec) -> BehaviorSpec {
    BehaviorSpec { scale_up: None, scale_down: Some(rules) }
}

fn run(settings: &ReplaySettings) -> Replay {
    replay(&trace(3 * DAY, office), settings, &mut |_| {}).expect("the replay runs")
}

/// Replicas at the end of every minute.
fn course<'a>(replay: &'a Replay, name: &str) -> &'a [i32] {
    let course = replay.timeline.contenders.iter().find(|course| course.name == name);
    &course.unwrap_or_else(|| panic!("{name} is missing")).replicas
}

#[test]
fn without_scaling_down_nothing_is_taken_away() {
    let replay = run(&ReplaySettings { behavior: Some(down(disabled())), ..ReplaySettings::default() });
    for name in HELD.iter().filter(|name| replay.timeline.contenders.iter().any(|course| course.name == **name)) {
        assert!(course(&replay, name).is_sorted(), "{name}");
    }
    assert!(!course(&replay, "oracle").is_sorted(), "the test can fail");
    let note = "in force: a behavior for every contender but the oracle".to_owned();
    assert!(replay.report.notes.contains(&note), "{:?}", replay.report.notes);
}

#[test]
fn one_pod_a_minute_is_no_more_than_that() {
    let behavior = up(at_most(Change::Pods(1), 60));
    let replay = run(&ReplaySettings { behavior: Some(behavior), ..ReplaySettings::default() });
    let most = |name| course(&replay, name).windows(2).map(|pair| pair[1] - pair[0]).max();
    for name in ["ours", "ours_same_target", "hpa_rate"] {
        assert_eq!(most(name), Some(1), "{name}");
    }
    assert!(most("oracle") > Some(1), "the test can fail");
    assert!(replay.decisions.iter().any(|change| change.rule == "rate"), "and says so");
}

#[test]
fn the_calendar_is_kept() {
    // The second half of three days begins at noon of the second.
    let entry = CalendarEntry {
        start: "0 22 * * *".to_owned(),
        end: "30 23 * * *".to_owned(),
        time_zone: "UTC".to_owned(),
        min_replicas: 33,
    };
    let settings = ReplaySettings { calendar: vec![entry], ..ReplaySettings::default() };
    let replay = run(&settings);
    let from = (22 - 12) * 60;
    for name in ["ours", "ours_same_target"] {
        let course = course(&replay, name);
        // Replicas double at most from one decision to the next.
        assert!(course[from + 1..from + 90].iter().all(|replicas| *replicas >= 33), "{name}");
        assert!(course[from - 60..from].iter().all(|replicas| *replicas < 33), "{name}");
    }
    assert!(course(&replay, "hpa_rate")[from..from + 90].iter().all(|replicas| *replicas < 33), "the HPA has none");
    let note = "in force: a calendar of 1 entry for Tidecast alone";
    assert!(replay.report.notes.iter().any(|found| found == note), "{:?}", replay.report.notes);
    let explanation = explain(&trace(3 * DAY, office), &settings).expect("an explanation");
    assert!(explanation.decisions.iter().any(|change| change.rule == "calendar" && change.to == 33));
    assert!(explanation.notes.iter().any(|found| found == note));
}

#[test]
fn a_policy_that_cannot_be_followed_is_refused_at_once() {
    let entry = CalendarEntry {
        start: "0 25 * * *".to_owned(),
        end: "0 9 * * *".to_owned(),
        time_zone: "UTC".to_owned(),
        min_replicas: 3,
    };
    let window = RulesSpec { stabilization_window_seconds: Some(4_000), ..RulesSpec::default() };
    let cases = [
        (ReplaySettings { calendar: vec![entry], ..ReplaySettings::default() }, "the schedule \"0 25 * * *\""),
        (ReplaySettings { behavior: Some(down(window)), ..ReplaySettings::default() }, "is 4000; give 0 to 3600"),
    ];
    for (settings, expected) in cases {
        let begun = |_| panic!("nothing is replayed before it is checked");
        let error = replay(&trace(DAY, office), &settings, &mut { begun }).expect_err(expected).to_string();
        assert!(error.contains(expected), "{error}");
    }
}

/// Replicas after every decision on a demand that falls from 10 to 2 replicas after ten minutes.
fn after_a_fall(policy: Policy) -> Vec<i32> {
    let mut autoscaler = Autoscaler::new(policy, Capacity::Given(1.0), 60.0).expect("a policy");
    let mut replicas = 10;
    let decisions = (0..120).map(|sync| {
        let now_ms = sync * SYNC_MS;
        let demand = if sync < 40 { 9.5 } else { 2.0 };
        let reading = Reading {
            now_ms,
            replicas,
            ready: replicas,
            demand: Some((demand, now_ms)),
            usage: None,
            utilisation: &[],
        };
        replicas = autoscaler.step(&reading).replicas;
        replicas
    });
    decisions.collect()
}

/// How long nothing is taken away after the fall, seconds.
fn held_seconds(violation_budget: Option<f64>, behavior: Option<BehaviorSpec>) -> i64 {
    let policy = Policy { max_replicas: 30, target: 1.0, violation_budget, behavior, ..Policy::default() };
    let replicas = after_a_fall(policy);
    let before = replicas[39];
    let held = replicas[40..].iter().take_while(|replicas| **replicas >= before).count();
    held as i64 * SYNC_MS / 1_000
}

#[test]
fn a_window_that_is_not_given_stays_the_usual_one() {
    let window = |seconds| down(RulesSpec { stabilization_window_seconds: Some(seconds), ..RulesSpec::default() });
    let slow_up = up(at_most(Change::Pods(4), 60));
    // Without a budget as long as the HPA at the target, with one a minute longer. A recommendation on the edge of a window
    // counts only where there is no behavior.
    for (budget, usual, with_rates) in [(None, 300, 285), (Some(0.01), 360, 330)] {
        assert_eq!(held_seconds(budget, None), usual, "{budget:?}");
        assert_eq!(held_seconds(budget, Some(slow_up.clone())), with_rates, "{budget:?}");
        assert_eq!(held_seconds(budget, Some(window(0))), 0, "{budget:?}");
        assert!(held_seconds(budget, Some(window(600))) >= 585, "{budget:?}");
    }
}

#[test]
fn a_tolerance_is_that_of_its_direction() {
    // Demand for 10 replicas at the target becomes demand for 12.
    let replicas = |behavior| {
        let policy = Policy { max_replicas: 30, target: 0.5, behavior, ..Policy::default() };
        let mut autoscaler = Autoscaler::reacting(policy, Capacity::Given(1.0), 60.0).expect("a policy");
        let mut replicas = 10;
        for sync in 0..8 {
            let demand = Some((if sync < 4 { 5.0 } else { 6.0 }, sync * SYNC_MS));
            let reading =
                Reading { now_ms: sync * SYNC_MS, replicas, ready: replicas, demand, usage: None, utilisation: &[] };
            replicas = autoscaler.step(&reading).replicas;
        }
        replicas
    };
    let tolerance = |tolerance| RulesSpec { tolerance: Some(tolerance), ..RulesSpec::default() };
    assert_eq!(replicas(None), 12);
    assert_eq!(replicas(Some(up(tolerance(0.3)))), 10);
    assert_eq!(replicas(Some(down(tolerance(0.3)))), 12);
}

#[test]
fn a_window_for_scaling_up_says_why_it_waits() {
    let window = RulesSpec { stabilization_window_seconds: Some(60), ..RulesSpec::default() };
    let policy = Policy { max_replicas: 30, target: 0.5, behavior: Some(up(window)), ..Policy::default() };
    let mut autoscaler = Autoscaler::reacting(policy, Capacity::Given(1.0), 60.0).expect("a policy");
    let mut waited = None;
    let mut replicas = 10;
    for sync in 0..16 {
        let demand = Some((if sync < 4 { 5.0 } else { 8.0 }, sync * SYNC_MS));
        let reading =
            Reading { now_ms: sync * SYNC_MS, replicas, ready: replicas, demand, usage: None, utilisation: &[] };
        let decision = autoscaler.step(&reading);
        if decision.rule == Rule::Stabilization {
            waited.get_or_insert(decision.reason.to_string());
        }
        replicas = decision.replicas;
    }
    assert_eq!(replicas, 16, "in the end");
    let waited = waited.expect("it waits");
    assert!(waited.contains("; 16 are wanted, but fewer would have done within the last minutes."), "{waited}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Whatever is read, with and without a budget: limits and both rates hold.
    #[test]
    fn rates_hold_whatever_is_read(
        demands in proptest::collection::vec(proptest::option::weighted(0.9, 0.0..60.0_f64), 200),
        budget in proptest::option::of(0.001..0.2_f64),
        (added, removed) in (1..5_i32, 1..5_i32),
        period_seconds in 1..300_i32,
        window in proptest::option::of(0..600_i32),
    ) {
        let rules = |pods| RulesSpec { stabilization_window_seconds: window, ..at_most(Change::Pods(pods), period_seconds) };
        let behavior = BehaviorSpec { scale_up: Some(rules(added)), scale_down: Some(rules(removed)) };
        let policy = Policy {
            min_replicas: 2,
            max_replicas: 40,
            violation_budget: budget,
            behavior: Some(behavior),
            ..Policy::default()
        };
        let mut autoscaler = Autoscaler::new(policy, Capacity::Given(1.5), 120.0).expect("a policy");
        let mut replicas = vec![5];
        for (sync, demand) in demands.iter().enumerate() {
            let now_ms = sync as i64 * SYNC_MS;
            let reading = Reading {
                now_ms,
                replicas: replicas[sync],
                ready: replicas[sync],
                demand: demand.map(|demand| (demand, now_ms)),
                usage: None,
                utilisation: &[],
            };
            replicas.push(autoscaler.step(&reading).replicas);
        }
        for (sync, pair) in replicas.windows(2).enumerate() {
            let (before, after) = (pair[0], pair[1]);
            prop_assert!((2..=40).contains(&after));
            // As many as there were when the period began: changes within it count together.
            let begin = (sync as i64 * SYNC_MS - i64::from(period_seconds) * 1_000).div_euclid(SYNC_MS) + 1;
            let then = replicas[begin.max(0) as usize];
            prop_assert!(after <= before || after <= then + added, "{then} {before} {after} at {sync}");
            prop_assert!(after >= before || after >= then - removed, "{then} {before} {after} at {sync}");
        }
    }
}
