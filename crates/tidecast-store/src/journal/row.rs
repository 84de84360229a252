//! One journal row: the batches of one commit, as bytes.
//!
//! ```text
//! CRC-32 of the rest, u32 little-endian
//! per batch: its length in bytes, then runs until it ends
//! per run:   series id, sample count, first timestamp less that of the run before,
//!            for two and more samples: 1 and the constant step, or 0 and every step,
//!            the values, f64 little-endian
//! ```
//!
//! Values stay uncompressed: compressing a thousand one-sample runs gains nothing, and long runs are compressed
//! moments later by the compaction.

use crate::varint::{Reader, put_signed, put_unsigned};
use tidecast_core::series::SampleBatch;

const REGULAR: u8 = 1;
const IRREGULAR: u8 = 0;

/// Encodes one batch; `ids` has one id per run.
pub(crate) fn encode_batch(batch: &SampleBatch, ids: &[u32]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(batch.len() * 9 + ids.len() * 6);
    let mut previous_ms = 0;
    for (run, &id) in batch.runs().zip(ids) {
        let Some(&first_ms) = run.timestamps_ms.first() else { continue };
        put_unsigned(&mut bytes, u64::from(id));
        put_unsigned(&mut bytes, run.values.len() as u64);
        put_signed(&mut bytes, first_ms - previous_ms);
        previous_ms = first_ms;
        if let [first, second, ..] = run.timestamps_ms {
            let step_ms = second - first;
            if run.timestamps_ms.windows(2).all(|pair| pair[1] - pair[0] == step_ms) {
                bytes.push(REGULAR);
                put_signed(&mut bytes, step_ms);
            } else {
                bytes.push(IRREGULAR);
                for pair in run.timestamps_ms.windows(2) {
                    put_signed(&mut bytes, pair[1] - pair[0]);
                }
            }
        }
        bytes.extend(run.values.iter().flat_map(|value| value.to_le_bytes()));
    }
    bytes
}

/// Puts encoded batches together into a row.
pub(crate) fn seal<'a>(batches: impl Iterator<Item = &'a [u8]> + Clone) -> Vec<u8> {
    let bytes: usize = batches.clone().map(<[u8]>::len).sum();
    let mut row = Vec::with_capacity(bytes + 32);
    row.extend_from_slice(&[0; 4]);
    for batch in batches {
        put_unsigned(&mut row, batch.len() as u64);
        row.extend_from_slice(batch);
    }
    let checksum = crc32fast::hash(&row[4..]);
    row[..4].copy_from_slice(&checksum.to_le_bytes());
    row
}

/// Gives every run of a row to `take`: series id, timestamps, values. `None` if the row is damaged, in which case
/// some runs may have been given already.
pub(crate) fn decode(row: &[u8], mut take: impl FnMut(u32, &[i64], &[f64])) -> Option<()> {
    let (checksum, body) = row.split_at_checked(4)?;
    if checksum != crc32fast::hash(body).to_le_bytes() {
        return None;
    }
    let (mut timestamps_ms, mut values) = (Vec::new(), Vec::new());
    let mut rest = Reader::new(body);
    while !rest.is_empty() {
        let length = rest.count()?;
        let mut batch = Reader::new(rest.bytes(length)?);
        let mut previous_ms = 0_i64;
        while !batch.is_empty() {
            let id = u32::try_from(batch.unsigned()?).ok()?;
            let count = batch.count()?;
            if count == 0 || count > batch.remaining() / 8 {
                return None;
            }
            previous_ms = previous_ms.checked_add(batch.signed()?)?;
            timestamps_ms.clear();
            timestamps_ms.push(previous_ms);
            if count > 1 {
                let regular = batch.byte()? == REGULAR;
                let mut step_ms = if regular { batch.signed()? } else { 0 };
                let mut timestamp_ms = previous_ms;
                for _ in 1..count {
                    if !regular {
                        step_ms = batch.signed()?;
                    }
                    timestamp_ms = timestamp_ms.checked_add(step_ms)?;
                    timestamps_ms.push(timestamp_ms);
                }
            }
            values.clear();
            let bytes = batch.bytes(count * 8)?;
            values.extend(bytes.chunks_exact(8).map(|value| value.try_into().map_or(f64::NAN, f64::from_le_bytes)));
            take(id, &timestamps_ms, &values);
        }
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use tidecast_core::series::SeriesKey;

    proptest! {
        #[test]
        fn rows_round_trip(
            batches in prop::collection::vec(
                prop::collection::vec((0_u32..3, -1_i64 << 60..1_i64 << 60, -1e300_f64..1e300), 0..20), 1..4),
            cut in any::<prop::sample::Index>(),
        ) {
            let mut expected = Vec::new();
            let mut encoded = Vec::new();
            for samples in &batches {
                let mut batch = SampleBatch::new();
                for &(id, timestamp_ms, value) in samples {
                    let key: SeriesKey = format!("s{id}").parse().unwrap();
                    batch.push(&key, timestamp_ms, value);
                    expected.push((id, timestamp_ms, value));
                }
                let ids: Vec<u32> = batch.runs().map(|run| run.series.name()[1..].parse().unwrap()).collect();
                encoded.push(encode_batch(&batch, &ids));
            }
            let row = seal(encoded.iter().map(Vec::as_slice));
            let mut found = Vec::new();
            decode(&row, |id, timestamps_ms, values| {
                found.extend(timestamps_ms.iter().zip(values).map(|(&t, &v)| (id, t, v)));
            }).unwrap();
            prop_assert_eq!(found, expected);
            let length = cut.index(row.len());
            let cut_off = decode(&row[..length], |_, _, _| ());
            prop_assert!(cut_off.is_none() || length == 4);
        }
    }
}
