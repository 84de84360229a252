//! The bytes of a file wherever it is, with what tells one content of it from another.

use super::local::LocalFile;
use super::location::Location;
use super::s3::{S3Access, S3Object};
use bytes::{Buf, Bytes};
use serde::{Deserialize, Serialize};
use std::io::Read;
use tidecast_core::ports::SourceError;

/// Tells one content of a file from another without reading it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Identity {
    /// Bytes, as stored.
    pub(super) size: u64,
    /// Time of modification, `ETag` or checksum.
    pub(super) version: String,
}

/// A file that exists.
#[derive(Clone, Debug)]
pub(super) struct Input {
    /// What errors and positions call it.
    pub(super) name: String,
    /// Which content of it this is.
    pub(super) identity: Identity,
    content: Content,
}

#[derive(Clone, Debug)]
enum Content {
    Local(LocalFile),
    S3(S3Object),
    Memory(Bytes),
}

impl Input {
    /// Finds what a location names.
    pub(super) async fn find(location: &str, access: &S3Access) -> Result<Self, SourceError> {
        let (content, identity) = match Location::parse(location)? {
            Location::Local(path) => {
                let (file, identity) = LocalFile::find(&path)?;
                (Content::Local(file), identity)
            }
            Location::S3 { bucket, key } => {
                let (object, identity) = S3Object::find(&bucket, &key, access).await?;
                (Content::S3(object), identity)
            }
        };
        Ok(Self { name: location.to_owned(), identity, content })
    }

    /// Bytes in memory.
    pub(super) fn in_memory(name: &str, bytes: Bytes) -> Self {
        let mut checksum = flate2::Crc::new();
        checksum.update(&bytes);
        let identity = Identity { size: bytes.len() as u64, version: format!("crc32:{:08x}", checksum.sum()) };
        Self { name: name.to_owned(), identity, content: Content::Memory(bytes) }
    }

    /// Its bytes from `offset` on. Errors while reading may carry a [`SourceError`] inside.
    pub(super) fn open_at(&self, offset: u64) -> Result<Box<dyn Read + Send>, SourceError> {
        match &self.content {
            Content::Local(file) => Ok(Box::new(file.open_at(offset)?)),
            Content::S3(object) => Ok(Box::new(object.open_at(offset))),
            Content::Memory(bytes) => {
                let start = usize::try_from(offset).unwrap_or(usize::MAX).min(bytes.len());
                Ok(Box::new(bytes.slice(start..).reader()))
            }
        }
    }
}
