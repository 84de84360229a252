//! A redb file that can be opened again in place.
//!
//! After a failed write redb refuses everything until it is opened again. A full disk should not force a restart:
//! the database is dropped, and the next use opens it anew from what is durable. After any other failure it stays
//! closed until a restart: once an fsync has failed, the page cache may show data that never reached the disk.

use super::backend::FileBackend;
use crate::error::Place;
use crate::storage::Storage;
use redb::Database;
use std::sync::Arc;
use tidecast_core::ports::StoreError;

/// redb caches pages for reading, of which we do nearly nothing, and gathers a commit's pages in the same memory.
const CACHE_BYTES: usize = 8 * 1024 * 1024;
/// Shrinking moves pages in several passes; more than this would be a bug of redb, and must not be an endless loop.
const SHRINK_PASSES: usize = 16;

/// One redb file.
#[derive(Debug)]
pub(crate) struct DatabaseFile {
    storage: Arc<dyn Storage>,
    place: Place,
    name: &'static str,
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
    pub(crate) fn new(storage: Arc<dyn Storage>, place: Place, name: &'static str, exists: bool) -> Self {
        Self { storage, place, name, exists, state: State::Closed }
    }

    /// The database, opened or created if it is not.
    pub(crate) fn open(&mut self) -> Result<&Database, StoreError> {
        if matches!(self.state, State::Closed) {
            self.state = State::Open(self.create()?);
            self.exists = true;
        }
        match &self.state {
            State::Open(database) => Ok(database),
            State::Closed | State::Failed => Err(self.error(redb::Error::PreviousIo)),
        }
    }

    /// The database, opened if it is not; `None` if there is no such file yet.
    pub(crate) fn open_existing(&mut self) -> Result<Option<&Database>, StoreError> {
        if self.exists { self.open().map(Some) } else { Ok(None) }
    }

    fn create(&self) -> Result<Database, StoreError> {
        let io = |error: std::io::Error| self.place.io(self.name, &error);
        let file = self.storage.open(self.name).map_err(io)?;
        let created = file.length().map_err(io)? == 0;
        let database = Database::builder()
            .set_cache_size(CACHE_BYTES)
            .create_with_backend(FileBackend(file))
            .map_err(|error| self.place.redb(self.name, error))?;
        if created {
            self.storage.sync_names().map_err(io)?;
        }
        Ok(database)
    }

    /// Runs one transaction; on failure closes the database so that the next use starts from what is durable.
    pub(crate) fn transact<T>(
        &mut self,
        run: impl FnOnce(&redb::WriteTransaction) -> Result<T, redb::Error>,
    ) -> Result<T, StoreError> {
        let database = self.open()?;
        let result = database.begin_write().map_err(redb::Error::from).and_then(|transaction| {
            let value = run(&transaction)?;
            transaction.commit()?;
            Ok(value)
        });
        result.map_err(|error| self.close(error))
    }

    /// Gives free pages back to the file system.
    pub(crate) fn shrink(&mut self) -> Result<(), StoreError> {
        self.open()?;
        for _ in 0..SHRINK_PASSES {
            let State::Open(database) = &mut self.state else { break };
            match database.compact() {
                Ok(true) => {}
                Ok(false) => break,
                Err(error) => return Err(self.close(error)),
            }
        }
        Ok(())
    }

    fn close(&mut self, error: impl Into<redb::Error>) -> StoreError {
        let error = self.error(error);
        self.state = if matches!(error, StoreError::DiskFull { .. }) { State::Closed } else { State::Failed };
        error
    }

    pub(crate) fn error(&self, error: impl Into<redb::Error>) -> StoreError {
        self.place.redb(self.name, error)
    }
}
