//! Messages into records: the part that all streams have in common, whatever carries their fields.

mod decoder;
mod json_body;
pub mod json_lines;

pub use decoder::{RecordDecoder, RecordFormat};
pub use json_body::decode_json;
