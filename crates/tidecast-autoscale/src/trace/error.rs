//! Why a recording cannot be replayed, and what to do.

use super::text::{count, grouped, length, percent, time};
use std::fmt;

/// Why there is no trace.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum TraceError {
    /// Times and values do not belong together.
    #[error("there are {times} times but {values} values; give one value for each time")]
    UnequalLengths {
        /// How many times.
        times: usize,
        /// How many values.
        values: usize,
    },
    /// Too little happens in so few samples.
    #[error(
        "the trace has {}, and at least {needed} are needed; record for longer, or more often",
        count(*samples, "sample")
    )]
    TooFewSamples {
        /// Samples at different times.
        samples: usize,
        /// The least.
        needed: usize,
    },
    /// Too little happens in so short a time.
    #[error(
        "the trace covers {}, and at least {} is needed; take a longer recording, best of some days",
        span(*covered_ms), span(*needed_ms)
    )]
    TooShort {
        /// From the first sample to the last, ms.
        covered_ms: i64,
        /// The least, ms.
        needed_ms: i64,
    },
    /// What happens between two samples is not in the recording.
    #[error(
        "most samples are {} apart, and at most 1h is of use; take a recording with a shorter step, or check \
         whether the times are in seconds or milliseconds",
        span(*step_ms)
    )]
    TooCoarse {
        /// The most common distance, ms.
        step_ms: i64,
    },
    /// A clock was wrong for a while.
    #[error("{jump}; cut the trace there")]
    ClockJump {
        /// Where.
        jump: Jump,
    },
    /// More steps than a replay goes through.
    #[error(
        "the trace has {} steps of {}, more than {}; cut it, or take averages over a longer step",
        grouped(*steps as f64), span(*step_ms), grouped(*most as f64)
    )]
    TooLong {
        /// Steps from the first sample to the last.
        steps: u64,
        /// Their length, ms.
        step_ms: i64,
        /// The most.
        most: u64,
    },
    /// No value can be used.
    #[error(
        "none of the {} has a value that can be used: {empty} are empty or not a number, {negative} negative, \
         {infinite} infinite; check which column or query holds the demand",
        count(*samples, "sample")
    )]
    AllMissing {
        /// How many samples.
        samples: usize,
        /// Without a number.
        empty: usize,
        /// Below 0.
        negative: usize,
        /// Infinite.
        infinite: usize,
    },
    /// There was no demand.
    #[error(
        "the demand is 0 in all {}; check which column or query holds the demand, and that the recording is from a \
         time with traffic",
        count(*samples, "sample")
    )]
    AllZero {
        /// How many samples.
        samples: usize,
    },
    /// Most of the trace would be made up.
    #[error(
        "{} of the {} of {} have no value, more than half; {longest_gap}: cut the trace there, or take a recording \
         with fewer gaps",
        percent(*missing, *steps), count(*steps, "step"), span(*step_ms)
    )]
    MostlyMissing {
        /// Steps without a value.
        missing: usize,
        /// All steps.
        steps: usize,
        /// Their length, ms.
        step_ms: i64,
        /// Where most of it is.
        longest_gap: Gap,
    },
    /// The text is compressed.
    #[error("the text is compressed by gzip; decompress it first")]
    Compressed,
    /// The text has not the two columns.
    #[error("{}; give exactly two: the time and the demand, as in `ts,requests`", columns_found(columns))]
    Columns {
        /// Their names, or the cells of the first row where there is no header.
        columns: Vec<String>,
    },
    /// Too many rows cannot be read.
    #[error(
        "line {line} cannot be read: {reason}; it is one of {malformed} such lines among {rows}, more than 1 in \
         100; write rows as in `1628640000,39.7` or `2021-08-11 00:00:00,39.7`"
    )]
    Malformed {
        /// The first of them, from 1.
        line: usize,
        /// What is wrong with it.
        reason: String,
        /// How many such lines.
        malformed: usize,
        /// How many lines with data.
        rows: usize,
    },
    /// Too many rows for the memory.
    #[error("the text has more than {} rows; cut it, or take averages over a longer step", grouped(*most as f64))]
    TooManyRows {
        /// The most.
        most: usize,
    },
    /// The reader failed.
    #[error("the text cannot be read after line {line}: {reason}; check the file or the connection it comes from")]
    Read {
        /// The last line that was read whole, from 1.
        line: usize,
        /// Why.
        reason: String,
    },
}

/// Two neighbouring samples that are far apart in time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Jump {
    /// Number of the sample before, from 1, as they were given.
    pub sample: usize,
    /// Its time, ms since the Unix epoch.
    pub from_ms: i64,
    /// The time of the sample after it.
    pub to_ms: i64,
}

/// The longest stretch without a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gap {
    /// Its beginning, ms since the Unix epoch.
    pub from_ms: i64,
    /// Its end.
    pub to_ms: i64,
}

impl fmt::Display for Jump {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let jump_ms = i128::from(self.to_ms) - i128::from(self.from_ms);
        let (from, to, way) = (time(self.from_ms), time(self.to_ms), if jump_ms < 0 { "back " } else { "" });
        let (sample, next) = (grouped(self.sample as f64), grouped(self.sample as f64 + 1.0));
        let jump = length(jump_ms.abs());
        write!(f, "between sample {sample} at {from} and sample {next} at {to} the clock jumps {way}by {jump}")
    }
}

impl fmt::Display for Gap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let gap = length(i128::from(self.to_ms) - i128::from(self.from_ms));
        write!(f, "the longest gap is {gap} from {} to {}", time(self.from_ms), time(self.to_ms))
    }
}

/// A length of time, ms.
fn span(length_ms: i64) -> String {
    length(i128::from(length_ms))
}

fn columns_found(columns: &[String]) -> String {
    match columns {
        [] | [_] => "the text has one column".to_owned(),
        [_, values @ ..] => {
            let values = values.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
            format!(
                "the text has {} columns; behind the time are {values}, and one value column is needed",
                columns.len()
            )
        }
    }
}
