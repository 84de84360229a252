//! Connectors: where samples come from and where results go, one folder per external system.
//!
//! A wire format lives in its connector's folder and nowhere else; the rest of the project sees only the ports of
//! `tidecast-core`.

pub mod files;
pub mod http;
pub mod objects;
pub mod prometheus;
pub mod records;
pub mod redis;
pub mod synthetic;

mod number;
