//! Instants on the command line and in output.

use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use tidecast_core::duration::DurationMs;

/// Reads `2019-05-31`, `2019-05-31T12:00` (UTC), `2019-05-31T12:00:00+02:00`, milliseconds since the Unix epoch, `now`,
/// or a duration before now (`-7d`).
///
/// # Errors
/// A message with the accepted forms.
pub fn parse(text: &str, now_ms: i64) -> Result<i64, String> {
    if text == "now" {
        return Ok(now_ms);
    }
    if let Some(ago) = text.strip_prefix('-').and_then(|ago| ago.parse::<DurationMs>().ok()) {
        return Ok(now_ms.saturating_sub(ago.0));
    }
    if let Ok(milliseconds) = text.parse::<i64>() {
        return Ok(milliseconds);
    }
    let offset = text.parse::<Timestamp>();
    let civil = || text.parse::<DateTime>().or_else(|_| text.parse::<Date>().map(|date| date.at(0, 0, 0, 0)));
    let utc = || civil().and_then(|civil| civil.to_zoned(TimeZone::UTC)).map(|zoned| zoned.timestamp());
    offset.or_else(|_| utc()).map(Timestamp::as_millisecond).map_err(|_| {
        format!("`{text}` is not a time; accepted: 2019-05-31, 2019-05-31T12:00 (UTC), 2019-05-31T12:00:00+02:00, ms since 1970, now, -7d")
    })
}

/// RFC 3339 in UTC, with milliseconds only where they are not zero; the plain number where the calendar ends.
#[must_use]
pub fn format(timestamp_ms: i64) -> String {
    Timestamp::from_millisecond(timestamp_ms).map_or_else(|_| timestamp_ms.to_string(), |instant| instant.to_string())
}

/// The time of day in UTC of what is less than a day away, else the day.
#[must_use]
pub fn clock(timestamp_ms: i64, now_ms: i64) -> String {
    let whole = format(timestamp_ms.div_euclid(1_000).saturating_mul(1_000));
    let is_near = now_ms.abs_diff(timestamp_ms) < DurationMs::DAY.0.unsigned_abs();
    let part = whole.split_once('T').map(|(day, time)| if is_near { time.trim_end_matches('Z') } else { day });
    part.unwrap_or(&whole).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_people_write() {
        let now = 1_000_000_000_000;
        let cases = [
            ("2019-05-31", 1_559_260_800_000),
            ("2019-05-31T12:00", 1_559_304_000_000),
            ("2019-05-31 12:00:00", 1_559_304_000_000),
            ("2019-05-31T12:00:00+02:00", 1_559_296_800_000),
            ("1559304000000", 1_559_304_000_000),
            ("now", now),
            ("-1h", now - 3_600_000),
        ];
        for (text, expected) in cases {
            assert_eq!(parse(text, now), Ok(expected), "{text}");
        }
        assert!(parse("yesterday", now).is_err());
    }

    #[test]
    fn prints_rfc_3339() {
        assert_eq!(format(1_559_304_000_000), "2019-05-31T12:00:00Z");
        assert_eq!(format(1_559_304_000_250), "2019-05-31T12:00:00.25Z");
        assert_eq!(parse(&format(1_559_304_000_250), 0), Ok(1_559_304_000_250));
        assert_eq!(format(i64::MAX), i64::MAX.to_string());
    }

    #[test]
    fn what_is_near_needs_no_day() {
        assert_eq!(clock(1_559_304_000_250, 1_559_304_100_000), "12:00:00");
        assert_eq!(clock(1_559_304_000_250, 1_559_404_000_000), "2019-05-31");
        assert!(!clock(i64::MAX, 0).is_empty());
    }
}
