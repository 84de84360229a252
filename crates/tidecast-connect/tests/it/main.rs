//! Integration tests of the connectors, in one binary.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a failure of a test's own set-up fails the test")]

mod csv;
mod objects;
mod redis;
