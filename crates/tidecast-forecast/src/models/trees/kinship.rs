//! Which days are alike: a Monday may be like the Friday before it, and not like the Sunday.
//!
//! Learned from the series, not from a calendar: weekends differ between countries, and are nothing to some series.

use super::layout::WEEK;
use crate::conformal::phase;
use serde::{Deserialize, Serialize};

/// A day whose error as a forecast is at most this many times that of the best day is alike.
const TOLERANCE: f64 = 1.2;
/// Seasons of the newest past that are compared.
const COMPARED: usize = 52 * WEEK;

/// For each day of the week, the days before it that are like it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Kinship {
    /// Bit `days % WEEK` is set where the day so many days before is alike.
    alike: [u8; WEEK],
}

impl Kinship {
    /// Compares every day with those of the week before it; the first value is at `first_step`.
    pub(super) fn learn(values: &[f64], first_step: i64, season: usize) -> Self {
        let skipped = values.len().saturating_sub(COMPARED * season);
        let values = &values[skipped..];
        let first_step = first_step.saturating_add(i64::try_from(skipped).unwrap_or(0));
        let mut errors = [[0.0; WEEK]; WEEK];
        let week = WEEK * season;
        for (index, value) in values.iter().enumerate().skip(week) {
            let day = weekday(first_step.saturating_add(i64::try_from(index).unwrap_or(0)), season);
            for days in 1..=WEEK {
                errors[day][days % WEEK] += (value - values[index - days * season]).abs();
            }
        }
        let alike = errors.map(|errors| {
            let most = TOLERANCE * errors.iter().copied().fold(f64::INFINITY, f64::min);
            // The same day of the week is always alike.
            errors.iter().enumerate().fold(1, |bits, (days, error)| bits | u8::from(*error <= most) << days)
        });
        Self { alike }
    }

    /// Whether the day so many days before that of a step is like it.
    pub(super) fn alike(&self, step: i64, season: usize, days: usize) -> bool {
        self.alike[weekday(step, season)] >> (days % WEEK) & 1 == 1
    }
}

/// The day of the week of a step, counted from a Thursday.
fn weekday(step: i64, season: usize) -> usize {
    phase(step, WEEK * season) / season.max(1) % WEEK
}
