//! The traces with what makes forecasts fail: shuffled, so that the past tells nothing, or broken in the middle.

use super::figure;
use super::traces::{all, contender, replay_all};
use crate::report::{Better, Report};
use anyhow::Context as _;
use tidecast_autoscale::simulation::ReplaySettings;
use tidecast_autoscale::trace::Trace;

/// What is allowed: cost in units of the HPA's, violation likewise, or more by so much.
const COST: f64 = 1.05;
const VIOLATION: f64 = 1.1;
const MORE: f64 = 0.000_2;

type Change = fn(&mut [f64]);

/// What is done to a trace.
const VARIANTS: [(&str, Change); 6] = [
    ("as recorded", |_| {}),
    ("minutes shuffled", |values| shuffle(values, 1)),
    ("hours shuffled", |values| shuffle(values, 60)),
    ("doubled in the middle", |values| second_half(values).iter_mut().for_each(|value| *value *= 2.0)),
    ("halved in the middle", |values| second_half(values).iter_mut().for_each(|value| *value *= 0.5)),
    ("reversed from the middle", |values| second_half(values).reverse()),
];

pub(super) fn run(report: &mut Report) -> anyhow::Result<()> {
    let traces = all()?;
    let (mut worst_cost, mut worst_violation, mut worse, mut count) = (0.0_f64, f64::MIN, 0.0, 0);
    for (name, change) in VARIANTS {
        let changed: Vec<(String, Trace)> = traces
            .iter()
            .map(|(trace, values)| {
                let mut changed = values.clone();
                change(&mut changed.values);
                (format!("{trace}, {name}"), changed)
            })
            .collect();
        for replay in replay_all(&changed, &ReplaySettings::default())? {
            let hpa = contender(&replay, "hpa_rate").context("the HPA is missing")?.score;
            let ours = contender(&replay, "ours_same_target").context("ours is missing")?.score;
            let cost = ours.cost_replica_minutes / hpa.cost_replica_minutes;
            let allowed = (VIOLATION * hpa.violation_share).max(hpa.violation_share + MORE);
            let over = ours.violation_share - allowed;
            if cost > COST || over > 0.0 {
                worse += 1.0;
                println!(
                    "worse: {}: cost {cost:.3} x, violation {} against {}",
                    replay.report.trace.name, ours.violation_share, hpa.violation_share
                );
            }
            (worst_cost, worst_violation) = (worst_cost.max(cost), worst_violation.max(over));
            count += 1;
        }
    }
    let what = |what: &str| format!("{count} traces, shuffled and broken ones too, same target as the HPA: {what}");
    report.add(figure(what("worse"), worse, "traces", Some(0.0), Better::Lower));
    report.add(figure(what("greatest cost"), worst_cost, "x HPA", Some(COST), Better::Lower));
    report.add(figure(
        what("violation beyond what is allowed"),
        100.0 * worst_violation,
        "points",
        Some(0.0),
        Better::Lower,
    ));
    Ok(())
}

/// Fisher and Yates, with a fixed seed, by blocks.
fn shuffle(values: &mut [f64], block: usize) {
    let mut state = 12_345_u64;
    for last in (1..values.len() / block).rev() {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let other = ((state >> 33) % (last as u64 + 1)) as usize;
        for offset in 0..block {
            values.swap(last * block + offset, other * block + offset);
        }
    }
}

fn second_half(values: &mut [f64]) -> &mut [f64] {
    let half = values.len() / 2;
    &mut values[half..]
}
