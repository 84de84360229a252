//! An open segment: its index in memory, its chunks read by position.

use super::{ChunkEntry, FOOTER_BYTES, MAGIC, SegmentRecord, VERSION, index, writer};
use crate::chunk::{self, Columns};
use crate::error::Place;
use crate::storage::{Storage, StorageFile};
use std::sync::Arc;
use tidecast_core::ports::StoreError;

/// A live segment.
#[derive(Debug)]
pub(crate) struct Segment {
    pub(crate) record: SegmentRecord,
    file: Arc<dyn StorageFile>,
    entries: Vec<ChunkEntry>,
}

/// A chunk as it lies in the file.
#[derive(Clone, Debug, Default)]
pub(crate) struct EncodedChunk {
    pub(crate) timestamps: Vec<u8>,
    pub(crate) values: Vec<u8>,
}

impl Segment {
    pub(crate) fn new(record: SegmentRecord, file: Arc<dyn StorageFile>, entries: Vec<ChunkEntry>) -> Self {
        Self { record, file, entries }
    }

    /// Opens a segment that the journal lists, and checks its index.
    pub(crate) fn open(storage: &dyn Storage, place: &Place, record: SegmentRecord) -> Result<Self, StoreError> {
        let name = SegmentRecord::file_name(record.id);
        let io = |error: std::io::Error| place.io(&name, &error);
        let file = storage.open(&name).map_err(io)?;
        let length = file.length().map_err(io)?;
        let damaged = |reason: &str| place.corrupt(&name, reason);
        let footer_offset =
            length.checked_sub(FOOTER_BYTES as u64).ok_or_else(|| damaged("the file is missing or cut off"))?;
        if length != record.bytes {
            return Err(damaged("its length is not what the journal says"));
        }
        let mut footer = [0; FOOTER_BYTES];
        file.read_at(footer_offset, &mut footer).map_err(io)?;
        let (fields, magic) = footer.split_at(24);
        if magic != MAGIC {
            return Err(damaged("it does not end as a segment does"));
        }
        let field = |at: usize| fields[at..at + 8].try_into().map_or(0, u64::from_le_bytes);
        let (index_offset, index_bytes, last) = (field(0), field(8), field(16));
        let (checksum, version) = (last as u32, (last >> 32) as u32);
        if version > VERSION {
            return Err(StoreError::NewerVersion { path: place.path(), found: version, supported: VERSION });
        }
        if index_offset.checked_add(index_bytes) != Some(footer_offset) {
            return Err(damaged("the index does not lie before the footer"));
        }
        let mut encoded = vec![0; index_bytes as usize];
        file.read_at(index_offset, &mut encoded).map_err(io)?;
        if crc32fast::hash(&encoded) != checksum {
            return Err(damaged("the checksum of the index is wrong"));
        }
        let entries = index::decode(&encoded).ok_or_else(|| damaged("the index makes no sense"))?;
        Ok(Self { record, file, entries })
    }

    /// All chunks, sorted by series, then time.
    pub(crate) fn entries(&self) -> &[ChunkEntry] {
        &self.entries
    }

    /// The chunks of a series, sorted by time.
    pub(crate) fn entries_of(&self, series: u32) -> &[ChunkEntry] {
        let start = self.entries.partition_point(|entry| entry.series < series);
        let rest = &self.entries[start..];
        &rest[..rest.partition_point(|entry| entry.series == series)]
    }

    /// Reads a chunk without decompressing it, and checks it.
    pub(crate) fn read_encoded(&self, place: &Place, entry: &ChunkEntry) -> Result<EncodedChunk, StoreError> {
        let name = || SegmentRecord::file_name(self.record.id);
        let in_file =
            |offset: u64, bytes: u32| offset.checked_add(u64::from(bytes)).is_some_and(|end| end <= self.record.bytes);
        if !in_file(entry.values_offset, entry.values_bytes)
            || !in_file(entry.timestamps_offset, entry.timestamps_bytes)
        {
            return Err(place.corrupt(&name(), "the index points outside of the file"));
        }
        let read = |offset: u64, bytes: u32| {
            let mut block = vec![0; bytes as usize];
            self.file.read_at(offset, &mut block).map(|()| block).map_err(|error| place.io(&name(), &error))
        };
        let timestamps = read(entry.timestamps_offset, entry.timestamps_bytes)?;
        let values = read(entry.values_offset, entry.values_bytes)?;
        if writer::checksum(&timestamps, &values) != entry.checksum {
            return Err(place.corrupt(&name(), format!("the checksum at byte {} is wrong", entry.values_offset)));
        }
        Ok(EncodedChunk { timestamps, values })
    }

    /// Reads a chunk and appends its samples to `columns`.
    pub(crate) fn read(&self, place: &Place, entry: &ChunkEntry, columns: &mut Columns) -> Result<(), StoreError> {
        let encoded = self.read_encoded(place, entry)?;
        let count = entry.count as usize;
        chunk::decode_timestamps(&encoded.timestamps, count, entry.first_ms, entry.last_ms, &mut columns.timestamps_ms)
            .and_then(|()| chunk::decode_values(&encoded.values, count, &mut columns.values))
            .map_err(|reason| place.corrupt(&SegmentRecord::file_name(self.record.id), reason))
    }
}
