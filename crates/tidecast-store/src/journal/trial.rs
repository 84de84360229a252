//! A trial run on a redb file that leaves the file as it is.
//!
//! Opening a redb file writes to it, and finding a page damaged redb goes back to the commit before and writes that
//! down. A second start would then find a sound file that lacks acknowledged data. So a file is opened and checked here
//! first, with all writes kept in memory and thrown away.

use crate::storage::StorageFile;
use crate::sync;
use redb::StorageBackend;
use std::collections::HashMap;
use std::io;
use std::sync::{Arc, Mutex};

const BLOCK_BYTES: usize = 4096;

/// Reads from a file, writes to memory.
#[derive(Debug)]
pub(crate) struct TrialBackend {
    file: Arc<dyn StorageFile>,
    trial: Mutex<Trial>,
}

#[derive(Debug)]
struct Trial {
    length: u64,
    /// So much of the file itself still shows: all of it until it is cut.
    from_file: u64,
    /// By number, those written to.
    blocks: HashMap<u64, Vec<u8>>,
}

impl TrialBackend {
    pub(crate) fn new(file: Arc<dyn StorageFile>) -> io::Result<Self> {
        let length = file.length()?;
        Ok(Self { file, trial: Mutex::new(Trial { length, from_file: length, blocks: HashMap::new() }) })
    }
}

impl Trial {
    /// Fills `out`, which lies inside of one block; what nobody wrote is zero.
    fn read(&self, file: &dyn StorageFile, offset: u64, out: &mut [u8]) -> io::Result<()> {
        if let Some(block) = self.blocks.get(&(offset / BLOCK_BYTES as u64)) {
            let start = (offset % BLOCK_BYTES as u64) as usize;
            out.copy_from_slice(&block[start..start + out.len()]);
            return Ok(());
        }
        let there = self.from_file.saturating_sub(offset).min(out.len() as u64) as usize;
        out[there..].fill(0);
        file.read_at(offset, &mut out[..there])
    }
}

/// Block-aligned parts of a range: offset in the file, and from where to where in the caller's bytes.
fn parts(offset: u64, length: usize) -> impl Iterator<Item = (u64, std::ops::Range<usize>)> {
    let mut start = 0;
    std::iter::from_fn(move || {
        let at = offset + start as u64;
        let left = BLOCK_BYTES - (at % BLOCK_BYTES as u64) as usize;
        let end = length.min(start + left);
        let part = (start < end).then_some((at, start..end));
        start = end;
        part
    })
}

impl StorageBackend for TrialBackend {
    fn len(&self) -> io::Result<u64> {
        Ok(sync::lock(&self.trial).length)
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        let trial = sync::lock(&self.trial);
        if offset.checked_add(out.len() as u64).is_none_or(|end| end > trial.length) {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        for (at, range) in parts(offset, out.len()) {
            trial.read(self.file.as_ref(), at, &mut out[range])?;
        }
        Ok(())
    }

    fn set_len(&self, length: u64) -> io::Result<()> {
        let mut trial = sync::lock(&self.trial);
        trial.length = length;
        trial.from_file = trial.from_file.min(length);
        trial.blocks.retain(|number, block| {
            let left = length.saturating_sub(number * BLOCK_BYTES as u64);
            // Extended again, what was cut off is zero.
            block[left.min(BLOCK_BYTES as u64) as usize..].fill(0);
            left > 0
        });
        Ok(())
    }

    fn sync_data(&self) -> io::Result<()> {
        Ok(())
    }

    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        let mut trial = sync::lock(&self.trial);
        for (at, range) in parts(offset, data.len()) {
            let (number, start) = (at / BLOCK_BYTES as u64, (at % BLOCK_BYTES as u64) as usize);
            if !trial.blocks.contains_key(&number) {
                let mut block = vec![0; BLOCK_BYTES];
                trial.read(self.file.as_ref(), number * BLOCK_BYTES as u64, &mut block)?;
                trial.blocks.insert(number, block);
            }
            if let Some(block) = trial.blocks.get_mut(&number) {
                block[start..start + range.len()].copy_from_slice(&data[range]);
            }
        }
        trial.length = trial.length.max(offset + data.len() as u64);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::storage::{DirectoryStorage, Storage};
    use proptest::prelude::*;

    #[derive(Clone, Debug)]
    enum Operation {
        Write(usize, Vec<u8>),
        Length(usize),
    }

    fn operation() -> impl Strategy<Value = Operation> {
        prop_oneof![
            3 => (0_usize..30_000, prop::collection::vec(any::<u8>(), 1..9_000))
                .prop_map(|(at, bytes)| Operation::Write(at, bytes)),
            1 => (0_usize..40_000).prop_map(Operation::Length),
        ]
    }

    proptest! {
        #[test]
        fn looks_like_the_file_and_leaves_it_alone(operations in prop::collection::vec(operation(), 0..12)) {
            let directory = tempfile::tempdir().unwrap();
            let file = DirectoryStorage::create(directory.path()).unwrap().open("file").unwrap();
            let original: Vec<u8> = (0..20_000_u32).map(|at| (at % 251) as u8).collect();
            file.write_at(0, &original).unwrap();
            let trial = TrialBackend::new(file).unwrap();
            let mut expected = original.clone();
            for operation in operations {
                match operation {
                    Operation::Write(at, bytes) => {
                        trial.write(at as u64, &bytes).unwrap();
                        expected.resize(expected.len().max(at + bytes.len()), 0);
                        expected[at..at + bytes.len()].copy_from_slice(&bytes);
                    }
                    Operation::Length(length) => {
                        trial.set_len(length as u64).unwrap();
                        expected.resize(length, 0);
                    }
                }
                prop_assert_eq!(trial.len().unwrap(), expected.len() as u64);
                let mut found = vec![1; expected.len()];
                trial.read(0, &mut found).unwrap();
                prop_assert!(found == expected);
            }
            prop_assert!(trial.read(expected.len() as u64, &mut [0]).is_err());
            prop_assert!(std::fs::read(directory.path().join("file")).unwrap() == original);
        }
    }
}
