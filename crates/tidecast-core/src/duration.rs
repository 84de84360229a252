//! Durations as people write them: `15m`, `1h`, `1d`, `1h30m`, `250ms`.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// A length of time in whole milliseconds, written as in Prometheus (`1h30m`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct DurationMs(pub i64);

/// Why a text is not a duration.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("`{0}` is not a duration; write a number and a unit (ms, s, m, h, d, w, y), for example 15m, 1h30m or 1d")]
pub struct ParseDurationError(pub String);

/// Units from the largest to the smallest, in milliseconds.
const UNITS: [(&str, i64); 7] = [
    // A year is 365 days, as in Prometheus.
    ("y", 31_536_000_000),
    ("w", 604_800_000),
    ("d", 86_400_000),
    ("h", 3_600_000),
    ("m", 60_000),
    ("s", 1_000),
    ("ms", 1),
];

impl DurationMs {
    /// One second.
    pub const SECOND: Self = Self(1_000);
    /// One minute.
    pub const MINUTE: Self = Self(60_000);
    /// One hour.
    pub const HOUR: Self = Self(3_600_000);
    /// One day of 24 hours.
    pub const DAY: Self = Self(86_400_000);
}

impl FromStr for DurationMs {
    type Err = ParseDurationError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let fail = || ParseDurationError(text.to_owned());
        let mut rest = text.trim();
        let mut total: i64 = 0;
        if rest.is_empty() {
            return Err(fail());
        }
        while !rest.is_empty() {
            let digits = rest.find(|c: char| !c.is_ascii_digit()).ok_or_else(fail)?;
            let count: i64 = rest[..digits].parse().map_err(|_| fail())?;
            rest = &rest[digits..];
            let letters = rest.find(|c: char| c.is_ascii_digit()).unwrap_or(rest.len());
            let unit = UNITS.iter().find(|(name, _)| *name == &rest[..letters]).ok_or_else(fail)?.1;
            total = count.checked_mul(unit).and_then(|ms| total.checked_add(ms)).ok_or_else(fail)?;
            rest = &rest[letters..];
        }
        Ok(Self(total))
    }
}

impl fmt::Display for DurationMs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0 <= 0 {
            return write!(f, "{}ms", self.0);
        }
        let mut rest = self.0;
        for (name, unit) in UNITS {
            let count = rest / unit;
            if count > 0 {
                write!(f, "{count}{name}")?;
                rest -= count * unit;
            }
        }
        Ok(())
    }
}

impl TryFrom<String> for DurationMs {
    type Error = ParseDurationError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<DurationMs> for String {
    fn from(duration: DurationMs) -> Self {
        duration.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parses_and_prints() {
        let cases = [
            ("15m", 900_000),
            ("1h30m", 5_400_000),
            ("1d", 86_400_000),
            ("250ms", 250),
            ("1w", 604_800_000),
            ("2y", 63_072_000_000),
        ];
        for (text, ms) in cases {
            assert_eq!(text.parse::<DurationMs>(), Ok(DurationMs(ms)), "{text}");
            assert_eq!(DurationMs(ms).to_string(), text);
        }
    }

    #[test]
    fn refuses_what_is_no_duration() {
        for text in ["", "5", "m", "1x", "1h-2m", "99999999999999999w", "1.5h"] {
            assert!(text.parse::<DurationMs>().is_err(), "{text}");
        }
    }
}
