//! Segments: immutable files of compressed chunks.
//!
//! A file of our own rather than a database per partition: written once from start to end, it needs no pages, no free
//! space and no journal, and which segments are live is said by the same journal commit that drops the batches
//! they cover. Layout, integers little-endian:
//!
//! ```text
//! magic "TIDESEG1"
//! blocks     compressed columns back to back; a timestamp block may be shared by many chunks
//! index      see `index`
//! footer     index offset u64, index length u64, CRC-32 of the index u32, format version u32, magic
//! ```

pub(crate) mod index;
mod reader;
mod writer;

pub(crate) use index::ChunkEntry;
pub(crate) use reader::Segment;
pub(crate) use writer::SegmentWriter;

use crate::varint::{Reader, put_signed, put_unsigned};
use crate::window::Window;

const FOLDER: &str = "segments/";
const SUFFIX: &str = ".seg";
pub(crate) const MAGIC: &[u8; 8] = b"TIDESEG1";
pub(crate) const VERSION: u32 = 1;
pub(crate) const FOOTER_BYTES: usize = 32;

/// Whether a file is one of ours.
pub(crate) fn is_file_name(name: &str) -> bool {
    name.starts_with(FOLDER) && name.ends_with(SUFFIX)
}

/// What the journal says about a live segment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SegmentRecord {
    /// Names the file.
    pub(crate) id: u64,
    /// The journal sequence its newest data came from: of two samples with the same timestamp, the one
    /// in the higher generation wins.
    pub(crate) generation: u64,
    /// The partition it belongs to.
    pub(crate) window: Window,
    pub(crate) first_ms: i64,
    pub(crate) last_ms: i64,
    pub(crate) samples: u64,
    pub(crate) bytes: u64,
}

impl SegmentRecord {
    pub(crate) fn file_name(id: u64) -> String {
        format!("{FOLDER}{id:010}{SUFFIX}")
    }

    pub(crate) fn overlaps(&self, first_ms: i64, last_ms: i64) -> bool {
        self.first_ms <= last_ms && first_ms <= self.last_ms
    }

    pub(crate) fn encode(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(48);
        put_unsigned(&mut bytes, self.generation);
        put_signed(&mut bytes, self.window.first_ms());
        bytes.push(self.window.level());
        put_signed(&mut bytes, self.first_ms);
        put_signed(&mut bytes, self.last_ms);
        put_unsigned(&mut bytes, self.samples);
        put_unsigned(&mut bytes, self.bytes);
        bytes
    }

    pub(crate) fn decode(id: u64, bytes: &[u8]) -> Option<Self> {
        let mut reader = Reader::new(bytes);
        let generation = reader.unsigned()?;
        let start = reader.signed()?;
        let window = Window::holding(start, reader.byte()?);
        let (first_ms, last_ms) = (reader.signed()?, reader.signed()?);
        Some(Self { id, generation, window, first_ms, last_ms, samples: reader.unsigned()?, bytes: reader.unsigned()? })
    }
}
