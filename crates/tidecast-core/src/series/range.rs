//! Half-open intervals of time.

use serde::{Deserialize, Serialize};

/// The instants `from_ms <= t < to_ms`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TimeRange {
    /// First instant inside, ms since the Unix epoch.
    pub from_ms: i64,
    /// First instant after the range.
    pub to_ms: i64,
}

impl TimeRange {
    /// All of time.
    pub const ALL: Self = Self { from_ms: i64::MIN, to_ms: i64::MAX };

    /// The range from `from_ms` up to, not including, `to_ms`.
    #[must_use]
    pub const fn new(from_ms: i64, to_ms: i64) -> Self {
        Self { from_ms, to_ms }
    }

    /// Whether the instant lies inside.
    #[must_use]
    pub const fn contains(&self, timestamp_ms: i64) -> bool {
        self.from_ms <= timestamp_ms && timestamp_ms < self.to_ms
    }

    /// Whether any instant of the closed interval `first_ms..=last_ms` lies inside.
    #[must_use]
    pub const fn overlaps(&self, first_ms: i64, last_ms: i64) -> bool {
        first_ms < self.to_ms && self.from_ms <= last_ms
    }

    /// Whether no instant lies inside.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.from_ms >= self.to_ms
    }
}
