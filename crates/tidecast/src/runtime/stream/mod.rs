//! Streams: records come in, are transformed, analysed in windows and stored, and are acknowledged once all of that is
//! durable.
//!
//! A [`Pipeline`] serves one source. What its analyses remember, the results of windows that were closed, and the position
//! of the stream are one commit of the store, so that a process killed at any moment goes on as if nothing had happened.

mod analysis;
mod anomalies;
mod meter;
mod pipeline;
mod recorder;
mod results;

pub use analysis::Analysis;
pub use pipeline::{Pipeline, keep_running};
pub use recorder::Recorder;
