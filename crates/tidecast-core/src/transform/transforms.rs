//! Transforms one after the other.

use super::Transform;
use crate::record::{Field, RecordBatch, Rejections, Schema, SchemaError};

/// A checked sequence of transforms.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Transforms(Vec<Transform>);

/// Why transforms cannot work.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum TransformError {
    /// Two fields end up with one name, or a field would be number and text.
    #[error(transparent)]
    Schema(#[from] SchemaError),
    /// The grid has no step.
    #[error("resample needs a step above 0, such as 10s")]
    Step,
    /// A factor or filling is no number.
    #[error("{0} is not a finite number; give one")]
    NotFinite(f64),
}

impl Transforms {
    /// Checks each by itself; whether they fit the fields that are needed, [`Self::input_fields`] tells.
    ///
    /// # Errors
    /// When one of them cannot work.
    pub fn new(steps: Vec<Transform>) -> Result<Self, TransformError> {
        for step in &steps {
            match step {
                Transform::Resample { every_ms } if *every_ms <= 0 => return Err(TransformError::Step),
                Transform::Scale { factor: number, .. } | Transform::Fill { number, .. } if !number.is_finite() => {
                    return Err(TransformError::NotFinite(*number));
                }
                _ => {}
            }
        }
        Ok(Self(steps))
    }

    /// Each, in the order in which they are done.
    #[must_use]
    pub fn steps(&self) -> &[Transform] {
        &self.0
    }

    /// The fields that records need, so that after all transforms they have these `fields`.
    ///
    /// # Errors
    /// When one field would have to be two things.
    pub fn input_fields(&self, fields: Vec<Field>) -> Result<Vec<Field>, TransformError> {
        let input = self.0.iter().rev().fold(fields, |fields, step| step.input_fields(fields));
        Schema::new(input.clone())?;
        Ok(input)
    }

    /// Does it all. What is refused is counted.
    ///
    /// # Errors
    /// When two fields get the same name, which does not happen to records with the fields of [`Self::input_fields`].
    pub fn apply(&self, records: RecordBatch, refused: &mut Rejections) -> Result<RecordBatch, TransformError> {
        let records = self.0.iter().try_fold(records, |records, step| step.apply(records, refused))?;
        Ok(records)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::{Column, FieldKind, Rejection};
    use std::sync::Arc;

    fn field(name: &str, kind: FieldKind, required: bool) -> Field {
        Field { name: name.to_owned(), kind, required }
    }

    fn transforms() -> Transforms {
        Transforms::new(vec![
            Transform::Rename { from: "pkts".to_owned(), to: "packets".to_owned() },
            Transform::Fill { field: "loss".to_owned(), number: 0.0 },
            Transform::Require("loss >= 0".parse().unwrap()),
            Transform::Require("loss <= packets".parse().unwrap()),
            Transform::Filter("packets > 0".parse().unwrap()),
            Transform::Derive { field: "delivered".to_owned(), expression: "packets - loss".parse().unwrap() },
            Transform::Scale { field: "latency".to_owned(), factor: 0.001 },
            Transform::Resample { every_ms: 10_000 },
        ])
        .unwrap()
    }

    fn output() -> Vec<Field> {
        vec![
            field("antenna_id", FieldKind::Text, true),
            field("delivered", FieldKind::Number, true),
            field("latency", FieldKind::Number, true),
        ]
    }

    #[test]
    fn the_input_follows_from_the_output() {
        let expected = [
            field("antenna_id", FieldKind::Text, true),
            field("latency", FieldKind::Number, true),
            field("pkts", FieldKind::Number, true),
            field("loss", FieldKind::Number, false),
        ];
        assert_eq!(transforms().input_fields(output()).unwrap(), expected);
        let text = vec![field("packets", FieldKind::Text, true)];
        let none = Transforms::new(vec![Transform::Filter("packets > 0".parse().unwrap())]).unwrap();
        assert_eq!(none.input_fields(text.clone()).unwrap(), text);
        let two = vec![field("a", FieldKind::Number, true), field("b", FieldKind::Text, true)];
        let merged = Transforms::new(vec![Transform::Rename { from: "a".to_owned(), to: "b".to_owned() }]).unwrap();
        assert!(merged.input_fields(two).is_err());
    }

    #[test]
    fn records_are_transformed() {
        let schema = Schema::new(transforms().input_fields(output()).unwrap()).unwrap();
        let mut records = RecordBatch::new(Arc::new(schema));
        let rows = [
            (12_345, "a", 100.0, 5.0, 20.0),
            (19_999, "b", 100.0, f64::NAN, 30.0),
            (-1, "c", 0.0, 0.0, 1.0),
            (5, "d", 10.0, 11.0, 1.0),
            (5, "e", 10.0, -1.0, 1.0),
        ];
        for (ms, id, packets, loss, latency) in rows {
            let numbers = [f64::NAN, latency, packets, loss];
            records.push(ms, |column, values| match values {
                Column::Number(values) => values.push(numbers[column]),
                Column::Text(texts) => texts.push(id),
            });
        }
        let mut refused = Rejections::default();
        let records = transforms().apply(records, &mut refused).unwrap();
        assert_eq!(refused.count(Rejection::RuleBroken), 2);
        assert_eq!(records.timestamps_ms(), [10_000, 10_000]);
        assert_eq!(records.numbers("delivered"), Some(&[95.0, 100.0][..]));
        assert_eq!(records.numbers("latency"), Some(&[0.02, 0.03][..]));
        assert_eq!(records.texts("antenna_id").unwrap().text(1), "b");
    }

    #[test]
    fn what_cannot_work_is_refused() {
        let scale = Transform::Scale { field: "a".to_owned(), factor: f64::NAN };
        assert!(matches!(Transforms::new(vec![scale]), Err(TransformError::NotFinite(_))));
        assert_eq!(Transforms::new(vec![Transform::Resample { every_ms: 0 }]), Err(TransformError::Step));
    }
}
