//! Numbers, times and lengths of time as messages show them.

use jiff::Timestamp;
use tidecast_core::duration::DurationMs;

const YEAR_MS: f64 = 365.25 * 86_400_000.0;

/// A time as RFC 3339, or as what it is where no calendar has it.
pub(super) fn time(time_ms: i64) -> String {
    Timestamp::from_millisecond(time_ms).map_or_else(|_| format!("{time_ms} ms"), |time| time.to_string())
}

/// A length of time in words that a person can picture: years, or whole parts.
pub(super) fn length(length_ms: i128) -> String {
    let ms = length_ms as f64;
    if ms.abs() >= YEAR_MS {
        return format!("{:.1} years", ms / YEAR_MS);
    }
    let whole_seconds = if length_ms >= 60_000 { length_ms / 1_000 * 1_000 } else { length_ms };
    DurationMs(i64::try_from(whole_seconds).unwrap_or(i64::MAX)).to_string()
}

/// A share of a whole, as a percentage that is not 0 unless there is none.
pub(super) fn percent(part: usize, whole: usize) -> String {
    let percent = 100.0 * part as f64 / whole.max(1) as f64;
    if part > 0 && percent < 0.05 { "less than 0.1 %".to_owned() } else { format!("{percent:.1} %") }
}

/// A count: `1 sample`, or `1,234 samples`.
pub(super) fn count(number: usize, what: &str) -> String {
    format!("{} {what}{}", grouped(number as f64), if number == 1 { "" } else { "s" })
}

/// A whole number with its thousands apart: `83,000`.
pub(super) fn grouped(number: f64) -> String {
    if number.abs() >= 1e15 {
        return format!("{number:.2e}");
    }
    let digits = format!("{:.0}", number.abs());
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    if number < 0.0 { format!("-{text}") } else { text }
}

/// A number with three digits that count, whole from 100 on.
pub(super) fn rounded(number: f64) -> String {
    if !number.is_finite() || number == 0.0 {
        return number.to_string();
    }
    if number.abs() >= 99.95 {
        return grouped(number);
    }
    if number.abs() < 1e-3 {
        return format!("{number:.2e}");
    }
    let decimals = (2 - number.abs().log10().floor() as i32).clamp(0, 5) as usize;
    let text = format!("{number:.decimals$}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_short() {
        let cases = [
            (0.0, "0"),
            (5.0, "5"),
            (0.0123, "0.0123"),
            (0.000_012_3, "1.23e-5"),
            (83.26, "83.3"),
            (99.96, "100"),
            (-1_234.5, "-1,234"),
            (83_000.0, "83,000"),
            (1e15, "1.00e15"),
            (f64::INFINITY, "inf"),
        ];
        for (number, expected) in cases {
            assert_eq!(rounded(number), expected);
        }
        assert_eq!(count(1, "sample"), "1 sample");
        assert_eq!(count(10_000, "sample"), "10,000 samples");
    }

    #[test]
    fn times_and_lengths_are_readable() {
        assert_eq!(time(1_628_640_000_000), "2021-08-11T00:00:00Z");
        assert_eq!(time(i64::MAX), format!("{} ms", i64::MAX));
        let cases = [
            (1_500, "1s500ms"),
            (90_000, "1m30s"),
            (90_001, "1m30s"),
            (101_000_000_000, "3.2 years"),
            (-101_000_000_000, "-3.2 years"),
        ];
        for (length_ms, expected) in cases {
            assert_eq!(length(length_ms), expected);
        }
    }
}
