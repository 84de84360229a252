//! Files as sources, on a local disk, in S3 or in memory, plain or compressed by gzip.

mod compression;
mod csv;
mod input;
mod local;
pub(crate) mod location;
pub(crate) mod s3;

pub use csv::{CsvOptions, CsvSource, Layout, OnError, TimestampFormat, UnknownName};
pub use s3::S3Access;
