//! What came out, in sentences that need no table.

use super::super::markup::figure;
use super::super::protocol::instant;
use tidecast_autoscale::simulation::report::{Conditions, Contender, Report, TraceSummary};
use tidecast_autoscale::simulation::{KEPT, keeps_budget};
use tidecast_core::duration::DurationMs;

/// Costs that differ by less are the same.
const SAME: f64 = 0.02;

/// What was replayed, in one sentence.
pub(crate) fn data(trace: &TraceSummary) -> String {
    let [from, scored, to] = [trace.from_ms, trace.scored_from_ms, trace.to_ms].map(instant);
    format!(
        "{}: {} of demand, a value every {}, from {from} to {to} (UTC), peak {}; the last {}, from {scored} on, are scored.",
        trace.name,
        length(trace.to_ms - trace.from_ms),
        seconds(trace.step_seconds),
        figure(Some(trace.peak)),
        length(trace.to_ms - trace.scored_from_ms),
    )
}

/// Under which conditions, in one sentence.
pub(crate) fn conditions(conditions: &Conditions) -> String {
    let Conditions { capacity, startup_seconds, lag_seconds, min_replicas, max_replicas, .. } = conditions;
    format!(
        "A replica serves {} and is ready {} after it is made; metrics are {} old; {min_replicas} to {max_replicas} replicas.",
        figure(Some(*capacity)),
        seconds(*startup_seconds),
        seconds(*lag_seconds),
    )
}

/// How our policy stands against the HPA: the gap, the cost, the violation.
pub(crate) fn comparison(report: &Report) -> Vec<String> {
    let gap = match (report.gap_closed, &report.gap_closed_reason) {
        (Some(gap), _) if gap >= 0.0 => format!(
            "Tidecast closes {:.0} % of the gap between the best HPA in hindsight and an oracle that knows the future.",
            100.0 * gap
        ),
        (Some(gap), _) => format!(
            "Tidecast costs {} the best HPA in hindsight: it closes none of the gap to an oracle that knows the future ({:.0} %).",
            against(ratio_to_best(report)),
            100.0 * gap
        ),
        (None, reason) => {
            format!(
                "How much of the gap to the oracle is closed cannot be said: {}.",
                reason.as_deref().unwrap_or("it is not known")
            )
        }
    };
    let cost = match report.cost_vs_hpa_equal_violation {
        Some(ratio) => format!("At equal violation it costs {} the HPA on its best target.", against(ratio)),
        None => {
            "At equal violation there is nothing to compare its cost with: no target of the HPA is as safe.".to_owned()
        }
    };
    let violation = match report.violation_vs_hpa_equal_cost {
        Some(ratio) => format!("At equal cost its demand is beyond capacity {ratio:.2} times as long as with the HPA."),
        None => {
            "At equal cost there is nothing to compare its violation with: no target of the HPA is as cheap.".to_owned()
        }
    };
    vec![gap, cost, violation]
}

/// What to do, in plain words.
pub(crate) fn recommendation(report: &Report) -> String {
    let learned_ms = report.trace.scored_from_ms - report.trace.from_ms;
    let short = if learned_ms < DurationMs::DAY.0 {
        format!(" It had only {} to learn from: a recording of some days tells more.", length(learned_ms))
    } else {
        String::new()
    };
    advice(report) + &short
}

fn advice(report: &Report) -> String {
    let Some(ours) = report.contenders.iter().find(|one| one.name == "ours") else { return String::new() };
    if ours.score.violation_share > KEPT {
        return broken(report, ours);
    }
    match report.cost_vs_hpa_equal_violation {
        Some(ratio) if ratio < 1.0 - SAME => format!(
            "Turning prediction on would have cost {:.0} % less than the best-tuned HPA for the same service.",
            100.0 * (1.0 - ratio)
        ),
        Some(ratio) if ratio <= 1.0 + SAME => {
            "Prediction would not have helped here: it would have cost about as much as the best-tuned HPA for the same \
             service. It would have needed no tuning."
                .to_owned()
        }
        Some(ratio) => format!(
            "Prediction would not have helped here: it would have cost {:.0} % more than the best-tuned HPA for the same service.",
            100.0 * (ratio - 1.0)
        ),
        None => "Turning prediction on would have kept demand within capacity where no target of the HPA would have.".to_owned(),
    }
}

/// The service was not what the comparison is made at.
fn broken(report: &Report, ours: &Contender) -> String {
    let percent = |share: f64| format!("{:.2} %", 100.0 * share);
    let found = percent(ours.score.violation_share);
    // As it was declared, without the dust of binary fractions.
    let declared = format!("{} %", (1e6 * report.conditions.violation_budget).round() / 1e4);
    let advice = if keeps_budget(ours.score.violation_share, report.conditions.violation_budget) {
        "that is what the budget allows; declare a smaller one to be safer".to_owned()
    } else {
        format!(
            "the budget was {declared}: declare a smaller one, let pods start faster, or learn from a longer recording"
        )
    };
    let cheaper = match report.cost_vs_hpa_equal_violation {
        Some(ratio) => format!("It would have cost {} an HPA with as much of it", against(ratio)),
        None => "No HPA compares".to_owned(),
    };
    format!("With prediction, demand would have been beyond capacity for {found} of the time. {cheaper}; {advice}.")
}

/// Our cost in units of that of the best HPA in hindsight.
fn ratio_to_best(report: &Report) -> f64 {
    let cost = |one: &Contender| one.score.cost_replica_minutes;
    let ours = report.contenders.iter().find(|one| one.name == "ours").map(cost);
    ours.zip(best_hpa(report).map(cost)).map_or(1.0, |(ours, best)| ours / best.max(f64::MIN_POSITIVE))
}

/// The cheapest HPA that keeps service, known only afterwards.
pub(crate) fn best_hpa(report: &Report) -> Option<&Contender> {
    report.contenders.iter().find(|one| one.name == "hpa_hindsight")
}

/// A ratio of costs, before the name of what is compared with.
fn against(ratio: f64) -> String {
    let percent = 100.0 * (ratio - 1.0).abs();
    match ratio {
        _ if percent < 0.5 => "as much as".to_owned(),
        ..1.0 => format!("{percent:.0} % less than"),
        _ => format!("{percent:.0} % more than"),
    }
}

/// A length in whole days, or in the words of the command line where it is not.
fn length(ms: i64) -> String {
    match ms / DurationMs::DAY.0 {
        1 if ms == DurationMs::DAY.0 => "1 day".to_owned(),
        days if days >= 1 && ms % DurationMs::DAY.0 == 0 => format!("{days} days"),
        days if days >= 4 => format!("{:.1} days", ms as f64 / DurationMs::DAY.0 as f64),
        _ => DurationMs(ms / 60_000 * 60_000).to_string(),
    }
}

/// A length of time in the words of the command line.
pub(super) fn seconds(seconds: f64) -> String {
    if seconds <= 0.0 { "0s".to_owned() } else { DurationMs((seconds * 1_000.0).round() as i64).to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tidecast_autoscale::simulation::{ReplaySettings, replay};
    use tidecast_autoscale::trace::Trace;

    fn report() -> Report {
        let values: Vec<f64> = (0..1_440).map(|minute| 100.0 + 80.0 * (f64::from(minute) / 229.0).sin()).collect();
        let trace = Trace { start_ms: 1_700_000_040_000, step_ms: 60_000, values, notes: Vec::new() };
        replay(&trace, &ReplaySettings::default(), &mut |_| {}).unwrap().report
    }

    #[test]
    fn the_advice_follows_the_figures() {
        let mut report = report();
        let cases = [
            (0.001, Some(0.72), "cost 28 % less than the best-tuned HPA for the same service"),
            (0.001, Some(1.01), "would not have helped here: it would have cost about as much"),
            (0.001, Some(1.3), "would not have helped here: it would have cost 30 % more"),
            (0.0, None, "where no target of the HPA would have"),
            (
                0.01,
                Some(0.9),
                "beyond capacity for 1.00 % of the time. It would have cost 10 % less than an HPA with as much",
            ),
        ];
        for (violation, ratio, expected) in cases {
            let ours = report.contenders.iter_mut().find(|one| one.name == "ours").unwrap();
            ours.score.violation_share = violation;
            report.cost_vs_hpa_equal_violation = ratio;
            let found = recommendation(&report);
            assert!(found.contains(expected), "{found}");
        }
        report.gap_closed = None;
        report.gap_closed_reason = Some("there is no gap to close".to_owned());
        assert!(comparison(&report)[0].ends_with("cannot be said: there is no gap to close."));
        report.gap_closed = Some(0.414);
        assert!(comparison(&report)[0].contains("closes 41 % of the gap"));
    }
}
