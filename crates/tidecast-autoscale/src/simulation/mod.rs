//! Replays of recorded demand: what each way of scaling would have cost, and what it would have violated.
//!
//! [`replay`] runs a trace through a simulated workload once for every contender. All see the same metrics, late and
//! averaged; their pods take the same times to start; a pod is paid for from its creation. The first half of the trace is for
//! learning, the second is scored.

mod cluster;
mod comparison;
mod contenders;
mod notes;
mod oracle;
mod replay;
pub mod report;
mod startup;

pub use comparison::{KEPT, keeps_budget};
pub use replay::{ReplayError, ReplaySettings, explain, replay};
