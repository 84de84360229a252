//! Prometheus, and what answers as it does (VictoriaMetrics, Thanos, Mimir): the values of one query over a range of time.
//!
//! | address | what |
//! |---|---|
//! | `prometheus://host:9090/prefix` | the server over HTTP, under a path if it has one; without a port 9090 |
//! | `prometheus+https://host/prefix` | the same with TLS; without a port 443 |
//! | `http://…`, `https://…` | the address as a browser has it |
//!
//! User, password or token are never part of the address: they are given as [`PrometheusCredentials`].

mod address;
mod answer;
mod client;
mod credentials;
mod error;
mod grid;

pub use address::PrometheusAddress;
pub use client::{Prometheus, PrometheusOptions, RangeSeries};
pub use credentials::PrometheusCredentials;
pub use error::PrometheusError;
