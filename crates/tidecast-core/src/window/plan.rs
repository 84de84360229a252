//! A checked specification, with the aggregates that its measures need, each held once.

use super::hash::hash_bytes;
use super::spec::WindowSpec;
use super::{Expression, Measure};
use crate::record::{Field, FieldKind};
use std::sync::Arc;

/// Records with times beyond these are refused: years -271,000 to 275,000.
const TIME_MAX_MS: i64 = 8_640_000_000_000_000;
/// No beginning or end of a window, and no watermark, lies further away than this.
pub(super) const FAR_MS: i64 = 2 * TIME_MAX_MS;

/// What is computed, checked and prepared.
#[derive(Clone, Debug, PartialEq)]
pub struct WindowPlan {
    spec: WindowSpec,
    aggregates: Vec<Aggregate>,
    readings: Vec<Reading>,
    by: Arc<[String]>,
    measure_names: Arc<[String]>,
}

/// What is held for a key and a pane. Each can be merged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Aggregate {
    /// How many records have the number.
    Present(String),
    Sum(String),
    Least(String),
    Greatest(String),
    Last(String),
    Sketch(String),
    DistinctNumbers(String),
    DistinctTexts(String),
}

/// How a measure follows from the aggregates, by their places.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Reading {
    Count,
    Sum(usize),
    Mean {
        sum: usize,
        present: usize,
    },
    Least(usize),
    Greatest(usize),
    Last(usize),
    Rate,
    RateOf(usize),
    Ratio {
        numerator: usize,
        denominator: usize,
    },
    Distinct(usize),
    /// Different values of one of the fields in `by`.
    DistinctKeys(usize),
    Quantile {
        sketch: usize,
        level: f64,
    },
}

impl WindowPlan {
    pub(super) fn new(spec: WindowSpec) -> Self {
        let mut aggregates = Vec::new();
        let mut place = |aggregate: Aggregate| {
            aggregates.iter().position(|other| *other == aggregate).unwrap_or_else(|| {
                aggregates.push(aggregate);
                aggregates.len() - 1
            })
        };
        let numbers = number_fields(&spec);
        let reading = |Measure { expression, .. }: &Measure| match expression.clone() {
            Expression::Count => Reading::Count,
            Expression::Rate => Reading::Rate,
            Expression::Sum(field) => Reading::Sum(place(Aggregate::Sum(field))),
            Expression::Mean(field) => {
                Reading::Mean { sum: place(Aggregate::Sum(field.clone())), present: place(Aggregate::Present(field)) }
            }
            Expression::Min(field) => Reading::Least(place(Aggregate::Least(field))),
            Expression::Max(field) => Reading::Greatest(place(Aggregate::Greatest(field))),
            Expression::Last(field) => Reading::Last(place(Aggregate::Last(field))),
            Expression::RateOf(field) => Reading::RateOf(place(Aggregate::Sum(field))),
            Expression::Ratio { numerator, denominator } => Reading::Ratio {
                numerator: place(Aggregate::Sum(numerator)),
                denominator: place(Aggregate::Sum(denominator)),
            },
            Expression::Distinct(field) => match spec.by.iter().position(|by| *by == field) {
                Some(by) => Reading::DistinctKeys(by),
                None if numbers.contains(&field) => Reading::Distinct(place(Aggregate::DistinctNumbers(field))),
                None => Reading::Distinct(place(Aggregate::DistinctTexts(field))),
            },
            Expression::Quantile { field, level } => {
                Reading::Quantile { sketch: place(Aggregate::Sketch(field)), level }
            }
        };
        let readings = spec.measures.iter().map(reading).collect();
        let by = spec.by.clone().into();
        let measure_names = spec.measures.iter().map(|measure| measure.name.clone()).collect();
        Self { spec, aggregates, readings, by, measure_names }
    }

    /// As it was configured.
    #[must_use]
    pub fn spec(&self) -> &WindowSpec {
        &self.spec
    }

    /// The fields that records need: those of `by`, then those of the measures. A field of which only different values are
    /// counted is a text. All are required; where a transform fills what is missing, its input need not be.
    #[must_use]
    pub fn fields(&self) -> Vec<Field> {
        let numbers = number_fields(&self.spec);
        let of_measures = self.spec.measures.iter().flat_map(|measure| measure.expression.fields());
        let mut fields: Vec<Field> = Vec::new();
        for name in self.spec.by.iter().map(String::as_str).chain(of_measures) {
            if fields.iter().all(|field| field.name != name) {
                let number = numbers.iter().any(|number| number == name);
                let kind = if number { FieldKind::Number } else { FieldKind::Text };
                fields.push(Field { name: name.to_owned(), kind, required: true });
            }
        }
        fields
    }

    pub(super) fn aggregates(&self) -> &[Aggregate] {
        &self.aggregates
    }

    pub(super) fn readings(&self) -> &[Reading] {
        &self.readings
    }

    pub(super) fn by(&self) -> &Arc<[String]> {
        &self.by
    }

    pub(super) fn measure_names(&self) -> &Arc<[String]> {
        &self.measure_names
    }

    /// What kept state depends on: its layout, and where panes lie.
    pub(super) fn fingerprint(&self) -> u64 {
        let Self { spec: WindowSpec { size_ms, slide_ms, by, .. }, aggregates, .. } = self;
        hash_bytes(format!("{size_ms} {slide_ms} {by:?} {aggregates:?}").as_bytes())
    }

    /// When the last window that has this time ends.
    pub(super) fn last_end_ms(&self, ms: i64) -> i64 {
        self.pane_ms(ms) + self.spec.size_ms
    }

    /// The beginning of the pane of a time.
    pub(super) fn pane_ms(&self, ms: i64) -> i64 {
        ms - ms.rem_euclid(self.spec.slide_ms)
    }

    /// The beginning of the first window that has this pane.
    pub(super) fn first_window_ms(&self, pane_ms: i64) -> i64 {
        pane_ms + self.spec.slide_ms - self.spec.size_ms
    }

    /// The beginning of the first window that is still kept at this watermark.
    pub(super) fn first_kept_ms(&self, watermark_ms: i64) -> i64 {
        let gone = watermark_ms.saturating_sub(self.spec.correctable_ms()).max(-FAR_MS) - self.spec.size_ms;
        self.pane_ms(gone) + self.spec.slide_ms
    }
}

/// Whether a time, or what follows from one, can be counted with.
pub(super) fn is_near(ms: &i64) -> bool {
    (-FAR_MS..=FAR_MS).contains(ms)
}

/// Whether a record can have this time.
pub(super) fn is_time(ms: &i64) -> bool {
    (-TIME_MAX_MS..=TIME_MAX_MS).contains(ms)
}

/// Fields that some measure needs as numbers.
fn number_fields(spec: &WindowSpec) -> Vec<String> {
    let numeric = |measure: &&Measure| !matches!(measure.expression, Expression::Distinct(_));
    let fields = spec.measures.iter().filter(numeric).flat_map(|measure| measure.expression.fields());
    fields.map(str::to_owned).collect()
}
