//! Up to which event time the partials are complete, although workers are at different places and may die.
//!
//! A look at the group says which messages have neither been acknowledged nor are yet to be delivered: everything below the
//! smallest pending id, or up to the last delivered one if none is pending, is in some partial. Once all partials that were there
//! at that look are read, those that end below that id tell the newest event time of which this is true. The messages of
//! a dead worker stay pending, and hold the time until somebody else has published them.

use super::super::id::StreamId;
use std::collections::BTreeMap;

/// Partials held at most; beyond, neighbours are put together, which delays what the earlier one allows and never hastens it.
const HELD_MAX: usize = 10_000;

/// What a look at group and streams showed at one moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Look {
    /// The newest partial there was.
    pub(super) newest_partial: StreamId,
    /// Every message below this was in a partial by then.
    pub(super) published_below: StreamId,
    /// Whether every message that there was had been delivered and published.
    pub(super) all: bool,
}

/// Follows partials and looks.
#[derive(Debug, Default)]
pub(super) struct Completeness {
    /// Newest event time, ms, by the id of the last message of a partial.
    held: BTreeMap<StreamId, i64>,
    /// The look whose partials are not all read yet.
    look: Option<Look>,
    complete_to_ms: Option<i64>,
    idle: bool,
}

impl Completeness {
    /// A partial was read.
    pub(super) fn partial(&mut self, last: StreamId, newest_event_ms: Option<i64>) {
        self.idle = false;
        let Some(newest) = newest_event_ms else { return };
        let held = self.held.entry(last).or_insert(newest);
        *held = newest.max(*held);
        if self.held.len() > HELD_MAX
            && let Some((_, earliest)) = self.held.pop_first()
            && let Some(mut next) = self.held.first_entry()
        {
            *next.get_mut() = earliest.max(*next.get());
        }
    }

    /// Takes a look, and that all partials up to `read` have been read. The look before it counts until its partials are read,
    /// so that a merger that is behind comes on too.
    pub(super) fn advance(&mut self, look: Look, read: StreamId) {
        let due = *self.look.get_or_insert(look);
        if read < due.newest_partial {
            return;
        }
        self.look = (read < look.newest_partial).then_some(look);
        let due = if self.look.is_none() { look } else { due };
        let waiting = self.held.split_off(&due.published_below);
        let published = std::mem::replace(&mut self.held, waiting);
        self.complete_to_ms = self.complete_to_ms.max(published.into_values().max());
        self.idle = due.all && self.look.is_none();
    }

    /// Every message up to this event time that has been delivered in order is in the partials read so far, ms.
    pub(super) fn complete_to_ms(&self) -> Option<i64> {
        self.complete_to_ms
    }

    /// Whether nothing waits anywhere.
    pub(super) fn idle(&self) -> bool {
        self.idle
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(ms: u64) -> StreamId {
        StreamId { ms, sequence: 0 }
    }

    fn look(newest_partial: u64, published_below: u64, all: bool) -> Look {
        Look { newest_partial: id(newest_partial), published_below: id(published_below), all }
    }

    #[test]
    fn pending_messages_hold_the_time() {
        let mut completeness = Completeness::default();
        completeness.partial(id(10), Some(1_000));
        completeness.partial(id(30), Some(3_000));
        // Message 20 is with a worker that may be dead.
        completeness.advance(look(2, 20, false), id(2));
        assert_eq!((completeness.complete_to_ms(), completeness.idle()), (Some(1_000), false));
        // Somebody has published it; nothing is newer than what message 30 brought.
        completeness.partial(id(20), Some(2_000));
        completeness.advance(look(3, 31, true), id(3));
        assert_eq!((completeness.complete_to_ms(), completeness.idle()), (Some(3_000), true));
    }

    #[test]
    fn a_look_counts_once_its_partials_are_read() {
        let mut completeness = Completeness::default();
        completeness.partial(id(10), Some(1_000));
        completeness.advance(look(5, 100, false), id(1));
        assert_eq!(completeness.complete_to_ms(), None);
        completeness.partial(id(50), Some(5_000));
        completeness.partial(id(120), Some(12_000));
        // The first look's partials are read, the second's are not.
        completeness.advance(look(9, 200, true), id(5));
        assert_eq!((completeness.complete_to_ms(), completeness.idle()), (Some(5_000), false));
        completeness.advance(look(9, 200, true), id(9));
        assert_eq!((completeness.complete_to_ms(), completeness.idle()), (Some(12_000), true));
    }

    #[test]
    fn what_is_held_is_bounded_and_never_hastened() {
        let mut completeness = Completeness::default();
        for message in 0..3 * HELD_MAX as u64 {
            completeness.partial(id(message), Some(message as i64));
        }
        assert_eq!(completeness.held.len(), HELD_MAX);
        completeness.advance(look(1, HELD_MAX as u64, false), id(1));
        assert_eq!(completeness.complete_to_ms(), None);
        completeness.advance(look(1, 3 * HELD_MAX as u64, false), id(1));
        assert_eq!(completeness.complete_to_ms(), Some(3 * HELD_MAX as i64 - 1));
    }
}
