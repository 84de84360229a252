//! A stretch of a series on the command line, in its steps or in time.

use std::str::FromStr;
use tidecast_core::duration::DurationMs;

/// As given; `24` or `1d`.
#[derive(Clone, Copy, Debug)]
pub(super) enum Span {
    Steps(usize),
    Time(DurationMs),
}

impl FromStr for Span {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if let Ok(steps) = text.parse() {
            return Ok(Self::Steps(steps));
        }
        text.parse().map(Self::Time).map_err(|error| format!("{error}, or a number of steps"))
    }
}

impl Span {
    /// In steps of a series, rounded up.
    pub(super) fn steps(self, step_ms: i64) -> usize {
        match self {
            Self::Steps(steps) => steps,
            Self::Time(DurationMs(ms)) => usize::try_from(ms.saturating_add(step_ms - 1) / step_ms.max(1)).unwrap_or(0),
        }
    }
}
