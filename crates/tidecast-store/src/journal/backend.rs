//! redb on top of the storage seam.

use crate::storage::StorageFile;
use redb::StorageBackend;
use std::io;
use std::sync::Arc;

/// Lets redb keep its pages in a [`StorageFile`]. The lock of the directory stands for redb's own.
#[derive(Debug)]
pub(crate) struct FileBackend(pub(crate) Arc<dyn StorageFile>);

impl StorageBackend for FileBackend {
    fn len(&self) -> io::Result<u64> {
        self.0.length()
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        self.0.read_at(offset, out)
    }

    fn set_len(&self, length: u64) -> io::Result<()> {
        self.0.set_length(length)
    }

    fn sync_data(&self) -> io::Result<()> {
        self.0.sync()
    }

    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        self.0.write_at(offset, data)
    }
}
