//! Bytes of what is kept and exchanged: variable-length numbers behind a header, with a checksum at the end.

use super::hash::hash_bytes;
use super::plan::is_near;

const CHECKSUM_BYTES: usize = 8;

/// Why bytes are not what they should be.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    /// They were changed or cut off, or were something else from the start.
    #[error("{0} of a window computation is damaged; remove the state of this analytics to begin with an empty one")]
    Damaged(&'static str),
    /// They were written by another version of this program.
    #[error(
        "state of a window computation has the format {found}, and this program reads {expected}; \
         run the version that wrote it, or remove the state of this analytics to begin with an empty one"
    )]
    Version {
        /// What it has.
        found: u64,
        /// What is read here.
        expected: u64,
    },
    /// They belong to another computation.
    #[error(
        "state of a window computation was made with another window, slide, `by` or measures than configured now; \
         restore those, or remove the state of this analytics to begin with an empty one"
    )]
    OtherSpec,
}

/// Writes.
#[derive(Debug, Default)]
pub(super) struct Writer(Vec<u8>);

impl Writer {
    /// Begins with a header: what this is, in which version, for which plan.
    pub(super) fn new(magic: u8, version: u64, fingerprint: u64) -> Self {
        let mut writer = Self(vec![magic]);
        writer.varint(version);
        writer.bytes(&fingerprint.to_le_bytes());
        writer
    }

    pub(super) fn finish(self) -> Vec<u8> {
        seal(self.0)
    }

    pub(super) fn bytes(&mut self, bytes: &[u8]) {
        self.0.extend_from_slice(bytes);
    }

    pub(super) fn varint(&mut self, mut value: u64) {
        while value >= 0x80 {
            self.0.push(value as u8 | 0x80);
            value >>= 7;
        }
        self.0.push(value as u8);
    }

    pub(super) fn signed(&mut self, value: i64) {
        self.varint((value << 1 ^ value >> 63) as u64);
    }

    /// Numbers as people measure them have few bits, all at the top.
    pub(super) fn number(&mut self, value: f64) {
        self.varint(value.to_bits().swap_bytes());
    }

    pub(super) fn text(&mut self, text: &str) {
        self.varint(text.len() as u64);
        self.bytes(text.as_bytes());
    }
}

/// Appends the checksum.
pub(super) fn seal(mut bytes: Vec<u8>) -> Vec<u8> {
    let checksum = hash_bytes(&bytes);
    bytes.extend_from_slice(&checksum.to_le_bytes());
    bytes
}

/// Reads what a [`Writer`] wrote, and never trusts it.
#[derive(Debug)]
pub(super) struct Reader<'a> {
    rest: &'a [u8],
    what: &'static str,
}

impl<'a> Reader<'a> {
    /// Checks checksum and header.
    pub(super) fn new(
        bytes: &'a [u8],
        what: &'static str,
        magic: u8,
        version: u64,
        fingerprint: u64,
    ) -> Result<Self, DecodeError> {
        let damaged = DecodeError::Damaged(what);
        let (content, checksum) = bytes.split_last_chunk::<CHECKSUM_BYTES>().ok_or_else(|| damaged.clone())?;
        if hash_bytes(content) != u64::from_le_bytes(*checksum) {
            return Err(damaged);
        }
        let mut reader = Self { rest: content, what };
        if reader.bytes(1)? != [magic] {
            return Err(damaged);
        }
        let found = reader.varint()?;
        if found != version {
            return Err(DecodeError::Version { found, expected: version });
        }
        if reader.bytes(8)? == fingerprint.to_le_bytes() { Ok(reader) } else { Err(DecodeError::OtherSpec) }
    }

    /// Fails when something is left.
    pub(super) fn finish(self) -> Result<(), DecodeError> {
        if self.rest.is_empty() { Ok(()) } else { Err(self.damaged()) }
    }

    pub(super) fn damaged(&self) -> DecodeError {
        DecodeError::Damaged(self.what)
    }

    pub(super) fn bytes(&mut self, count: usize) -> Result<&'a [u8], DecodeError> {
        let (bytes, rest) = self.rest.split_at_checked(count).ok_or_else(|| self.damaged())?;
        self.rest = rest;
        Ok(bytes)
    }

    pub(super) fn varint(&mut self) -> Result<u64, DecodeError> {
        let mut value = 0;
        for shift in (0..64).step_by(7) {
            let byte = self.bytes(1)?[0];
            let bits = u64::from(byte & 0x7F);
            if bits << shift >> shift != bits {
                break;
            }
            value |= bits << shift;
            if byte < 0x80 {
                return Ok(value);
            }
        }
        Err(self.damaged())
    }

    pub(super) fn signed(&mut self) -> Result<i64, DecodeError> {
        let value = self.varint()?;
        Ok((value >> 1) as i64 ^ -((value & 1) as i64))
    }

    pub(super) fn number(&mut self) -> Result<f64, DecodeError> {
        Ok(f64::from_bits(self.varint()?.swap_bytes()))
    }

    /// How many things follow, each of at least `bytes_each` bytes: never more than there is room for, so that it is safe
    /// to allocate.
    pub(super) fn length(&mut self, bytes_each: usize) -> Result<usize, DecodeError> {
        let count = self.varint()?;
        let fits = count <= (self.rest.len() / bytes_each) as u64;
        if fits { Ok(count as usize) } else { Err(self.damaged()) }
    }

    /// A number below a limit.
    pub(super) fn below(&mut self, limit: usize) -> Result<u32, DecodeError> {
        let value = self.varint()?;
        let fits = value < limit as u64;
        u32::try_from(value).ok().filter(|_| fits).ok_or_else(|| self.damaged())
    }

    /// A time, or `i64::MIN` for none.
    pub(super) fn time_or_none(&mut self) -> Result<i64, DecodeError> {
        let ms = self.signed()?;
        if ms == i64::MIN || is_near(&ms) { Ok(ms) } else { Err(self.damaged()) }
    }

    pub(super) fn text(&mut self) -> Result<&'a str, DecodeError> {
        let length = self.length(1)?;
        std::str::from_utf8(self.bytes(length)?).map_err(|_| self.damaged())
    }
}
