//! Messages into records: the part that all streams have in common, whatever carries their fields.

mod decoder;
mod json_lines;

pub use decoder::{RecordDecoder, RecordFormat};
pub use json_lines::push_json_lines;
