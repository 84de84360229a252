//! What a replay found, as data: the scores of all contenders, the curve of the HPA, what happened minute by minute,
//! and every change with its reason. Field names are those of the JSON that users read.

use serde::Serialize;

/// Everything about one replay.
#[derive(Clone, Debug, Serialize)]
pub struct Replay {
    /// Scores and comparisons.
    pub report: Report,
    /// What happened, minute by minute, in the scored part.
    pub timeline: Timeline,
    /// Changes that our policy made in the scored part, oldest first.
    pub decisions: Vec<Change>,
}

/// What our policy did, and why, without the other contenders.
#[derive(Clone, Debug, Serialize)]
pub struct Explanation {
    /// What was replayed.
    pub trace: TraceSummary,
    /// Under which conditions.
    pub conditions: Conditions,
    /// Changes in the scored part, oldest first.
    pub decisions: Vec<Change>,
    /// What the reader should know about the data or the conditions.
    pub notes: Vec<String>,
}

/// Scores and comparisons.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Report {
    /// What was replayed.
    pub trace: TraceSummary,
    /// Under which conditions.
    pub conditions: Conditions,
    /// Share of the gap between the best HPA and the oracle that our policy closed; `null` with the reason in
    /// `gap_closed_reason`.
    pub gap_closed: Option<f64>,
    /// Why there is no `gap_closed`.
    pub gap_closed_reason: Option<String>,
    /// Our cost in units of that of the cheapest HPA that violates no more.
    pub cost_vs_hpa_equal_violation: Option<f64>,
    /// Our violation in units of that of the HPA that costs the same.
    pub violation_vs_hpa_equal_cost: Option<f64>,
    /// One entry a contender, in the order of the table.
    pub contenders: Vec<Contender>,
    /// The HPA at every target of the sweep: cheaper or safer, never both.
    pub pareto: Vec<ParetoPoint>,
    /// What the reader should know about the data or the conditions.
    pub notes: Vec<String>,
}

/// What was replayed.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TraceSummary {
    /// Where it came from.
    pub name: String,
    /// Start of the trace, milliseconds since the epoch.
    pub from_ms: i64,
    /// From here on scores count; before it, contenders learn.
    pub scored_from_ms: i64,
    /// End of the trace.
    pub to_ms: i64,
    /// Seconds between samples.
    pub step_seconds: f64,
    /// Samples that are there.
    pub samples: usize,
    /// Steps without one.
    pub missing: usize,
    /// The greatest demand.
    pub peak: f64,
}

/// The conditions of a replay.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Conditions {
    /// Demand that one replica serves.
    pub capacity: f64,
    /// Median time from a pod's creation until it serves, seconds.
    pub startup_seconds: f64,
    /// Age of a metric when it is read, seconds.
    pub lag_seconds: f64,
    /// Stretch over which a metric is averaged, seconds.
    pub averaging_seconds: f64,
    /// Time between two decisions, seconds.
    pub sync_seconds: f64,
    /// Fewest replicas.
    pub min_replicas: i32,
    /// Most replicas.
    pub max_replicas: i32,
    /// Utilisation that the HPA aims at where nobody tuned it.
    pub target: f64,
    /// Share of time in which demand may exceed capacity, as declared.
    pub violation_budget: f64,
    /// Seed of start-up times.
    pub seed: u64,
}

/// One contender's result.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Contender {
    /// Its name, stable: `ours`, `hpa_cpu`, `oracle` and so on.
    pub name: String,
    /// Its name for people.
    pub label: String,
    /// How it was set, for people.
    pub setting: String,
    /// Its scores.
    #[serde(flatten)]
    pub score: Score,
    /// As in [`Report::gap_closed`], were this contender ours.
    pub gap_closed: Option<f64>,
    /// As in [`Report::cost_vs_hpa_equal_violation`].
    pub cost_vs_hpa_equal_violation: Option<f64>,
    /// As in [`Report::violation_vs_hpa_equal_cost`].
    pub violation_vs_hpa_equal_cost: Option<f64>,
}

/// What a run cost, and what it violated.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "openapi", schema(as = ReplayScore))]
pub struct Score {
    /// Replicas times minutes, paid from the creation of a pod.
    pub cost_replica_minutes: f64,
    /// Share of time in which demand exceeded what ready replicas serve.
    pub violation_share: f64,
    /// Share of demand that was beyond what ready replicas serve.
    pub unserved_share: f64,
    /// Changes of the number of replicas.
    pub scale_events: u64,
}

/// The HPA at one target.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ParetoPoint {
    /// `cpu` or `rate`.
    pub metric: &'static str,
    /// Target utilisation, 1 is all of a replica's capacity.
    pub target: f64,
    /// Its scores.
    #[serde(flatten)]
    pub score: Score,
}

/// What happened in the scored part, one entry a step in every list.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Timeline {
    /// Length of a step, milliseconds.
    pub step_ms: i64,
    /// Starts of steps, milliseconds since the epoch.
    pub times_ms: Vec<i64>,
    /// Greatest demand within a step; `null` where the trace has a gap.
    pub demand: Vec<Option<f64>>,
    /// Demand that our policy prepared for, as it stood at the step's start.
    pub predicted: Vec<Option<f64>>,
    /// The contenders that are shown over time.
    pub contenders: Vec<Course>,
}

/// One contender over time.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Course {
    /// As in [`Contender::name`].
    pub name: String,
    /// As in [`Contender::label`].
    pub label: String,
    /// Replicas paid for, at the end of each step.
    pub replicas: Vec<i32>,
    /// Fewest replicas that were ready within each step.
    pub ready: Vec<i32>,
    /// Replica-minutes up to the end of each step.
    pub cost_replica_minutes: Vec<f64>,
    /// Seconds in violation up to the end of each step.
    pub violation_seconds: Vec<f64>,
    /// Changes up to the end of each step.
    pub scale_events: Vec<u64>,
}

/// A change that our policy made, with its reason.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Change {
    /// When, milliseconds since the epoch.
    pub time_ms: i64,
    /// Replicas before.
    pub from: i32,
    /// Replicas after.
    pub to: i32,
    /// What the reactive rule asked for.
    pub reactive: i32,
    /// What the forecast asked for, where it may act.
    pub predicted: Option<i32>,
    /// The quantile that was forecast.
    pub quantile: Option<f64>,
    /// The rule that decided.
    pub rule: &'static str,
    /// A sentence for people.
    pub reason: String,
}
