//! What is held for many keys or panes: a row for each, a column for each aggregate.

use super::codec::{DecodeError, Reader, Writer};
use super::hash::{hash_bytes, hash_number};
use super::plan::{Aggregate, Reading, WindowPlan, is_near};
use super::{Distinct, Sketch, Sum};
use crate::record::RecordBatch;

/// The row of a record that counts nowhere.
pub(super) const NO_ROW: u32 = u32::MAX;

/// Rows of aggregates in columns.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Aggregates {
    /// How many records each row has.
    counts: Vec<u64>,
    /// The newest time in each row.
    newest_ms: Vec<i64>,
    columns: Vec<Column>,
}

#[derive(Clone, Debug, PartialEq)]
enum Column {
    Present(Vec<u64>),
    Sum(Vec<Sum>),
    Least(Vec<f64>),
    Greatest(Vec<f64>),
    Last(Vec<Last>),
    Sketch(Vec<Sketch>),
    Distinct(Vec<Distinct>),
}

/// A value and its time.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Last {
    ms: i64,
    value: f64,
}

/// The same for columns of every kind.
macro_rules! for_cells {
    ($column:expr, $cells:ident => $body:expr) => {
        match $column {
            Column::Present($cells) => $body,
            Column::Sum($cells) => $body,
            Column::Least($cells) | Column::Greatest($cells) => $body,
            Column::Last($cells) => $body,
            Column::Sketch($cells) => $body,
            Column::Distinct($cells) => $body,
        }
    };
}

impl Aggregates {
    pub(super) fn new(plan: &WindowPlan) -> Self {
        let column = |aggregate: &Aggregate| match aggregate {
            Aggregate::Present(_) => Column::Present(Vec::new()),
            Aggregate::Sum(_) => Column::Sum(Vec::new()),
            Aggregate::Least(_) => Column::Least(Vec::new()),
            Aggregate::Greatest(_) => Column::Greatest(Vec::new()),
            Aggregate::Last(_) => Column::Last(Vec::new()),
            Aggregate::Sketch(_) => Column::Sketch(Vec::new()),
            Aggregate::DistinctNumbers(_) | Aggregate::DistinctTexts(_) => Column::Distinct(Vec::new()),
        };
        let columns = plan.aggregates().iter().map(column).collect();
        Self { counts: Vec::new(), newest_ms: Vec::new(), columns }
    }

    pub(super) fn len(&self) -> usize {
        self.counts.len()
    }

    pub(super) fn count(&self, row: usize) -> u64 {
        self.counts[row]
    }

    pub(super) fn newest_ms(&self, row: usize) -> i64 {
        self.newest_ms[row]
    }

    /// Sets how many rows there are; new ones are empty.
    pub(super) fn resize(&mut self, rows: usize) {
        self.counts.resize(rows, 0);
        self.newest_ms.resize(rows, i64::MIN);
        for column in &mut self.columns {
            match column {
                Column::Present(cells) => cells.resize(rows, 0),
                Column::Sum(cells) => cells.resize(rows, Sum::default()),
                Column::Least(cells) => cells.resize(rows, f64::INFINITY),
                Column::Greatest(cells) => cells.resize(rows, f64::NEG_INFINITY),
                Column::Last(cells) => cells.resize(rows, Last { ms: i64::MIN, value: f64::NAN }),
                Column::Sketch(cells) => cells.resize_with(rows, Sketch::default),
                Column::Distinct(cells) => cells.resize_with(rows, Distinct::default),
            }
        }
    }

    /// Adds the records of a batch, each to its row. A field that the batch does not have is missing in all of them.
    pub(super) fn add(&mut self, plan: &WindowPlan, batch: &RecordBatch, rows: &[u32]) {
        for (&row, &ms) in rows.iter().zip(batch.timestamps_ms()) {
            if row != NO_ROW {
                self.counts[row as usize] += 1;
                self.newest_ms[row as usize] = self.newest_ms[row as usize].max(ms);
            }
        }
        for (column, aggregate) in self.columns.iter_mut().zip(plan.aggregates()) {
            let numbers = |field: &str| present(rows, batch.numbers(field).unwrap_or_default());
            match (column, aggregate) {
                (Column::Present(cells), Aggregate::Present(field)) => {
                    numbers(field).for_each(|(row, _)| cells[row] += 1);
                }
                (Column::Sum(cells), Aggregate::Sum(field)) => {
                    numbers(field).for_each(|(row, value)| cells[row].add(value));
                }
                (Column::Least(cells), Aggregate::Least(field)) => {
                    numbers(field).for_each(|(row, value)| cells[row] = cells[row].min(value));
                }
                (Column::Greatest(cells), Aggregate::Greatest(field)) => {
                    numbers(field).for_each(|(row, value)| cells[row] = cells[row].max(value));
                }
                (Column::Last(cells), Aggregate::Last(field)) => {
                    for ((&row, &ms), &value) in
                        rows.iter().zip(batch.timestamps_ms()).zip(batch.numbers(field).unwrap_or_default())
                    {
                        if row != NO_ROW && !value.is_nan() {
                            cells[row as usize].take(Last { ms, value });
                        }
                    }
                }
                (Column::Sketch(cells), Aggregate::Sketch(field)) => {
                    numbers(field).for_each(|(row, value)| cells[row].add(value));
                }
                (Column::Distinct(cells), Aggregate::DistinctNumbers(field)) => {
                    numbers(field).for_each(|(row, value)| cells[row].add(hash_number(value)));
                }
                (Column::Distinct(cells), Aggregate::DistinctTexts(field)) => add_texts(cells, batch, field, rows),
                // Columns are made of the same plan.
                _ => {}
            }
        }
    }

    /// Merges rows of another into rows of this.
    pub(super) fn merge(&mut self, other: &Self, rows: &(impl Iterator<Item = (usize, usize)> + Clone)) {
        for (from, to) in rows.clone() {
            self.counts[to] = self.counts[to].saturating_add(other.counts[from]);
            self.newest_ms[to] = self.newest_ms[to].max(other.newest_ms[from]);
        }
        for (column, other) in self.columns.iter_mut().zip(&other.columns) {
            let rows = rows.clone();
            match (column, other) {
                (Column::Present(cells), Column::Present(other)) => {
                    rows.for_each(|(from, to)| cells[to] = cells[to].saturating_add(other[from]));
                }
                (Column::Sum(cells), Column::Sum(other)) => rows.for_each(|(from, to)| cells[to].merge(&other[from])),
                (Column::Least(cells), Column::Least(other)) => {
                    rows.for_each(|(from, to)| cells[to] = cells[to].min(other[from]));
                }
                (Column::Greatest(cells), Column::Greatest(other)) => {
                    rows.for_each(|(from, to)| cells[to] = cells[to].max(other[from]));
                }
                (Column::Last(cells), Column::Last(other)) => rows.for_each(|(from, to)| cells[to].take(other[from])),
                (Column::Sketch(cells), Column::Sketch(other)) => {
                    rows.for_each(|(from, to)| cells[to].merge(&other[from]));
                }
                (Column::Distinct(cells), Column::Distinct(other)) => {
                    rows.for_each(|(from, to)| cells[to].merge(&other[from]));
                }
                // Columns are made of the same plan.
                _ => {}
            }
        }
    }

    /// Keeps the rows whose flag is set.
    pub(super) fn retain(&mut self, keep: &[bool]) {
        retain(&mut self.counts, keep);
        retain(&mut self.newest_ms, keep);
        for column in &mut self.columns {
            for_cells!(column, cells => retain(cells, keep));
        }
    }

    /// The value of every measure in a row, but for those that count keys: they are `keys(field)`.
    pub(super) fn read(&self, plan: &WindowPlan, row: usize, keys: impl Fn(usize) -> f64, values: &mut Vec<f64>) {
        let seconds = plan.spec().size_ms as f64 / 1e3;
        values.extend(plan.readings().iter().map(|reading| match *reading {
            Reading::Count => self.counts[row] as f64,
            Reading::Rate => self.counts[row] as f64 / seconds,
            Reading::Sum(sum) => self.sum(sum, row),
            Reading::RateOf(sum) => self.sum(sum, row) / seconds,
            Reading::Mean { sum, present } => defined(self.sum(sum, row) / self.cell(present, row)),
            Reading::Ratio { numerator, denominator } => defined(self.sum(numerator, row) / self.sum(denominator, row)),
            Reading::Least(column) | Reading::Greatest(column) | Reading::Last(column) | Reading::Distinct(column) => {
                defined(self.cell(column, row))
            }
            Reading::DistinctKeys(field) => keys(field),
            Reading::Quantile { sketch, level } => match &self.columns[sketch] {
                Column::Sketch(cells) => cells[row].quantile(level),
                _ => f64::NAN,
            },
        }));
    }

    fn sum(&self, column: usize, row: usize) -> f64 {
        match &self.columns[column] {
            Column::Sum(cells) => cells[row].value(),
            _ => f64::NAN,
        }
    }

    fn cell(&self, column: usize, row: usize) -> f64 {
        match &self.columns[column] {
            Column::Present(cells) => cells[row] as f64,
            Column::Least(cells) | Column::Greatest(cells) => cells[row],
            Column::Last(cells) => cells[row].value,
            Column::Distinct(cells) => cells[row].count(),
            Column::Sum(_) | Column::Sketch(_) => f64::NAN,
        }
    }

    /// Writes all rows, the newest times as they are after `base_ms(row)`.
    pub(super) fn encode(&self, to: &mut Writer, base_ms: impl Fn(usize) -> i64) {
        self.counts.iter().for_each(|&count| to.varint(count));
        self.newest_ms.iter().enumerate().for_each(|(row, ms)| to.signed(ms - base_ms(row)));
        for column in &self.columns {
            match column {
                Column::Present(cells) => cells.iter().for_each(|&cell| to.varint(cell)),
                Column::Sum(cells) => cells.iter().for_each(|cell| cell.encode(to)),
                Column::Least(cells) | Column::Greatest(cells) => cells.iter().for_each(|&cell| to.number(cell)),
                Column::Last(cells) => cells.iter().for_each(|cell| {
                    to.signed(cell.ms);
                    to.number(cell.value);
                }),
                Column::Sketch(cells) => cells.iter().for_each(|cell| cell.encode(to)),
                Column::Distinct(cells) => cells.iter().for_each(|cell| cell.encode(to)),
            }
        }
    }

    /// Reads so many rows, which must be no more than there are bytes.
    pub(super) fn decode(
        plan: &WindowPlan,
        rows: usize,
        from: &mut Reader<'_>,
        base_ms: impl Fn(usize) -> i64,
    ) -> Result<Self, DecodeError> {
        let mut read = Self::new(plan);
        read.counts = (0..rows).map(|_| from.varint()).collect::<Result<_, _>>()?;
        for row in 0..rows {
            let ms = base_ms(row).checked_add(from.signed()?).filter(is_near).ok_or_else(|| from.damaged())?;
            read.newest_ms.push(ms);
        }
        for column in &mut read.columns {
            match column {
                Column::Present(cells) => *cells = (0..rows).map(|_| from.varint()).collect::<Result<_, _>>()?,
                Column::Sum(cells) => *cells = (0..rows).map(|_| Sum::decode(from)).collect::<Result<_, _>>()?,
                Column::Least(cells) | Column::Greatest(cells) => {
                    *cells = (0..rows).map(|_| from.number()).collect::<Result<_, _>>()?;
                }
                Column::Last(cells) => {
                    let last = |from: &mut Reader<'_>| Ok(Last { ms: from.time_or_none()?, value: from.number()? });
                    *cells = (0..rows).map(|_| last(from)).collect::<Result<_, _>>()?;
                }
                Column::Sketch(cells) => *cells = (0..rows).map(|_| Sketch::decode(from)).collect::<Result<_, _>>()?,
                Column::Distinct(cells) => {
                    *cells = (0..rows).map(|_| Distinct::decode(from)).collect::<Result<_, _>>()?;
                }
            }
        }
        Ok(read)
    }
}

impl Last {
    /// Of two at the same time the greater one counts, so that the order in which they come does not matter.
    fn take(&mut self, other: Self) {
        if other.ms > self.ms || other.ms == self.ms && other.value > self.value {
            *self = other;
        }
    }
}

/// Rows and numbers of the records that count and have one.
fn present<'a>(rows: &'a [u32], numbers: &'a [f64]) -> impl Iterator<Item = (usize, f64)> + 'a {
    let counts = |(row, number): &(u32, f64)| *row != NO_ROW && !number.is_nan();
    rows.iter().copied().zip(numbers.iter().copied()).filter(counts).map(|(row, number)| (row as usize, number))
}

fn add_texts(cells: &mut [Distinct], batch: &RecordBatch, field: &str, rows: &[u32]) {
    let Some(texts) = batch.texts(field) else { return };
    let hashes: Vec<u64> =
        (0..texts.distinct_len() as u32).map(|id| hash_bytes(texts.distinct(id).as_bytes())).collect();
    for (&row, &id) in rows.iter().zip(texts.ids()) {
        if row != NO_ROW && !texts.distinct(id).is_empty() {
            cells[row as usize].add(hashes[id as usize]);
        }
    }
}

/// Without the infinities that stand for no value at all, and those of a division by zero.
fn defined(value: f64) -> f64 {
    if value.is_finite() { value } else { f64::NAN }
}

fn retain<T>(cells: &mut Vec<T>, keep: &[bool]) {
    let mut flags = keep.iter();
    cells.retain(|_| flags.next().copied().unwrap_or(false));
}
