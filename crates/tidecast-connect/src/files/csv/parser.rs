//! Reads a file from where a cursor stands to its end, and hands out batches with the place behind each.

use super::super::compression::{Decompressed, explain};
use super::super::input::Input;
use super::cursor::{Cursor, Place};
use super::dialect::{self, Dialect, TableShape};
use super::fault::Fault;
use super::lines::{LineError, Lines, too_long};
use super::long::LongRows;
use super::options::{CsvOptions, OnError};
use super::sample;
use super::timestamp::TimestampReader;
use super::wide::WideRows;
use jiff::tz::TimeZone;
use std::io::Read;
use tidecast_core::ports::{Position, Progress, SourceBatch, SourceError};
use tidecast_core::series::SampleBatch;

/// A file being read, on a thread that may block.
pub(super) struct Parser {
    input: Input,
    options: CsvOptions,
    lines: Lines<Decompressed<Box<dyn Read + Send>>>,
    rows: Rows,
    /// Behind the rows read so far.
    place: (u64, u64),
    rows_read: u64,
    rows_skipped: u64,
    at_end: bool,
}

/// Rows of one of the layouts.
enum Rows {
    Wide(Box<WideRows>),
    Long(Box<LongRows>),
}

/// A batch, and how far the source had come with it.
pub(super) struct Parsed {
    pub(super) batch: SourceBatch,
    pub(super) progress: Progress,
}

impl Parser {
    /// Looks at the beginning of the file and goes to `from`.
    pub(super) fn open(input: Input, options: CsvOptions, from: Place) -> Result<Self, SourceError> {
        let mut stream = Decompressed::detect(input.open_at(0)?).map_err(|error| explain(&input.name, true, error))?;
        let begin = sample::read(&mut stream).map_err(|error| stream.explain(&input.name, error))?;
        let at_fault = |fault: Fault| fault.in_file(&input.name);
        let rows = sample::rows(&begin).map_err(at_fault)?;
        let dialect = dialect::detect(&rows, &options).map_err(at_fault)?;
        let rows = Rows::new(&dialect, &options).map_err(at_fault)?;
        let is_plain = stream.is_plain();
        let (lines, place) = match from {
            Place::Line { offset, lines } if is_plain && offset > 0 => {
                let stream = Decompressed::plain_from(input.open_at(offset)?, offset);
                (Lines::new(Vec::new(), stream, offset, lines), (offset, lines))
            }
            Place::Line { offset, .. } => (Lines::new(begin, stream, 0, 0), (offset, 0)),
            Place::End => (Lines::new(begin, stream, 0, 0), (u64::MAX, 0)),
        };
        let mut parser = Self { input, options, lines, rows, place, rows_read: 0, rows_skipped: 0, at_end: false };
        parser.skip_to(place.0, dialect.has_header)?;
        Ok(parser)
    }

    /// Passes the header, and the lines before `offset` where the file cannot be entered in the middle.
    fn skip_to(&mut self, offset: u64, has_header: bool) -> Result<(), SourceError> {
        let mut in_header = has_header && self.lines.offset() == 0;
        while in_header || self.lines.offset() < offset {
            let line = self.lines.next().map_err(|error| line_error(&self.input, error))?;
            match line {
                None => break,
                Some(line) => in_header = in_header && sample::without_mark(line).trim_ascii().is_empty(),
            }
        }
        self.place = (self.lines.offset(), self.lines.number());
        Ok(())
    }

    /// The next batch; `None` behind the last. [`Self::rest`] has what was read before a fault.
    pub(super) fn next_batch(&mut self) -> Result<Option<Parsed>, SourceError> {
        if self.at_end {
            return Ok(None);
        }
        while !self.rows.is_full() {
            match self.read_row() {
                Ok(true) => {}
                Ok(false) => {
                    self.at_end = true;
                    break;
                }
                // Nothing behind a fault is read: the place stays before the faulty line.
                Err(fault) => return Err(fault),
            }
        }
        Ok(Some(self.parsed()))
    }

    /// What was read before a fault, if anything.
    pub(super) fn rest(&mut self) -> Option<Parsed> {
        let parsed = self.parsed();
        (!parsed.batch.samples.is_empty()).then_some(parsed)
    }

    /// Reads one row, or leaves it out; `false` at the end.
    fn read_row(&mut self) -> Result<bool, SourceError> {
        let before = self.lines.offset();
        let line = match self.lines.next() {
            Err(error) => return Err(line_error(&self.input, error)),
            Ok(None) => return Ok(false),
            Ok(Some(line)) if before == 0 => sample::without_mark(line),
            Ok(Some(line)) => line,
        };
        if line.trim_ascii().is_empty() {
            return Ok(true);
        }
        match self.rows.read(line) {
            Ok(()) => self.rows_read += 1,
            Err(_) if self.options.on_error == OnError::Skip => self.rows_skipped += 1,
            Err(fault) => return Err(Fault { line: self.lines.number(), ..fault }.in_file(&self.input.name)),
        }
        self.place = (self.lines.offset(), self.lines.number());
        Ok(true)
    }

    fn parsed(&mut self) -> Parsed {
        let (offset, lines) = self.place;
        let place = if self.at_end { Place::End } else { Place::Line { offset, lines } };
        let cursor = Cursor { identity: self.input.identity.clone(), options: self.options.clone(), place };
        let position = Position { source: self.input.name.clone(), cursor: cursor.to_text() };
        let samples = self.rows.take();
        Parsed { batch: SourceBatch { samples, position }, progress: self.progress() }
    }

    /// How far it has come.
    pub(super) fn progress(&self) -> Progress {
        let total = self.input.identity.size;
        Progress {
            bytes_read: self.lines.input().bytes_read(),
            bytes_total: (total > 0).then_some(total),
            rows: self.rows_read,
            rows_skipped: self.rows_skipped,
        }
    }
}

fn line_error(input: &Input, error: LineError) -> SourceError {
    match error {
        LineError::Read(error) => explain(&input.name, false, error),
        LineError::TooLong => too_long().in_file(&input.name),
    }
}

impl Rows {
    fn new(dialect: &Dialect, options: &CsvOptions) -> Result<Self, Fault> {
        let zone = match &options.zone {
            None => TimeZone::UTC,
            Some(name) => TimeZone::get(name).map_err(|_| {
                Fault::of_file(format!("`{name}` is no time zone; --zone takes an IANA name such as Europe/Zurich"))
            })?,
        };
        let timestamps = TimestampReader::new(dialect.format, zone);
        let template = options.series.as_deref();
        Ok(match dialect.shape {
            TableShape::Wide => Self::Wide(Box::new(WideRows::new(dialect, timestamps, template, options.columns)?)),
            TableShape::Long { series, value } => {
                Self::Long(Box::new(LongRows::new(dialect, (series, value), timestamps, template)))
            }
        })
    }

    fn is_full(&self) -> bool {
        match self {
            Self::Wide(rows) => rows.is_full(),
            Self::Long(rows) => rows.is_full(),
        }
    }

    fn read(&mut self, line: &[u8]) -> Result<(), Fault> {
        match self {
            Self::Wide(rows) => rows.read(line),
            Self::Long(rows) => rows.read(line),
        }
    }

    fn take(&mut self) -> SampleBatch {
        match self {
            Self::Wide(rows) => rows.take(),
            Self::Long(rows) => rows.take(),
        }
    }
}
