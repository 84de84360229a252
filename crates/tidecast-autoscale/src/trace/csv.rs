//! Recordings as text: a time and a value in each row, with or without a header.

use super::error::TraceError;
use super::text::count;
use super::{Trace, timestamp};
use std::io::{BufRead, Read as _};

/// A row has some tens of bytes.
const LINE_BYTES_MAX: usize = 64 << 10;
/// Twice the steps of the longest trace.
const ROWS_MAX: usize = 20_000_000;
/// The first bytes of what gzip made.
const GZIP: [u8; 2] = [0x1f, 0x8b];
/// Ways to write that there is no value.
const MISSING: [&str; 6] = ["", "-", "null", "none", "na", "n/a"];

/// What was read so far.
#[derive(Default)]
struct Rows {
    times_ms: Vec<i64>,
    values: Vec<f64>,
    /// The name of the demand.
    name: Option<String>,
    malformed: usize,
    /// The line of the first malformed row, from 1, and what is wrong with it.
    first_malformed: Option<(usize, String)>,
}

/// Reads a trace from text with two columns, whatever their names: the time (seconds or milliseconds since the Unix epoch,
/// told apart by their size, or date and time of day, in UTC unless there is an offset) and the demand (empty where it is
/// missing). The columns are apart by commas, semicolons or tabs; a header may name them.
///
/// # Errors
/// When the text has other columns, more than 1 of 100 rows are malformed, or [`Trace::from_samples`] refuses the samples.
pub fn read_csv(mut text: impl BufRead) -> Result<Trace, TraceError> {
    let mut rows = Rows::default();
    let mut separator = None;
    let mut buffer = Vec::new();
    let mut line = 0;
    loop {
        let failed = |reason: String| TraceError::Read { line, reason };
        buffer.clear();
        let limit = LINE_BYTES_MAX as u64 + 1;
        text.by_ref().take(limit).read_until(b'\n', &mut buffer).map_err(|error| failed(error.to_string()))?;
        if buffer.is_empty() {
            break;
        }
        if line == 0 && buffer.starts_with(&GZIP) {
            return Err(TraceError::Compressed);
        }
        if buffer.len() > LINE_BYTES_MAX {
            return Err(failed(format!("the next line is longer than {} KiB", LINE_BYTES_MAX >> 10)));
        }
        line += 1;
        let row = String::from_utf8_lossy(&buffer);
        let row = row.trim_start_matches('\u{feff}').trim();
        if row.is_empty() {
            continue;
        }
        match separator {
            Some(separator) => rows.take(line, row, separator)?,
            None => separator = Some(rows.begin(line, row)?),
        }
    }
    rows.finish()
}

impl Rows {
    /// Takes the first row, which may be a header, and returns what separates columns.
    fn begin(&mut self, line: usize, row: &str) -> Result<char, TraceError> {
        let separator = row.chars().find(|letter| [',', ';', '\t'].contains(letter)).unwrap_or(',');
        let columns: Vec<&str> = cells(row, separator).collect();
        let &[time, value] = columns.as_slice() else {
            return Err(TraceError::Columns { columns: columns.into_iter().map(shortened).collect() });
        };
        if timestamp::read(time).is_none() && read_value(value).is_none_or(f64::is_nan) {
            self.name = Some(shortened(value)).filter(|name| !name.is_empty());
        } else {
            self.take(line, row, separator)?;
        }
        Ok(separator)
    }

    /// Takes a row with data.
    fn take(&mut self, line: usize, row: &str, separator: char) -> Result<(), TraceError> {
        match read_row(row, separator) {
            Ok(_) if self.times_ms.len() == ROWS_MAX => return Err(TraceError::TooManyRows { most: ROWS_MAX }),
            Ok((time_ms, value)) => {
                self.times_ms.push(time_ms);
                self.values.push(value);
            }
            Err(reason) => {
                self.malformed += 1;
                self.first_malformed.get_or_insert((line, reason));
            }
        }
        Ok(())
    }

    fn finish(self) -> Result<Trace, TraceError> {
        let Self { times_ms, values, name, malformed, first_malformed } = self;
        let rows = times_ms.len() + malformed;
        let mut notes: Vec<String> =
            name.map(|name| format!("the demand is the column `{name}`")).into_iter().collect();
        if let Some((line, reason)) = first_malformed {
            if 100 * malformed > rows {
                return Err(TraceError::Malformed { line, reason, malformed, rows });
            }
            notes.push(format!(
                "{} could not be read and was left out, first line {line}: {reason}",
                count(malformed, "row")
            ));
        }
        let mut trace = Trace::from_samples(&times_ms, &values)?;
        notes.append(&mut trace.notes);
        Ok(Trace { notes, ..trace })
    }
}

/// Time and value, or what is wrong.
fn read_row(row: &str, separator: char) -> Result<(i64, f64), String> {
    let mut cells = cells(row, separator);
    let (Some(time), Some(value)) = (cells.next(), cells.next()) else {
        return Err("it has one column".to_owned());
    };
    let further = cells.count();
    if further > 0 {
        return Err(format!("it has {} columns", 2 + further));
    }
    let time_ms = timestamp::read(time).ok_or_else(|| format!("`{}` is not a time", shortened(time)))?;
    let value = read_value(value).ok_or_else(|| format!("`{}` is not a number", shortened(value)))?;
    Ok((time_ms, value))
}

/// The value of a cell, NaN where it is missing; `None` if it is neither.
fn read_value(cell: &str) -> Option<f64> {
    if MISSING.iter().any(|missing| cell.eq_ignore_ascii_case(missing)) { Some(f64::NAN) } else { cell.parse().ok() }
}

fn cells(row: &str, separator: char) -> impl Iterator<Item = &str> {
    row.split(separator).map(|cell| {
        let cell = cell.trim();
        cell.strip_prefix('"').and_then(|cell| cell.strip_suffix('"')).map_or(cell, str::trim)
    })
}

/// A cell as messages show it: without what a terminal would obey, and not much of it.
fn shortened(cell: &str) -> String {
    const LETTERS_MAX: usize = 40;
    let shown: String = cell.chars().take(LETTERS_MAX).flat_map(char::escape_debug).collect();
    if cell.chars().nth(LETTERS_MAX).is_some() { shown + "…" } else { shown }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::io::BufReader;

    const START_S: i64 = 1_628_640_000;

    /// Four hours of minutes, each row made by `row`, behind a header.
    fn text(header: &str, row: impl Fn(i64) -> String) -> String {
        header.to_owned() + &(0..240).map(|i| row(i) + "\n").collect::<String>()
    }

    fn seconds(i: i64) -> String {
        format!("{},{}", START_S + i * 60, i % 7)
    }

    #[test]
    fn forms_of_rows_and_headers() {
        let date = |i: i64| jiff::Timestamp::from_second(START_S + i * 60).unwrap().to_string();
        let cases = [
            (text("", seconds), None),
            (text("ts,value\n", seconds), Some("value")),
            (text("\u{feff}ts,value\r\n", |i| seconds(i) + "\r"), Some("value")),
            (
                text("\n\"time\";\"requests per second\"\n", |i| format!("\"{}\";\"{}\"", START_S + i * 60, i % 7)),
                Some("requests per second"),
            ),
            (text("t\tv\n", |i| format!("{}\t{}", START_S + i * 60, i % 7)), Some("v")),
            (text("timestamp,cpu\n", |i| format!("{}000, {}.0", START_S + i * 60, i % 7)), Some("cpu")),
            (text("timestamp,cpu\n", |i| format!("{},{}", date(i), i % 7)), Some("cpu")),
            (
                text("timestamp,cpu\n", |i| format!("{},{}", date(i).replace('T', " ").trim_end_matches('Z'), i % 7)),
                Some("cpu"),
            ),
            (text("timestamp,\n", seconds), None),
        ];
        for (text, name) in cases {
            let trace = read_csv(text.as_bytes()).unwrap();
            assert_eq!((trace.start_ms, trace.step_ms), (START_S * 1_000, 60_000), "{text:.60}");
            assert!(trace.values.iter().enumerate().all(|(i, &value)| value == (i % 7) as f64), "{text:.60}");
            let expected: Vec<String> =
                name.map(|name| format!("the demand is the column `{name}`")).into_iter().collect();
            assert_eq!(trace.notes, expected, "{text:.60}");
        }
    }

    #[test]
    fn a_value_may_be_missing_and_few_rows_malformed() {
        let broken = |i: i64| match i {
            5 => format!("{},", START_S + i * 60),
            6 => format!("{},null", START_S + i * 60),
            7 => "### rotated ###".to_owned(),
            _ => seconds(i),
        };
        let trace = read_csv(text("ts,value\n", broken).as_bytes()).unwrap();
        assert!(trace.values[5].is_nan() && trace.values[6].is_nan() && trace.values[7].is_nan());
        assert_eq!(trace.notes[1], "1 row could not be read and was left out, first line 9: it has one column");
        assert!(
            trace.notes[2].starts_with("1.2 % of the 240 steps have no value; the longest gap is 3m"),
            "{:?}",
            trace.notes
        );
    }

    #[test]
    fn bad_text_is_refused() {
        let malformed =
            |row: &'static str| text("ts,value\n", move |i| if i % 50 == 3 { row.to_owned() } else { seconds(i) });
        let cases = [
            (String::new(), "0 samples"),
            ("ts,value\n".to_owned(), "0 samples"),
            (
                text("ts,a,b\n", |i| seconds(i) + ",1"),
                "the text has 3 columns; behind the time are `a`, `b`, and one value column is needed",
            ),
            (text("", |i| seconds(i) + ",8"), "the text has 3 columns; behind the time are `0`, `8`"),
            (text("value\n", |i| i.to_string()), "the text has one column; give exactly two"),
            (
                malformed("noon,1"),
                "line 5 cannot be read: `noon` is not a time; it is one of 5 such lines among 240, more than 1 in 100",
            ),
            (malformed("1628640000,many"), "`many` is not a number"),
            (malformed("1628640000,1,2"), "it has 3 columns"),
            (malformed("1628640000123456,1"), "`1628640000123456` is not a time"),
            (
                malformed("\u{1b}[2J0123456789012345678901234567890123456789,1"),
                "`\\u{1b}[2J012345678901234567890123456789012345…` is not",
            ),
            ("a,b\n".to_owned() + &"x".repeat(100_000), "after line 1: the next line is longer than 64 KiB"),
            ("\u{1f}".to_owned(), "one column"),
        ];
        for (text, words) in cases {
            let error = read_csv(text.as_bytes()).unwrap_err().to_string();
            assert!(error.contains(words), "{words}: {error}");
        }
        assert_eq!(read_csv(&[0x1f, 0x8b, 8, 0][..]), Err(TraceError::Compressed));
    }

    #[test]
    fn a_reader_that_fails_is_told() {
        struct Broken;
        impl std::io::Read for Broken {
            fn read(&mut self, _: &mut [u8]) -> std::io::Result<usize> {
                Err(std::io::Error::other("the line went dead"))
            }
        }
        let text = "ts,value\n1628640000,1\n".as_bytes().chain(Broken);
        let error = read_csv(BufReader::new(text)).unwrap_err().to_string();
        assert!(error.contains("after line 2: the line went dead"), "{error}");
    }

    proptest! {
        #[test]
        fn no_text_panics(text in "[-0-9a-zé,;.:\"\n\t ]{0,200}", bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = read_csv(text.as_bytes());
            let _ = read_csv(bytes.as_slice());
        }
    }
}
