//! HTTP: another Tidecast as the store or as the receiver of records, records that clients bring, figures that are fetched.
//!
//! [`RemoteStore`] is every port of [`SeriesStore`](tidecast_core::ports::SeriesStore) over the API of a running Tidecast.
//! `--server URL` uses it wherever `--store embedded:DIR` is possible, since one process owns an embedded store and
//! everybody else talks to that process. The wire format in [`wire`] is the server's as well: there is one definition.
//! [`RecordSink`] brings records to the [`PushSource`] of such a server; [`MetricsPoll`] asks a service of another kind.

mod client;
mod metrics_poll;
mod parts;
mod push;
mod record_sink;
mod remote_store;
mod token;
pub mod wire;

pub(crate) use client::{backoff, check_address, connection_pool, root_cause};
pub use metrics_poll::{MetricsPoll, MetricsPollOptions, PolledFigures};
pub use push::{PushBatch, PushError, PushSender, PushSource, Submitted, push_source};
pub use record_sink::{RecordSink, RecordSinkError};
pub use remote_store::RemoteStore;
pub use token::{Token, TokenError};
