//! One decision out of the proposals of several metrics: the greatest, and nothing rash while some of them are unknown.

use super::MetricError;

/// What several metrics together propose.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Combined {
    /// How many replicas.
    pub replicas: i32,
    /// The index of the metric that asked for them.
    pub metric: usize,
    /// How many metrics proposed nothing.
    pub invalid: usize,
}

/// Why several metrics together propose nothing: the workload stays as it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidMetrics {
    /// There are none.
    #[error("there are no metrics; give at least one")]
    None,
    /// None of them is valid.
    #[error("all metrics are invalid; the first: {first}")]
    All {
        /// What is wrong with the first one.
        first: MetricError,
    },
    /// Some are not, and the others alone would take replicas away, which the former might need.
    #[error("{invalid} metrics are invalid, and the others would scale down; the first: {first}")]
    WouldScaleDown {
        /// How many are not valid.
        invalid: usize,
        /// What is wrong with the first of those.
        first: MetricError,
    },
}

/// Upstream's `computeReplicasForMetrics`: the greatest of the proposals. If some metrics are invalid, the others are
/// followed upwards, but not downwards.
///
/// # Errors
/// If nothing is to be done, because metrics are invalid.
pub fn combine(
    proposals: impl IntoIterator<Item = Result<i32, MetricError>>,
    current_replicas: i32,
) -> Result<Combined, InvalidMetrics> {
    let mut best: Option<Combined> = None;
    let mut invalid = 0;
    let mut first = None;
    for (metric, proposal) in proposals.into_iter().enumerate() {
        match proposal {
            // Upstream cannot tell a proposal of zero from none: what comes after it replaces it, even if it is less.
            Ok(replicas) if best.is_none_or(|best| best.replicas == 0 || replicas > best.replicas) => {
                best = Some(Combined { replicas, metric, invalid: 0 });
            }
            Ok(_) => {}
            Err(error) => {
                invalid += 1;
                first.get_or_insert(error);
            }
        }
    }
    match (best, first) {
        (None, None) => Err(InvalidMetrics::None),
        (None, Some(first)) => Err(InvalidMetrics::All { first }),
        (Some(best), Some(first)) if best.replicas < current_replicas => {
            Err(InvalidMetrics::WouldScaleDown { invalid, first })
        }
        (Some(best), _) => Ok(Combined { invalid, ..best }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GONE: Result<i32, MetricError> = Err(MetricError::NoMetricsFromApi);
    const UNREADY: Result<i32, MetricError> = Err(MetricError::NoUsableMetrics);

    fn chosen(replicas: i32, metric: usize, invalid: usize) -> Result<Combined, InvalidMetrics> {
        Ok(Combined { replicas, metric, invalid })
    }

    #[test]
    fn the_greatest_proposal_wins_and_the_first_of_equals() {
        assert_eq!(combine([Ok(3), Ok(7), Ok(7), Ok(5)], 4), chosen(7, 1, 0));
        assert_eq!(combine([Ok(2)], 4), chosen(2, 0, 0));
        assert_eq!(combine([Ok(0), Ok(-3)], 4), chosen(-3, 1, 0));
        assert_eq!(combine([Ok(-3), Ok(-5)], 4), chosen(-3, 0, 0));
    }

    #[test]
    fn with_invalid_metrics_the_others_are_followed_upwards_only() {
        assert_eq!(combine([GONE, Ok(9)], 4), chosen(9, 1, 1));
        assert_eq!(combine([Ok(4), UNREADY, GONE], 4), chosen(4, 0, 2));
        let expected = InvalidMetrics::WouldScaleDown { invalid: 2, first: MetricError::NoUsableMetrics };
        assert_eq!(combine([UNREADY, Ok(3), GONE], 4), Err(expected));
    }

    #[test]
    fn without_any_valid_metric_it_is_an_error() {
        let expected = InvalidMetrics::All { first: MetricError::NoUsableMetrics };
        assert_eq!(combine([UNREADY, GONE], 4), Err(expected));
        assert_eq!(combine([UNREADY, GONE], 0), Err(expected));
        assert_eq!(combine([], 4), Err(InvalidMetrics::None));
    }
}
