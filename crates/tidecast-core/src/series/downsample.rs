//! Downsampling: one point per bucket of time.

use serde::{Deserialize, Serialize};
use std::str::FromStr;

/// What a bucket is reduced to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Aggregate {
    /// The smallest value.
    Min,
    /// The largest value.
    Max,
    /// The arithmetic mean.
    Mean,
    /// The value of the latest sample.
    Last,
}

/// Buckets of `width_ms` aligned to the epoch; a bucket's point carries the bucket's start.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bucket {
    /// Width in ms, at least 1.
    pub width_ms: i64,
    /// How its samples become one.
    pub aggregate: Aggregate,
}

/// Samples of one series in columns, in ascending time.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Points {
    /// Milliseconds since the Unix epoch, ascending, no duplicates.
    pub timestamps_ms: Vec<i64>,
    /// As many values.
    pub values: Vec<f64>,
}

impl Points {
    /// The points at these indices, which must exist.
    #[must_use]
    pub fn slice(&self, span: std::ops::Range<usize>) -> Self {
        Self { timestamps_ms: self.timestamps_ms[span.clone()].to_vec(), values: self.values[span].to_vec() }
    }
}

/// The name is none of the four aggregates.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("`{0}` is not an aggregate; accepted: min, max, mean, last")]
pub struct ParseAggregateError(pub String);

impl FromStr for Aggregate {
    type Err = ParseAggregateError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "min" => Ok(Self::Min),
            "max" => Ok(Self::Max),
            "mean" => Ok(Self::Mean),
            "last" => Ok(Self::Last),
            other => Err(ParseAggregateError(other.to_owned())),
        }
    }
}

/// Turns ascending samples into one point per non-empty bucket, in one pass and without buffering.
#[derive(Debug)]
pub struct Downsampler {
    bucket: Bucket,
    open: Option<Open>,
    points: Points,
}

/// The bucket being filled.
#[derive(Clone, Copy, Debug)]
struct Open {
    start_ms: i64,
    accumulated: f64,
    count: u32,
}

impl Downsampler {
    /// Starts with no samples.
    #[must_use]
    pub fn new(bucket: Bucket) -> Self {
        Self { bucket, open: None, points: Points::default() }
    }

    /// Adds samples, ascending within the slices and after all samples added before; equal lengths.
    pub fn extend(&mut self, timestamps_ms: &[i64], values: &[f64]) {
        let width = self.bucket.width_ms.max(1);
        for (&timestamp_ms, &value) in timestamps_ms.iter().zip(values) {
            match &mut self.open {
                // Compare with the bucket's end: a division for every sample would cost more than the rest.
                Some(open) if timestamp_ms < open.start_ms.saturating_add(width) => {
                    open.count += 1;
                    match self.bucket.aggregate {
                        Aggregate::Min => open.accumulated = open.accumulated.min(value),
                        Aggregate::Max => open.accumulated = open.accumulated.max(value),
                        Aggregate::Mean => open.accumulated += value,
                        Aggregate::Last => open.accumulated = value,
                    }
                }
                _ => {
                    self.close();
                    let start_ms = timestamp_ms.saturating_sub(timestamp_ms.rem_euclid(width));
                    self.open = Some(Open { start_ms, accumulated: value, count: 1 });
                }
            }
        }
    }

    fn close(&mut self) {
        if let Some(open) = self.open.take() {
            let value = match self.bucket.aggregate {
                Aggregate::Mean => open.accumulated / f64::from(open.count),
                Aggregate::Min | Aggregate::Max | Aggregate::Last => open.accumulated,
            };
            self.points.timestamps_ms.push(open.start_ms);
            self.points.values.push(value);
        }
    }

    /// The points of all buckets, the last one included.
    #[must_use]
    pub fn finish(mut self) -> Points {
        self.close();
        self.points
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reduces_each_bucket() {
        let timestamps = [-1, 0, 5, 9, 10, 29];
        let values = [7.0, 1.0, 5.0, 3.0, 4.0, 6.0];
        let cases = [
            (Aggregate::Min, [7.0, 1.0, 4.0, 6.0]),
            (Aggregate::Max, [7.0, 5.0, 4.0, 6.0]),
            (Aggregate::Mean, [7.0, 3.0, 4.0, 6.0]),
            (Aggregate::Last, [7.0, 3.0, 4.0, 6.0]),
        ];
        for (aggregate, expected) in cases {
            let mut downsampler = Downsampler::new(Bucket { width_ms: 10, aggregate });
            downsampler.extend(&timestamps[..3], &values[..3]);
            downsampler.extend(&timestamps[3..], &values[3..]);
            let points = downsampler.finish();
            assert_eq!(points.timestamps_ms, [-10, 0, 10, 20]);
            assert_eq!(points.values, expected, "{aggregate:?}");
        }
    }
}
