//! Records: messages of a stream, with a time and named fields, in columns.
//!
//! A [`Schema`] says which fields of a message matter to what follows; everything else in it is dropped where the message
//! is decoded. A [`RecordBatch`] holds many records, one column per field.

mod batch;
mod rejection;
mod schema;
mod text;

pub use batch::{Column, RecordBatch};
pub use rejection::{Rejection, Rejections};
pub use schema::{Field, FieldKind, Schema, SchemaError};
pub use text::TextColumn;
