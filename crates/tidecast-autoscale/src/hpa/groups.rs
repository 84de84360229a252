//! Which pods count, and what follows where some of them do not: the part that all metrics of pods have in common.

use super::arithmetic::ceil_to_i32;
use super::{MetricError, Observation, Phase, Pod, ReadyStatus, ReplicaCalculator, Resource};

/// How one pod counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Group {
    /// Not at all.
    Ignored,
    /// Not yet: its metric, if there is one, says nothing about the load.
    Unready,
    /// It should, but there is no metric.
    Missing,
    /// By this usage, in thousandths.
    Ready(i64),
}

/// The pods by group, upstream's `groupPods`, with sums that do not depend on the target. Sums wrap as upstream's do.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Groups {
    pub(super) ready: usize,
    pub(super) unready: usize,
    pub(super) missing: usize,
    /// Usage of the ready pods.
    pub(super) usage_milli: i64,
    pub(super) ready_request_milli: i64,
    pub(super) unready_request_milli: i64,
    pub(super) missing_request_milli: i64,
    /// The first pod without a request, whatever its group.
    pub(super) request_error: Option<MetricError>,
}

/// What is taken for the metrics that are not there, so that a doubt never makes a change greater.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Fill {
    pub(super) missing: FillMissing,
    /// Unready pods use nothing; else they are left out.
    pub(super) unready: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum FillMissing {
    /// They stay out.
    No,
    /// They use nothing.
    Idle,
    /// They use all they may.
    Full,
}

impl ReplicaCalculator {
    /// How a pod counts. Only CPU looks at readiness: a starting pod needs much of it, and says nothing by that.
    pub(super) fn group(&self, pod: &Pod, resource: Option<Resource>, now_seconds: f64) -> Group {
        if pod.is_deleted || pod.phase == Phase::Failed {
            return Group::Ignored;
        }
        if pod.phase == Phase::Pending {
            return Group::Unready;
        }
        let Some(sample) = pod.sample else { return Group::Missing };
        if resource != Some(Resource::Cpu) {
            return Group::Ready(sample.value_milli);
        }
        let (Some(ready), Some(started)) = (pod.ready, pod.started_seconds) else { return Group::Unready };
        let is_unready = ready.status == ReadyStatus::False;
        let left_out = if started + self.cpu_initialization_period_seconds > now_seconds {
            is_unready || sample.timestamp_seconds < ready.since_seconds + sample.window_seconds
        } else {
            is_unready && started + self.initial_readiness_delay_seconds > ready.since_seconds
        };
        if left_out { Group::Unready } else { Group::Ready(sample.value_milli) }
    }

    /// All pods of an observation, and the errors that come before any metric is looked at.
    pub(super) fn groups(&self, seen: &Observation<'_>, resource: Option<Resource>) -> Result<Groups, MetricError> {
        if !seen.answered {
            return Err(MetricError::NoMetricsFromApi);
        }
        if seen.pods.is_empty() {
            return Err(MetricError::NoPods);
        }
        let mut groups = Groups::default();
        for pod in seen.pods {
            let request = pod.request.milli().unwrap_or_else(|error| {
                groups.request_error.get_or_insert(error);
                0
            });
            let (count, sum) = match self.group(pod, resource, seen.now_seconds) {
                Group::Ignored => continue,
                Group::Unready => (&mut groups.unready, &mut groups.unready_request_milli),
                Group::Missing => (&mut groups.missing, &mut groups.missing_request_milli),
                Group::Ready(value_milli) => {
                    groups.usage_milli = groups.usage_milli.wrapping_add(value_milli);
                    (&mut groups.ready, &mut groups.ready_request_milli)
                }
            };
            *count += 1;
            *sum = sum.wrapping_add(request);
        }
        if groups.ready == 0 && seen.strangers_milli.is_empty() {
            return Err(MetricError::NoUsableMetrics);
        }
        Ok(groups)
    }

    /// From the ratio of usage to target to replicas, as `GetResourceReplicas` and `calcPlainMetricReplicas` both do it.
    /// `filled` computes the ratio again with what is filled in, given how many metrics there then are.
    pub(super) fn settle(
        &self,
        current_replicas: i32,
        ratio: f64,
        groups: &Groups,
        strangers: usize,
        filled: impl FnOnce(Fill, usize) -> Result<f64, MetricError>,
    ) -> Result<i32, MetricError> {
        let unready = groups.unready > 0 && ratio > 1.0;
        if !unready && groups.missing == 0 {
            let within = self.tolerances.is_within(ratio);
            return Ok(if within { current_replicas } else { ceil_to_i32(ratio * groups.ready as f64) });
        }
        let missing = match groups.missing {
            0 => FillMissing::No,
            _ if ratio < 1.0 => FillMissing::Full,
            _ if ratio > 1.0 => FillMissing::Idle,
            _ => FillMissing::No,
        };
        let mut metrics = groups.ready + strangers;
        if missing != FillMissing::No {
            metrics += groups.missing;
        }
        if unready {
            metrics += groups.unready;
        }
        let again = filled(Fill { missing, unready }, metrics)?;
        let turned = (ratio < 1.0 && again > 1.0) || (ratio > 1.0 && again < 1.0);
        if self.tolerances.is_within(again) || turned {
            return Ok(current_replicas);
        }
        let replicas = ceil_to_i32(again * metrics as f64);
        let against = (again < 1.0 && replicas > current_replicas) || (again > 1.0 && replicas < current_replicas);
        Ok(if against { current_replicas } else { replicas })
    }
}
