//! The HTTP API on a real server over a real store, as browsers, programs and [`RemoteStore`] meet it.
//!
//! [`RemoteStore`]: tidecast_connect::http::RemoteStore

mod access;
mod autoscaling;
mod console;
mod document;
mod errors;
mod events;
mod fixture;
mod models;
mod reads;
mod records;
mod remote;
mod verification;
mod writes;
