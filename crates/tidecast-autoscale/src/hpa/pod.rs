//! A pod as the controller sees it, with the metric that belongs to it.
//!
//! Upstream joins pods, requests and metrics by name, in maps, at every decision. Here they are joined once, by whoever
//! makes the [`Pod`]: a decision is then one pass over a slice.

use super::MetricError;

/// One pod that the workload's selector matches.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Pod {
    /// How far it is in its life.
    pub phase: Phase,
    /// Whether it has a deletion timestamp.
    pub is_deleted: bool,
    /// Its `Ready` condition, if there is one.
    pub ready: Option<ReadyCondition>,
    /// When it started, if it did.
    pub started_seconds: Option<f64>,
    /// What it requests of the resource in question. Only percentages of the request look at it.
    pub request: Request,
    /// Its metric. None: the API had none, or one of its containers reported none (see [`super::usage_of`]).
    pub sample: Option<Sample>,
}

/// The phase in a pod's status.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// Not all of its containers have started.
    Pending,
    /// Started, and not at its end.
    Running,
    /// All containers ended well, and will not be started again.
    Succeeded,
    /// All containers ended, one of them badly.
    Failed,
    /// Its node does not answer.
    Unknown,
}

/// The `Ready` condition in a pod's status.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ReadyCondition {
    /// What it says.
    pub status: ReadyStatus,
    /// Since when; `f64::NEG_INFINITY` if that is not set, which upstream takes for long ago.
    pub since_seconds: f64,
}

/// What a condition says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReadyStatus {
    /// It holds.
    True,
    /// It does not hold.
    False,
    /// No one knows. That is not [`Self::False`].
    Unknown,
}

/// The request of a pod for a resource: what upstream's `calculateRequests` finds for it (see [`super::request_of`]).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Request {
    /// In thousandths.
    Milli(i64),
    /// A container that counts has none.
    Missing,
    /// There is no container of the wanted name.
    NoSuchContainer,
}

/// One metric of one pod, upstream's `PodMetric`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sample {
    /// In thousandths.
    pub value_milli: i64,
    /// The end of the time over which it was measured.
    pub timestamp_seconds: f64,
    /// How long that time was.
    pub window_seconds: f64,
}

impl Pod {
    /// A pod that has long been up and ready, with a metric of now: what most pods of a healthy workload are.
    #[must_use]
    pub fn running(request_milli: i64, value_milli: i64) -> Self {
        Self {
            phase: Phase::Running,
            is_deleted: false,
            ready: Some(ReadyCondition { status: ReadyStatus::True, since_seconds: f64::NEG_INFINITY }),
            started_seconds: Some(f64::NEG_INFINITY),
            request: Request::Milli(request_milli),
            sample: Some(Sample { value_milli, timestamp_seconds: f64::INFINITY, window_seconds: 0.0 }),
        }
    }

    /// Running, and ready: what counts for metrics that are not of pods (`getReadyPodsCount`).
    pub(super) fn serves(&self) -> bool {
        self.phase == Phase::Running && self.ready.is_some_and(|ready| ready.status == ReadyStatus::True)
    }
}

impl Request {
    /// The request, or why there is none.
    ///
    /// # Errors
    /// [`MetricError::MissingRequest`] or [`MetricError::ContainerNotFound`].
    pub fn milli(self) -> Result<i64, MetricError> {
        match self {
            Self::Milli(milli) => Ok(milli),
            Self::Missing => Err(MetricError::MissingRequest),
            Self::NoSuchContainer => Err(MetricError::ContainerNotFound),
        }
    }
}
