//! Why there is no proposal for a metric.

/// What keeps a metric from proposing replicas. Upstream's controller then leaves the workload as it is, unless other
/// metrics ask for more replicas (see [`super::combine`]).
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MetricError {
    /// The metrics API answered with nothing.
    #[error("the metrics API returned no items; look whether the metrics server or adapter knows this metric")]
    NoMetricsFromApi,
    /// No pod matches the workload's selector.
    #[error("the selector matches no pods; compare it with the labels of the pods")]
    NoPods,
    /// No metric is left once ignored and unready pods are taken out.
    #[error("no metrics of pods that count; they may all be unready, pending, deleted or failed")]
    NoUsableMetrics,
    /// A container has no request for the resource.
    #[error("a container requests none of the resource; set its request, or a target as average value")]
    MissingRequest,
    /// A pod has no container of the wanted name.
    #[error("a pod has no container of this name; correct the name in the metric")]
    ContainerNotFound,
    /// The requests of the pods with metrics add up to nothing.
    #[error("the requests of the pods with metrics add up to zero; set requests above zero")]
    ZeroRequests,
}

impl MetricError {
    /// A short name for it, for programs.
    #[must_use]
    pub fn kind(self) -> &'static str {
        match self {
            Self::NoMetricsFromApi => "no_metrics_from_api",
            Self::NoPods => "no_pods",
            Self::NoUsableMetrics => "no_usable_metrics",
            Self::MissingRequest => "missing_request",
            Self::ContainerNotFound => "container_not_found",
            Self::ZeroRequests => "zero_requests",
        }
    }
}
