//! What the reader of a replay should know about the data, the conditions and the outcome, in words.

use super::cluster::Workload;
use super::comparison::keeps_budget;
use super::contenders::Limits;
use super::replay::ReplaySettings;
use super::report::Score;
use crate::demand::HORIZON_MAX;
use crate::policy::{LeadTime, minutes_ahead};

/// A budget from here on is likely to be a percentage that was written as a share.
const LARGE_BUDGET: f64 = 0.05;

/// About the data and the conditions. `found` is what our policy measured as capacity, where it was to.
pub(super) fn before(
    settings: &ReplaySettings,
    workload: &Workload<'_>,
    limits: Limits<'_>,
    found: Option<f64>,
) -> Vec<String> {
    let data = workload.trace.notes.iter().cloned();
    let implausible = settings.capacity.and_then(|capacity| workload.trace.plausible(capacity));
    let notes = data.chain(implausible).chain(in_force(settings)).chain(maximum(workload, limits));
    let notes = notes.chain(too_slow(settings)).chain(large_budget(settings));
    notes.chain(settings.measured_capacity.then(|| measured(workload, found))).collect()
}

/// About the outcome of ours.
pub(super) fn after(settings: &ReplaySettings, ours: &Score) -> Option<String> {
    let (declared, found) = (settings.violation_budget, ours.violation_share);
    (!keeps_budget(found, declared)).then(|| {
        format!(
            "the budget was not kept: {} % declared, {:.3} % violated, {:.1} times as much",
            percent(declared),
            100.0 * found,
            found / declared
        )
    })
}

/// What of a policy goes beyond the conditions of every replay, and for whom.
fn in_force(settings: &ReplaySettings) -> Option<String> {
    let calendar = match settings.calendar.len() {
        0 => None,
        1 => Some("a calendar of 1 entry for Tidecast alone".to_owned()),
        entries => Some(format!("a calendar of {entries} entries for Tidecast alone")),
    };
    let behavior = settings.behavior.as_ref().map(|_| "a behavior for every contender but the oracle".to_owned());
    let parts: Vec<String> = calendar.into_iter().chain(behavior).collect();
    (!parts.is_empty()).then(|| format!("in force: {}", parts.join(", ")))
}

fn maximum(workload: &Workload<'_>, limits: Limits<'_>) -> Option<String> {
    let needed = (workload.trace.peak() / workload.capacity).ceil();
    (needed > f64::from(limits.max)).then(|| {
        format!(
            "the peak needs {needed:.0} replicas, and {} are allowed: what is beyond them is served by nobody",
            limits.max
        )
    })
}

fn too_slow(settings: &ReplaySettings) -> Option<String> {
    let age_ms = (1_000.0 * settings.lag_seconds) as i64;
    (minutes_ahead(age_ms, &LeadTime::new(settings.startup_seconds)) > HORIZON_MAX)
        .then(|| format!("Tidecast looks {HORIZON_MAX} minutes ahead, and some of these pods take longer to start"))
}

fn large_budget(settings: &ReplaySettings) -> Option<String> {
    let budget = settings.violation_budget;
    (budget >= LARGE_BUDGET).then(|| {
        let (percent, minutes) = (percent(budget), budget * 1_440.0);
        format!("a budget of {percent} % is {minutes:.0} minutes of violation a day; a percentage is written with its sign, as 0.08%")
    })
}

fn measured(workload: &Workload<'_>, found: Option<f64>) -> String {
    match found {
        Some(found) => {
            let percent = 100.0 * found / workload.capacity;
            format!(
                "Tidecast measures what a replica serves: at the end {found:.3}, {percent:.1} % of what one does serve"
            )
        }
        None => "Tidecast measures what a replica serves, and nothing here can tell".to_owned(),
    }
}

/// A share in percent, without the dust of binary fractions.
pub(super) fn percent(share: f64) -> f64 {
    (1e6 * share).round() / 1e4
}
