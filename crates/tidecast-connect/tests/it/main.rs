//! Integration tests of the connectors, in one binary.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a failure of a test's own set-up fails the test")]

mod csv;
mod json_lines;
mod metrics_poll;
mod objects;
mod prometheus;
mod push;
mod redis;
mod synthetic;
