//! From what redb and the operating system say to what the operator should do.

use std::io;
use std::sync::Arc;
use tidecast_core::ports::StoreError;

/// Where the store is, for messages; cheap to clone.
#[derive(Clone, Debug)]
pub(crate) struct Place(Arc<str>);

impl Place {
    pub(crate) fn new(path: &str) -> Self {
        Self(path.into())
    }

    pub(crate) fn path(&self) -> String {
        self.0.to_string()
    }

    /// An error of the operating system while doing `what`.
    pub(crate) fn io(&self, what: &str, error: &io::Error) -> StoreError {
        use io::ErrorKind::{PermissionDenied, QuotaExceeded, ReadOnlyFilesystem, StorageFull, UnexpectedEof};
        match error.kind() {
            StorageFull | QuotaExceeded => StoreError::DiskFull { path: self.path() },
            PermissionDenied | ReadOnlyFilesystem => {
                StoreError::NotWritable { path: self.path(), reason: error.to_string() }
            }
            UnexpectedEof => self.corrupt(what, "the file is shorter than it should be"),
            _ => StoreError::Unavailable {
                what: format!("{what} of the store {}", self.0),
                reason: format!("{error}; acknowledged data is safe, start again once the cause is gone"),
            },
        }
    }

    /// A checksum or structure in `what` is wrong.
    pub(crate) fn corrupt(&self, what: &str, reason: impl Into<String>) -> StoreError {
        StoreError::Corrupt { what: format!("{}/{what}", self.0), reason: reason.into() }
    }

    /// An error of redb in the file `what`.
    pub(crate) fn redb(&self, what: &str, error: impl Into<redb::Error>) -> StoreError {
        match error.into() {
            redb::Error::Io(error) if error.kind() == io::ErrorKind::InvalidData => {
                self.corrupt(what, error.to_string())
            }
            redb::Error::Io(error) => self.io(what, &error),
            redb::Error::PreviousIo | redb::Error::DatabaseClosed => StoreError::Unavailable {
                what: format!("{what} of the store {}", self.0),
                reason: "an earlier error closed it; acknowledged data is safe, start again".to_owned(),
            },
            other => self.corrupt(what, other.to_string()),
        }
    }
}

/// The same error again, for every writer whose batch shared a failed commit.
pub(crate) fn duplicate(error: &StoreError) -> StoreError {
    match error {
        StoreError::Locked { path, owner } => StoreError::Locked { path: path.clone(), owner: owner.clone() },
        StoreError::NewerVersion { path, found, supported } => {
            StoreError::NewerVersion { path: path.clone(), found: *found, supported: *supported }
        }
        StoreError::NotWritable { path, reason } => {
            StoreError::NotWritable { path: path.clone(), reason: reason.clone() }
        }
        StoreError::DiskFull { path } => StoreError::DiskFull { path: path.clone() },
        StoreError::Corrupt { what, reason } => StoreError::Corrupt { what: what.clone(), reason: reason.clone() },
        StoreError::Refused { reason } => StoreError::Refused { reason: reason.clone() },
        StoreError::Unavailable { what, reason } => {
            StoreError::Unavailable { what: what.clone(), reason: reason.clone() }
        }
    }
}
