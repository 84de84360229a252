//! Holidays: on a public holiday a series behaves, by a share that it shows itself, as on a Sunday.
//!
//! One share is all that is learned, since there are few holidays; the difference between a Sunday and every other day
//! comes from the newest weeks. On the ten bundled meters the share was between 0.8 and 1.3.

use crate::holidays::Country;
use crate::season::Cycle;
use serde::{Deserialize, Serialize};
use tidecast_core::series::RegularSeries;

const DAY_MS: i64 = 86_400_000;
const WEEK_MS: i64 = 7 * DAY_MS;
/// Start of a Sunday, ms since the Unix epoch, which was a Thursday.
const SUNDAY_MS: i64 = 3 * DAY_MS;
/// Weeks on either side of a holiday, and newest weeks, that say what a usual day is.
const WEEKS_AROUND: usize = 4;
const WEEKS_RECENT: usize = 8;
/// Fewest holidays that must have been seen.
const HOLIDAYS_NEEDED: usize = 2;
/// A share of 1 is believed as if that many holidays had shown it.
const PRIOR_HOLIDAYS: f64 = 2.0;
/// Largest share.
const LARGEST_SHARE: f64 = 1.5;

/// What a holiday changes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct HolidayEffect {
    country: Country,
    step_ms: i64,
    /// What is added to a usual value, for each step of a week that starts as the Unix epoch does.
    changes: Vec<f64>,
}

impl HolidayEffect {
    /// `None` for a series without days and weeks, or that has seen too few holidays.
    pub(super) fn learn(series: &RegularSeries, country: Country, cycle: Cycle) -> Option<Self> {
        let week = cycle.long?;
        let day = cycle.short;
        if i64::try_from(day).ok()?.checked_mul(series.step_ms)? != DAY_MS || week != 7 * day {
            return None;
        }
        let weeks = Weeks { series, week, first: place(series.start_ms, series.step_ms) };
        let holidays: Vec<bool> =
            (0..series.len()).map(|index| country.is_holiday(series.timestamp_ms(index))).collect();
        let sunday = |at: usize| place(SUNDAY_MS, series.step_ms) + at % day;
        let (mut product, mut square, mut seen) = (0.0, 0.0, 0);
        for index in (0..series.len()).filter(|index| holidays[*index]) {
            let at = weeks.place(index);
            let (usual, on_sunday) = (weeks.around(index, at, &holidays), weeks.around(index, sunday(at), &holidays));
            let change = on_sunday - usual;
            if (change * (series.values[index] - usual)).is_finite() && at / day != sunday(at) / day {
                product += change * (series.values[index] - usual);
                square += change * change;
                seen += 1;
            }
        }
        if seen < HOLIDAYS_NEEDED * day || square <= 0.0 {
            return None;
        }
        let prior = square / (seen as f64 / day as f64) * PRIOR_HOLIDAYS;
        let share = ((product + prior) / (square + prior)).clamp(0.0, LARGEST_SHARE);
        let newest = series.len().saturating_sub(WEEKS_RECENT * week);
        let recent = |at: usize| weeks.mean(at, newest..series.len(), &holidays);
        let changes = (0..week).map(|at| share * (recent(sunday(at)) - recent(at)));
        let changes = changes.map(|change| if change.is_finite() { change } else { 0.0 }).collect();
        Some(Self { country, step_ms: series.step_ms, changes })
    }

    pub(super) fn at(&self, time_ms: i64) -> f64 {
        let change = self.changes[place(time_ms, self.step_ms) % self.changes.len()];
        if change != 0.0 && self.country.is_holiday(time_ms) { change } else { 0.0 }
    }

    pub(super) fn is_sound(&self) -> bool {
        self.step_ms > 0 && !self.changes.is_empty() && self.changes.iter().all(|change| change.is_finite())
    }
}

/// Step of the week that a time falls into.
fn place(time_ms: i64, step_ms: i64) -> usize {
    usize::try_from(time_ms.rem_euclid(WEEK_MS) / step_ms.max(1)).unwrap_or(0)
}

/// A series as weeks.
struct Weeks<'a> {
    series: &'a RegularSeries,
    week: usize,
    /// Step of the week of the first value.
    first: usize,
}

impl Weeks<'_> {
    fn place(&self, index: usize) -> usize {
        (self.first + index) % self.week
    }

    /// Mean of the values at a step of the week near an index; NaN where there is none.
    fn around(&self, index: usize, at: usize, holidays: &[bool]) -> f64 {
        let reach = WEEKS_AROUND * self.week;
        self.mean(at, index.saturating_sub(reach)..(index + reach + 1).min(self.series.len()), holidays)
    }

    /// Mean of the values at a step of the week in a range, holidays left out; NaN where there is none.
    fn mean(&self, at: usize, range: std::ops::Range<usize>, holidays: &[bool]) -> f64 {
        let offset = (at + self.week - self.place(range.start)) % self.week;
        let usual = (range.start + offset..range.end).step_by(self.week).filter(|index| !holidays[*index]);
        let known = usual.map(|index| self.series.values[index]).filter(|value| value.is_finite());
        let (sum, count) = known.fold((0.0, 0.0), |(sum, count), value| (sum + value, count + 1.0));
        sum / count
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR_MS: i64 = 3_600_000;
    const CYCLE: Cycle = Cycle { short: 24, long: Some(168) };
    /// 2018-01-01, a Monday.
    const START_MS: i64 = 17_532 * DAY_MS;

    /// Hourly: 10 by day and 4 by night, 3 all Sunday and a part of the way there on British holidays.
    fn series(days: usize, share: f64) -> RegularSeries {
        let country: Country = "GB".parse().unwrap();
        let value = |index: usize| {
            let usual = if index % 24 >= 8 { 10.0 } else { 4.0 };
            let time_ms = START_MS + index as i64 * HOUR_MS;
            let sunday = if (index / 24) % 7 == 6 { 1.0 } else { 0.0 };
            let part = if country.is_holiday(time_ms) { share } else { sunday };
            usual + part * (3.0 - usual)
        };
        RegularSeries { start_ms: START_MS, step_ms: HOUR_MS, values: (0..24 * days).map(value).collect() }
    }

    #[test]
    fn takes_the_share_that_the_series_shows() {
        let country = "GB".parse().unwrap();
        for (share, least, most) in [(1.0, 0.999, 1.001), (0.5, 0.5, 0.7), (0.0, 0.0, 0.3)] {
            let effect = HolidayEffect::learn(&series(365, share), country, CYCLE).unwrap();
            // 2019-04-22, Easter Monday, noon: 10 on a usual Monday, 3 on a Sunday.
            let easter_monday = START_MS + 476 * DAY_MS + 12 * HOUR_MS;
            let found = effect.at(easter_monday) / -7.0;
            assert!((least..=most).contains(&found), "{share}: {found}");
            assert_eq!(effect.at(easter_monday + DAY_MS), 0.0);
        }
    }

    #[test]
    fn says_nothing_without_reason() {
        let country = "GB".parse().unwrap();
        assert_eq!(HolidayEffect::learn(&series(80, 1.0), country, CYCLE), None, "one holiday");
        assert_eq!(HolidayEffect::learn(&series(365, 1.0), country, Cycle { short: 24, long: None }), None);
        let unknown = RegularSeries { values: vec![f64::NAN; 8_760], ..series(0, 1.0) };
        assert_eq!(HolidayEffect::learn(&unknown, country, CYCLE), None);
    }
}
