//! From a proposal to a number of replicas: what an object's `behavior` and limits make of what its metrics ask for.
//!
//! A [`Scaler`] is one object under control. It remembers recent recommendations, for stabilisation, and recent changes,
//! for rates.

mod events;
mod normalize;
mod rate;
mod recommendations;
mod rules;
mod scaler;

pub use normalize::{AbleToScale, Limiting, Normalized};
pub use rules::{Behavior, BehaviorSpec, Change, Policy, Rules, RulesSpec, SelectPolicy};
pub use scaler::{Branch, Scaler, ScalerSettings, Step};
