//! A column of short texts that repeat, such as identifiers: each distinct one is held once.

use hashbrown::{DefaultHashBuilder, HashTable};
use std::hash::BuildHasher;
use std::ops::Range;
use std::str::Utf8Error;

/// Texts as numbers into a dictionary. Both are small: a batch of thousands of records has as many numbers, and its
/// distinct texts in one allocation.
#[derive(Clone, Debug, Default)]
pub struct TextColumn {
    ids: Vec<u32>,
    texts: String,
    /// Where each distinct text ends in `texts`.
    ends: Vec<u32>,
    lookup: HashTable<u32>,
    hasher: DefaultHashBuilder,
}

impl TextColumn {
    /// Appends a text. The distinct texts of one column take less than 4 GiB together: batches are far smaller.
    pub fn push(&mut self, text: &str) {
        let id = self.intern(text);
        self.ids.push(id);
    }

    /// Appends a text that should be UTF-8: looked at only where it is new.
    ///
    /// # Errors
    /// When it is not.
    #[inline]
    pub fn push_utf8(&mut self, text: &[u8]) -> Result<(), Utf8Error> {
        let hash = self.hasher.hash_one(text);
        let id = match self.find(text, hash) {
            Some(id) => id,
            None => self.add(std::str::from_utf8(text)?, hash),
        };
        self.ids.push(id);
        Ok(())
    }

    /// Appends all records of another column; each of its distinct texts is looked up once.
    pub(super) fn append(&mut self, other: &Self) {
        let mut ids: Vec<Option<u32>> = vec![None; other.distinct_len()];
        self.ids.reserve(other.ids.len());
        for &theirs in &other.ids {
            let ours = *ids[theirs as usize].get_or_insert_with(|| self.intern(other.distinct(theirs)));
            self.ids.push(ours);
        }
    }

    /// Which distinct text this is, after adding it if it is new.
    fn intern(&mut self, text: &str) -> u32 {
        let hash = self.hasher.hash_one(text.as_bytes());
        self.find(text.as_bytes(), hash).unwrap_or_else(|| self.add(text, hash))
    }

    #[inline]
    fn find(&self, text: &[u8], hash: u64) -> Option<u32> {
        let texts = self.texts.as_bytes();
        self.lookup.find(hash, |&id| texts.get(range(&self.ends, id)) == Some(text)).copied()
    }

    /// A column without texts, with room for as many as this one has.
    pub(super) fn empty_like(&self) -> Self {
        Self {
            ids: Vec::with_capacity(self.ids.len()),
            texts: String::with_capacity(self.texts.len()),
            ends: Vec::with_capacity(self.ends.len()),
            lookup: HashTable::with_capacity(self.ends.len()),
            hasher: self.hasher.clone(),
        }
    }

    fn add(&mut self, text: &str, hash: u64) -> u32 {
        let id = self.ends.len() as u32;
        self.texts.push_str(text);
        self.ends.push(self.texts.len() as u32);
        let (texts, ends, hasher) = (&self.texts, &self.ends, &self.hasher);
        self.lookup.insert_unique(hash, id, |&id| hasher.hash_one(distinct(texts, ends, id).as_bytes()));
        id
    }

    /// For each record, which distinct text it has.
    #[must_use]
    pub fn ids(&self) -> &[u32] {
        &self.ids
    }

    /// How many distinct texts there are: ids are below this.
    #[must_use]
    pub fn distinct_len(&self) -> usize {
        self.ends.len()
    }

    /// A distinct text; empty for an id that there is not.
    #[must_use]
    pub fn distinct(&self, id: u32) -> &str {
        distinct(&self.texts, &self.ends, id)
    }

    /// The text of a record; empty beyond the end.
    #[must_use]
    pub fn text(&self, record: usize) -> &str {
        self.ids.get(record).map_or("", |&id| self.distinct(id))
    }

    /// Keeps the first records.
    pub(super) fn truncate(&mut self, records: usize) {
        self.ids.truncate(records);
    }

    /// Keeps the records whose flag is set.
    pub(super) fn retain(&mut self, keep: &[bool]) {
        let mut flags = keep.iter();
        self.ids.retain(|_| flags.next().copied().unwrap_or(false));
    }
}

fn distinct<'a>(texts: &'a str, ends: &[u32], id: u32) -> &'a str {
    texts.get(range(ends, id)).unwrap_or_default()
}

/// Where a distinct text is; empty for an id that there is not.
#[inline]
fn range(ends: &[u32], id: u32) -> Range<usize> {
    let id = id as usize;
    let start = id.checked_sub(1).and_then(|before| ends.get(before)).map_or(0, |&end| end as usize);
    start..ends.get(id).map_or(start, |&end| end as usize)
}

impl PartialEq for TextColumn {
    fn eq(&self, other: &Self) -> bool {
        let texts = |column: &Self| -> Vec<String> {
            (0..column.ids.len()).map(|record| column.text(record).to_owned()).collect()
        };
        self.ids.len() == other.ids.len() && texts(self) == texts(other)
    }
}

impl<'a> FromIterator<&'a str> for TextColumn {
    fn from_iter<T: IntoIterator<Item = &'a str>>(texts: T) -> Self {
        let mut column = Self::default();
        texts.into_iter().for_each(|text| column.push(text));
        column
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn repeated_texts_are_held_once() {
        let mut column: TextColumn = ["a", "bb", "a", "", "bb"].into_iter().collect();
        assert_eq!(column.ids(), [0, 1, 0, 2, 1]);
        assert_eq!(column.distinct_len(), 3);
        assert_eq!((column.text(1), column.text(3), column.text(9)), ("bb", "", ""));
        column.retain(&[false, true, true, false, false]);
        assert_eq!((column.text(0), column.text(1), column.ids().len()), ("bb", "a", 2));
        column.append(&["d", "a", "d"].into_iter().collect());
        assert_eq!(column.ids(), [1, 0, 3, 0, 3]);
    }
}
