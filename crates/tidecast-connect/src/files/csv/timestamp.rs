//! Timestamps from text, specialised to the format of a file: the date part is cached, since rows share it.

use super::options::TimestampFormat;
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

const DAY_MS: i64 = 86_400_000;
/// The years 0 to 9999, which have four digits in a calendar; the last day is left out for the sake of the zones.
const YEARS_MS: std::ops::Range<i64> = -62_167_219_200_000..253_402_207_200_000;
/// The longest date: `2024-01-31`.
const DATE_BYTES: usize = 10;

/// Reads the timestamps of one column.
#[derive(Clone, Debug)]
pub(super) struct TimestampReader {
    format: TimestampFormat,
    /// Zone of timestamps without an offset.
    zone: TimeZone,
    day: Day,
}

/// The date read last.
#[derive(Clone, Debug)]
struct Day {
    text: [u8; DATE_BYTES],
    length: usize,
    /// Its midnight, as if in UTC.
    midnight_ms: i64,
    /// What to add to local time for UTC, on days on which no clock changes.
    to_utc_ms: Option<i64>,
}

impl TimestampReader {
    /// A reader of `format`, with `zone` for what carries no offset.
    pub(super) fn new(format: TimestampFormat, zone: TimeZone) -> Self {
        Self { format, zone, day: Day { text: [0; DATE_BYTES], length: 0, midnight_ms: 0, to_utc_ms: None } }
    }

    /// The instant in ms since the Unix epoch (finer digits are cut off), or `None` if the cell is none in the
    /// years 0 to 9999.
    #[inline]
    pub(super) fn read(&mut self, cell: &[u8]) -> Option<i64> {
        let at_ms = match self.format {
            TimestampFormat::EpochMs => whole_number(cell),
            TimestampFormat::EpochS => epoch_s(cell),
            TimestampFormat::Iso8601 | TimestampFormat::DayMonthYear | TimestampFormat::MonthDayYear => {
                self.read_calendar(cell)
            }
        };
        at_ms.filter(|at_ms| YEARS_MS.contains(at_ms))
    }

    fn read_calendar(&mut self, cell: &[u8]) -> Option<i64> {
        let day = &self.day;
        let is_same_day = day.length > 0
            && cell.get(..day.length) == day.text.get(..day.length)
            && cell.get(day.length).is_none_or(|byte| !is_date_byte(*byte));
        if !is_same_day {
            self.day = self.read_day(cell)?;
        }
        let rest = &cell[self.day.length..];
        if rest.is_empty() {
            return self.utc(0);
        }
        let (b' ' | b'T' | b't') = rest[0] else { return None };
        let (time_ms, rest) = time_of_day(rest[1..].trim_ascii_start())?;
        match rest.trim_ascii() {
            [] => self.utc(time_ms),
            offset => Some(self.day.midnight_ms + time_ms - offset_ms(offset)?),
        }
    }

    /// The instant of a local time on the day read last.
    fn utc(&self, time_ms: i64) -> Option<i64> {
        let local_ms = self.day.midnight_ms + time_ms;
        self.day.to_utc_ms.map_or_else(|| local_to_utc(&self.zone, local_ms), |to_utc_ms| Some(local_ms + to_utc_ms))
    }

    fn read_day(&self, cell: &[u8]) -> Option<Day> {
        let length = cell.iter().position(|byte| !is_date_byte(*byte)).unwrap_or(cell.len());
        let date = cell.get(..length).filter(|date| date.len() <= DATE_BYTES)?;
        let mut text = [0; DATE_BYTES];
        text[..length].copy_from_slice(date);
        let [first, second, third] = date_parts(date)?;
        let (year, month, day) = match self.format {
            TimestampFormat::DayMonthYear => (third, second, first),
            TimestampFormat::MonthDayYear => (third, first, second),
            _ => (first, second, third),
        };
        if year.1 != 4 || month.1 > 2 || day.1 > 2 {
            return None;
        }
        let date = Date::new(year.0, i8::try_from(month.0).ok()?, i8::try_from(day.0).ok()?).ok()?;
        let midnight_ms = TimeZone::UTC.to_timestamp(date.to_datetime(jiff::civil::Time::midnight())).ok()?;
        let midnight_ms = midnight_ms.as_millisecond();
        Some(Day { text, length, midnight_ms, to_utc_ms: constant_to_utc_ms(&self.zone, midnight_ms) })
    }
}

fn is_date_byte(byte: u8) -> bool {
    byte.is_ascii_digit() || matches!(byte, b'-' | b'/' | b'.')
}

/// The three numbers of a date, each with how many digits it has; both separators are the same.
pub(super) fn date_parts(date: &[u8]) -> Option<[(i16, usize); 3]> {
    let separator = *date.iter().find(|byte| !byte.is_ascii_digit())?;
    let mut parts = date.split(|byte| *byte == separator);
    let mut part = || {
        let digits = parts.next()?;
        let number = (1..=4).contains(&digits.len()).then(|| whole_number(digits))??;
        Some((i16::try_from(number).ok()?, digits.len()))
    };
    let three = [part()?, part()?, part()?];
    parts.next().is_none().then_some(three)
}

/// `14:30`, `14:30:00` or `14:30:00.250` in ms, and what follows. `24:00` is the end of the day.
fn time_of_day(text: &[u8]) -> Option<(i64, &[u8])> {
    let (hour, rest) = match text {
        [digit, b':', ..] => (decimal_digit(*digit)?, &text[2..]),
        [_, _, b':', ..] => (two_digits(text)?, &text[3..]),
        _ => return None,
    };
    let minute = two_digits(rest)?;
    let mut rest = &rest[2..];
    let mut second = 0;
    let mut fraction_ms = 0;
    if let [b':', after @ ..] = rest {
        second = two_digits(after)?;
        rest = &after[2..];
        if let [b'.' | b',', after @ ..] = rest {
            let digits = after.iter().take_while(|byte| byte.is_ascii_digit()).count();
            fraction_ms = thousandths(&after[..digits])?;
            rest = &after[digits..];
        }
    }
    let time_ms = ((hour * 60 + minute) * 60 + second) * 1_000 + fraction_ms;
    (minute < 60 && second < 60 && time_ms <= DAY_MS).then_some((time_ms, rest))
}

/// `Z`, `UTC`, `+01`, `+0100` or `+01:00` in ms.
fn offset_ms(text: &[u8]) -> Option<i64> {
    let (sign, digits) = match text {
        [b'Z' | b'z'] | b"UTC" => return Some(0),
        [b'+', digits @ ..] => (1, digits),
        [b'-', digits @ ..] => (-1, digits),
        _ => return None,
    };
    let minutes = match digits {
        [_, _] => 0,
        [_, _, b':', minutes @ ..] | [_, _, minutes @ ..] if minutes.len() == 2 => two_digits(minutes)?,
        _ => return None,
    };
    let hours = two_digits(digits)?;
    (hours < 24 && minutes < 60).then_some(sign * (hours * 60 + minutes) * 60_000)
}

/// Seconds, perhaps with a fraction, in ms.
fn epoch_s(cell: &[u8]) -> Option<i64> {
    let point = memchr::memchr(b'.', cell);
    let (whole, fraction) = point.map_or((cell, &b"0"[..]), |at| (&cell[..at], &cell[at + 1..]));
    let fraction_ms = thousandths(fraction)?;
    let signed_ms = if whole.starts_with(b"-") { -fraction_ms } else { fraction_ms };
    whole_number(whole)?.checked_mul(1_000)?.checked_add(signed_ms)
}

/// The first three decimals as a number of thousandths; `None` without a digit.
fn thousandths(decimals: &[u8]) -> Option<i64> {
    if decimals.is_empty() || !decimals.iter().all(u8::is_ascii_digit) {
        return None;
    }
    Some((0..3).fold(0, |sum, at| sum * 10 + decimals.get(at).map_or(0, |byte| i64::from(byte - b'0'))))
}

fn decimal_digit(byte: u8) -> Option<i64> {
    byte.is_ascii_digit().then(|| i64::from(byte - b'0'))
}

fn two_digits(text: &[u8]) -> Option<i64> {
    Some(decimal_digit(*text.first()?)? * 10 + decimal_digit(*text.get(1)?)?)
}

/// An integer of at most 18 digits.
pub(super) fn whole_number(text: &[u8]) -> Option<i64> {
    let (sign, digits) = text.strip_prefix(b"-").map_or((1, text), |digits| (-1, digits));
    if digits.is_empty() || digits.len() > 18 {
        return None;
    }
    digits.iter().try_fold(0, |number, byte| Some(number * 10 + decimal_digit(*byte)?)).map(|number: i64| sign * number)
}

/// What to add to the local times of a day for UTC, if no clock changes on it, the day before or the day after.
fn constant_to_utc_ms(zone: &TimeZone, midnight_ms: i64) -> Option<i64> {
    if *zone == TimeZone::UTC {
        return Some(0);
    }
    let utc_ms = local_to_utc(zone, midnight_ms)?;
    let before = Timestamp::from_millisecond(utc_ms - DAY_MS).ok()?;
    let changes =
        zone.following(before).next().is_some_and(|next| next.timestamp().as_millisecond() <= utc_ms + 2 * DAY_MS);
    (!changes).then_some(utc_ms - midnight_ms)
}

/// The instant of a local time. In a gap it moves forward by the gap's length; of two it is the first.
fn local_to_utc(zone: &TimeZone, local_ms: i64) -> Option<i64> {
    let local = TimeZone::UTC.to_datetime(Timestamp::from_millisecond(local_ms).ok()?);
    Some(zone.to_ambiguous_timestamp(local).compatible().ok()?.as_millisecond())
}

#[cfg(test)]
mod tests {
    use super::*;
    use TimestampFormat::{DayMonthYear, EpochMs, EpochS, Iso8601, MonthDayYear};

    #[track_caller]
    fn check(format: TimestampFormat, zone: &str, cell: &str, expected: Option<&str>) {
        let zone = TimeZone::get(zone).unwrap();
        let expected = expected.map(|text| text.parse::<Timestamp>().unwrap().as_millisecond());
        let mut reader = TimestampReader::new(format, zone);
        assert_eq!(reader.read(cell.as_bytes()), expected, "{cell}");
        assert_eq!(reader.read(cell.as_bytes()), expected, "{cell}, with its date cached");
    }

    #[test]
    fn formats() {
        let cases = [
            (Iso8601, "2024-01-31", Some("2024-01-31T00:00Z")),
            (Iso8601, "2024-01-31 14:30", Some("2024-01-31T14:30Z")),
            (Iso8601, "2024/1/31 4:30", Some("2024-01-31T04:30Z")),
            (Iso8601, "2024-01-31T14:30:15.25", Some("2024-01-31T14:30:15.250Z")),
            (Iso8601, "2024-01-31T14:30:15.123999Z", Some("2024-01-31T14:30:15.123Z")),
            (Iso8601, "2024-01-31 14:30:15+01:00", Some("2024-01-31T13:30:15Z")),
            (Iso8601, "2024-01-31 14:30:15 -0130", Some("2024-01-31T16:00:15Z")),
            (Iso8601, "2024-01-31 14:30+02", Some("2024-01-31T12:30Z")),
            (Iso8601, "2024-01-31 24:00", Some("2024-02-01T00:00Z")),
            (Iso8601, "1969-12-31 23:59:59", Some("1969-12-31T23:59:59Z")),
            (Iso8601, "2024-02-30", None),
            (Iso8601, "2024-01-31 24:01", None),
            (Iso8601, "2024-01-31 14:60", None),
            (Iso8601, "2024-01-31 14", None),
            (Iso8601, "2024-01-31 14:30 oclock", None),
            (Iso8601, "2024-01/31", None),
            (Iso8601, "31.01.2024", None),
            (Iso8601, "2024-01-311", None),
            (Iso8601, "", None),
            (DayMonthYear, "31.01.2024 14:30", Some("2024-01-31T14:30Z")),
            (DayMonthYear, "5/2/2024", Some("2024-02-05T00:00Z")),
            (DayMonthYear, "02/31/2024", None),
            (MonthDayYear, "02/05/2024 01:00:00", Some("2024-02-05T01:00Z")),
            (EpochS, "1628640000", Some("2021-08-11T00:00:00Z")),
            (EpochS, "1628640000.5", Some("2021-08-11T00:00:00.500Z")),
            (EpochS, "-0.5", Some("1969-12-31T23:59:59.500Z")),
            (EpochS, "1628640000.", None),
            (EpochS, "9999999999999999999", None),
            (EpochMs, "1628640000123", Some("2021-08-11T00:00:00.123Z")),
            (EpochMs, "12a", None),
            (EpochMs, "1628640000123456", None),
        ];
        for (format, cell, expected) in cases {
            check(format, "UTC", cell, expected);
        }
    }

    #[test]
    fn local_times_and_clock_changes() {
        let cases = [
            ("2024-01-31 14:30", "2024-01-31T13:30Z"),
            ("2024-07-31 14:30", "2024-07-31T12:30Z"),
            ("2024-07-31 24:00", "2024-07-31T22:00Z"),
            ("2024-07-31 14:30Z", "2024-07-31T14:30Z"),
            // Skipped: 02:30 does not exist and becomes 03:30 summer time.
            ("2024-03-31 01:59", "2024-03-31T00:59Z"),
            ("2024-03-31 02:30", "2024-03-31T01:30Z"),
            ("2024-03-31 03:00", "2024-03-31T01:00Z"),
            // Twice: the first, still in summer time.
            ("2024-10-27 02:30", "2024-10-27T00:30Z"),
            ("2024-10-27 03:00", "2024-10-27T02:00Z"),
            ("2024-10-27 02:30+01:00", "2024-10-27T01:30Z"),
        ];
        for (cell, expected) in cases {
            check(Iso8601, "Europe/Zurich", cell, Some(expected));
        }
        check(Iso8601, "America/Sao_Paulo", "2018-11-04 12:00", Some("2018-11-04T14:00Z"));
    }
}
