//! The seam to the file system.
//!
//! Everything the store writes goes through these two traits, so that a test can stand in for the disk and lose,
//! reorder or tear whatever was not synchronised when the power went. They ask no more than POSIX promises.

mod directory;

pub use directory::DirectoryStorage;

use std::fmt;
use std::io;
use std::sync::Arc;

/// A flat set of named files. Names are relative and may have one folder in front: `segments/0000000001.seg`.
pub trait Storage: Send + Sync + fmt::Debug + 'static {
    /// Opens a file to read and write; creates it, empty, if it is not there.
    ///
    /// # Errors
    /// What the operating system says.
    fn open(&self, name: &str) -> io::Result<Arc<dyn StorageFile>>;

    /// Removes a file. Those who have it open can go on reading it.
    ///
    /// # Errors
    /// What the operating system says.
    fn remove(&self, name: &str) -> io::Result<()>;

    /// Gives a file another name, in place of a file that had it. After a power cut it has one of the two.
    ///
    /// # Errors
    /// What the operating system says.
    fn rename(&self, from: &str, to: &str) -> io::Result<()>;

    /// The names of all files.
    ///
    /// # Errors
    /// What the operating system says.
    fn names(&self) -> io::Result<Vec<String>>;

    /// Returns once every creation, removal and renaming so far survives a power cut.
    ///
    /// # Errors
    /// What the operating system says.
    fn sync_names(&self) -> io::Result<()>;
}

/// One open file, read and written by position.
pub trait StorageFile: Send + Sync + fmt::Debug + 'static {
    /// Its length in bytes.
    ///
    /// # Errors
    /// What the operating system says.
    fn length(&self) -> io::Result<u64>;

    /// Fills `bytes` from `offset`; fewer bytes in the file are an error.
    ///
    /// # Errors
    /// What the operating system says.
    fn read_at(&self, offset: u64, bytes: &mut [u8]) -> io::Result<()>;

    /// Writes all of `bytes` at `offset`.
    ///
    /// # Errors
    /// What the operating system says.
    fn write_at(&self, offset: u64, bytes: &[u8]) -> io::Result<()>;

    /// Cuts the file, or extends it with zeros.
    ///
    /// # Errors
    /// What the operating system says.
    fn set_length(&self, length: u64) -> io::Result<()>;

    /// Returns once everything written so far survives a power cut.
    ///
    /// # Errors
    /// What the operating system says.
    fn sync(&self) -> io::Result<()>;
}
