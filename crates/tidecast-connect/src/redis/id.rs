//! Ids of stream entries: a time in milliseconds and a number within it.

use std::fmt;
use std::str::FromStr;

/// The id of an entry; ids only grow within a stream.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StreamId {
    /// By default when the entry was added, ms since the Unix epoch by the server's clock.
    pub ms: u64,
    /// Tells entries of the same millisecond apart.
    pub sequence: u64,
}

impl StreamId {
    /// Before every entry.
    pub const ZERO: Self = Self { ms: 0, sequence: 0 };

    /// The smallest id above this one.
    #[must_use]
    pub fn next(self) -> Self {
        match self.sequence.checked_add(1) {
            Some(sequence) => Self { ms: self.ms, sequence },
            None => Self { ms: self.ms.saturating_add(1), sequence: 0 },
        }
    }
}

impl FromStr for StreamId {
    type Err = std::num::ParseIntError;

    /// `1526919030474-55`, or the first of a millisecond: `1526919030474`.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (ms, sequence) = text.split_once('-').unwrap_or((text, "0"));
        Ok(Self { ms: ms.parse()?, sequence: sequence.parse()? })
    }
}

impl fmt::Display for StreamId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.ms, self.sequence)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_read_ordered_and_written() {
        let id = |text: &str| text.parse::<StreamId>().unwrap();
        assert_eq!(id("1526919030474-55").to_string(), "1526919030474-55");
        assert_eq!(id("7").to_string(), "7-0");
        assert!(id("9-9") < id("10-0") && id("10-2") < id("10-10"));
        assert_eq!(id("3-4").next(), id("3-5"));
        assert_eq!(id("3-18446744073709551615").next(), id("4-0"));
        for text in ["", "-", "a-1", "1-", "1-2-3", "-1"] {
            assert!(text.parse::<StreamId>().is_err(), "{text}");
        }
    }
}
