//! Messages into records: the part that all streams have in common, whatever carries their fields.

mod decoder;
pub mod json_lines;

pub use decoder::{RecordDecoder, RecordFormat};
