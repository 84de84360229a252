//! Many records in columns.

use super::{FieldKind, Schema, TextColumn};
use std::convert::Infallible;
use std::sync::Arc;

/// Records of one schema: a time and a value in every column for each, in the order in which they came.
#[derive(Clone, Debug, PartialEq)]
pub struct RecordBatch {
    schema: Arc<Schema>,
    timestamps_ms: Vec<i64>,
    columns: Vec<Column>,
}

/// The values of one field.
#[derive(Clone, Debug, PartialEq)]
pub enum Column {
    /// Finite numbers; NaN where missing.
    Number(Vec<f64>),
    /// Texts; empty where missing.
    Text(TextColumn),
}

impl RecordBatch {
    /// A batch without records.
    #[must_use]
    pub fn new(schema: Arc<Schema>) -> Self {
        let column = |kind| match kind {
            FieldKind::Number => Column::Number(Vec::new()),
            FieldKind::Text => Column::Text(TextColumn::default()),
        };
        let columns = schema.fields().iter().map(|field| column(field.kind)).collect();
        Self { schema, timestamps_ms: Vec::new(), columns }
    }

    /// A batch without records of the same schema, with room for as many records as this one has.
    #[must_use]
    pub fn empty_like(&self) -> Self {
        let column = |column: &Column| match column {
            Column::Number(numbers) => Column::Number(Vec::with_capacity(numbers.len())),
            Column::Text(texts) => Column::Text(texts.empty_like()),
        };
        let columns = self.columns.iter().map(column).collect();
        Self { schema: Arc::clone(&self.schema), timestamps_ms: Vec::with_capacity(self.len()), columns }
    }

    /// Appends a record: its time, then for every column in order its number or text through `fill`, which must push one
    /// value.
    pub fn push(&mut self, timestamp_ms: i64, mut fill: impl FnMut(usize, &mut Column)) {
        let Ok(()) = self.try_push(timestamp_ms, |index, column| {
            fill(index, column);
            Ok::<_, Infallible>(())
        });
    }

    /// Appends a record as [`Self::push`] does, or nothing.
    ///
    /// # Errors
    /// The first error of `fill`, which need not have pushed a value then.
    #[inline]
    pub fn try_push<E>(
        &mut self,
        timestamp_ms: i64,
        mut fill: impl FnMut(usize, &mut Column) -> Result<(), E>,
    ) -> Result<(), E> {
        for (index, column) in self.columns.iter_mut().enumerate() {
            if let Err(error) = fill(index, column) {
                self.columns.iter_mut().for_each(|column| column.truncate(self.timestamps_ms.len()));
                return Err(error);
            }
        }
        self.timestamps_ms.push(timestamp_ms);
        debug_assert!(self.columns.iter().all(|column| column.len() == self.timestamps_ms.len()));
        Ok(())
    }

    /// Appends all records of another batch of the same schema.
    ///
    /// # Panics
    /// In debug builds, when the schemas differ.
    pub fn append(&mut self, other: &Self) {
        debug_assert_eq!(self.schema, other.schema);
        self.timestamps_ms.extend_from_slice(&other.timestamps_ms);
        for (column, others) in self.columns.iter_mut().zip(&other.columns) {
            match (column, others) {
                (Column::Number(numbers), Column::Number(others)) => numbers.extend_from_slice(others),
                (Column::Text(texts), Column::Text(others)) => texts.append(others),
                (Column::Number(_), Column::Text(_)) | (Column::Text(_), Column::Number(_)) => {}
            }
        }
    }

    /// What the columns are.
    #[must_use]
    pub fn schema(&self) -> &Arc<Schema> {
        &self.schema
    }

    /// When each record happened, ms since the Unix epoch.
    #[must_use]
    pub fn timestamps_ms(&self) -> &[i64] {
        &self.timestamps_ms
    }

    /// The columns, in the order of the schema.
    #[must_use]
    pub fn columns(&self) -> &[Column] {
        &self.columns
    }

    /// The numbers of a field; `None` where there is no such field, or it holds text.
    #[must_use]
    pub fn numbers(&self, field: &str) -> Option<&[f64]> {
        match &self.columns[self.schema.position(field)?] {
            Column::Number(numbers) => Some(numbers),
            Column::Text(_) => None,
        }
    }

    /// The texts of a field; `None` where there is no such field, or it holds numbers.
    #[must_use]
    pub fn texts(&self, field: &str) -> Option<&TextColumn> {
        match &self.columns[self.schema.position(field)?] {
            Column::Text(texts) => Some(texts),
            Column::Number(_) => None,
        }
    }

    /// How many records there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.timestamps_ms.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.timestamps_ms.is_empty()
    }

    /// The time of the newest record.
    #[must_use]
    pub fn newest_ms(&self) -> Option<i64> {
        self.timestamps_ms.iter().copied().max()
    }

    /// Keeps the records whose flag is set: one flag a record.
    pub fn retain(&mut self, keep: &[bool]) {
        retain(&mut self.timestamps_ms, keep);
        for column in &mut self.columns {
            match column {
                Column::Number(numbers) => retain(numbers, keep),
                Column::Text(texts) => texts.retain(keep),
            }
        }
    }

    /// Schema, times and columns, for a transformation that makes other columns of them.
    #[must_use]
    pub fn into_parts(self) -> (Arc<Schema>, Vec<i64>, Vec<Column>) {
        (self.schema, self.timestamps_ms, self.columns)
    }

    /// A batch of these columns, each as long as `timestamps_ms`.
    ///
    /// # Panics
    /// In debug builds, when one is not.
    #[must_use]
    pub fn from_parts(schema: Arc<Schema>, timestamps_ms: Vec<i64>, columns: Vec<Column>) -> Self {
        debug_assert!(columns.iter().all(|column| column.len() == timestamps_ms.len()));
        Self { schema, timestamps_ms, columns }
    }
}

impl Column {
    /// How many values it has.
    #[must_use]
    pub fn len(&self) -> usize {
        match self {
            Self::Number(numbers) => numbers.len(),
            Self::Text(texts) => texts.ids().len(),
        }
    }

    /// Whether it has none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn truncate(&mut self, length: usize) {
        match self {
            Self::Number(numbers) => numbers.truncate(length),
            Self::Text(texts) => texts.truncate(length),
        }
    }
}

fn retain<T>(values: &mut Vec<T>, keep: &[bool]) {
    let mut flags = keep.iter();
    values.retain(|_| flags.next().copied().unwrap_or(false));
}
