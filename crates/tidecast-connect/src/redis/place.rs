//! Where a reader stands in a stream, and what the stream's own account of itself says about what it missed.
//!
//! Beside the id of the last entry that was read, a place knows that entry's number: how many had ever been added when it was.
//! A stream tells how many were ever added and how many are there, hence the number of the first that is still there. Where that lies
//! more than one behind ours, what is between was trimmed before it could be read. Deleting single entries (`XDEL`) makes
//! the count approximate until the end of the stream is next reached.

use super::id::StreamId;
use super::reply::{Landmark, StreamInfo};
use std::fmt;
use std::str::FromStr;

/// How far a stream has been read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Place {
    /// The last entry that was read.
    pub(super) id: StreamId,
    /// How many entries had ever been added when that one was, if known.
    pub(super) number: Option<u64>,
    /// The oldest entry of the stream when we last looked: a stream that has it is the same one.
    landmark: Option<Landmark>,
    /// Entries behind ours when we last looked.
    behind: Option<u64>,
}

/// What a look at a stream shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Look {
    /// It is the stream we know.
    Same {
        /// Entries that were trimmed before they were read.
        trimmed: u64,
    },
    /// It holds less than we have read: it was set back, or another took its place. It is the same if it has this entry.
    Doubtful(Option<Landmark>),
}

impl Place {
    /// A place that an operator names.
    pub(super) fn at(id: StreamId, number: Option<u64>) -> Self {
        Self { id, number, landmark: None, behind: None }
    }

    /// Entries that wait behind this place.
    pub(super) fn behind(&self) -> Option<u64> {
        self.behind
    }

    /// Compares with what a stream says of itself.
    pub(super) fn look(&mut self, info: &StreamInfo) -> Look {
        let fewer = matches!((info.added, self.number), (Some(added), Some(number)) if added < number);
        if fewer || info.last < self.id {
            return Look::Doubtful(self.landmark);
        }
        if self.id == StreamId::ZERO && self.number.is_none() {
            // What was removed before we came was never ours.
            self.number = info.removed();
        }
        let passed_by = info.first.is_none_or(|first| first.id > self.id);
        let mut trimmed = 0;
        if let (true, Some(removed), Some(number)) = (passed_by, info.removed(), self.number) {
            trimmed = removed.saturating_sub(number);
            self.number = Some(number.max(removed));
        }
        self.behind = info.added.zip(self.number).map(|(added, number)| added - number);
        self.landmark = info.first.or(self.landmark);
        Look::Same { trimmed }
    }

    /// Goes on by entries that were read: the last one's id, how many, and whether there are no more.
    pub(super) fn advance(&mut self, last: Option<StreamId>, count: u64, all: bool, info: &StreamInfo) {
        self.id = last.unwrap_or(self.id);
        self.number = if all { info.added } else { self.number.map(|number| number + count) };
        self.behind = if all { Some(0) } else { self.behind.map(|behind| behind.saturating_sub(count)) };
    }

    /// The stream is the same but lost its newest entries, as when a replica takes over: we have read all that it has, unless
    /// some came since.
    pub(super) fn set_back(&mut self, info: &StreamInfo) {
        self.number = info.added.filter(|_| info.last <= self.id);
        self.id = self.id.min(info.last);
        self.behind = None;
    }

    /// Another stream has the name now: begins at its beginning, and says how many entries of the old one are lost, as far
    /// as is known.
    pub(super) fn begin_anew(&mut self, info: &StreamInfo) -> u64 {
        if info.last < self.id {
            self.id = StreamId::ZERO;
        }
        self.landmark = None;
        self.vanish()
    }

    /// The stream is gone: says how many of its entries are lost, as far as is known.
    pub(super) fn vanish(&mut self) -> u64 {
        self.number = Some(0);
        self.behind.replace(0).unwrap_or(0)
    }
}

/// A cursor to journal: `id number landmark digest`, with `-` for what is not known.
impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ", self.id)?;
        match self.number {
            Some(number) => write!(f, "{number} ")?,
            None => f.write_str("- ")?,
        }
        match self.landmark {
            Some(landmark) => write!(f, "{} {:016x}", landmark.id, landmark.digest),
            None => f.write_str("- -"),
        }
    }
}

impl FromStr for Place {
    type Err = std::num::ParseIntError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut words = text.split_ascii_whitespace();
        let id = words.next().unwrap_or_default().parse()?;
        let mut known = || words.next().filter(|word| *word != "-");
        let number = known().map(str::parse).transpose()?;
        let landmark = known().zip(known());
        let landmark = landmark.map(|(id, digest)| {
            Ok::<_, Self::Err>(Landmark { id: id.parse()?, digest: u64::from_str_radix(digest, 16)? })
        });
        Ok(Self { id, number, landmark: landmark.transpose()?, behind: None })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(ms: u64) -> StreamId {
        StreamId { ms, sequence: 0 }
    }

    /// A stream that had `added` entries with the ids 1, 2, ... times `step`, of which `length` are left.
    fn stream(added: u64, length: u64, step: u64) -> StreamInfo {
        let first = (length > 0).then(|| Landmark { id: id((added - length + 1) * step), digest: added - length + 1 });
        StreamInfo { length, added: Some(added), last: id(added * step), first }
    }

    #[test]
    fn what_is_trimmed_before_it_is_read_is_counted_once() {
        // Entries read so far; the stream; how many were missed.
        let cases = [
            (10, stream(10, 10, 1), 0),
            (10, stream(20, 10, 1), 0),
            (10, stream(20, 11, 1), 0),
            (10, stream(20, 9, 1), 1),
            (10, stream(500, 5, 1), 485),
            (10, stream(20, 0, 1), 10),
        ];
        for (read, info, missed) in cases {
            let mut place = Place::at(id(read), Some(read));
            assert_eq!(place.look(&info), Look::Same { trimmed: missed }, "{info:?}");
            assert_eq!(place.look(&info), Look::Same { trimmed: 0 }, "{info:?}");
            assert_eq!(place.behind(), Some(info.length.min(info.added.unwrap() - read)), "{info:?}");
        }
    }

    #[test]
    fn what_was_removed_before_the_first_look_is_not_missed() {
        let mut place = Place::at(StreamId::ZERO, None);
        assert_eq!(place.look(&stream(500, 5, 1)), Look::Same { trimmed: 0 });
        place.advance(Some(id(498)), 3, false, &stream(500, 5, 1));
        assert_eq!((place.number, place.behind()), (Some(498), Some(2)));
        assert_eq!(place.look(&stream(600, 10, 1)), Look::Same { trimmed: 92 });
    }

    #[test]
    fn a_named_place_counts_from_the_end_of_the_stream_on() {
        let mut place = Place::at(id(50), None);
        assert_eq!(place.look(&stream(100, 10, 1)), Look::Same { trimmed: 0 });
        place.advance(Some(id(100)), 10, true, &stream(100, 10, 1));
        assert_eq!(place.look(&stream(200, 10, 1)), Look::Same { trimmed: 90 });
    }

    #[test]
    fn a_stream_that_was_set_back_is_not_read_again() {
        let mut place = Place::at(id(100), Some(100));
        place.look(&stream(100, 50, 1));
        let landmark = Landmark { id: id(51), digest: 51 };
        assert_eq!(place.look(&stream(90, 50, 1)), Look::Doubtful(Some(landmark)));
        place.set_back(&stream(90, 50, 1));
        assert_eq!((place.id, place.number), (id(90), Some(90)));
        assert_eq!(place.look(&stream(95, 50, 1)), Look::Same { trimmed: 0 });
        assert_eq!(place.behind(), Some(5));
    }

    #[test]
    fn another_stream_is_read_from_its_beginning() {
        let mut place = Place::at(id(100), Some(100));
        place.look(&stream(130, 50, 1));
        // With smaller ids, and with greater ones.
        for (info, from) in [(stream(20, 15, 1), id(0)), (stream(20, 15, 1000), id(100))] {
            let mut place = place.clone();
            assert!(matches!(place.look(&info), Look::Doubtful(_)));
            assert_eq!(place.begin_anew(&info), 30);
            assert_eq!(place.id, from);
            assert_eq!(place.look(&info), Look::Same { trimmed: 5 });
            assert_eq!(place.behind(), Some(15));
        }
    }

    #[test]
    fn places_survive_as_text() {
        let mut place = Place::at(id(7), Some(3));
        for _ in 0..2 {
            let read: Place = place.to_string().parse().unwrap();
            assert_eq!(read, Place { behind: None, ..place.clone() });
            place.look(&stream(9, 5, 2));
        }
        assert_eq!("5-1".parse::<Place>().unwrap(), Place::at(StreamId { ms: 5, sequence: 1 }, None));
        assert_eq!("0-0 - - -".parse::<Place>().unwrap(), Place::default());
        for text in ["", "x", "1-0 x", "1-0 2 3-0 zz"] {
            assert!(text.parse::<Place>().is_err(), "{text}");
        }
    }
}
