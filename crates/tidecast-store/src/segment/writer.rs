//! Writes a segment from start to end.

use super::{ChunkEntry, FOOTER_BYTES, MAGIC, Segment, SegmentRecord, VERSION, index};
use crate::chunk::{self, MOST_POINTS};
use crate::error::Place;
use crate::storage::{Storage, StorageFile};
use crate::window::Window;
use std::collections::HashMap;
use std::sync::Arc;
use tidecast_core::ports::StoreError;

/// Written to the file in pieces of about this size.
const BUFFER_BYTES: usize = 256 * 1024;
/// So many timestamp blocks are remembered to be shared: scrapes give hundreds of series the same times.
const SHARED_BLOCKS: usize = 64;

/// A segment being written. Chunks must come sorted by series, then time. Dropped before [`SegmentWriter::finish`],
/// it leaves a file that no journal lists, which the next opening removes.
#[derive(Debug)]
pub(crate) struct SegmentWriter<'a> {
    place: &'a Place,
    name: String,
    file: Arc<dyn StorageFile>,
    buffer: Vec<u8>,
    /// File offset of the buffer's first byte.
    flushed: u64,
    entries: Vec<ChunkEntry>,
    shared: HashMap<Vec<u8>, u64>,
}

impl<'a> SegmentWriter<'a> {
    pub(crate) fn create(storage: &dyn Storage, place: &'a Place, id: u64) -> Result<Self, StoreError> {
        let name = SegmentRecord::file_name(id);
        let file = storage.open(&name).map_err(|error| place.io(&name, &error))?;
        // A file of this name can be left over from a run that died before its commit.
        file.set_length(0).map_err(|error| place.io(&name, &error))?;
        let mut buffer = Vec::with_capacity(BUFFER_BYTES + BUFFER_BYTES / 4);
        buffer.extend_from_slice(MAGIC);
        Ok(Self { place, name, file, buffer, flushed: 0, entries: Vec::new(), shared: HashMap::new() })
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Compresses the samples of one series into chunks of even size.
    pub(crate) fn push(&mut self, series: u32, timestamps_ms: &[i64], values: &[f64]) -> Result<(), StoreError> {
        let count = values.len();
        if count == 0 {
            return Ok(());
        }
        let size = count.div_ceil(count.div_ceil(MOST_POINTS));
        for (timestamps_ms, values) in timestamps_ms.chunks(size).zip(values.chunks(size)) {
            let failed = |reason| self.place.corrupt(&self.name, reason);
            let encoded_timestamps = chunk::encode_timestamps(timestamps_ms).map_err(failed)?;
            let encoded_values = chunk::encode_values(values).map_err(failed)?;
            let (Some(&first_ms), Some(&last_ms)) = (timestamps_ms.first(), timestamps_ms.last()) else { continue };
            let entry = ChunkEntry {
                series,
                count: values.len() as u32,
                first_ms,
                last_ms,
                values_offset: 0,
                values_bytes: encoded_values.len() as u32,
                timestamps_bytes: encoded_timestamps.len() as u32,
                timestamps_offset: 0,
                checksum: checksum(&encoded_timestamps, &encoded_values),
            };
            self.push_encoded(entry, &encoded_timestamps, &encoded_values)?;
        }
        Ok(())
    }

    /// Takes over a chunk that is compressed already; `entry` keeps everything but its offsets.
    pub(crate) fn push_encoded(
        &mut self,
        entry: ChunkEntry,
        timestamps: &[u8],
        values: &[u8],
    ) -> Result<(), StoreError> {
        let timestamps_offset = if timestamps.is_empty() { 0 } else { self.share(timestamps) };
        let values_offset = self.append(values);
        self.entries.push(ChunkEntry { values_offset, timestamps_offset, ..entry });
        if self.buffer.len() >= BUFFER_BYTES { self.flush() } else { Ok(()) }
    }

    /// Makes the segment durable and opens it. `None`, and no file, if nothing was pushed.
    pub(crate) fn finish(
        mut self,
        storage: &dyn Storage,
        id: u64,
        generation: u64,
        window: Window,
    ) -> Result<Option<Segment>, StoreError> {
        if self.is_empty() {
            let removed = storage.remove(&self.name);
            return removed.map(|()| None).map_err(|error| self.place.io(&self.name, &error));
        }
        let encoded = index::encode(&self.entries);
        let index_offset = self.append(&encoded);
        let mut footer = Vec::with_capacity(FOOTER_BYTES);
        footer.extend_from_slice(&index_offset.to_le_bytes());
        footer.extend_from_slice(&(encoded.len() as u64).to_le_bytes());
        footer.extend_from_slice(&crc32fast::hash(&encoded).to_le_bytes());
        footer.extend_from_slice(&VERSION.to_le_bytes());
        footer.extend_from_slice(MAGIC);
        self.append(&footer);
        self.flush()?;
        self.file.sync().map_err(|error| self.place.io(&self.name, &error))?;
        let record = SegmentRecord {
            id,
            generation,
            window,
            first_ms: self.entries.iter().map(|entry| entry.first_ms).min().unwrap_or_default(),
            last_ms: self.entries.iter().map(|entry| entry.last_ms).max().unwrap_or_default(),
            samples: self.entries.iter().map(|entry| u64::from(entry.count)).sum(),
            bytes: self.flushed,
        };
        self.entries.shrink_to_fit();
        Ok(Some(Segment::new(record, self.file, self.entries)))
    }

    fn share(&mut self, timestamps: &[u8]) -> u64 {
        if let Some(&offset) = self.shared.get(timestamps) {
            return offset;
        }
        let offset = self.append(timestamps);
        if self.shared.len() == SHARED_BLOCKS {
            self.shared.clear();
        }
        self.shared.insert(timestamps.to_owned(), offset);
        offset
    }

    fn append(&mut self, bytes: &[u8]) -> u64 {
        let offset = self.flushed + self.buffer.len() as u64;
        self.buffer.extend_from_slice(bytes);
        offset
    }

    fn flush(&mut self) -> Result<(), StoreError> {
        self.file.write_at(self.flushed, &self.buffer).map_err(|error| self.place.io(&self.name, &error))?;
        self.flushed += self.buffer.len() as u64;
        self.buffer.clear();
        Ok(())
    }
}

pub(super) fn checksum(timestamps: &[u8], values: &[u8]) -> u32 {
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(timestamps);
    hasher.update(values);
    hasher.finalize()
}
