//! Metrics of pods against an average in their own unit: a resource, or what the pods themselves tell.

use super::groups::{Fill, FillMissing};
use super::{MetricError, Observation, Proposal, ReplicaCalculator, Resource};

impl ReplicaCalculator {
    /// Upstream's `GetRawResourceReplicas`: the average usage of a resource against a target in thousandths.
    ///
    /// # Errors
    /// If there is nothing to go by.
    pub fn raw_resource_replicas(
        &self,
        resource: Resource,
        seen: &Observation<'_>,
        current_replicas: i32,
        target_milli: i64,
    ) -> Result<Proposal, MetricError> {
        self.plain_replicas(Some(resource), seen, current_replicas, target_milli)
    }

    /// Upstream's `GetMetricReplicas`: the average of a metric that pods tell of themselves. Whether they are ready does
    /// not matter.
    ///
    /// # Errors
    /// If there is nothing to go by.
    pub fn pods_metric_replicas(
        &self,
        seen: &Observation<'_>,
        current_replicas: i32,
        target_milli: i64,
    ) -> Result<Proposal, MetricError> {
        self.plain_replicas(None, seen, current_replicas, target_milli)
    }

    /// Upstream's `calcPlainMetricReplicas`. Metrics of unknown pods count like all others.
    fn plain_replicas(
        &self,
        resource: Option<Resource>,
        seen: &Observation<'_>,
        current_replicas: i32,
        target_milli: i64,
    ) -> Result<Proposal, MetricError> {
        let groups = self.groups(seen, resource)?;
        let strangers = seen.strangers_milli;
        let usage_milli = strangers.iter().fold(groups.usage_milli, |sum, value| sum.wrapping_add(*value));
        let average_milli = average(usage_milli, groups.ready + strangers.len());
        let filled = |fill: Fill, metrics: usize| {
            let added_milli = match fill.missing {
                FillMissing::Full => target_milli.wrapping_mul(groups.missing as i64),
                FillMissing::Idle | FillMissing::No => 0,
            };
            Ok(ratio(average(usage_milli.wrapping_add(added_milli), metrics), target_milli))
        };
        let first = ratio(average_milli, target_milli);
        let replicas = self.settle(current_replicas, first, &groups, strangers.len(), filled)?;
        Ok(Proposal { replicas, usage_milli: average_milli })
    }
}

/// Cut to an integer, as upstream's `GetMetricUsageRatio` does.
fn average(sum_milli: i64, count: usize) -> i64 {
    sum_milli.checked_div(count as i64).unwrap_or(0)
}

fn ratio(average_milli: i64, target_milli: i64) -> f64 {
    average_milli as f64 / target_milli as f64
}
