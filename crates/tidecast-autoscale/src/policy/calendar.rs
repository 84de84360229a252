//! Replicas that must be there at known times: sales, batch runs, office hours.

use super::PolicyError;
use croner::Cron;
use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};
use serde::Deserialize;
use std::str::FromStr as _;

/// From each time that matches `start` until the next that matches `end`, there are at least so many replicas.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CalendarEntry {
    /// When it begins: a cron expression of five fields.
    pub start: String,
    /// When it ends, likewise.
    pub end: String,
    /// In which both are read, as in the IANA database.
    pub time_zone: String,
    /// The fewest replicas meanwhile.
    pub min_replicas: i32,
}

/// Entries that were read, and what they ask for.
#[derive(Clone, Debug)]
pub struct Calendar {
    entries: Vec<Entry>,
}

#[derive(Clone, Debug)]
struct Entry {
    start: Cron,
    end: Cron,
    zone: TimeZone,
    min_replicas: i32,
    /// Whether it holds, and until when that is known.
    active: bool,
    known_until_ms: i64,
    known_from_ms: i64,
}

impl Calendar {
    /// Reads entries.
    ///
    /// # Errors
    /// [`PolicyError::Schedule`] or [`PolicyError::TimeZone`].
    pub fn new(entries: &[CalendarEntry]) -> Result<Self, PolicyError> {
        let entries = entries.iter().map(|entry| {
            let zone = TimeZone::get(&entry.time_zone).map_err(|_| PolicyError::TimeZone(entry.time_zone.clone()))?;
            Ok(Entry {
                start: schedule(&entry.start)?,
                end: schedule(&entry.end)?,
                zone,
                min_replicas: entry.min_replicas,
                active: false,
                known_until_ms: i64::MIN,
                known_from_ms: i64::MAX,
            })
        });
        Ok(Self { entries: entries.collect::<Result<_, _>>()? })
    }

    /// The fewest replicas at a time; `None` where no entry holds.
    pub fn min_replicas(&mut self, now_ms: i64) -> Option<i32> {
        self.entries.iter_mut().filter_map(|entry| entry.holds(now_ms).then_some(entry.min_replicas)).max()
    }
}

impl Entry {
    /// An entry holds if its end comes before its next start.
    fn holds(&mut self, now_ms: i64) -> bool {
        if (self.known_from_ms..self.known_until_ms).contains(&now_ms) {
            return self.active;
        }
        let Ok(now) = Timestamp::from_millisecond(now_ms) else { return false };
        let now = now.to_zoned(self.zone.clone());
        let next = |schedule: &Cron| {
            schedule.find_next_occurrence::<Zoned>(&now, false).map(|at| at.timestamp().as_millisecond())
        };
        // A schedule without another time never comes.
        let (start, end) = (next(&self.start).unwrap_or(i64::MAX), next(&self.end).unwrap_or(i64::MAX));
        self.active = end < start;
        (self.known_from_ms, self.known_until_ms) = (now_ms, start.min(end));
        self.active
    }
}

fn schedule(text: &str) -> Result<Cron, PolicyError> {
    let fail = |reason: String| PolicyError::Schedule { schedule: text.to_owned(), reason };
    let fields = text.split_whitespace().count();
    if fields != 5 {
        return Err(fail(format!("it has {fields} fields, not 5")));
    }
    Cron::from_str(text).map_err(|error| fail(error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(start: &str, end: &str, time_zone: &str) -> CalendarEntry {
        CalendarEntry { start: start.into(), end: end.into(), time_zone: time_zone.into(), min_replicas: 7 }
    }

    fn at(text: &str) -> i64 {
        text.parse::<Timestamp>().unwrap().as_millisecond()
    }

    #[test]
    fn holds_from_start_to_end_in_its_own_time_zone() {
        let mut calendar = Calendar::new(&[entry("0 8 * * 1-5", "30 18 * * 1-5", "Europe/Berlin")]).unwrap();
        // A Friday in winter, one hour ahead of UTC; then the week-end; then the Monday after the clocks went forward.
        let cases = [
            ("2026-03-27T06:59:59Z", None),
            ("2026-03-27T07:00:00Z", Some(7)),
            ("2026-03-27T17:29:59Z", Some(7)),
            ("2026-03-27T17:30:00Z", None),
            ("2026-03-28T12:00:00Z", None),
            ("2026-03-30T05:59:59Z", None),
            ("2026-03-30T06:00:00Z", Some(7)),
            // Time may go back: a replay starts again.
            ("2026-03-27T07:00:00Z", Some(7)),
        ];
        for (time, expected) in cases {
            assert_eq!(calendar.min_replicas(at(time)), expected, "{time}");
        }
    }

    #[test]
    fn says_what_cannot_be_read() {
        for (entry, expected) in [
            (entry("0 25 * * *", "0 1 * * *", "UTC"), "\"0 25 * * *\""),
            (entry("hourly", "0 1 * * *", "UTC"), "it has 1 fields, not 5"),
            (entry("0 1 * * *", "0 2 * * *", "Berlin/Europe"), "time zone \"Berlin/Europe\" is not known"),
        ] {
            let error = Calendar::new(&[entry]).unwrap_err().to_string();
            assert!(error.contains(expected), "{error:?} should contain {expected:?}");
        }
    }
}
