//! The Kubernetes `HorizontalPodAutoscaler`, decision by decision: what it would do, so that it can be compared with.
//!
//! [`ReplicaCalculator`] proposes replicas for one metric, [`combine`] chooses among the proposals of several metrics, and
//! a [`Scaler`] applies stabilisation, rates and limits, and remembers what that needs. Together they are one pass of
//! upstream's `reconcileAutoscaler`.
//!
//! The semantics are those of Kubernetes 1.36 with its feature gates at their defaults (tolerances per direction and
//! pod-level resources on, scale to zero off), on amd64, down to the order of floating-point operations and what happens
//! where numbers overflow. [`vectors`] reads decisions recorded from upstream's own code, against which this is tested.
//!
//! Times are seconds on any common origin; `milli` are thousandths of a metric's own unit (millicores for CPU,
//! thousandths of a byte for memory), as upstream computes with them.

mod arithmetic;
mod average;
pub mod behavior;
mod calculator;
mod containers;
mod error;
mod groups;
mod pod;
mod quantity;
mod resource;
mod settings;
mod several;
mod tolerance;
mod value;
pub mod vectors;

pub use behavior::{Behavior, BehaviorSpec, Branch, RulesSpec, Scaler, ScalerSettings, Step};
pub use calculator::{Observation, Proposal, ReplicaCalculator, Resource, ResourceProposal};
pub use containers::{Container, ContainerUsage, PodLevelRequest, request_of, usage_of};
pub use error::MetricError;
pub use pod::{Phase, Pod, ReadyCondition, ReadyStatus, Request, Sample};
pub use quantity::{QuantityError, approximate_quantity};
pub use settings::ControllerSettings;
pub use several::{Combined, InvalidMetrics, combine};
pub use tolerance::Tolerances;
