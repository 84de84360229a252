//! Why messages are refused, and how many were.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;

/// Why a message, or a part of it, was not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rejection {
    /// It is not in the format that the source has.
    Malformed,
    /// A field that is needed is not there.
    MissingField,
    /// A number is needed, and something else is there.
    NotANumber,
    /// A text is longer than an identifier may be, or is not UTF-8.
    BadText,
    /// Its time is no time.
    BadTimestamp,
    /// Its time lies further ahead of the clock than clocks differ.
    FutureTimestamp,
    /// A rule of the configuration (`require`) does not hold.
    RuleBroken,
    /// It came after its window was closed.
    Late,
    /// There are as many keys as the limit allows, and it has a new one.
    TooManyKeys,
    /// It was trimmed from the stream before it could be read.
    Trimmed,
    /// Not refused: its time was in milliseconds where seconds were expected, and was read so.
    TimestampInMilliseconds,
    /// Not refused: it has fields that nothing uses.
    UnknownField,
}

impl Rejection {
    /// The name in counters and JSON.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Malformed => "malformed",
            Self::MissingField => "missing_field",
            Self::NotANumber => "not_a_number",
            Self::BadText => "bad_text",
            Self::BadTimestamp => "bad_timestamp",
            Self::FutureTimestamp => "future_timestamp",
            Self::RuleBroken => "rule_broken",
            Self::Late => "late",
            Self::TooManyKeys => "too_many_keys",
            Self::Trimmed => "trimmed",
            Self::TimestampInMilliseconds => "timestamp_in_milliseconds",
            Self::UnknownField => "unknown_field",
        }
    }
}

impl Rejection {
    /// Whether the message was left out; otherwise this is a note about one that was taken.
    #[must_use]
    pub fn is_refusal(self) -> bool {
        !matches!(self, Self::TimestampInMilliseconds | Self::UnknownField)
    }
}

impl fmt::Display for Rejection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// How many messages were refused, by reason.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Rejections(BTreeMap<Rejection, u64>);

impl Rejections {
    /// Counts some.
    pub fn add(&mut self, reason: Rejection, count: u64) {
        if count > 0 {
            *self.0.entry(reason).or_default() += count;
        }
    }

    /// Counts all of another.
    pub fn add_all(&mut self, other: &Self) {
        other.iter().for_each(|(reason, count)| self.add(reason, count));
    }

    /// How many of one reason.
    #[must_use]
    pub fn count(&self, reason: Rejection) -> u64 {
        self.0.get(&reason).copied().unwrap_or_default()
    }

    /// Every reason that occurred.
    pub fn iter(&self) -> impl Iterator<Item = (Rejection, u64)> {
        self.0.iter().map(|(&reason, &count)| (reason, count))
    }

    /// Whether nothing was refused.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}
