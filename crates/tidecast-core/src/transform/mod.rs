//! What is done to records between their source and the windows or the store: renamed, scaled, derived, filtered, checked,
//! filled, brought to a regular grid.
//!
//! [`Transforms`] is made of a list of [`Transform`]s and the fields that are needed in the end; it knows which fields the source
//! has to give for that.

mod error;
mod evaluate;
mod fill;
mod formula;
mod parse;
mod resample;
mod schema;
mod transforms;

pub use error::TransformError;
pub use fill::FILLED_KEYS_MAX;
pub use formula::{Condition, Formula, FormulaError};
pub use transforms::{Fill, Resample, Resampled, Transform, Transforms};
