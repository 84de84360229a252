//! Yesterday at this time: the replicas for what came then within the time that pods need, and for now.

use super::{Contender, Hpa, Limits, Metric, View, reconcile, replicas_for};
use crate::hpa::Scaler;
use crate::trace::Trace;

const DAY_MS: i64 = 86_400_000;

/// The HPA on the request rate, and what yesterday had.
pub(in super::super) struct SeasonalNaive<'a> {
    trace: &'a Trace,
    ahead_ms: i64,
    target: f64,
    capacity: f64,
    hpa: Hpa,
    scaler: Scaler,
}

impl<'a> SeasonalNaive<'a> {
    /// Looking ahead, a day ago, by `ahead_ms`.
    pub(in super::super) fn new(
        trace: &'a Trace,
        ahead_ms: i64,
        target: f64,
        capacity: f64,
        limits: Limits<'_>,
    ) -> Self {
        let hpa = Hpa::new(Metric::Rate, target, capacity, limits);
        Self { trace, ahead_ms, target, capacity, hpa, scaler: limits.scaler() }
    }
}

impl Contender for SeasonalNaive<'_> {
    fn decide(&mut self, view: &View<'_>) -> i32 {
        let from_ms = view.now_ms - DAY_MS;
        let steps = self.ahead_ms / self.trace.step_ms + 1;
        let then = (0..=steps).map(|step| self.trace.at(from_ms + step * self.trace.step_ms));
        let then = then.filter(|demand| !demand.is_nan()).reduce(f64::max);
        let then = then.map(|demand| replicas_for(demand, self.capacity, self.target));
        let proposal = self.hpa.proposal(view).max(then);
        reconcile(&mut self.scaler, view, proposal)
    }
}
