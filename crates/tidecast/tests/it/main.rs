//! Integration tests: the binary and the API as users meet them.
#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a step that fails fails the test")]

mod api;
mod autoscale;
mod backtest;
mod cli;
mod drift;
mod kafka_server;
mod known_ahead;
mod live;
mod models;
mod object_storage;
mod policies;
mod polling;
mod process;
mod redis_server;
mod replay;
mod simulate;
mod spark;
mod streams;
mod top;
