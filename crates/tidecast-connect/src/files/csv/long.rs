//! The long layout: a row per sample, with series, timestamp and value.

use super::cells::{cell_length, content};
use super::dialect::Dialect;
use super::fault::{Fault, quoted};
use super::options::Layout;
use super::series_names::SeriesNames;
use super::timestamp::TimestampReader;
use crate::number::{Cell, NumberStyle, read_cell};
use std::collections::HashMap;
use std::ops::Range;
use tidecast_core::series::{SampleBatch, SeriesKey};

/// Samples of a batch.
const BATCH_SAMPLES: usize = 65_536;
/// Series remembered; beyond that all are forgotten and read anew as they come.
const MAX_SERIES_CACHED: usize = 1 << 18;

/// Reads rows into a batch.
pub(super) struct LongRows {
    style: NumberStyle,
    columns: usize,
    series_column: usize,
    timestamp_column: usize,
    value_column: usize,
    template: SeriesNames,
    timestamps: TimestampReader,
    /// Series by their cell as it stands in the file.
    series: HashMap<Box<[u8]>, SeriesKey>,
    /// The cell read last, since rows of a series often follow each other.
    last: Option<(Box<[u8]>, SeriesKey)>,
    cells: Vec<Range<usize>>,
    batch: SampleBatch,
}

impl LongRows {
    /// Rows of `dialect` with the given columns.
    pub(super) fn new(
        dialect: &Dialect,
        (series_column, value_column): (usize, usize),
        timestamps: TimestampReader,
        template: Option<&str>,
    ) -> Self {
        Self {
            style: dialect.number_style(),
            columns: dialect.names.len(),
            series_column,
            timestamp_column: dialect.timestamp,
            value_column,
            template: SeriesNames::new(template, Layout::Long),
            timestamps,
            series: HashMap::new(),
            last: None,
            cells: Vec::new(),
            batch: SampleBatch::new(),
        }
    }

    /// Whether the next row needs a new batch.
    pub(super) fn is_full(&self) -> bool {
        self.batch.len() >= BATCH_SAMPLES
    }

    /// Reads a row; after an error it counts as not read.
    pub(super) fn read(&mut self, line: &[u8]) -> Result<(), Fault> {
        self.split(line)?;
        let cell = |column: usize| &line[self.cells[column].clone()];
        let timestamp = content(cell(self.timestamp_column));
        let timestamp_ms = self.timestamps.read(&timestamp).ok_or_else(|| {
            let reason = "is no timestamp in the format of this file; correct it, set --timestamp-format, or set \
                          --on-error skip";
            Fault::of_row(self.timestamp_column + 1, format!("{} {reason}", quoted(&timestamp)))
        })?;
        let value = content(cell(self.value_column));
        let value = match read_cell(&value, self.style) {
            Cell::Number(value) => value,
            Cell::Missing => return Ok(()),
            Cell::Malformed => {
                let reason = "is no finite number; correct it, leave it empty, or set --on-error skip";
                return Err(Fault::of_row(self.value_column + 1, format!("{} {reason}", quoted(&value))));
            }
        };
        let series_cell = cell(self.series_column);
        if self.last.as_ref().is_none_or(|(last, _)| **last != *series_cell) {
            self.last = Some((series_cell.into(), self.series(series_cell)?));
        }
        if let Some((_, series)) = &self.last {
            self.batch.push(series, timestamp_ms, value);
        }
        Ok(())
    }

    /// The rows read since the last time.
    pub(super) fn take(&mut self) -> SampleBatch {
        std::mem::replace(&mut self.batch, SampleBatch::with_capacity(BATCH_SAMPLES))
    }

    fn split(&mut self, line: &[u8]) -> Result<(), Fault> {
        self.cells.clear();
        let mut at = 0;
        loop {
            let length = cell_length(&line[at..], self.style.delimiter).ok_or_else(|| {
                Fault::of_row(self.cells.len() + 1, "the quotes are not closed on this line; correct it")
            })?;
            self.cells.push(at..at + length);
            at += length + 1;
            if at > line.len() {
                break;
            }
        }
        let have = self.cells.len();
        if have != self.columns {
            let reason =
                format!("the row has {have} columns instead of {}; correct it, or set --on-error skip", self.columns);
            return Err(Fault::of_row(have, reason));
        }
        Ok(())
    }

    fn series(&mut self, cell: &[u8]) -> Result<SeriesKey, Fault> {
        if let Some(series) = self.series.get(cell) {
            return Ok(series.clone());
        }
        let fault = |reason| Fault::of_row(self.series_column + 1, reason);
        let name = content(cell);
        let name = std::str::from_utf8(&name)
            .map_err(|_| fault(format!("{} is not UTF-8; convert the file, as with iconv", quoted(&name))))?;
        if name.is_empty() {
            return Err(fault("the series is empty; correct it, or set --on-error skip".to_owned()));
        }
        let series = self.template.series(name).map_err(fault)?;
        if self.series.len() >= MAX_SERIES_CACHED {
            self.series.clear();
        }
        self.series.insert(cell.into(), series.clone());
        Ok(series)
    }
}
