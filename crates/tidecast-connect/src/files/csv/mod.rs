//! CSV as people export it: the dialect is detected from the data, every part of it can be overridden.

mod cells;
mod cursor;
mod dialect;
mod fault;
mod lines;
mod long;
mod options;
mod parser;
mod sample;
mod series_names;
mod source;
mod timestamp;
mod timestamp_detection;
mod wide;

pub use options::{CsvOptions, Layout, OnError, TimestampFormat, UnknownName};
pub use source::CsvSource;
