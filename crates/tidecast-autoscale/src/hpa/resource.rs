//! Usage of a resource as a percentage of what is requested: the HPA's most common metric.

use super::groups::{Fill, FillMissing, Group};
use super::{MetricError, Observation, ReplicaCalculator, Resource, ResourceProposal};

/// What is wanted, and what is seen.
struct Percentage {
    ratio: f64,
    utilization_percent: i32,
    average_usage_milli: i64,
}

impl ReplicaCalculator {
    /// Upstream's `GetResourceReplicas`: CPU or memory, of pods or of one of their containers, against a target in percent
    /// of the request.
    ///
    /// # Errors
    /// If there is nothing to go by, or requests are missing.
    pub fn resource_replicas(
        &self,
        resource: Resource,
        seen: &Observation<'_>,
        current_replicas: i32,
        target_percent: i32,
    ) -> Result<ResourceProposal, MetricError> {
        let groups = self.groups(seen, Some(resource))?;
        if let Some(error) = groups.request_error {
            return Err(error);
        }
        // Metrics of unknown pods have no request to be held against: they are not in the sums.
        let first = percentage(groups.usage_milli, groups.ready_request_milli, groups.ready, target_percent)?;
        let filled = |fill: Fill, _metrics: usize| {
            let (mut usage, mut request, mut entries) = (groups.usage_milli, groups.ready_request_milli, groups.ready);
            if fill.missing != FillMissing::No {
                request = request.wrapping_add(groups.missing_request_milli);
                entries += groups.missing;
            }
            if fill.missing == FillMissing::Full {
                usage = usage.wrapping_add(self.full_usage_of_missing(resource, seen, target_percent));
            }
            if fill.unready {
                request = request.wrapping_add(groups.unready_request_milli);
                entries += groups.unready;
            }
            percentage(usage, request, entries, target_percent).map(|again| again.ratio)
        };
        let replicas = self.settle(current_replicas, first.ratio, &groups, seen.strangers_milli.len(), filled)?;
        Ok(ResourceProposal {
            replicas,
            utilization_percent: first.utilization_percent,
            average_usage_milli: first.average_usage_milli,
        })
    }

    /// Missing pods at all of their request, or at the target where that is more; cut to an integer pod by pod.
    fn full_usage_of_missing(&self, resource: Resource, seen: &Observation<'_>, target_percent: i32) -> i64 {
        let percent = i64::from(target_percent.max(100));
        let is_missing = |pod: &&_| self.group(pod, Some(resource), seen.now_seconds) == Group::Missing;
        let requests = seen.pods.iter().filter(is_missing).filter_map(|pod| pod.request.milli().ok());
        requests.fold(0, |sum, request| sum.wrapping_add(request.wrapping_mul(percent) / 100))
    }
}

/// Upstream's `GetResourceUtilizationRatio`. The percentage is cut to an integer before it is compared with the target.
fn percentage(
    usage_milli: i64,
    request_milli: i64,
    entries: usize,
    target_percent: i32,
) -> Result<Percentage, MetricError> {
    if request_milli == 0 {
        return Err(MetricError::ZeroRequests);
    }
    let utilization_percent = usage_milli.wrapping_mul(100).wrapping_div(request_milli) as i32;
    Ok(Percentage {
        ratio: f64::from(utilization_percent) / f64::from(target_percent),
        utilization_percent,
        average_usage_milli: usage_milli.checked_div(entries as i64).unwrap_or(0),
    })
}
