//! Detects how a CSV file is written from its beginning, within what the user has said.

use super::cells::{Cells, content};
use super::fault::{Fault, quoted};
use super::options::{CsvOptions, Layout, TimestampFormat};
use super::timestamp::TimestampReader;
use super::timestamp_detection::{Shape, format_of, shape_of};
use crate::number::{Cell, NumberStyle, read_cell};
use jiff::tz::TimeZone;

/// Delimiters in the order in which they are tried; the comma is last since it also occurs inside numbers.
const DELIMITERS: [u8; 4] = [b';', b'\t', b'|', b','];
/// Rows looked at to count columns and to find out what they hold.
const ROWS_LOOKED_AT: usize = 200;
/// More columns than this are a mistake, or data for the long layout.
const MAX_COLUMNS: usize = 100_000;
/// Headers that are tried first as the timestamp column.
const TIME_WORDS: [&str; 7] = ["timestamp", "datetime", "time", "date", "ts", "ds", "epoch"];

/// How a file is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Dialect {
    /// The character between cells.
    pub(super) delimiter: u8,
    /// Whether the first line holds names.
    pub(super) has_header: bool,
    /// Names of all columns; `column_N` where the file has none.
    pub(super) names: Vec<String>,
    /// Index of the timestamp column.
    pub(super) timestamp: usize,
    /// How timestamps are written.
    pub(super) format: TimestampFormat,
    /// What the other columns are.
    pub(super) shape: TableShape,
}

/// Where the values are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TableShape {
    /// In every column but the timestamp's.
    Wide,
    /// In one column, with the series in another.
    Long {
        /// Index of the series column.
        series: usize,
        /// Index of the value column.
        value: usize,
    },
}

impl Dialect {
    /// How the numbers of the file are written.
    pub(super) fn number_style(&self) -> NumberStyle {
        number_style(self.delimiter)
    }
}

fn number_style(delimiter: u8) -> NumberStyle {
    NumberStyle { delimiter, decimal: if delimiter == b';' { b',' } else { b'.' } }
}

/// The dialect of a file that begins with `rows` (not empty).
pub(super) fn detect(rows: &[&[u8]], options: &CsvOptions) -> Result<Dialect, Fault> {
    let delimiters = match options.delimiter {
        None => DELIMITERS.to_vec(),
        Some(delimiter) => vec![checked_delimiter(delimiter)?],
    };
    let usual = |delimiter| usual_columns(rows, delimiter).map(|usual| (delimiter, usual));
    let mut candidates: Vec<(u8, UsualColumns)> = delimiters.into_iter().filter_map(usual).collect();
    // Stable: of delimiters that fit equally many rows the one tried first stays first.
    candidates.sort_by_key(|(_, usual)| std::cmp::Reverse(usual.rows));
    let mut first_fault = None;
    for (delimiter, UsualColumns { columns, .. }) in candidates {
        if columns > MAX_COLUMNS || Cells::of(rows[0], delimiter).nth(MAX_COLUMNS).is_some() {
            let reason = format!("it has more than {MAX_COLUMNS} columns; split it, or use the long layout");
            return Err(Fault::of_header(0, reason));
        }
        match (Table { rows, delimiter, columns }).dialect(options) {
            Ok(dialect) => return Ok(dialect),
            Err(fault) => first_fault = first_fault.or(Some(fault)),
        }
    }
    Err(first_fault.unwrap_or_else(|| one_column(rows, options)))
}

fn checked_delimiter(delimiter: char) -> Result<u8, Fault> {
    let byte = u8::try_from(delimiter).ok().filter(u8::is_ascii);
    byte.filter(|byte| !byte.is_ascii_alphanumeric() && !b"\"\r\n.-+\0".contains(byte)).ok_or_else(|| {
        let reason = format!("{delimiter:?} cannot be a delimiter; --delimiter takes one of ; , | or a tab");
        Fault::of_file(reason)
    })
}

/// The number of columns that is most common, and how many of the rows looked at have it.
#[derive(Clone, Copy)]
struct UsualColumns {
    columns: usize,
    rows: usize,
}

/// How many columns most rows have, if it is more than one.
fn usual_columns(rows: &[&[u8]], delimiter: u8) -> Option<UsualColumns> {
    let mut counts: Vec<usize> =
        rows.iter().take(ROWS_LOOKED_AT).map(|row| Cells::of(row, delimiter).count()).collect();
    counts.sort_unstable();
    let most = counts.chunk_by(|a, b| a == b).max_by_key(|chunk| chunk.len())?;
    (most[0] > 1).then_some(UsualColumns { columns: most[0], rows: most.len() })
}

fn one_column(rows: &[&[u8]], options: &CsvOptions) -> Fault {
    let better = DELIMITERS.into_iter().find(|delimiter| usual_columns(rows, *delimiter).is_some());
    let reason = match (options.delimiter, better) {
        (Some(given), Some(better)) => {
            let better = char::from(better);
            format!("the rows have one column with the delimiter {given:?}, more with {better:?}; set --delimiter")
        }
        _ => format!(
            "the rows have one column ({}); a timestamp and a value are needed, with ; , | or a tab between them, \
             or what --delimiter says",
            quoted(rows[0])
        ),
    };
    Fault { line: 1, column: 1, reason }
}

/// The beginning of a file, cut into columns one way.
#[derive(Clone, Copy)]
struct Table<'a> {
    rows: &'a [&'a [u8]],
    delimiter: u8,
    /// How many columns most rows have.
    columns: usize,
}

impl<'a> Table<'a> {
    fn dialect(self, options: &CsvOptions) -> Result<Dialect, Fault> {
        let first: Vec<&[u8]> = Cells::of(self.rows[0], self.delimiter).collect();
        let timestamp = match &options.timestamp_column {
            Some(column) => named_column(column, &first)?,
            None => self.timestamp_column(&first, options)?,
        };
        let first_is_time = first.get(timestamp).is_some_and(|cell| is_timestamp(&content(cell), options));
        let has_header = options.header.unwrap_or(!first_is_time);
        if has_header && self.rows.len() == 1 {
            return Err(Fault::of_file("it has a header and no rows; there is nothing to read"));
        }
        let names = self.names(&first, has_header)?;
        if timestamp >= names.len() {
            return Err(Fault::of_header(0, format!("there is no column {}; see --timestamp-column", timestamp + 1)));
        }
        let format = self.timestamp_format(timestamp, has_header, options)?;
        let shape = self.shape(&names, timestamp, has_header, options)?;
        Ok(Dialect { delimiter: self.delimiter, has_header, names, timestamp, format, shape })
    }

    /// The rows behind the first, which may be a header; the first as well if there is no other.
    fn data(self) -> &'a [&'a [u8]] {
        if self.rows.len() > 1 { &self.rows[1..] } else { self.rows }
    }

    /// The first column with timestamps; one that is called so goes first, and calendar times go before epochs.
    fn timestamp_column(self, first: &[&[u8]], options: &CsvOptions) -> Result<usize, Fault> {
        let mut calendar = vec![0_usize; self.columns];
        let mut epoch = vec![0_usize; self.columns];
        let mut rows = 0;
        for row in self.data().iter().take(ROWS_LOOKED_AT) {
            rows += 1;
            for (column, cell) in Cells::of(row, self.delimiter).take(self.columns).enumerate() {
                let cell = content(cell);
                match (options.timestamp_format, shape_of(&cell)) {
                    (Some(_), _) if is_timestamp(&cell, options) => calendar[column] += 1,
                    (None, Some(Shape::Sure(TimestampFormat::EpochS | TimestampFormat::EpochMs))) => epoch[column] += 1,
                    (None, Some(_)) => calendar[column] += 1,
                    _ => {}
                }
            }
        }
        let called_so = |column: usize| {
            let name = first.get(column).map(|cell| content(cell).to_ascii_lowercase()).unwrap_or_default();
            TIME_WORDS.iter().any(|word| word.as_bytes() == name)
        };
        let usual = |counts: &[usize]| {
            let fits = |column: &usize| 2 * counts[*column] >= rows;
            let named = (0..self.columns).filter(|column| called_so(*column)).find(fits);
            named.or_else(|| (0..self.columns).find(fits))
        };
        let found = match (usual(&calendar), usual(&epoch)) {
            (Some(at), Some(named)) if called_so(named) && !called_so(at) => Some(named),
            (calendar, epoch) => calendar.or(epoch),
        };
        found.ok_or_else(|| {
            if self.rows.len() == 1 {
                return Fault::of_file("it has a header and no rows; there is nothing to read");
            }
            let row = self.data()[0];
            let reason = format!(
                "no column holds timestamps (the row {} has none that is known); name it with --timestamp-column, and \
                 its format with --timestamp-format",
                quoted(row)
            );
            Fault { line: 2, column: 0, reason }
        })
    }

    fn timestamp_format(self, column: usize, has_header: bool, options: &CsvOptions) -> Result<TimestampFormat, Fault> {
        if let Some(format) = options.timestamp_format {
            return Ok(format);
        }
        let rows = if has_header { &self.rows[1..] } else { self.rows };
        let cells: Vec<_> =
            rows.iter().filter_map(|row| Cells::of(row, self.delimiter).nth(column)).map(content).collect();
        let fault = |reason| Fault { line: 1 + u64::from(has_header), column: column + 1, reason };
        let format = format_of(&cells.iter().map(AsRef::as_ref)).map_err(fault)?;
        format.ok_or_else(|| {
            let cell = cells.first().map(AsRef::as_ref).unwrap_or_default();
            fault(format!("{} is no timestamp that is known; set --timestamp-format", quoted(cell)))
        })
    }

    fn names(self, first: &[&[u8]], has_header: bool) -> Result<Vec<String>, Fault> {
        let numbered = |column: usize| format!("column_{}", column + 1);
        if !has_header {
            return Ok((0..self.columns).map(numbered).collect());
        }
        let name = |(column, cell): (usize, &&[u8])| match std::str::from_utf8(&content(cell)) {
            Ok("") => Ok(numbered(column)),
            Ok(name) => Ok(name.to_owned()),
            Err(_) => Err(Fault::of_header(
                column + 1,
                format!("the header {} is not UTF-8; convert the file, as with iconv -f latin1 -t utf-8", quoted(cell)),
            )),
        };
        let mut names: Vec<String> = first.iter().enumerate().map(name).collect::<Result<_, _>>()?;
        // A delimiter at the end of every line ends the last column and begins none.
        if names.len() > 2 && first.last().is_some_and(|last| content(last).is_empty()) {
            names.pop();
        }
        Ok(names)
    }

    /// Long if it is called so, or has exactly a timestamp, a text and a number in each row.
    fn shape(
        self,
        names: &[String],
        timestamp: usize,
        has_header: bool,
        options: &CsvOptions,
    ) -> Result<TableShape, Fault> {
        if options.layout == Some(Layout::Wide) {
            return Ok(TableShape::Wide);
        }
        let called = |name: &str| names.iter().position(|have| has_header && have.eq_ignore_ascii_case(name));
        if let (Some(series), Some(value)) = (called("series"), called("value"))
            && series != timestamp
            && value != timestamp
            && (options.layout.is_some() || names.len() == 3)
        {
            return Ok(TableShape::Long { series, value });
        }
        let others: Vec<usize> = (0..names.len()).filter(|column| *column != timestamp).collect();
        let looks_long = if let [left, right] = others[..] {
            match (self.holds_text(left), self.holds_text(right)) {
                (true, false) => Some(TableShape::Long { series: left, value: right }),
                (false, true) => Some(TableShape::Long { series: right, value: left }),
                _ if options.layout.is_some() => Some(TableShape::Long { series: left, value: right }),
                _ => None,
            }
        } else {
            None
        };
        match (options.layout, looks_long) {
            (_, Some(long)) => Ok(long),
            (None | Some(Layout::Wide), None) => Ok(TableShape::Wide),
            (Some(Layout::Long), None) => Err(Fault::of_header(
                0,
                format!(
                    "the long layout has three columns (series, timestamp, value), here are {}; call them so in the \
                     header, or set --layout wide",
                    names.len()
                ),
            )),
        }
    }

    /// Whether most cells of a column are neither numbers nor missing, nor timestamps.
    fn holds_text(self, column: usize) -> bool {
        let style = number_style(self.delimiter);
        let rows = self.data().iter().take(ROWS_LOOKED_AT);
        let cells = rows.filter_map(|row| Cells::of(row, self.delimiter).nth(column));
        let is_text = |cell: &[u8]| read_cell(cell, style) == Cell::Malformed && shape_of(cell).is_none();
        let (texts, count) =
            cells.fold((0, 0), |(texts, count), cell| (texts + usize::from(is_text(&content(cell))), count + 1));
        2 * texts > count
    }
}

/// The index of the column that a user names by its header, or by its number from 1.
fn named_column(column: &str, first: &[&[u8]]) -> Result<usize, Fault> {
    let by_name = first.iter().position(|cell| *content(cell) == *column.as_bytes());
    let by_number = || column.parse::<usize>().ok().and_then(|number| number.checked_sub(1));
    by_name.or_else(by_number).ok_or_else(|| {
        let have: Vec<String> = first.iter().take(8).map(|cell| quoted(&content(cell))).collect();
        let have = have.join(", ");
        Fault::of_header(
            0,
            format!("no column is called `{column}`; --timestamp-column takes a number or one of {have}"),
        )
    })
}

fn is_timestamp(cell: &[u8], options: &CsvOptions) -> bool {
    options.timestamp_format.map_or_else(
        || shape_of(cell).is_some(),
        |format| TimestampReader::new(format, TimeZone::UTC).read(cell).is_some(),
    )
}
