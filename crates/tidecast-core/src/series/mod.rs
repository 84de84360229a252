//! Series: what they are called, how their samples travel, and how they are selected, bucketed and made regular.

mod batch;
mod downsample;
mod key;
mod range;
mod regular;
mod selector;

pub use batch::{Run, SampleBatch};
pub use downsample::{Aggregate, Bucket, Downsampler, ParseAggregateError, Points};
pub use key::{LabelError, ParseSeriesError, SeriesKey};
pub use range::TimeRange;
pub use regular::{RegularSeries, infer_step_ms};
pub use selector::{MatchOperator, Matcher, ParseSelectorError, Selector};

/// One measurement: a time in ms since the Unix epoch and a finite value.
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Sample {
    /// Milliseconds since the Unix epoch.
    pub timestamp_ms: i64,
    /// The measured value.
    pub value: f64,
}
