//! What computations over streams remember: under a name the whole state as it was last put in place, and the changes
//! since. Both carry a checksum.

use redb::{ReadTransaction, ReadableTable, TableDefinition, TableError, WriteTransaction};
use tidecast_core::ports::{KeptState, StateChange};

const BASES: TableDefinition<&str, &[u8]> = TableDefinition::new("state_bases");
/// The number only orders the changes of a name.
const CHANGES: TableDefinition<(&str, u64), &[u8]> = TableDefinition::new("state_changes");

/// Writes changes in their order. Stores that never had any have no tables for them.
pub(super) fn write(transaction: &WriteTransaction, changes: &[&StateChange]) -> Result<(), redb::Error> {
    if changes.is_empty() {
        return Ok(());
    }
    let (mut bases, mut tail) = (transaction.open_table(BASES)?, transaction.open_table(CHANGES)?);
    for change in changes {
        match change {
            StateChange::Append { name, bytes } => {
                let name = name.as_str();
                let last = tail.range((name, 0)..=(name, u64::MAX))?.next_back().transpose()?;
                let next = last.map_or(0, |(key, _)| key.value().1 + 1);
                tail.insert((name, next), sealed(bytes).as_slice())?;
            }
            StateChange::Replace { name, bytes } => {
                let name = name.as_str();
                bases.insert(name, sealed(bytes).as_slice())?;
                tail.retain_in((name, 0)..=(name, u64::MAX), |_, _| false)?;
            }
        }
    }
    Ok(())
}

/// What is kept under a name; `None` if it is damaged.
pub(super) fn read(transaction: &ReadTransaction, name: &str) -> Result<Option<KeptState>, redb::Error> {
    let mut kept = KeptState::default();
    match transaction.open_table(BASES) {
        Ok(bases) => {
            if let Some(bytes) = bases.get(name)? {
                let Some(base) = opened(bytes.value()) else { return Ok(None) };
                kept.base = Some(base);
            }
        }
        Err(TableError::TableDoesNotExist(_)) => return Ok(Some(kept)),
        Err(error) => return Err(error.into()),
    }
    for row in transaction.open_table(CHANGES)?.range((name, 0)..=(name, u64::MAX))? {
        let Some(change) = opened(row?.1.value()) else { return Ok(None) };
        kept.changes.push(change);
    }
    Ok(Some(kept))
}

fn sealed(bytes: &[u8]) -> Vec<u8> {
    let mut sealed = Vec::with_capacity(bytes.len() + 4);
    sealed.extend_from_slice(&crc32fast::hash(bytes).to_le_bytes());
    sealed.extend_from_slice(bytes);
    sealed
}

fn opened(sealed: &[u8]) -> Option<Vec<u8>> {
    let (checksum, bytes) = sealed.split_at_checked(4)?;
    (checksum == crc32fast::hash(bytes).to_le_bytes()).then(|| bytes.to_vec())
}
