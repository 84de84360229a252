//! A redb file that can be opened again in place.
//!
//! After a failed write redb refuses everything until it is opened again. A full disk should not force a restart:
//! the database is dropped, and the next use opens it anew from what is durable. After any other failure it stays
//! closed until a restart: once an fsync has failed, the page cache may show data that never reached the disk.

use super::backend::FileBackend;
use super::trial::TrialBackend;
use crate::error::Place;
use crate::shield::shield;
use crate::storage::{Storage, StorageFile};
use redb::{Builder, Database, ReadTransaction, ReadableDatabase, WriteTransaction};
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use tidecast_core::ports::StoreError;

/// redb caches pages for reading, of which we do nearly nothing, and gathers a commit's pages in the same memory.
const CACHE_BYTES: usize = 8 * 1024 * 1024;
/// Shrinking moves pages in several passes; more than this would be a bug of redb, and must not be an endless loop.
const SHRINK_PASSES: usize = 16;
/// Ends the name of a file that is being created.
pub(crate) const UNFINISHED: &str = ".new";

/// Whether every page is checked before the file is opened. Writing to a damaged file can make redb panic while it
/// unwinds from a panic, which ends the process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Check {
    /// For a file that stays small and must be right as a whole.
    Always,
    /// For a file that may grow too large for it, and whose rows have checksums of their own: up to so many bytes.
    UpTo(u64),
}

/// One redb file.
#[derive(Debug)]
pub(crate) struct DatabaseFile {
    storage: Arc<dyn Storage>,
    place: Place,
    name: &'static str,
    check: Check,
    /// Whether there is such a file.
    exists: bool,
    state: State,
}

#[derive(Debug)]
enum State {
    /// Not opened yet, or closed by a full disk.
    Closed,
    Open(Database),
    /// Closed until a restart.
    Failed,
}

impl DatabaseFile {
    pub(crate) fn new(storage: Arc<dyn Storage>, place: Place, name: &'static str, check: Check, exists: bool) -> Self {
        Self { storage, place, name, check, exists, state: State::Closed }
    }

    /// Makes sure that the database is open; creates it if it is not there.
    pub(crate) fn open(&mut self) -> Result<(), StoreError> {
        self.database().map(|_| ())
    }

    /// Makes sure that the database is open; `false` if there is no such file yet.
    pub(crate) fn open_existing(&mut self) -> Result<bool, StoreError> {
        if self.exists {
            self.open()?;
        }
        Ok(self.exists)
    }

    fn database(&mut self) -> Result<&Database, StoreError> {
        if matches!(self.state, State::Closed) {
            if !self.exists {
                self.create()?;
                self.exists = true;
            }
            self.state = State::Open(self.load()?);
        }
        match &self.state {
            State::Open(database) => Ok(database),
            State::Closed | State::Failed => Err(self.error(redb::Error::PreviousIo)),
        }
    }

    /// Creates the file under another name and renames it when it is durable: a power cut in between must not leave
    /// a file that is no database.
    fn create(&self) -> Result<(), StoreError> {
        let io = |error: io::Error| self.place.io(self.name, &error);
        let unfinished = format!("{}{UNFINISHED}", self.name);
        let file = self.storage.open(&unfinished).map_err(io)?;
        file.set_length(0).map_err(io)?;
        let created = shield(|| builder().create_with_backend(FileBackend(Arc::clone(&file))).map(drop));
        created.ok_or_else(|| self.senseless())?.map_err(|error| self.error(error))?;
        file.sync().map_err(io)?;
        self.storage.rename(&unfinished, self.name).map_err(io)?;
        self.storage.sync_names().map_err(io)
    }

    fn load(&self) -> Result<Database, StoreError> {
        let io = |error: io::Error| self.place.io(self.name, &error);
        let file = self.storage.open(self.name).map_err(io)?;
        let length = file.length().map_err(io)?;
        if length == 0 {
            // redb would take it for a new one.
            return Err(self.place.corrupt(self.name, "the file is empty"));
        }
        match self.check {
            Check::UpTo(limit) if length > limit => {}
            Check::Always | Check::UpTo(_) => self.try_out(&file)?,
        }
        let loaded = shield(|| builder().create_with_backend(FileBackend(file)));
        loaded.ok_or_else(|| self.senseless())?.map_err(|error| self.error(error))
    }

    /// Opens the file without touching it. If it was closed cleanly every page must have the right checksum; if not,
    /// redb itself looks at every page and takes the last commit whose pages are all right.
    fn try_out(&self, file: &Arc<dyn StorageFile>) -> Result<(), StoreError> {
        let backend = TrialBackend::new(Arc::clone(file)).map_err(|error| self.place.io(self.name, &error))?;
        let repaired = Arc::new(AtomicBool::new(false));
        let noted = Arc::clone(&repaired);
        let outcome = shield(move || {
            let mut database = builder()
                .set_repair_callback(move |_| noted.store(true, Ordering::Relaxed))
                .create_with_backend(backend)?;
            Ok(repaired.load(Ordering::Relaxed) || database.check_integrity()?)
        });
        match outcome {
            Some(Ok(true)) => Ok(()),
            Some(Ok(false)) => Err(self.place.corrupt(self.name, "the checksum of a page is wrong")),
            Some(Err(error)) => Err(self.error::<redb::DatabaseError>(error)),
            None => Err(self.senseless()),
        }
    }

    /// Runs one transaction; on failure closes the database so that the next use starts from what is durable.
    pub(crate) fn transact<T>(
        &mut self,
        run: impl FnOnce(&WriteTransaction) -> Result<T, redb::Error>,
    ) -> Result<T, StoreError> {
        let database = self.database()?;
        let outcome = shield(|| {
            let transaction = database.begin_write()?;
            let value = run(&transaction)?;
            transaction.commit()?;
            Ok(value)
        });
        self.settle(outcome)?.map_err(|error: redb::Error| self.close(error))
    }

    /// Reads from a snapshot; `None` if there is no such file yet.
    pub(crate) fn read<T>(
        &mut self,
        run: impl FnOnce(&ReadTransaction) -> Result<T, redb::Error>,
    ) -> Result<Option<T>, StoreError> {
        if !self.exists {
            return Ok(None);
        }
        let database = self.database()?;
        let outcome = shield(|| run(&database.begin_read()?));
        self.settle(outcome)?.map(Some).map_err(|error| self.error(error))
    }

    /// Gives free pages back to the file system.
    pub(crate) fn shrink(&mut self) -> Result<(), StoreError> {
        self.open()?;
        for _ in 0..SHRINK_PASSES {
            let State::Open(database) = &mut self.state else { break };
            let outcome = shield(|| database.compact());
            match self.settle(outcome)? {
                Ok(true) => {}
                Ok(false) => break,
                Err(error) => return Err(self.close(error)),
            }
        }
        Ok(())
    }

    fn close(&mut self, error: impl Into<redb::Error>) -> StoreError {
        let error = self.error(error);
        let state = if matches!(error, StoreError::DiskFull { .. }) { State::Closed } else { State::Failed };
        self.replace(state);
        error
    }

    /// After a panic the database is left alone for good: closing it might write what it holds in memory.
    fn settle<T>(&mut self, outcome: Option<T>) -> Result<T, StoreError> {
        outcome.ok_or_else(|| {
            std::mem::forget(std::mem::replace(&mut self.state, State::Failed));
            self.senseless()
        })
    }

    fn replace(&mut self, state: State) {
        let before = std::mem::replace(&mut self.state, state);
        // Closing writes the free space, which may be damaged as well. The next opening works that out anew.
        let _ = shield(|| drop(before));
    }

    fn senseless(&self) -> StoreError {
        self.place.corrupt(self.name, "the structure of its pages makes no sense")
    }

    pub(crate) fn error<E: Into<redb::Error>>(&self, error: E) -> StoreError {
        self.place.redb(self.name, error)
    }
}

impl Drop for DatabaseFile {
    fn drop(&mut self) {
        self.replace(State::Failed);
    }
}

fn builder() -> Builder {
    let mut builder = Database::builder();
    builder.set_cache_size(CACHE_BYTES);
    builder
}
