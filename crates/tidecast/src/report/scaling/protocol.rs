//! How it was measured, in words: who competes, who knows what when, what is paid for.

use super::super::markup::{Escaped, figure};
use super::verdict::{self, seconds};
use tidecast_autoscale::simulation::report::Report;

/// The section.
pub(super) fn section(report: &Report) -> String {
    let conditions = &report.conditions;
    let trace = &report.trace;
    let missing = if trace.missing == 0 { String::new() } else { format!(", {} missing", trace.missing) };
    format!(
        "<section class=\"words\" aria-labelledby=\"protocol\"><h2 id=\"protocol\">How it was measured</h2>\
         <dl><dt>Data</dt><dd>{data} {samples} values{missing}.</dd>\
         <dt>Learning</dt><dd>The first half learns, the second half is scored. Nothing is tuned on what is scored, except where \
         a row says hindsight: the best target in hindsight is the one that would have been cheapest, found by trying all of \
         them on the scored part. No live system can have it.</dd>\
         <dt>Workload</dt><dd>A replica serves {capacity} and is ready about {startup} after it is made; start-up times vary, by \
         seed {seed}, and are the same for every contender. {min} to {max} replicas.</dd>\
         <dt>Metrics</dt><dd>{lag} old when they are read, averaged over {averaging}; a decision every {sync}. The same for \
         every contender.</dd>\
         <dt>Cost</dt><dd>Replicas times hours, paid from the creation of a pod, not from when it serves.</dd>\
         <dt>Beyond capacity</dt><dd>The share of time in which demand exceeds what ready replicas serve. The budget declared for \
         Tidecast is {budget} %. Contenders are compared at 0.2 % or less.</dd>\
         <dt>HPA</dt><dd>The algorithm of Kubernetes, with its defaults but for a behavior in force, on CPU and on the request \
         rate, at a target of {target} %, at the target that was cheapest on the past, and at every other for the curves.</dd>\
         <dt>Oracle</dt><dd>Knows all demand to come and starts each replica just in time: no policy can cost less without demand \
         beyond capacity.</dd>\
         <dt>Gap closed</dt><dd>0 % costs as much as the best HPA in hindsight, 100 % as little as the oracle.</dd>\
         <dt>Ratios</dt><dd>Cost in units of that of the HPA that violates as much, and violation in units of that of the HPA that \
         costs as much, along its curve; below 1 is better. Violations of less than 0.02 % count as 0.02 %.</dd></dl>\
         <p class=\"faint\">Made by tidecast {version}.</p></section>",
        data = Escaped(&verdict::data(trace)),
        samples = trace.samples,
        capacity = figure(Some(conditions.capacity)),
        startup = seconds(conditions.startup_seconds),
        seed = conditions.seed,
        min = conditions.min_replicas,
        max = conditions.max_replicas,
        lag = seconds(conditions.lag_seconds),
        averaging = seconds(conditions.averaging_seconds),
        sync = seconds(conditions.sync_seconds),
        budget = 100.0 * conditions.violation_budget,
        target = (100.0 * conditions.target * 100.0).round() / 100.0,
        version = env!("CARGO_PKG_VERSION"),
    )
}
