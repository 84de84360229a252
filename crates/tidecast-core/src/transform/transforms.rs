//! A list of transforms, ready to be applied.

use super::error::TransformError;
use super::fill::LastValues;
use super::formula::{Condition, Formula};
use super::resample;
use super::schema::Needs;
use crate::record::{Column, Field, FieldKind, RecordBatch, Rejection, Rejections, Schema};
use crate::window::{ClosedWindow, DecodeError, Reader, Windows, Writer, hash_bytes};
use std::sync::Arc;

const MAGIC: u8 = b'T';
const VERSION: u64 = 1;

/// One change to records.
#[derive(Clone, Debug, PartialEq)]
pub enum Transform {
    /// Gives a field another name.
    Rename {
        /// As it is called.
        from: String,
        /// As it is called afterwards.
        to: String,
    },
    /// Makes a number `factor * number + offset`.
    Scale {
        /// Which.
        field: String,
        /// By what it is multiplied.
        factor: f64,
        /// What is added then.
        offset: f64,
    },
    /// Adds a field, or replaces one, by what a formula gives.
    Derive {
        /// What it is called.
        field: String,
        /// From what it follows.
        formula: Formula,
    },
    /// Keeps the records for which it holds.
    Filter(Condition),
    /// The same, and counts the others as [`Rejection::RuleBroken`].
    Require(Condition),
    /// Fills a number where it is missing.
    Fill {
        /// Which.
        field: String,
        /// With what.
        with: Fill,
    },
    /// Makes one record for each key and step of time.
    Resample(Resample),
}

/// With what a missing number is filled.
#[derive(Clone, Debug, PartialEq)]
pub enum Fill {
    /// A constant.
    Value(f64),
    /// The value that the record before had which has the same texts in these fields; missing still if there was none. At most
    /// [`super::FILLED_KEYS_MAX`] keys are remembered.
    Last {
        /// Which texts.
        by: Vec<String>,
    },
}

/// One record for each key and step, with the time at which the step begins.
///
/// It comes once the step is over: when the newest time of all records is `lateness_ms` beyond its end, or nothing came for
/// `idle_after_ms` (see [`Transforms::tick`]). So time runs at least a step later behind it than in front of it; the records of a
/// step come together, so that nothing is late behind it. What comes for a step that is over is refused as
/// [`Rejection::Late`]. Only the fields in `by` and numbers are left. Holds a row for each key and open step.
#[derive(Clone, Debug, PartialEq)]
pub struct Resample {
    /// The texts that make the key.
    pub by: Vec<String>,
    /// How long a step is, ms.
    pub step_ms: i64,
    /// What the record of a step has of the numbers in it.
    pub value: Resampled,
    /// How much older than the newest record a record may be, ms.
    pub lateness_ms: i64,
    /// After so long without any record, by the clock, time goes on without them, ms.
    pub idle_after_ms: i64,
    /// Records of further keys are refused.
    pub max_keys: usize,
}

/// What is left of several numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Resampled {
    /// The newest.
    Last,
    /// Their mean.
    Mean,
}

/// Transforms in their order, with what they remember.
#[derive(Clone, Debug)]
pub struct Transforms {
    stages: Vec<(Transform, Memory)>,
    input: Arc<Schema>,
}

/// What a transform remembers.
#[derive(Clone, Debug)]
enum Memory {
    Nothing,
    Last(LastValues),
    Steps(Windows, Arc<Schema>),
}

impl Transforms {
    /// These transforms in this order, behind which `needed` fields are needed.
    ///
    /// # Errors
    /// When they cannot be applied, or cannot give what is needed.
    pub fn new(transforms: Vec<Transform>, needed: &[Field]) -> Result<Self, TransformError> {
        let mut needs = Needs::new(needed)?;
        let mut stages = Vec::with_capacity(transforms.len());
        for transform in transforms.into_iter().rev() {
            let before = needs.clone().before(&transform)?;
            let memory = match &transform {
                Transform::Scale { factor, offset, .. } if !(factor.is_finite() && offset.is_finite()) => {
                    return Err(TransformError::NotFinite("`scale`"));
                }
                Transform::Fill { with: Fill::Value(value), .. } if !value.is_finite() => {
                    return Err(TransformError::NotFinite("`fill`"));
                }
                Transform::Fill { with: Fill::Last { .. }, .. } => Memory::Last(LastValues::default()),
                Transform::Resample(resample) => {
                    let (plan, schema) = resample::plan(resample, needs.fields())?;
                    Memory::Steps(Windows::new(plan), schema)
                }
                _ => Memory::Nothing,
            };
            stages.push((transform, memory));
            needs = before;
        }
        stages.reverse();
        Ok(Self { stages, input: Arc::new(needs.schema()?) })
    }

    /// The fields that the source has to give.
    #[must_use]
    pub fn input_schema(&self) -> &Arc<Schema> {
        &self.input
    }

    /// Whether records leave something behind that later ones depend on, and that has to be kept over a restart.
    #[must_use]
    pub fn is_stateful(&self) -> bool {
        self.stages.iter().any(|(_, memory)| !matches!(memory, Memory::Nothing))
    }

    /// What becomes of a batch, and what is refused. `now_ms` is what the clock says.
    pub fn apply(&mut self, batch: RecordBatch, now_ms: i64) -> (RecordBatch, Rejections) {
        run(&mut self.stages, batch, now_ms)
    }

    /// Records of steps that end because nothing has come for a while.
    pub fn tick(&mut self, now_ms: i64) -> Option<(RecordBatch, Rejections)> {
        for stage in 0..self.stages.len() {
            if let (_, Memory::Steps(windows, schema)) = &mut self.stages[stage]
                && let Some(partial) = windows.tick(now_ms)
            {
                let records = resample::records(schema, &windows.apply(&partial));
                return Some(run(&mut self.stages[stage + 1..], records, now_ms));
            }
        }
        None
    }

    /// All that is remembered, with a version and a checksum.
    #[must_use]
    pub fn snapshot(&self) -> Vec<u8> {
        let mut to = Writer::new(MAGIC, VERSION, self.fingerprint());
        for (_, memory) in &self.stages {
            match memory {
                Memory::Nothing => {}
                Memory::Last(last) => last.encode(&mut to),
                Memory::Steps(windows, _) => {
                    let bytes = windows.snapshot();
                    to.varint(bytes.len() as u64);
                    to.bytes(&bytes);
                }
            }
        }
        to.finish()
    }

    /// Remembers what was remembered when this snapshot was made.
    ///
    /// # Errors
    /// When it is damaged, of another version, or of other transforms; nothing is changed then.
    pub fn restore(&mut self, bytes: &[u8]) -> Result<(), DecodeError> {
        let mut from = Reader::new(bytes, "the state of transforms", MAGIC, VERSION, self.fingerprint())?;
        let mut stages = self.stages.clone();
        for (transform, memory) in &mut stages {
            match memory {
                Memory::Nothing => {}
                Memory::Last(last) => {
                    let Transform::Fill { with: Fill::Last { by }, .. } = transform else { continue };
                    *last = LastValues::decode(by.len(), &mut from)?;
                }
                Memory::Steps(windows, _) => {
                    let length = from.length(1)?;
                    *windows = Windows::restore(windows.plan(), from.bytes(length)?)?;
                }
            }
        }
        from.finish()?;
        self.stages = stages;
        Ok(())
    }

    /// Of what is remembered, and in which order.
    fn fingerprint(&self) -> u64 {
        let remembers = |(_, memory): &&(Transform, Memory)| !matches!(memory, Memory::Nothing);
        let transforms: Vec<&Transform> =
            self.stages.iter().filter(remembers).map(|(transform, _)| transform).collect();
        hash_bytes(format!("{transforms:?}").as_bytes())
    }
}

fn run(stages: &mut [(Transform, Memory)], mut batch: RecordBatch, now_ms: i64) -> (RecordBatch, Rejections) {
    let mut rejections = Rejections::default();
    for (transform, memory) in stages {
        match (transform, memory) {
            (Transform::Rename { from, to }, _) => batch = rename(batch, from, to),
            (Transform::Scale { field, factor, offset }, _) => {
                let scale = |number: &f64| finite(number * *factor + *offset);
                if let Some(numbers) = batch.numbers(field).map(|numbers| numbers.iter().map(scale).collect()) {
                    batch = with_numbers(batch, field, numbers);
                }
            }
            (Transform::Derive { field, formula }, _) => {
                let numbers = formula.evaluate(&batch);
                batch = with_numbers(batch, field, numbers);
            }
            (Transform::Filter(condition), _) => batch.retain(&condition.evaluate(&batch)),
            (Transform::Require(condition), _) => {
                let before = batch.len();
                batch.retain(&condition.evaluate(&batch));
                rejections.add(Rejection::RuleBroken, (before - batch.len()) as u64);
            }
            (Transform::Fill { field, with }, memory) => {
                let Some(mut numbers) = batch.numbers(field).map(<[f64]>::to_vec) else { continue };
                match (with, memory) {
                    (Fill::Value(value), _) => {
                        numbers.iter_mut().filter(|number| number.is_nan()).for_each(|number| *number = *value);
                    }
                    (Fill::Last { by }, Memory::Last(last)) => last.fill(&batch, by, &mut numbers),
                    (Fill::Last { .. }, _) => {}
                }
                batch = with_numbers(batch, field, numbers);
            }
            (Transform::Resample(_), Memory::Steps(windows, schema)) => {
                let partial = windows.assess(&batch, now_ms);
                rejections.add_all(&partial.rejections());
                let closed: Vec<ClosedWindow> = windows.apply(&partial);
                batch = resample::records(schema, &closed);
            }
            (Transform::Resample(_), _) => {}
        }
    }
    (batch, rejections)
}

fn finite(number: f64) -> f64 {
    if number.is_finite() { number } else { f64::NAN }
}

fn rename(batch: RecordBatch, from: &str, to: &str) -> RecordBatch {
    let (schema, timestamps_ms, mut columns) = batch.into_parts();
    let mut fields = schema.fields().to_vec();
    let found = fields.iter().position(|field| field.name == from);
    // A field that had the name before gives it up.
    if let Some(found) = found
        && let Some(old) = fields.iter().position(|field| field.name == to).filter(|&old| old != found)
    {
        columns.remove(old);
        fields.remove(old);
    }
    fields.iter_mut().filter(|field| field.name == from).for_each(|field| to.clone_into(&mut field.name));
    rebuilt(fields, &schema, timestamps_ms, columns)
}

/// The batch with these numbers as a field, new or in place of the one that has its name.
fn with_numbers(batch: RecordBatch, name: &str, numbers: Vec<f64>) -> RecordBatch {
    let (schema, timestamps_ms, mut columns) = batch.into_parts();
    let column = Column::Number(numbers);
    if let Some(place) = schema.position(name)
        && schema.fields()[place].kind == FieldKind::Number
    {
        columns[place] = column;
        return RecordBatch::from_parts(schema, timestamps_ms, columns);
    }
    let mut fields = schema.fields().to_vec();
    if let Some(place) = schema.position(name) {
        fields.remove(place);
        columns.remove(place);
    }
    fields.push(Field { name: name.to_owned(), kind: FieldKind::Number, required: false });
    columns.push(column);
    rebuilt(fields, &schema, timestamps_ms, columns)
}

fn rebuilt(fields: Vec<Field>, before: &Arc<Schema>, timestamps_ms: Vec<i64>, columns: Vec<Column>) -> RecordBatch {
    // Names are different: a field whose name is taken was removed.
    let schema = Schema::new(fields).map_or_else(|_| Arc::clone(before), Arc::new);
    RecordBatch::from_parts(schema, timestamps_ms, columns)
}
