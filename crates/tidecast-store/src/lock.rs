//! The lock that keeps a second process out, and tells it whom to ask.
//!
//! The operating system releases the lock when the process ends, however it ends, so a stale lock file never has to
//! be removed by hand.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Read, Seek, Write};
use std::path::Path;
use tidecast_core::ports::StoreError;

const LOCK: &str = "LOCK";

/// Held as long as the store is open.
#[derive(Debug)]
pub(crate) struct DirectoryLock(File);

impl DirectoryLock {
    /// Takes the lock of the store at `root`.
    pub(crate) fn acquire(root: &Path) -> Result<Self, StoreError> {
        let path = root.display().to_string();
        let refused = |error: io::Error| StoreError::NotWritable { path: path.clone(), reason: error.to_string() };
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(root.join(LOCK))
            .map_err(refused)?;
        match file.try_lock() {
            Ok(()) => {
                let lock = Self(file);
                lock.write_owner(None).map_err(refused)?;
                Ok(lock)
            }
            Err(TryLockError::WouldBlock) => {
                let mut text = String::new();
                // Whoever holds it may be rewriting it: what cannot be read is left out.
                let _ = file.read_to_string(&mut text);
                Err(StoreError::Locked { path, owner: owner(&text) })
            }
            Err(TryLockError::Error(error)) => Err(refused(error)),
        }
    }

    /// Writes who holds it: the process on the first line, where it serves on the second.
    pub(crate) fn write_owner(&self, address: Option<&str>) -> io::Result<()> {
        let mut file = &self.0;
        let text = format!("{}\n{}\n", std::process::id(), address.unwrap_or_default());
        file.set_len(0)?;
        file.rewind()?;
        file.write_all(text.as_bytes())
    }
}

/// Where the process that has the store at `root` serves; `None` where none has it, or it does not serve.
#[must_use]
pub fn serving_address(root: &Path) -> Option<String> {
    let mut file = OpenOptions::new().read(true).write(true).open(root.join(LOCK)).ok()?;
    match file.try_lock() {
        Err(TryLockError::WouldBlock) => {
            let mut text = String::new();
            file.read_to_string(&mut text).ok()?;
            text.lines().nth(1).filter(|line| !line.is_empty()).map(str::to_owned)
        }
        _ => None,
    }
}

/// The owner as a person reads it.
fn owner(text: &str) -> String {
    let mut lines = text.lines();
    let process = lines.next().filter(|line| !line.is_empty());
    let address = lines.next().filter(|line| !line.is_empty());
    match (process, address) {
        (Some(process), Some(address)) => format!("process {process}, which serves at {address}"),
        (Some(process), None) => format!("process {process}"),
        (None, _) => "another process".to_owned(),
    }
}
