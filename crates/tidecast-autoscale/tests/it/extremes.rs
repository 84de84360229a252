//! Numbers no cluster has: nothing panics on them, and limits hold whatever the metrics propose.

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use tidecast_autoscale::hpa::behavior::{Change, Policy, SelectPolicy};
use tidecast_autoscale::hpa::{
    BehaviorSpec, Observation, Phase, Pod, ReadyCondition, ReadyStatus, ReplicaCalculator, Request, Resource,
    RulesSpec, Sample, Scaler, ScalerSettings, Tolerances, approximate_quantity,
};

/// Any integer, and often one at which arithmetic overflows.
fn wide() -> impl Strategy<Value = i64> + Clone {
    prop_oneof![any::<i64>(), Just(i64::MIN), Just(i64::MAX), -2..3_i64]
}

fn narrow() -> impl Strategy<Value = i32> + Clone {
    prop_oneof![any::<i32>(), Just(i32::MIN), Just(i32::MAX), -2..3_i32]
}

fn float() -> impl Strategy<Value = f64> {
    prop_oneof![any::<f64>(), Just(f64::NAN), Just(f64::INFINITY), Just(f64::NEG_INFINITY), 0.0..1_000.0_f64]
}

fn pod() -> impl Strategy<Value = Pod> {
    let statuses = vec![ReadyStatus::True, ReadyStatus::False, ReadyStatus::Unknown];
    let ready = (prop::sample::select(statuses), float())
        .prop_map(|(status, since_seconds)| ReadyCondition { status, since_seconds });
    let sample = (wide(), float(), float()).prop_map(|(value_milli, timestamp_seconds, window_seconds)| Sample {
        value_milli,
        timestamp_seconds,
        window_seconds,
    });
    // Mostly pods that are counted: an error answers everything else at once.
    let request = prop_oneof![8 => wide().prop_map(Request::Milli), 1 => Just(Request::Missing)];
    let others = vec![Phase::Pending, Phase::Succeeded, Phase::Failed, Phase::Unknown];
    let phase = prop_oneof![4 => Just(Phase::Running), 1 => prop::sample::select(others)];
    (phase, any::<bool>(), option::of(ready), option::of(float()), request, option::of(sample)).prop_map(
        |(phase, is_deleted, ready, started_seconds, request, sample)| Pod {
            phase,
            is_deleted,
            ready,
            started_seconds,
            request,
            sample,
        },
    )
}

fn rules(number: impl Strategy<Value = i32> + Clone) -> impl Strategy<Value = RulesSpec> {
    let change = prop_oneof![number.clone().prop_map(Change::Pods), number.clone().prop_map(Change::Percent)];
    let policy = (change, number.clone()).prop_map(|(change, period_seconds)| Policy { change, period_seconds });
    let select = prop::sample::select(vec![SelectPolicy::Max, SelectPolicy::Min, SelectPolicy::Disabled]);
    (option::of(number), option::of(select), option::of(vec(policy, 0..4))).prop_map(
        |(window, select_policy, policies)| RulesSpec {
            stabilization_window_seconds: window,
            select_policy,
            policies,
            tolerance: None,
        },
    )
}

fn behavior(number: impl Strategy<Value = i32> + Clone) -> impl Strategy<Value = Option<BehaviorSpec>> {
    option::of(
        (option::of(rules(number.clone())), option::of(rules(number)))
            .prop_map(|(scale_up, scale_down)| BehaviorSpec { scale_up, scale_down }),
    )
}

proptest! {
    #[test]
    fn no_metric_makes_a_calculation_panic(
        pods in vec(pod(), 0..6),
        strangers_milli in vec(wide(), 0..3),
        values in vec(wide(), 0..4),
        (current, percent, target) in (narrow(), narrow(), wide()),
        (now_seconds, period, delay) in (float(), float(), float()),
        (scale_up, scale_down) in (float(), float()),
        answered in prop::bool::weighted(0.9),
    ) {
        let calculator = ReplicaCalculator {
            tolerances: Tolerances { scale_down, scale_up },
            cpu_initialization_period_seconds: period,
            initial_readiness_delay_seconds: delay,
        };
        let seen = Observation { now_seconds, pods: &pods, strangers_milli: &strangers_milli, answered };
        for resource in [Resource::Cpu, Resource::Memory] {
            let _any = calculator.resource_replicas(resource, &seen, current, percent);
            let _any = calculator.raw_resource_replicas(resource, &seen, current, target);
        }
        let _any = calculator.pods_metric_replicas(&seen, current, target);
        let _any = calculator.external_replicas(&values, &pods, current, target);
        let _any = calculator.external_per_pod_replicas(&values, current, target);
        let _any = calculator.object_replicas(target, &pods, current, target);
        let _any = calculator.object_per_pod_replicas(target, current, target);
    }

    #[test]
    fn no_proposal_makes_a_pass_panic(
        (min_replicas, max_replicas) in (option::of(narrow()), narrow()),
        behavior in behavior(narrow()),
        downscale_stabilization_seconds in float(),
        passes in vec((float(), narrow(), option::of(narrow())), 0..20),
    ) {
        let settings = ScalerSettings { min_replicas, max_replicas, behavior, downscale_stabilization_seconds };
        let mut scaler = Scaler::new(&settings);
        for (now_seconds, current, proposal) in passes {
            let _any = match proposal {
                Some(proposal) => scaler.reconcile(now_seconds, current, proposal),
                None => scaler.reconcile_without_proposal(now_seconds, current),
            };
        }
    }

    #[test]
    fn replicas_within_the_limits_stay_within(
        (min, more) in (1..50_i32, 0..50_i32),
        behavior in behavior(0..400_i32),
        downscale_stabilization_seconds in 0.0..600.0_f64,
        proposals in vec((0..40_u32, prop_oneof![0..150_i32, narrow()]), 1..60),
    ) {
        let max = min + more;
        let min_replicas = Some(min);
        let settings = ScalerSettings { min_replicas, max_replicas: max, behavior, downscale_stabilization_seconds };
        let mut scaler = Scaler::new(&settings);
        let (mut now_seconds, mut current) = (0.0, min);
        for (later, proposal) in proposals {
            now_seconds += f64::from(later);
            current = scaler.reconcile(now_seconds, current, proposal).replicas;
            prop_assert!((min..=max).contains(&current), "{current} is not in {min}..={max}");
        }
    }

    #[test]
    fn every_text_is_a_quantity_or_an_error(text in "[-+]?[0-9]{0,30}[.]?[0-9]{0,30}([eE][-+]?[0-9]{0,12}|[numkMGTPE]?i?|.{0,4})") {
        let _any = approximate_quantity(&text);
    }
}
