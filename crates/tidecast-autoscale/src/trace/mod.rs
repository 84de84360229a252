//! Recorded demand on a regular step: what a simulation replays.
//!
//! Recordings are seldom clean. [`Trace::from_samples`] puts samples on a grid and tells in its notes what it had to do to
//! them; where that would make up too much, it refuses and says what to do. [`read_csv`] takes the samples from text.

mod csv;
mod error;
mod grid;
mod samples;
mod text;
mod timestamp;

pub use csv::read_csv;
pub use error::TraceError;

use text::{grouped, rounded};
use tidecast_core::duration::DurationMs;

/// More replicas than this serve no single deployment: the units differ.
const PLAUSIBLE_REPLICAS_MAX: f64 = 10_000.0;

/// Demand recorded at `start_ms + i * step_ms`; each value holds from its time until the next.
#[derive(Clone, Debug, PartialEq)]
pub struct Trace {
    /// Time of the first value, ms since the Unix epoch.
    pub start_ms: i64,
    /// Distance between values, ms, at least 1.
    pub step_ms: i64,
    /// The demand; NaN where it is missing, never negative.
    pub values: Vec<f64>,
    /// What was done to the recording to get here, one sentence each, for whoever reads the results.
    pub notes: Vec<String>,
}

impl Trace {
    /// The demand during the step which contains the time; NaN where it is missing, and outside the trace.
    #[must_use]
    pub fn at(&self, time_ms: i64) -> f64 {
        let since_start_ms = i128::from(time_ms) - i128::from(self.start_ms);
        let index = since_start_ms.div_euclid(i128::from(self.step_ms.max(1)));
        usize::try_from(index).ok().and_then(|index| self.values.get(index)).copied().unwrap_or(f64::NAN)
    }

    /// The greatest demand; 0 if all of it is missing.
    #[must_use]
    pub fn peak(&self) -> f64 {
        self.values.iter().copied().fold(0.0, f64::max)
    }

    /// How long the trace is, from its first step to the end of its last.
    #[must_use]
    pub fn duration(&self) -> DurationMs {
        DurationMs(self.step_ms.saturating_mul(i64::try_from(self.values.len()).unwrap_or(i64::MAX)))
    }

    /// The steps in order: time in ms since the Unix epoch, and demand, NaN where it is missing.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (i64, f64)> + '_ {
        self.values.iter().enumerate().map(|(index, &value)| {
            let offset_ms = self.step_ms.saturating_mul(i64::try_from(index).unwrap_or(i64::MAX));
            (self.start_ms.saturating_add(offset_ms), value)
        })
    }

    /// A warning, if `capacity`, the demand that one replica serves, hardly fits this demand: it is in another unit, or
    /// there is nothing to scale.
    #[must_use]
    pub fn plausible(&self, capacity: f64) -> Option<String> {
        if !(capacity > 0.0 && capacity.is_finite()) {
            return Some(format!(
                "a replica cannot have a capacity of {}; give the demand that one replica serves, above 0",
                rounded(capacity)
            ));
        }
        let (peak, needed) = (self.peak(), self.peak() / capacity);
        if needed > PLAUSIBLE_REPLICAS_MAX {
            let question = if needed / 60.0 <= PLAUSIBLE_REPLICAS_MAX {
                "is the trace in requests a minute and the capacity in requests a second?"
            } else {
                "are the trace and the capacity in the same unit?"
            };
            return Some(format!(
                "the peak of {} needs {} replicas of capacity {}: {question}",
                rounded(peak),
                grouped(needed.ceil()),
                rounded(capacity)
            ));
        }
        if needed < 1.0 {
            let reserve = if peak > 0.0 {
                format!("one replica serves {} x the peak", rounded(1.0 / needed))
            } else {
                "there is no demand at all".to_owned()
            };
            let question = match 1.0 / needed {
                ..6.0 => "",
                ..600.0 => "; is the capacity in requests a minute and the trace in requests a second?",
                _ => "; are the trace and the capacity in the same unit?",
            };
            return Some(format!(
                "{reserve}: the peak is {}, the capacity of a replica {}, so that nothing is ever scaled{question}",
                rounded(peak),
                rounded(capacity)
            ));
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn trace(values: &[f64]) -> Trace {
        Trace { start_ms: 60_000, step_ms: 1_000, values: values.to_vec(), notes: Vec::new() }
    }

    #[test]
    fn a_value_holds_for_its_step() {
        let trace = trace(&[1.0, f64::NAN, 3.0]);
        let cases = [(60_000, 1.0), (60_999, 1.0), (62_000, 3.0), (62_999, 3.0)];
        for (time_ms, expected) in cases {
            assert_eq!(trace.at(time_ms), expected, "{time_ms}");
        }
        for time_ms in [i64::MIN, 59_999, 61_000, 61_999, 63_000, i64::MAX] {
            assert!(trace.at(time_ms).is_nan(), "{time_ms}");
        }
        assert_eq!(trace.peak(), 3.0);
        assert_eq!(trace.duration().to_string(), "3s");
        assert_eq!(trace.iter().map(|(time_ms, _)| time_ms).collect::<Vec<_>>(), [60_000, 61_000, 62_000]);
    }

    #[test]
    fn an_implausible_capacity_is_told() {
        let cases: [(&[f64], f64, Option<&str>); 9] = [
            (&[10.0, 500.0], 5.0, None),
            (&[5.0], 5.0, None),
            (&[50_000.0], 5.0, None),
            (
                &[415_000.0],
                5.0,
                Some("the peak of 415,000 needs 83,000 replicas of capacity 5: is the trace in requests a minute"),
            ),
            (&[1e12], 5.0, Some("in the same unit?")),
            (
                &[83.26],
                4_996.0,
                Some("one replica serves 60 x the peak: the peak is 83.3, the capacity of a replica 4,996, so"),
            ),
            (&[4.0], 5.0, Some("so that nothing is ever scaled")),
            (&[0.0, f64::NAN], 5.0, Some("no demand at all")),
            (&[1.0], 0.0, Some("above 0")),
        ];
        for (values, capacity, expected) in cases {
            let warning = trace(values).plausible(capacity);
            match expected {
                None => assert_eq!(warning, None),
                Some(words) => assert!(warning.as_ref().is_some_and(|text| text.contains(words)), "{warning:?}"),
            }
        }
        assert!(trace(&[1.0]).plausible(f64::NAN).is_some());
    }
}
