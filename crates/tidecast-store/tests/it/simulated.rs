//! A disk that keeps only what it promised.
//!
//! Writes and names that were not synchronised survive a power cut in any combination, the last bytes of a write
//! may be missing, and the power goes at a chosen operation.

use crate::world::Random;
use std::collections::BTreeMap;
use std::fmt;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard};
use tidecast_store::storage::{Storage, StorageFile};

/// A disk in memory.
#[derive(Clone)]
pub(crate) struct SimulatedStorage(Arc<Mutex<Disk>>);

#[derive(Default)]
struct Disk {
    files: Vec<Contents>,
    names: BTreeMap<String, usize>,
    durable_names: BTreeMap<String, usize>,
    unsynced_names: Vec<NameChange>,
    power: Power,
    capacity: Option<u64>,
}

#[derive(Clone, Default)]
struct Contents {
    current: Vec<u8>,
    durable: Vec<u8>,
    unsynced: Vec<Change>,
}

#[derive(Clone)]
enum Change {
    Write(usize, Vec<u8>),
    Length(usize),
}

enum NameChange {
    Created(String, usize),
    Removed(String),
    Renamed(String, String, usize),
}

#[derive(Default, PartialEq, Eq)]
enum Power {
    #[default]
    On,
    /// It goes after so many operations.
    GoesIn(u64),
    Off,
}

struct SimulatedFile {
    storage: SimulatedStorage,
    file: usize,
}

impl SimulatedStorage {
    pub(crate) fn new() -> Self {
        Self(Arc::default())
    }

    /// A disk that holds these files, synchronised.
    pub(crate) fn holding(files: impl IntoIterator<Item = (String, Vec<u8>)>) -> Self {
        let storage = Self::new();
        let mut disk = storage.disk();
        for (name, bytes) in files {
            let file = disk.files.len();
            disk.files.push(Contents { current: bytes.clone(), durable: bytes, unsynced: Vec::new() });
            disk.names.insert(name.clone(), file);
            disk.durable_names.insert(name, file);
        }
        drop(disk);
        storage
    }

    /// Lets the power go after so many operations.
    pub(crate) fn cut_power_in(&self, operations: u64) {
        self.disk().power = Power::GoesIn(operations);
    }

    pub(crate) fn has_power(&self) -> bool {
        self.disk().power != Power::Off
    }

    /// Limits the bytes in all files together.
    pub(crate) fn set_capacity(&self, bytes: u64) {
        self.disk().capacity = Some(bytes);
    }

    pub(crate) fn used(&self) -> u64 {
        self.disk().used()
    }

    /// All files with what is in them now.
    pub(crate) fn files(&self) -> Vec<(String, Vec<u8>)> {
        let disk = self.disk();
        disk.names.iter().map(|(name, &file)| (name.clone(), disk.files[file].current.clone())).collect()
    }

    /// The disk as it may look after a power cut. This one stays dark.
    pub(crate) fn after_power_cut(&self, random: &mut Random) -> Self {
        let mut disk = self.disk();
        disk.power = Power::Off;
        let survival = [0, 50, 90, 100][random.below(4) as usize];
        let survives = |random: &mut Random| random.below(100) < survival;
        let mut names = disk.durable_names.clone();
        for change in &disk.unsynced_names {
            if survives(random) {
                match change {
                    NameChange::Created(name, file) => drop(names.insert(name.clone(), *file)),
                    NameChange::Removed(name) => drop(names.remove(name)),
                    NameChange::Renamed(from, to, file) => {
                        names.remove(from);
                        names.insert(to.clone(), *file);
                    }
                }
            }
        }
        let files = names.into_iter().map(|(name, file)| {
            let contents = &disk.files[file];
            let mut bytes = contents.durable.clone();
            for change in &contents.unsynced {
                if survives(random) {
                    let mut change = change.clone();
                    if let Change::Write(_, written) = &mut change
                        && random.below(4) == 0
                    {
                        let length = random.below(written.len() as u64 + 1) as usize;
                        written.truncate(length);
                    }
                    change.apply(&mut bytes);
                }
            }
            (name, bytes)
        });
        Self::holding(files)
    }

    fn disk(&self) -> MutexGuard<'_, Disk> {
        self.0.lock().unwrap()
    }
}

impl Disk {
    fn used(&self) -> u64 {
        self.names.values().map(|&file| self.files[file].current.len() as u64).sum()
    }

    /// An operation that changes something. The power goes during the last one, which may still have its effect.
    fn operate(&mut self) -> io::Result<()> {
        self.check()?;
        if let Power::GoesIn(operations) = &mut self.power {
            *operations = operations.saturating_sub(1);
            if *operations == 0 {
                self.power = Power::Off;
            }
        }
        Ok(())
    }

    fn check(&self) -> io::Result<()> {
        if self.power == Power::Off { Err(io::Error::other("the power is off")) } else { Ok(()) }
    }

    fn change(&mut self, file: usize, change: Change) -> io::Result<()> {
        self.operate()?;
        let length = self.files[file].current.len();
        let grown = change.end().saturating_sub(length) as u64;
        if grown > 0 && self.capacity.is_some_and(|capacity| self.used() + grown > capacity) {
            return Err(io::ErrorKind::StorageFull.into());
        }
        let contents = &mut self.files[file];
        change.apply(&mut contents.current);
        contents.unsynced.push(change);
        self.check()
    }
}

impl Change {
    fn end(&self) -> usize {
        match self {
            Self::Write(offset, bytes) => offset + bytes.len(),
            Self::Length(length) => *length,
        }
    }

    fn apply(&self, contents: &mut Vec<u8>) {
        match self {
            Self::Write(offset, bytes) => {
                let end = offset + bytes.len();
                if contents.len() < end {
                    contents.resize(end, 0);
                }
                contents[*offset..end].copy_from_slice(bytes);
            }
            Self::Length(length) => contents.resize(*length, 0),
        }
    }
}

impl Storage for SimulatedStorage {
    fn open(&self, name: &str) -> io::Result<Arc<dyn StorageFile>> {
        let mut disk = self.disk();
        disk.check()?;
        let file = match disk.names.get(name) {
            Some(&file) => file,
            None => {
                disk.operate()?;
                let file = disk.files.len();
                disk.files.push(Contents::default());
                disk.names.insert(name.to_owned(), file);
                disk.unsynced_names.push(NameChange::Created(name.to_owned(), file));
                file
            }
        };
        Ok(Arc::new(SimulatedFile { storage: self.clone(), file }))
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        let mut disk = self.disk();
        disk.operate()?;
        disk.names.remove(name).ok_or(io::ErrorKind::NotFound)?;
        disk.unsynced_names.push(NameChange::Removed(name.to_owned()));
        Ok(())
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        let mut disk = self.disk();
        disk.operate()?;
        let file = disk.names.remove(from).ok_or(io::ErrorKind::NotFound)?;
        disk.names.insert(to.to_owned(), file);
        disk.unsynced_names.push(NameChange::Renamed(from.to_owned(), to.to_owned(), file));
        Ok(())
    }

    fn names(&self) -> io::Result<Vec<String>> {
        let disk = self.disk();
        disk.check()?;
        Ok(disk.names.keys().cloned().collect())
    }

    fn sync_names(&self) -> io::Result<()> {
        let mut disk = self.disk();
        disk.operate()?;
        disk.check()?;
        disk.durable_names = disk.names.clone();
        disk.unsynced_names.clear();
        Ok(())
    }
}

impl StorageFile for SimulatedFile {
    fn length(&self) -> io::Result<u64> {
        let disk = self.storage.disk();
        disk.check()?;
        Ok(disk.files[self.file].current.len() as u64)
    }

    fn read_at(&self, offset: u64, bytes: &mut [u8]) -> io::Result<()> {
        let disk = self.storage.disk();
        disk.check()?;
        let offset = offset as usize;
        let contents = disk.files[self.file].current.get(offset..offset + bytes.len());
        bytes.copy_from_slice(contents.ok_or(io::ErrorKind::UnexpectedEof)?);
        Ok(())
    }

    fn write_at(&self, offset: u64, bytes: &[u8]) -> io::Result<()> {
        self.storage.disk().change(self.file, Change::Write(offset as usize, bytes.to_vec()))
    }

    fn set_length(&self, length: u64) -> io::Result<()> {
        self.storage.disk().change(self.file, Change::Length(length as usize))
    }

    fn sync(&self) -> io::Result<()> {
        let mut disk = self.storage.disk();
        disk.operate()?;
        disk.check()?;
        let contents = &mut disk.files[self.file];
        // What was written since the last time is applied to what was durable then: copying everything would cost
        // more than the store itself.
        for change in std::mem::take(&mut contents.unsynced) {
            change.apply(&mut contents.durable);
        }
        Ok(())
    }
}

impl fmt::Debug for SimulatedStorage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SimulatedStorage")
    }
}

impl fmt::Debug for SimulatedFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SimulatedFile({})", self.file)
    }
}
