//! What is done to records before they are analysed or stored: fields renamed, scaled, derived from others, filled in; records
//! left out or refused; times rounded to a grid.
//!
//! Transforms run one after the other over whole batches. They remember nothing, so what comes out does not depend on where
//! the stream was cut into batches, or on a restart. [`Transforms::input_fields`] says which fields a stream's messages must
//! have so that what follows gets the fields that it needs.

mod expression;
mod parser;
mod step;
mod transforms;

pub use expression::{Expression, Node, Operator};
pub use parser::ParseExpressionError;
pub use step::Transform;
pub use transforms::{TransformError, Transforms};
