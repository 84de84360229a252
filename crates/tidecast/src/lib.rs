//! Tidecast: series come in, are kept, forecast, shown, and acted upon, by one binary whose roles differ only in
//! configuration. This crate wires the others together and is the only one that knows the command line, HTTP servers,
//! environment variables and configuration files.

pub mod api;
pub mod commands;
pub mod config;
pub mod exit;
pub mod runtime;
pub mod verification;

mod report;
mod spark;
