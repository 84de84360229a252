//! Keys: the texts of the fields by which records are grouped.

use hashbrown::{DefaultHashBuilder, HashTable};
use std::fmt;
use std::hash::BuildHasher;
use std::sync::Arc;

/// The values of the fields in `by`, in their order. Cheap to clone.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Key {
    /// All but the last with its length in bytes and a colon in front: `3:abcde` is `abc` and `de`.
    joined: Arc<str>,
    fields: u32,
}

impl Key {
    /// A key of these texts.
    pub fn new<'a>(texts: impl ExactSizeIterator<Item = &'a str>) -> Self {
        let fields = texts.len() as u32;
        let mut joined = String::new();
        join(texts, &mut joined);
        Self { joined: joined.into(), fields }
    }

    /// A key that was joined; `None` where the text is not that of a key with so many fields.
    pub(super) fn from_joined(joined: &str, fields: usize) -> Option<Self> {
        let key = Self { joined: joined.into(), fields: fields as u32 };
        let mut again = String::with_capacity(joined.len());
        // What cannot be taken apart has other texts than it came from.
        join(key.texts(), &mut again);
        (again == joined).then_some(key)
    }

    pub(super) fn joined(&self) -> &str {
        &self.joined
    }

    /// The texts, one for each field.
    #[must_use]
    pub fn texts(&self) -> impl ExactSizeIterator<Item = &str> {
        let mut rest: &str = &self.joined;
        let fields = self.fields as usize;
        (0..fields).map(move |field| {
            if field + 1 == fields {
                return std::mem::take(&mut rest);
            }
            let (length, texts) = rest.split_once(':').unwrap_or(("", ""));
            let (text, after) = length.parse().ok().and_then(|at| texts.split_at_checked(at)).unwrap_or(("", ""));
            rest = after;
            text
        })
    }
}

/// Writes the texts as a key joins them.
pub(super) fn join<'a>(texts: impl ExactSizeIterator<Item = &'a str>, into: &mut String) {
    let last = texts.len().saturating_sub(1);
    for (field, text) in texts.enumerate() {
        if field < last {
            into.push_str(&text.len().to_string());
            into.push(':');
        }
        into.push_str(text);
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (field, text) in self.texts().enumerate() {
            let space = if field == 0 { "" } else { " " };
            write!(f, "{space}{text}")?;
        }
        Ok(())
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.texts()).finish()
    }
}

/// Keys by numbers, which are used again once a key is forgotten.
#[derive(Clone, Debug, Default)]
pub(super) struct KeyTable {
    entries: Vec<Option<KnownKey>>,
    free: Vec<u32>,
    lookup: HashTable<u32>,
    hasher: DefaultHashBuilder,
}

/// A key and when it was last heard of.
#[derive(Clone, Debug)]
pub(super) struct KnownKey {
    pub(super) key: Key,
    /// Event time of its newest record.
    pub(super) last_seen_ms: i64,
}

impl KeyTable {
    /// How many keys are known.
    pub(super) fn len(&self) -> usize {
        self.lookup.len()
    }

    pub(super) fn find(&self, joined: &str) -> Option<&Key> {
        let hash = self.hasher.hash_one(joined);
        let id = self.lookup.find(hash, |&id| self.joined(id) == joined)?;
        self.get(*id).map(|known| &known.key)
    }

    pub(super) fn get(&self, id: u32) -> Option<&KnownKey> {
        self.entries.get(id as usize)?.as_ref()
    }

    /// The number of a key, known before or not; notes that it was seen.
    pub(super) fn see(&mut self, key: &Key, seen_ms: i64) -> u32 {
        let hash = self.hasher.hash_one(key.joined());
        if let Some(&id) = self.lookup.find(hash, |&id| self.joined(id) == key.joined()) {
            if let Some(known) = &mut self.entries[id as usize] {
                known.last_seen_ms = known.last_seen_ms.max(seen_ms);
            }
            return id;
        }
        let known = Some(KnownKey { key: key.clone(), last_seen_ms: seen_ms });
        let id = match self.free.pop() {
            Some(id) => {
                self.entries[id as usize] = known;
                id
            }
            None => {
                self.entries.push(known);
                self.entries.len() as u32 - 1
            }
        };
        let (entries, hasher) = (&self.entries, &self.hasher);
        self.lookup.insert_unique(hash, id, |&id| hasher.hash_one(joined(entries, id)));
        id
    }

    /// Forgets the keys last seen before this time.
    pub(super) fn forget_before(&mut self, ms: i64) {
        let Self { entries, free, lookup, .. } = self;
        lookup.retain(|&mut id| {
            let old = entries[id as usize].as_ref().is_none_or(|known| known.last_seen_ms < ms);
            if old {
                entries[id as usize] = None;
                free.push(id);
            }
            !old
        });
        // The order in a hash table is accidental.
        free.sort_unstable_by(|a, b| b.cmp(a));
    }

    /// Every known key with its number, by number.
    pub(super) fn iter(&self) -> impl Iterator<Item = (u32, &KnownKey)> {
        self.entries.iter().enumerate().filter_map(|(id, known)| Some((id as u32, known.as_ref()?)))
    }

    fn joined(&self, id: u32) -> &str {
        joined(&self.entries, id)
    }
}

fn joined(entries: &[Option<KnownKey>], id: u32) -> &str {
    entries.get(id as usize).and_then(|known| known.as_ref()).map_or("", |known| known.key.joined())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn numbers_of_forgotten_keys_are_used_again() {
        let key = |text: &str| Key::new([text].into_iter());
        let mut table = KeyTable::default();
        assert_eq!([("a", 1), ("b", 5), ("a", 3)].map(|(text, ms)| table.see(&key(text), ms)), [0, 1, 0]);
        table.forget_before(4);
        assert_eq!((table.len(), table.find("a"), table.find("b")), (1, None, Some(&key("b"))));
        assert_eq!([table.see(&key("c"), 6), table.see(&key("d"), 6)], [0, 2]);
        assert_eq!(table.iter().map(|(_, known)| known.key.to_string()).collect::<String>(), "cbd");
    }

    proptest! {
        #[test]
        fn keys_come_apart_as_they_were_joined(texts in prop::collection::vec("[a-z0-9:é]{0,12}", 0..4)) {
            let key = Key::new(texts.iter().map(String::as_str));
            prop_assert_eq!(key.texts().collect::<Vec<_>>(), texts.iter().map(String::as_str).collect::<Vec<_>>());
            prop_assert_eq!(Key::from_joined(key.joined(), texts.len()), Some(key));
        }

        #[test]
        fn what_is_no_key_is_refused(text in "[a-c0-9:+]{0,9}", fields in 0..4_usize) {
            if let Some(key) = Key::from_joined(&text, fields) {
                prop_assert_eq!(Key::new(key.texts()), key);
            }
        }
    }
}
