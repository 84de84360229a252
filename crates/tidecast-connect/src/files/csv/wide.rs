//! The wide layout: a row per timestamp, a column per series.

use super::cells::{Cells, cell_length, content};
use super::dialect::Dialect;
use super::fault::{Fault, quoted};
use super::options::Layout;
use super::series_names::SeriesNames;
use super::timestamp::TimestampReader;
use crate::number::{Cell, NumberStyle, read_cell, simple_number};
use std::collections::HashMap;
use tidecast_core::series::{SampleBatch, SeriesKey};

/// Samples of a batch, about.
const BATCH_SAMPLES: usize = 65_536;
/// Rows that a batch has at least, as long as it does not grow past [`MAX_BATCH_SAMPLES`].
const MIN_BATCH_ROWS: usize = 16;
const MAX_BATCH_SAMPLES: usize = 1 << 20;

/// Reads rows into columns, so that a batch has one run per series.
pub(super) struct WideRows {
    style: NumberStyle,
    /// Names of the columns to read, the timestamp's among them.
    names: Vec<String>,
    /// Whether a row has more columns than are read.
    more_columns: bool,
    timestamp_column: usize,
    timestamps: TimestampReader,
    series: Vec<SeriesKey>,
    rows: usize,
    timestamps_ms: Vec<i64>,
    /// `rows` values a series, NaN where missing.
    values: Vec<f64>,
}

impl WideRows {
    /// Rows of `dialect`, of which the first `columns` value columns are read.
    pub(super) fn new(
        dialect: &Dialect,
        timestamps: TimestampReader,
        template: Option<&str>,
        columns: Option<usize>,
    ) -> Result<Self, Fault> {
        let template = SeriesNames::new(template, Layout::Wide);
        let is_value = |(column, _): &(usize, &String)| *column != dialect.timestamp;
        let limit = columns.unwrap_or(usize::MAX);
        let mut seen: HashMap<SeriesKey, &str> = HashMap::new();
        let mut series = Vec::new();
        let mut last_column = dialect.timestamp;
        for (column, name) in dialect.names.iter().enumerate().filter(is_value).take(limit) {
            let key = template.series(name).map_err(|reason| Fault::of_header(column + 1, reason))?;
            if let Some(other) = seen.insert(key.clone(), name) {
                let reason = format!(
                    "the columns `{other}` and `{name}` are both the series {key}; rename one, or put $column into \
                     --series"
                );
                return Err(Fault::of_header(column + 1, reason));
            }
            series.push(key);
            last_column = last_column.max(column);
        }
        if series.is_empty() {
            return Err(Fault::of_header(0, "no value column is left to read; give --columns 1 or more"));
        }
        let count = series.len();
        let rows = (BATCH_SAMPLES / count).max(MIN_BATCH_ROWS.min(MAX_BATCH_SAMPLES / count)).max(1);
        Ok(Self {
            style: dialect.number_style(),
            names: dialect.names[..=last_column].to_vec(),
            more_columns: last_column + 1 < dialect.names.len(),
            timestamp_column: dialect.timestamp,
            timestamps,
            rows,
            timestamps_ms: Vec::with_capacity(rows),
            values: vec![f64::NAN; rows * count],
            series,
        })
    }

    /// Whether the next row needs a new batch.
    pub(super) fn is_full(&self) -> bool {
        self.timestamps_ms.len() == self.rows
    }

    /// Reads a row; after an error it counts as not read.
    pub(super) fn read(&mut self, line: &[u8]) -> Result<(), Fault> {
        let row = self.timestamps_ms.len();
        let mut timestamp_ms = None;
        let mut series = 0;
        let mut at = 0;
        for column in 0..self.names.len() {
            if column > 0 {
                if at == line.len() {
                    return Err(self.ragged(line));
                }
                at += 1;
            }
            let rest = &line[at..];
            if column == self.timestamp_column {
                let length = self.length(rest, column)?;
                timestamp_ms = Some(self.timestamp(&rest[..length])?);
                at += length;
            } else if series < self.series.len() {
                let (value, length) = match simple_number(rest, self.style) {
                    Some(simple) => simple,
                    None => self.value(rest, column)?,
                };
                self.values[series * self.rows + row] = value;
                series += 1;
                at += length;
            } else {
                at += self.length(rest, column)?;
            }
        }
        // One delimiter too many ends the row and begins no cell.
        if !self.more_columns && at != line.len() && at + 1 != line.len() {
            return Err(self.ragged(line));
        }
        self.timestamps_ms.extend(timestamp_ms);
        Ok(())
    }

    /// The rows read since the last time, a run per series.
    pub(super) fn take(&mut self) -> SampleBatch {
        let rows = self.timestamps_ms.len();
        let mut batch = SampleBatch::with_capacity(rows * self.series.len());
        let mut present = (Vec::new(), Vec::new());
        for (series, values) in self.series.iter().zip(self.values.chunks_exact(self.rows)) {
            let values = &values[..rows];
            if values.iter().any(|value| value.is_nan()) {
                let known = self.timestamps_ms.iter().zip(values).filter(|(_, value)| !value.is_nan());
                present.0.clear();
                present.1.clear();
                present.extend(known.map(|(&timestamp_ms, &value)| (timestamp_ms, value)));
                batch.push_run(series, &present.0, &present.1);
            } else {
                batch.push_run(series, &self.timestamps_ms, values);
            }
        }
        self.timestamps_ms.clear();
        batch
    }

    /// A cell that is no simple number: missing, in quotes, very long, or malformed.
    #[cold]
    fn value(&self, rest: &[u8], column: usize) -> Result<(f64, usize), Fault> {
        let length = self.length(rest, column)?;
        let cell = content(&rest[..length]);
        match read_cell(&cell, self.style) {
            Cell::Number(value) => Ok((value, length)),
            Cell::Missing => Ok((f64::NAN, length)),
            Cell::Malformed => Err(Fault::of_row(
                column + 1,
                format!(
                    "{} in column `{}` is no finite number; correct it, leave it empty, or set --on-error skip",
                    quoted(&cell),
                    self.names[column]
                ),
            )),
        }
    }

    fn length(&self, rest: &[u8], column: usize) -> Result<usize, Fault> {
        cell_length(rest, self.style.delimiter).ok_or_else(|| {
            let name = &self.names[column];
            Fault::of_row(column + 1, format!("the quotes in column `{name}` are not closed on this line; correct it"))
        })
    }

    fn timestamp(&mut self, cell: &[u8]) -> Result<i64, Fault> {
        let cell = content(cell);
        self.timestamps.read(&cell).ok_or_else(|| {
            Fault::of_row(
                self.timestamp_column + 1,
                format!(
                    "{} in column `{}` is no timestamp in the format of this file; correct it, set --timestamp-format, \
                     or set --on-error skip",
                    quoted(&cell),
                    self.names[self.timestamp_column]
                ),
            )
        })
    }

    fn ragged(&self, line: &[u8]) -> Fault {
        let have = Cells::of(line, self.style.delimiter).count();
        let want = self.names.len();
        let want = if self.more_columns { format!("at least {want}") } else { want.to_string() };
        Fault::of_row(have, format!("the row has {have} columns instead of {want}; correct it, or set --on-error skip"))
    }
}
