//! The embedded store: series, samples and forecasts in one directory, for one process.
//!
//! ```text
//! DIR/LOCK             who has it open
//! DIR/journal.redb     recent batches, source positions, series, the list of segments
//! DIR/segments/*.seg   everything older, compressed, immutable
//! DIR/forecasts.redb   forecasts by series, origin and model version
//! ```
//!
//! A batch is acknowledged when one journal commit with its source position has been synchronised. Until a flush
//! packs it into segments it also lives in memory. Reads go over segments and memory alike; of samples with equal
//! timestamps the one written last counts.
//!
//! Values are finite; sources leave missing values out. Timestamps lie within ±[`TIMESTAMP_LIMIT_MS`]. What is
//! outside is refused, the batch as a whole.

mod blocking;
mod catalogue;
mod chunk;
mod engine;
mod error;
mod flush;
mod forecasts;
mod head;
mod journal;
mod lock;
mod merge;
mod read;
mod segment;
mod shield;
pub mod storage;
mod store;
mod sync;
mod varint;
mod window;
mod writer;

pub use lock::serving_address;
pub use store::{BATCH_SAMPLES_LIMIT, EmbeddedStore, Options, TIMESTAMP_LIMIT_MS};
