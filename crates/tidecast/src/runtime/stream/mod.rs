//! Streams: records come in, are transformed, analysed in windows and stored, and are acknowledged once all of that is
//! durable.
//!
//! A [`Pipeline`] serves one source. What its analyses remember, the results of windows that were closed, and the position
//! of the stream are one commit of the store, so that a process killed at any moment goes on as if nothing had happened.
//! Where several workers share a stream, a [`Worker`] turns records into partial results and a [`Merger`] puts those of
//! all workers together.

mod analysis;
mod anomalies;
mod merger;
mod meter;
mod open;
mod outlet;
mod pipeline;
mod push_sources;
mod recorder;
mod report;
mod results;
mod retry;
mod trouble_log;
mod worker;

pub use merger::Merger;
pub use open::{Role, Streams, start_workers};
pub use pipeline::Pipeline;
pub use push_sources::PushSources;
pub use recorder::Recorder;
pub use worker::Worker;
