//! Transforms of batches, and the fields that they need.

use proptest::prelude::*;
use std::sync::Arc;
use tidecast_core::record::{Column, Field, FieldKind, RecordBatch, Rejection, Schema};
use tidecast_core::transform::{Fill, Resample, Resampled, Transform, TransformError, Transforms};

fn number(name: &str) -> Field {
    Field { name: name.to_owned(), kind: FieldKind::Number, required: true }
}

fn text(name: &str) -> Field {
    Field { name: name.to_owned(), kind: FieldKind::Text, required: true }
}

fn names(transforms: &Transforms) -> Vec<(&str, bool)> {
    transforms.input_schema().fields().iter().map(|field| (field.name.as_str(), field.required)).collect()
}

/// Times, keys, and the numbers of each field of the schema.
fn batch(transforms: &Transforms, records: &[(i64, &str, &[f64])]) -> RecordBatch {
    let mut batch = RecordBatch::new(Arc::clone(transforms.input_schema()));
    for (ms, key, numbers) in records {
        let mut numbers = numbers.iter();
        batch.push(*ms, |_, column| match column {
            Column::Number(column) => column.push(*numbers.next().unwrap()),
            Column::Text(column) => column.push(key),
        });
    }
    batch
}

fn filter(text: &str) -> Transform {
    Transform::Filter(text.parse().unwrap())
}

fn derive(field: &str, text: &str) -> Transform {
    Transform::Derive { field: field.to_owned(), formula: text.parse().unwrap() }
}

fn rename(from: &str, to: &str) -> Transform {
    Transform::Rename { from: from.to_owned(), to: to.to_owned() }
}

fn fill(field: &str, with: Fill) -> Transform {
    Transform::Fill { field: field.to_owned(), with }
}

fn resample(value: Resampled) -> Resample {
    let by = vec!["key".to_owned()];
    Resample { by, step_ms: 10, value, lateness_ms: 0, idle_after_ms: 1_000, max_keys: 10 }
}

#[test]
fn the_input_follows_from_what_is_needed_in_the_end() {
    let transforms = Transforms::new(
        vec![
            rename("pkts", "packets"),
            fill("loss", Fill::Value(0.0)),
            Transform::Require("loss <= packets".parse().unwrap()),
            derive("delivered", "packets - loss"),
            derive("never_used", "nothing + 1"),
        ],
        &[text("key"), number("delivered")],
    )
    .unwrap();
    assert_eq!(names(&transforms), [("key", true), ("loss", false), ("pkts", true)]);
    assert!(!transforms.is_stateful());
}

#[test]
fn what_cannot_be_given_is_refused() {
    let refused = |transforms, needed: &[Field]| Transforms::new(transforms, needed).unwrap_err();
    let renamed = refused(vec![rename("a", "b")], &[number("a")]);
    assert_eq!(renamed, TransformError::Renamed { from: "a".to_owned(), to: "b".to_owned() });
    assert_eq!(refused(vec![derive("key", "a")], &[text("key")]), TransformError::Kind("key".to_owned()));
    assert_eq!(refused(vec![filter("key > 1")], &[text("key")]), TransformError::Kind("key".to_owned()));
    let coarse = || vec![Transform::Resample(resample(Resampled::Last))];
    assert_eq!(refused(coarse(), &[text("site")]), TransformError::Dropped("site".to_owned()));
    let scale = Transform::Scale { field: "a".to_owned(), factor: f64::NAN, offset: 0.0 };
    assert_eq!(refused(vec![scale], &[number("a")]), TransformError::NotFinite("`scale`"));
    let none = Resample { step_ms: 0, ..resample(Resampled::Last) };
    assert!(matches!(refused(vec![Transform::Resample(none)], &[number("a")]), TransformError::Resample(_)));
}

#[test]
fn records_go_through_in_order() {
    let mut transforms = Transforms::new(
        vec![
            Transform::Require("loss >= 0 and loss <= packets".parse().unwrap()),
            filter("packets != 13"),
            derive("rate", "loss / (packets - 1)"),
            Transform::Scale { field: "rate".to_owned(), factor: 100.0, offset: 1.0 },
            rename("rate", "percent"),
        ],
        &[text("key"), number("percent"), number("packets"), number("loss")],
    )
    .unwrap();
    assert_eq!(names(&transforms), [("key", true), ("packets", true), ("loss", true)]);
    let records: [(i64, &str, &[f64]); 6] = [
        (1, "a", &[5.0, 1.0]),
        (2, "b", &[5.0, 6.0]),
        (3, "c", &[5.0, -1.0]),
        (4, "d", &[13.0, 1.0]),
        (5, "e", &[1.0, 1.0]),
        (6, "f", &[f64::NAN, 1.0]),
    ];
    let input = batch(&transforms, &records);
    let (output, rejections) = transforms.apply(input, 0);
    assert_eq!(rejections.iter().collect::<Vec<_>>(), [(Rejection::RuleBroken, 3)]);
    assert_eq!(output.timestamps_ms(), [1, 5]);
    let percent = output.numbers("percent").unwrap();
    assert!(percent[0] == 26.0 && percent[1].is_nan(), "a division by zero is missing: {percent:?}");
    assert_eq!((output.numbers("rate"), output.texts("key").unwrap().text(1)), (None, "e"));
}

#[test]
fn a_renamed_field_takes_the_place_of_another() {
    let mut transforms = Transforms::new(vec![filter("b > 0"), rename("a", "b")], &[number("b")]).unwrap();
    assert_eq!(names(&transforms), [("a", true), ("b", true)]);
    let input = batch(&transforms, &[(1, "", &[7.0, 1.0]), (2, "", &[8.0, -1.0])]);
    let (output, _) = transforms.apply(input, 0);
    assert_eq!((output.numbers("b"), output.columns().len()), (Some(&[7.0][..]), 1));
}

#[test]
fn missing_numbers_become_the_last_of_their_key() {
    let last = || Fill::Last { by: vec!["key".to_owned()] };
    let make = || Transforms::new(vec![fill("x", last()), fill("x", Fill::Value(-1.0))], &[number("x")]).unwrap();
    let mut transforms = make();
    assert_eq!((names(&transforms), transforms.is_stateful()), (vec![("x", false), ("key", true)], true));
    let nan: &[f64] = &[f64::NAN];
    let input = batch(&transforms, &[(1, "a", nan), (2, "a", &[5.0]), (3, "b", nan), (4, "a", nan)]);
    assert_eq!(transforms.apply(input, 0).0.numbers("x"), Some(&[-1.0, 5.0, -1.0, 5.0][..]));
    let mut restored = make();
    restored.restore(&transforms.snapshot()).unwrap();
    let input = batch(&restored, &[(5, "a", nan), (6, "b", nan)]);
    assert_eq!(restored.apply(input, 0).0.numbers("x"), Some(&[5.0, -1.0][..]));
    let mut other = Transforms::new(vec![fill("y", last())], &[number("y")]).unwrap();
    assert!(other.restore(&transforms.snapshot()).is_err() && restored.restore(b"nonsense").is_err());
}

#[test]
fn steps_become_one_record_for_each_key() {
    for (value, expected) in [(Resampled::Last, [7.0, 2.0, 9.0]), (Resampled::Mean, [4.5, 2.0, 9.0])] {
        let list = vec![Transform::Resample(resample(value)), filter("x > 0")];
        let mut transforms = Transforms::new(list.clone(), &[text("key"), number("x")]).unwrap();
        let records: [(i64, &str, &[f64]); 4] =
            [(3, "a", &[2.0]), (9, "a", &[7.0]), (5, "b", &[2.0]), (10, "a", &[9.0])];
        let input = batch(&transforms, &records);
        let (output, _) = transforms.apply(input, 0);
        assert_eq!((output.timestamps_ms(), output.numbers("x")), (&[0, 0][..], Some(&expected[..2])), "{value:?}");
        assert_eq!((output.texts("key").unwrap().text(0), output.texts("key").unwrap().text(1)), ("a", "b"));
        let late = batch(&transforms, &[(4, "a", &[1.0])]);
        let (output, rejections) = transforms.apply(late, 0);
        assert_eq!((output.len(), rejections.count(Rejection::Late)), (0, 1));
        // What is open survives a restart, and ends when nothing comes.
        let mut restored = Transforms::new(list, &[text("key"), number("x")]).unwrap();
        restored.restore(&transforms.snapshot()).unwrap();
        assert!(restored.tick(0).is_none() && restored.tick(999).is_none());
        let (output, _) = restored.tick(1_010).unwrap();
        assert_eq!((output.timestamps_ms(), output.numbers("x")), (&[10][..], Some(&expected[2..])));
    }
}

proptest! {
    #[test]
    fn formulas_are_those_of_arithmetic(a in -100..100_i32, b in -100..100_i32) {
        let (a, b) = (f64::from(a), f64::from(b));
        let mut transforms = Transforms::new(vec![derive("x", "-a * 2 + (b - a) / 4 - b")], &[number("x"), number("a")]).unwrap();
        let input = batch(&transforms, &[(0, "", &[a, b])]);
        prop_assert_eq!(transforms.apply(input, 0).0.numbers("x").unwrap()[0], -a * 2.0 + (b - a) / 4.0 - b);
        for (condition, holds) in [
            ("a < b or a == 3", a < b || a == 3.0),
            ("not a >= b and b > 0", a < b && b > 0.0),
            ("a <= b and not (b != a or a > 50)", a == b && a <= 50.0),
        ] {
            let mut transforms = Transforms::new(vec![filter(condition)], &[number("a"), number("b")]).unwrap();
            let input = batch(&transforms, &[(0, "", &[a, b])]);
            prop_assert_eq!(transforms.apply(input, 0).0.len() == 1, holds, "{}", condition);
        }
    }
}
