//! The journal: one small redb file whose commits are the store's promises.
//!
//! It holds what must change together: batches not yet in segments (one row a commit), source positions, what
//! computations over streams remember ([`states`]), the series catalogue, the list of live segments, the retention horizon. A commit returns after fsync
//! (`Durability::Immediate`, redb's default).

pub(crate) mod backend;
pub(crate) mod database;
pub(crate) mod row;
mod states;
mod trial;

use crate::error::Place;
use crate::segment::SegmentRecord;
use crate::storage::Storage;
use database::{Check, DatabaseFile};
use redb::{ReadTransaction, ReadableTable, TableDefinition};
use std::collections::HashMap;
use std::sync::Arc;
use tidecast_core::ports::{KeptState, Position, StateChange, StoreError};
use tidecast_core::series::SeriesKey;

/// Version of everything the store writes, and the newest that this build reads.
pub(crate) const FORMAT_VERSION: u32 = 1;
pub(crate) const FILE: &str = "journal.redb";

const META: TableDefinition<&str, i64> = TableDefinition::new("meta");
const SERIES: TableDefinition<u32, &str> = TableDefinition::new("series");
const BATCHES: TableDefinition<u64, &[u8]> = TableDefinition::new("batches");
const POSITIONS: TableDefinition<&str, &str> = TableDefinition::new("positions");
const SEGMENTS: TableDefinition<u64, &[u8]> = TableDefinition::new("segments");

const META_VERSION: &str = "format_version";
const META_COVERED: &str = "covered_sequence";
const META_RETAIN_FROM: &str = "retain_from_ms";

/// The open journal.
#[derive(Debug)]
pub(crate) struct Journal {
    file: DatabaseFile,
    place: Place,
    /// Sequence of the newest row that was acknowledged or replayed.
    sequence: u64,
    /// A failed commit may have left a row behind that was not acknowledged.
    stray: bool,
}

/// What a journal holds besides batches.
#[derive(Debug, Default)]
pub(crate) struct Recovered {
    pub(crate) series: Vec<SeriesKey>,
    pub(crate) positions: HashMap<String, String>,
    pub(crate) segments: Vec<SegmentRecord>,
    pub(crate) retain_from_ms: i64,
}

/// A change of the list of live segments, and what follows from it.
#[derive(Debug, Default)]
pub(crate) struct Checkpoint {
    pub(crate) add: Vec<SegmentRecord>,
    pub(crate) remove: Vec<u64>,
    /// Rows up to here are in segments now.
    pub(crate) covered: Option<u64>,
    pub(crate) retain_from_ms: Option<i64>,
}

impl Journal {
    /// Opens the journal, or creates it.
    pub(crate) fn open(storage: Arc<dyn Storage>, place: Place, exists: bool) -> Result<(Self, Recovered), StoreError> {
        let file = DatabaseFile::new(storage, place.clone(), FILE, Check::Always, exists);
        let mut journal = Self { file, place, sequence: 0, stray: false };
        journal.file.open()?;
        if journal.stored_version()? == 0 {
            journal.initialise()?;
        }
        let recovered = journal.recover()?;
        Ok((journal, recovered))
    }

    /// The format version, 0 for a new file.
    fn stored_version(&mut self) -> Result<u32, StoreError> {
        let found = self.read(|transaction| match transaction.open_table(META) {
            Ok(meta) => Ok(meta.get(META_VERSION)?.map(|version| version.value())),
            Err(redb::TableError::TableDoesNotExist(_)) => Ok(None),
            Err(error) => Err(error.into()),
        })?;
        let found = u32::try_from(found.unwrap_or(0))
            .map_err(|_| self.place.corrupt(FILE, "the format version makes no sense"))?;
        if found > FORMAT_VERSION {
            return Err(StoreError::NewerVersion { path: self.place.path(), found, supported: FORMAT_VERSION });
        }
        Ok(found)
    }

    fn initialise(&mut self) -> Result<(), StoreError> {
        self.file.transact(|transaction| {
            let mut meta = transaction.open_table(META)?;
            meta.insert(META_VERSION, i64::from(FORMAT_VERSION))?;
            meta.insert(META_RETAIN_FROM, i64::MIN)?;
            meta.insert(META_COVERED, 0)?;
            transaction.open_table(SERIES)?;
            transaction.open_table(BATCHES)?;
            transaction.open_table(POSITIONS)?;
            transaction.open_table(SEGMENTS)?;
            Ok(())
        })
    }

    fn recover(&mut self) -> Result<Recovered, StoreError> {
        let mut recovered = Recovered { retain_from_ms: i64::MIN, ..Recovered::default() };
        let (mut series, mut segments) = (Vec::new(), Vec::new());
        let covered = self.read(|transaction| {
            for row in transaction.open_table(SERIES)?.iter()? {
                let (id, key) = row?;
                series.push((id.value(), key.value().to_owned()));
            }
            recovered.positions = stored_positions(transaction)?;
            for row in transaction.open_table(SEGMENTS)?.iter()? {
                let (id, record) = row?;
                segments.push((id.value(), record.value().to_vec()));
            }
            let meta = transaction.open_table(META)?;
            if let Some(horizon) = meta.get(META_RETAIN_FROM)? {
                recovered.retain_from_ms = horizon.value();
            }
            Ok(meta.get(META_COVERED)?.map_or(0, |covered| covered.value()))
        })?;
        self.sequence = covered as u64;
        for (expected, (id, key)) in series.into_iter().enumerate() {
            let key = key.parse().ok().filter(|_| id as usize == expected);
            recovered.series.push(key.ok_or_else(|| self.place.corrupt(FILE, format!("series {id} makes no sense")))?);
        }
        for (id, record) in segments {
            let record = SegmentRecord::decode(id, &record);
            recovered.segments.push(
                record.ok_or_else(|| self.place.corrupt(FILE, format!("the entry of segment {id} makes no sense")))?,
            );
        }
        Ok(recovered)
    }

    /// Gives every run of every row after the newest one known to `take`: sequence, series id, timestamps, values.
    /// Called after opening, and again after a failed commit, which may have left a row behind.
    pub(crate) fn replay(&mut self, mut take: impl FnMut(u64, u32, &[i64], &[f64])) -> Result<(), StoreError> {
        let after = self.sequence;
        let mut damaged = None;
        let newest = self.read(|transaction| {
            let mut newest = after;
            for row in transaction.open_table(BATCHES)?.range(after + 1..)? {
                let (sequence, bytes) = row?;
                newest = sequence.value();
                let decoded = row::decode(bytes.value(), |series, timestamps_ms, values| {
                    take(newest, series, timestamps_ms, values);
                });
                if decoded.is_none() {
                    damaged = Some(newest);
                    break;
                }
            }
            Ok(newest)
        })?;
        if let Some(sequence) = damaged {
            return Err(self.place.corrupt(FILE, format!("the checksum of batch {sequence} is wrong")));
        }
        self.sequence = newest;
        self.stray = false;
        Ok(())
    }

    /// Every source's cursor.
    pub(crate) fn positions(&mut self) -> Result<HashMap<String, String>, StoreError> {
        self.read(stored_positions)
    }

    /// What is kept under a name.
    pub(crate) fn state(&mut self, name: &str) -> Result<KeptState, StoreError> {
        let kept = self.read(|transaction| states::read(transaction, name))?;
        kept.ok_or_else(|| self.place.corrupt(FILE, format!("the checksum of the state of {name} is wrong")))
    }

    /// Whether a failed commit may have left a row behind, so that [`Journal::replay`] is due.
    pub(crate) fn has_stray(&self) -> bool {
        self.stray
    }

    /// Commits a row with the positions, changes of state and series that belong to it; gives its sequence. When this returns the row
    /// is durable.
    pub(crate) fn append(
        &mut self,
        row: &[u8],
        series: &[(u32, SeriesKey)],
        positions: &[&Position],
        changes: &[&StateChange],
    ) -> Result<u64, StoreError> {
        let sequence = self.sequence + 1;
        self.stray = true;
        self.file.transact(|transaction| {
            transaction.open_table(BATCHES)?.insert(sequence, row)?;
            if !series.is_empty() {
                let mut table = transaction.open_table(SERIES)?;
                for (id, key) in series {
                    table.insert(id, key.to_string().as_str())?;
                }
            }
            if !positions.is_empty() {
                let mut table = transaction.open_table(POSITIONS)?;
                for position in positions {
                    table.insert(position.source.as_str(), position.cursor.as_str())?;
                }
            }
            states::write(transaction, changes)
        })?;
        self.sequence = sequence;
        self.stray = false;
        Ok(sequence)
    }

    /// Changes the list of live segments and drops the rows they cover, in one commit.
    pub(crate) fn checkpoint(&mut self, checkpoint: &Checkpoint) -> Result<(), StoreError> {
        self.file.transact(|transaction| {
            let mut segments = transaction.open_table(SEGMENTS)?;
            for id in &checkpoint.remove {
                segments.remove(id)?;
            }
            for record in &checkpoint.add {
                segments.insert(record.id, record.encode().as_slice())?;
            }
            let mut meta = transaction.open_table(META)?;
            if let Some(retain_from_ms) = checkpoint.retain_from_ms {
                meta.insert(META_RETAIN_FROM, retain_from_ms)?;
            }
            if let Some(covered) = checkpoint.covered {
                meta.insert(META_COVERED, covered as i64)?;
                transaction.open_table(BATCHES)?.retain_in(..=covered, |_, _| false)?;
            }
            Ok(())
        })
    }

    /// Gives the space of dropped rows back to the file system.
    pub(crate) fn shrink(&mut self) -> Result<(), StoreError> {
        self.file.shrink()
    }

    fn read<T>(&mut self, run: impl FnOnce(&ReadTransaction) -> Result<T, redb::Error>) -> Result<T, StoreError> {
        let found = self.file.read(run)?;
        found.ok_or_else(|| self.place.corrupt(FILE, "the file is missing"))
    }
}

fn stored_positions(transaction: &ReadTransaction) -> Result<HashMap<String, String>, redb::Error> {
    let mut positions = HashMap::new();
    for row in transaction.open_table(POSITIONS)?.iter()? {
        let (source, cursor) = row?;
        positions.insert(source.value().to_owned(), cursor.value().to_owned());
    }
    Ok(positions)
}
