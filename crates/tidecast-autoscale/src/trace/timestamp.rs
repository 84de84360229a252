//! Times as recordings write them.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

/// The years before 5138 in seconds; a number as large in milliseconds is after 1973.
const SECONDS_MAX: f64 = 1e11;
const MILLISECONDS_MAX: f64 = 1e14;

/// A time in ms since the Unix epoch: seconds or milliseconds since then, told apart by their size, or a date and a time
/// of day as in RFC 3339, in UTC where there is no offset. `None` if it is none of these.
pub(super) fn read(cell: &str) -> Option<i64> {
    if let Ok(number) = cell.parse::<f64>() {
        let ms = if number.abs() < SECONDS_MAX { number * 1e3 } else { number };
        return (ms.abs() < MILLISECONDS_MAX).then(|| ms.round() as i64);
    }
    if let Ok(time) = cell.parse::<Timestamp>() {
        return Some(time.as_millisecond());
    }
    let local = cell.strip_suffix("UTC").unwrap_or(cell).trim_end();
    Some(TimeZone::UTC.to_timestamp(local.parse::<DateTime>().ok()?).ok()?.as_millisecond())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read() {
        let cases = [
            ("1628640000", Some(1_628_640_000_000)),
            ("1628640000.25", Some(1_628_640_000_250)),
            ("1.62864e9", Some(1_628_640_000_000)),
            ("1628640000250", Some(1_628_640_000_250)),
            ("0", Some(0)),
            ("-60", Some(-60_000)),
            ("2021-08-11 00:00:00", Some(1_628_640_000_000)),
            ("2021-08-11T00:00:00", Some(1_628_640_000_000)),
            ("2021-08-11 00:00", Some(1_628_640_000_000)),
            ("2021-08-11", Some(1_628_640_000_000)),
            ("2021-08-11T02:00:00.5+02:00", Some(1_628_640_000_500)),
            ("2021-08-11 02:00:00+02:00", Some(1_628_640_000_000)),
            ("2021-08-11T00:00:00Z", Some(1_628_640_000_000)),
            ("2021-08-11 00:00:00 UTC", Some(1_628_640_000_000)),
            ("1628640000000000", None),
            ("inf", None),
            ("NaN", None),
            ("2021-13-11", None),
            ("11.08.2021", None),
            ("noon", None),
            ("", None),
        ];
        for (cell, expected) in cases {
            assert_eq!(read(cell), expected, "{cell}");
        }
    }
}
