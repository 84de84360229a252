//! Chunks: one or two thousand samples of one series, compressed.
//!
//! Values and irregular timestamps go through pco. Timestamps at a constant step take no bytes at all: first, last
//! and count in the index say it. Level 4 of pco takes a quarter to two thirds of the time of its default, level 8.

use pco::ChunkConfig;
use pco::standalone::{simple_compress, simple_decompress_into};
use tidecast_core::series::Sample;

/// Chunks smaller than this are joined with their neighbours when segments are merged.
pub(crate) const LEAST_POINTS: usize = 1_024;
/// No chunk is larger. Every read decodes whole chunks, and larger ones gain little: meter data takes 1.13 bytes a
/// sample in chunks of 1,024, 1.10 in chunks of 2,048, and in chunks of 10,000 about 8 % less than in those of 1,024.
pub(crate) const MOST_POINTS: usize = 2_048;

const COMPRESSION_LEVEL: usize = 4;

/// Samples in columns, strictly ascending in time.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Columns {
    pub(crate) timestamps_ms: Vec<i64>,
    pub(crate) values: Vec<f64>,
}

impl Columns {
    pub(crate) fn len(&self) -> usize {
        self.values.len()
    }

    pub(crate) fn extend_samples(&mut self, samples: &[Sample]) {
        self.timestamps_ms.extend(samples.iter().map(|sample| sample.timestamp_ms));
        self.values.extend(samples.iter().map(|sample| sample.value));
    }

    pub(crate) fn into_samples(self) -> Vec<Sample> {
        let samples = self.timestamps_ms.into_iter().zip(self.values);
        samples.map(|(timestamp_ms, value)| Sample { timestamp_ms, value }).collect()
    }

    pub(crate) fn clear(&mut self) {
        self.timestamps_ms.clear();
        self.values.clear();
    }
}

/// Compressed values.
pub(crate) fn encode_values(values: &[f64]) -> Result<Vec<u8>, String> {
    simple_compress(values, &configuration()).map_err(|error| error.to_string())
}

/// Compressed timestamps; empty if they are at a constant step.
pub(crate) fn encode_timestamps(timestamps_ms: &[i64]) -> Result<Vec<u8>, String> {
    if is_regular(timestamps_ms) {
        return Ok(Vec::new());
    }
    simple_compress(timestamps_ms, &configuration()).map_err(|error| error.to_string())
}

/// Appends `count` values to `values`.
pub(crate) fn decode_values(bytes: &[u8], count: usize, values: &mut Vec<f64>) -> Result<(), String> {
    decode_into(bytes, count, values)
}

/// Appends the `count` timestamps from `first_ms` to `last_ms` to `timestamps_ms`.
pub(crate) fn decode_timestamps(
    bytes: &[u8],
    count: usize,
    first_ms: i64,
    last_ms: i64,
    timestamps_ms: &mut Vec<i64>,
) -> Result<(), String> {
    if !bytes.is_empty() {
        return decode_into(bytes, count, timestamps_ms);
    }
    let steps = i64::try_from(count).unwrap_or(i64::MAX).saturating_sub(1).max(1);
    let step_ms = last_ms.saturating_sub(first_ms) / steps;
    timestamps_ms.extend((0..count as i64).map(|index| first_ms + index * step_ms));
    Ok(())
}

fn configuration() -> ChunkConfig {
    ChunkConfig::default().with_compression_level(COMPRESSION_LEVEL)
}

fn is_regular(timestamps_ms: &[i64]) -> bool {
    match timestamps_ms {
        [] | [_] => true,
        [first, second, ..] => timestamps_ms.windows(2).all(|pair| pair[1] - pair[0] == second - first),
    }
}

fn decode_into<T: pco::data_types::Number + Default>(
    bytes: &[u8],
    count: usize,
    into: &mut Vec<T>,
) -> Result<(), String> {
    let start = into.len();
    into.resize(start + count, T::default());
    let progress = simple_decompress_into(bytes, &mut into[start..]).map_err(|error| error.to_string())?;
    if progress.n_processed == count && progress.finished {
        Ok(())
    } else {
        Err(format!("a chunk holds another number of points than the {count} of its index"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(timestamps_ms: &[i64], values: &[f64], timestamp_bytes_most: usize) {
        let encoded = encode_timestamps(timestamps_ms).unwrap();
        assert!(encoded.len() <= timestamp_bytes_most, "{} bytes", encoded.len());
        let count = values.len();
        let (first, last) = (timestamps_ms[0], timestamps_ms[count - 1]);
        let mut columns = Columns::default();
        decode_timestamps(&encoded, count, first, last, &mut columns.timestamps_ms).unwrap();
        decode_values(&encode_values(values).unwrap(), count, &mut columns.values).unwrap();
        assert_eq!(columns.timestamps_ms, timestamps_ms);
        let bits = |values: &[f64]| values.iter().map(|value| value.to_bits()).collect::<Vec<_>>();
        assert_eq!(bits(&columns.values), bits(values));
    }

    #[test]
    fn round_trips() {
        check(&[5], &[-0.0], 0);
        check(&[-7, 3], &[f64::MAX, f64::MIN_POSITIVE], 0);
        let hours: Vec<i64> = (0..2_000).map(|hour| hour * 3_600_000).collect();
        let values: Vec<f64> = (0..2_000).map(|hour| f64::from(hour % 24) / 10.0).collect();
        check(&hours, &values, 0);
        let jittered: Vec<i64> = (0..2_000).map(|step| step * 15_000 + step * 7_919 % 13).collect();
        check(&jittered, &values, 2_000);
    }

    #[test]
    fn damage_is_an_error() {
        let encoded = encode_values(&[1.0, 2.0, 3.0]).unwrap();
        let mut values = Vec::new();
        assert!(decode_values(&encoded, 4, &mut values).is_err());
        assert!(decode_values(&encoded[..encoded.len() - 3], 3, &mut values).is_err());
    }
}
