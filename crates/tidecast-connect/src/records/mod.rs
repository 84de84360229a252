//! Messages into records: the part that all streams have in common, whatever carries their fields.

mod decoder;
mod json_body;
pub mod json_lines;
mod same_bytes;

pub use decoder::{RecordDecoder, RecordFormat};
pub use json_body::decode_json;
