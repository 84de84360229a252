//! Metrics that are not of pods: of another object in the cluster, or of something outside it.

use super::arithmetic::{ceil_to_i32, ceil_to_i32_capped, to_i64};
use super::{MetricError, Pod, Proposal, ReplicaCalculator};

impl ReplicaCalculator {
    /// Upstream's `GetObjectMetricReplicas`: the value of an object's metric against a target, both in thousandths.
    ///
    /// # Errors
    /// [`MetricError::NoPods`] where there are replicas, but no pods.
    pub fn object_replicas(
        &self,
        value_milli: i64,
        pods: &[Pod],
        current_replicas: i32,
        target_milli: i64,
    ) -> Result<Proposal, MetricError> {
        let ratio = value_milli as f64 / target_milli as f64;
        let replicas = self.ratio_replicas(ratio, pods, current_replicas)?;
        Ok(Proposal { replicas, usage_milli: value_milli })
    }

    /// Upstream's `GetObjectPerPodMetricReplicas`: the value of an object's metric, shared among the replicas that the
    /// workload's status tells of.
    #[must_use]
    pub fn object_per_pod_replicas(&self, value_milli: i64, status_replicas: i32, target_milli: i64) -> Proposal {
        let (value, target) = (value_milli as f64, target_milli as f64);
        let within = self.tolerances.is_within(value / (target * f64::from(status_replicas)));
        Proposal {
            replicas: if within { status_replicas } else { ceil_to_i32(value / target) },
            usage_milli: to_i64((value / f64::from(status_replicas)).ceil()),
        }
    }

    /// Upstream's `GetExternalMetricReplicas`: the sum of the series of an external metric against a target.
    ///
    /// # Errors
    /// [`MetricError::NoMetricsFromApi`] without series, [`MetricError::NoPods`] where there are replicas, but no pods.
    pub fn external_replicas(
        &self,
        values_milli: &[i64],
        pods: &[Pod],
        current_replicas: i32,
        target_milli: i64,
    ) -> Result<Proposal, MetricError> {
        if values_milli.is_empty() {
            return Err(MetricError::NoMetricsFromApi);
        }
        self.object_replicas(sum(values_milli), pods, current_replicas, target_milli)
    }

    /// Upstream's `GetExternalPerPodMetricReplicas`: the same, shared among the replicas.
    ///
    /// # Errors
    /// [`MetricError::NoMetricsFromApi`] without series.
    pub fn external_per_pod_replicas(
        &self,
        values_milli: &[i64],
        status_replicas: i32,
        target_milli: i64,
    ) -> Result<Proposal, MetricError> {
        if values_milli.is_empty() {
            return Err(MetricError::NoMetricsFromApi);
        }
        let (value, target) = (sum_or_max(values_milli) as f64, target_milli as f64);
        let within = self.tolerances.is_within(value / (target * f64::from(status_replicas)));
        let average =
            if value >= i64::MAX as f64 { i64::MAX } else { to_i64((value / f64::from(status_replicas)).ceil()) };
        Ok(Proposal {
            replicas: if within { status_replicas } else { ceil_to_i32_capped((value / target).ceil()) },
            usage_milli: average,
        })
    }

    /// Upstream's `getUsageRatioReplicaCount`. From no replicas the ratio itself is the answer: there are no pods that it
    /// could be a ratio of, and no tolerance.
    fn ratio_replicas(&self, ratio: f64, pods: &[Pod], current_replicas: i32) -> Result<i32, MetricError> {
        if current_replicas == 0 {
            return Ok(ceil_to_i32(ratio));
        }
        if self.tolerances.is_within(ratio) {
            return Ok(current_replicas);
        }
        if pods.is_empty() {
            return Err(MetricError::NoPods);
        }
        let serving = pods.iter().filter(|pod| pod.serves()).count();
        Ok(ceil_to_i32_capped(ratio * serving as f64))
    }
}

/// Stops at the greatest integer; wraps below the least one.
fn sum(values: &[i64]) -> i64 {
    let add = |sum: i64, value: &i64| if *value > 0 { sum.checked_add(*value) } else { Some(sum.wrapping_add(*value)) };
    values.iter().try_fold(0, add).unwrap_or(i64::MAX)
}

/// Takes every sum below zero, on the way too, for one that was too great.
fn sum_or_max(values: &[i64]) -> i64 {
    let add = |sum: i64, value: &i64| Some(sum.wrapping_add(*value)).filter(|sum| *sum >= 0);
    values.iter().try_fold(0, add).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_stop_at_the_greatest_integer() {
        let cases: [(&[i64], i64, i64); 5] = [
            (&[1, 2], 3, 3),
            (&[i64::MAX, 1, -5], i64::MAX, i64::MAX),
            (&[-3, 1], -2, i64::MAX),
            (&[3, -1], 2, 2),
            (&[i64::MIN, -1], i64::MAX, i64::MAX),
        ];
        for (values, plain, shared) in cases {
            assert_eq!((sum(values), sum_or_max(values)), (plain, shared), "{values:?}");
        }
    }
}
