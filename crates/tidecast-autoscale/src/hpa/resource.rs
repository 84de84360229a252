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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hpa::{ControllerSettings, Phase, Pod, ReadyCondition, ReadyStatus, Request, Tolerances};

    const DEFAULTS: ControllerSettings = ControllerSettings {
        tolerance: 0.1,
        cpu_initialization_period_seconds: 300.0,
        initial_readiness_delay_seconds: 30.0,
        downscale_stabilization_seconds: 300.0,
    };

    /// Against a target of half the request.
    #[track_caller]
    fn check(pods: &[Pod], strangers_milli: &[i64], expected: Result<i32, MetricError>) {
        let calculator = ReplicaCalculator::new(&DEFAULTS, Tolerances::of(DEFAULTS.tolerance, None));
        let seen = Observation { now_seconds: 1_000.0, pods, strangers_milli, answered: true };
        let current = pods.len() as i32;
        let proposal = calculator.resource_replicas(Resource::Cpu, &seen, current, 50);
        assert_eq!(proposal.map(|proposal| proposal.replicas), expected, "{pods:?}");
    }

    fn missing() -> Pod {
        Pod { sample: None, ..Pod::running(1_000, 0) }
    }

    /// Started 100 s ago, and not ready.
    fn starting() -> Pod {
        let ready = Some(ReadyCondition { status: ReadyStatus::False, since_seconds: 900.0 });
        Pod { ready, started_seconds: Some(900.0), ..Pod::running(1_000, 1_000) }
    }

    #[test]
    fn usage_above_the_target_adds_replicas_and_below_takes_some_away() {
        check(&[Pod::running(1_000, 1_000); 4], &[], Ok(8));
        check(&[Pod::running(1_000, 200); 4], &[], Ok(2));
        check(&[Pod::running(1_000, 550); 4], &[], Ok(4));
        check(&[Pod::running(1_000, 560); 4], &[], Ok(5));
    }

    #[test]
    fn what_is_missing_or_unready_dampens_a_change() {
        // The missing pod may use all of its request: (200 * 3 + 1000) / 4 is 40 %.
        check(&[Pod::running(1_000, 200), Pod::running(1_000, 200), Pod::running(1_000, 200), missing()], &[], Ok(4));
        // Or nothing: (1000 * 3) / 4 is 75 %.
        check(
            &[Pod::running(1_000, 1_000), Pod::running(1_000, 1_000), Pod::running(1_000, 1_000), missing()],
            &[],
            Ok(6),
        );
        // What a starting pod uses is not looked at; upwards it counts as idle.
        check(&[Pod::running(1_000, 1_000), Pod::running(1_000, 1_000), starting()], &[], Ok(4));
        check(&[Pod::running(1_000, 100), Pod::running(1_000, 100), starting()], &[], Ok(1));
    }

    #[test]
    fn metrics_of_unknown_pods_count_in_number_only() {
        let pods = [Pod::running(1_000, 1_000), Pod::running(1_000, 1_000), missing()];
        check(&pods, &[], Ok(4));
        check(&pods, &[5_000, 5_000], Ok(7));
    }

    #[test]
    fn without_anything_to_go_by_it_says_why() {
        let without = |request| Pod { request, ..Pod::running(0, 100) };
        check(&[], &[1], Err(MetricError::NoPods));
        check(&[starting(), missing()], &[], Err(MetricError::NoUsableMetrics));
        check(&[starting(), missing()], &[1], Err(MetricError::ZeroRequests));
        let failed = Pod { phase: Phase::Failed, ..without(Request::NoSuchContainer) };
        check(&[Pod::running(1_000, 100), failed, without(Request::Missing)], &[], Err(MetricError::ContainerNotFound));
        check(&[Pod::running(0, 100)], &[], Err(MetricError::ZeroRequests));
    }
}
