//! The index of a segment: where each chunk is and what it spans.
//!
//! Entries are sorted by series, then time. On disk each is a handful of variable-length integers, most of them
//! differences from the entry before; in memory they are fixed-size, so that a binary search finds a series.

use crate::varint::{Reader, put_signed, put_unsigned};

/// One chunk of a segment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ChunkEntry {
    pub(crate) series: u32,
    pub(crate) count: u32,
    pub(crate) first_ms: i64,
    pub(crate) last_ms: i64,
    pub(crate) values_offset: u64,
    pub(crate) values_bytes: u32,
    /// 0 where timestamps are at a constant step.
    pub(crate) timestamps_bytes: u32,
    pub(crate) timestamps_offset: u64,
    /// CRC-32 of the timestamp block followed by the value block.
    pub(crate) checksum: u32,
}

pub(crate) fn encode(entries: &[ChunkEntry]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(entries.len() * 20);
    put_unsigned(&mut bytes, entries.len() as u64);
    let (mut series, mut first_ms, mut end) = (0, 0, 0);
    for entry in entries {
        put_unsigned(&mut bytes, u64::from(entry.series - series));
        put_unsigned(&mut bytes, u64::from(entry.count));
        put_signed(&mut bytes, entry.first_ms.wrapping_sub(first_ms));
        put_unsigned(&mut bytes, entry.last_ms.wrapping_sub(entry.first_ms) as u64);
        put_signed(&mut bytes, entry.values_offset.wrapping_sub(end) as i64);
        put_unsigned(&mut bytes, u64::from(entry.values_bytes));
        put_unsigned(&mut bytes, u64::from(entry.timestamps_bytes));
        if entry.timestamps_bytes > 0 {
            put_signed(&mut bytes, entry.timestamps_offset.wrapping_sub(entry.values_offset) as i64);
        }
        bytes.extend_from_slice(&entry.checksum.to_le_bytes());
        series = entry.series;
        first_ms = entry.first_ms;
        end = entry.values_offset + u64::from(entry.values_bytes);
    }
    bytes
}

/// `None` if the bytes make no sense.
pub(crate) fn decode(bytes: &[u8]) -> Option<Vec<ChunkEntry>> {
    let mut reader = Reader::new(bytes);
    let count = reader.count()?;
    // Every entry takes at least eleven bytes: a damaged count must not ask for all memory.
    let mut entries = Vec::with_capacity(count.min(bytes.len() / 11 + 1));
    let (mut series, mut first_ms, mut end) = (0_u32, 0_i64, 0_u64);
    for _ in 0..count {
        series = series.checked_add(u32::try_from(reader.unsigned()?).ok()?)?;
        let count = u32::try_from(reader.unsigned()?).ok()?;
        first_ms = first_ms.wrapping_add(reader.signed()?);
        let last_ms = first_ms.wrapping_add(reader.unsigned()? as i64);
        let values_offset = end.wrapping_add(reader.signed()? as u64);
        let values_bytes = u32::try_from(reader.unsigned()?).ok()?;
        let timestamps_bytes = u32::try_from(reader.unsigned()?).ok()?;
        let timestamps_offset =
            if timestamps_bytes > 0 { values_offset.wrapping_add(reader.signed()? as u64) } else { 0 };
        let checksum = u32::from_le_bytes(reader.bytes(4)?.try_into().ok()?);
        entries.push(ChunkEntry {
            series,
            count,
            first_ms,
            last_ms,
            values_offset,
            values_bytes,
            timestamps_bytes,
            timestamps_offset,
            checksum,
        });
        end = values_offset.checked_add(u64::from(values_bytes))?;
    }
    reader.is_empty().then_some(entries)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn round_trips() {
        let entry = |series, first_ms: i64, timestamps_bytes, values_offset| ChunkEntry {
            series,
            count: 9,
            first_ms,
            last_ms: first_ms + 80,
            values_offset,
            values_bytes: 11,
            timestamps_bytes,
            timestamps_offset: u64::from(timestamps_bytes > 0) * 8,
            checksum: 0xdead_beef,
        };
        let entries = [entry(0, -5, 0, 100), entry(0, 90, 7, 111), entry(4_000_000_000, i64::MAX - 80, 7, 8)];
        let bytes = encode(&entries);
        assert_eq!(decode(&bytes).unwrap(), entries);
        for length in 0..bytes.len() {
            assert_eq!(decode(&bytes[..length]), None, "cut to {length}");
        }
    }
}
