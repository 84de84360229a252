//! Another Tidecast as the store: every port of [`SeriesStore`](tidecast_core::ports::SeriesStore) over its HTTP API.
//!
//! `--server URL` uses it wherever `--store embedded:DIR` is possible, since one process owns an embedded store and
//! everybody else talks to that process. The wire format in [`wire`] is the server's as well: there is one definition.

mod client;
mod parts;
mod remote_store;
mod token;
pub mod wire;

pub use remote_store::RemoteStore;
pub use token::{Token, TokenError};
