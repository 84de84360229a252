//! Why transforms cannot be used as configured.

use crate::record::SchemaError;
use crate::window::SpecError;

/// Why transforms cannot be used as configured.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TransformError {
    /// A field is used under the name it had before.
    #[error("`{from}` is called `{to}` after its renaming; use `{to}` from there on")]
    Renamed {
        /// Its name before.
        from: String,
        /// And after.
        to: String,
    },
    /// A number is needed of a field that is a text, or the other way round.
    #[error("`{0}` is used as a number and as a text; use another field in one of them")]
    Kind(String),
    /// Resampling has no value for the field.
    #[error("`{0}` is a text that resampling would drop; add it to the `by` of `resample`, or do without it")]
    Dropped(String),
    /// A constant is no number.
    #[error("{0} is needed as a finite number")]
    NotFinite(&'static str),
    /// The grid or the keys of resampling are not possible.
    #[error("`resample` is not possible: {0}")]
    Resample(#[from] SpecError),
    /// The fields make no schema.
    #[error(transparent)]
    Schema(#[from] SchemaError),
}
