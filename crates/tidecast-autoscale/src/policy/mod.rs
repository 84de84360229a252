//! How many replicas, and why.
//!
//! [`decide`] is the rule: facts in, [`Decision`] out, nothing else. [`Autoscaler`] is one workload over time: it gathers
//! the facts from readings of demand, asks, and holds the answer to the workload's limits and rates.
//!
//! A [`Policy`] with a `violation_budget` plans for it: replicas are what the forecast needs to keep demand within capacity
//! for all but that share of time, and the head-room of a low target utilisation is not paid for. Without one, the policy
//! does what the HPA does at the target, and adds what the forecast asks for, at a bounded cost. A `behavior` holds for both.
//!
//! What one replica serves is given, or measured: see [`Capacity`].

mod autoscaler;
mod behavior;
mod calendar;
mod capacity;
mod decision;
mod lead_time;
mod readiness;
mod spec;

pub use autoscaler::{Autoscaler, Reading};
pub(crate) use autoscaler::{STALE_MS, minutes_ahead};
pub use behavior::BehaviorError;
pub use calendar::{Calendar, CalendarEntry};
pub use capacity::Capacity;
pub use decision::{Decision, Facts, Forecast, Reason, Rule, decide};
pub use lead_time::LeadTime;
pub use spec::{Policy, PolicyError};
