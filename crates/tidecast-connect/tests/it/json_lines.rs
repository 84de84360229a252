//! Messages as JSON lines: the same as the general parser sees, however they are cut.

use proptest::prelude::*;
use serde_json::{Map, Value, json};
use std::sync::Arc;
use tidecast_connect::records::RecordFormat;
use tidecast_connect::records::json_lines::JsonLines;
use tidecast_core::record::{Field, FieldKind, RecordBatch, Rejection, Rejections, Schema};

const NOW_MS: i64 = 1_700_000_000_000;

fn reader() -> JsonLines {
    let field = |name: &str, kind| Field { name: name.to_owned(), kind, required: false };
    let schema = Schema::new(vec![field("id", FieldKind::Text), field("x", FieldKind::Number)]).unwrap();
    let schema = Arc::new(schema);
    JsonLines::new(RecordFormat { timestamp: "t".to_owned(), schema, future_tolerance_ms: 60_000 })
}

fn read(text: &[u8]) -> (RecordBatch, Rejections) {
    let mut lines = reader();
    lines.push(text, NOW_MS);
    lines.finish(NOW_MS);
    lines.take()
}

#[test]
fn ordinary_and_unusual_lines_are_read() {
    let cases = [
        (r#"{"id":"a","t":1,"x":1.5}"#, "a", 1.5),
        ("  { \"x\" : -2e1 ,\t\"t\":1, \"id\":\"a b\" } \r", "a b", -20.0),
        (r#"{"t":"1","x":"3.25","id":"é"}"#, "é", 3.25),
        (r#"{"t":1,"x":7,"id":"tab\tquote\"\u00e9\ud83d\ude00"}"#, "tab\tquote\"é😀", 7.0),
        (r#"{"t":1,"\u0078":8,"id":"a"}"#, "a", 8.0),
        (r#"{"t":1,"x":null,"id":"a"}"#, "a", f64::NAN),
        (r#"{"t":1,"x":4,"id":true}"#, "true", 4.0),
        (r#"{"t":1,"x":4,"id":[1,{"id":"b"}]}"#, "", 4.0),
        (r#"{"t":1,"x":{"x":9},"id":"a"}"#, "a", f64::NAN),
        (r#"{"t":1,"x":1,"x":2,"id":"a"}"#, "a", 2.0),
        (r#"{"t":1,"x":123456789012345678901234567890,"id":"a"}"#, "a", 123_456_789_012_345_678_901_234_567_890.0),
        (r#"{"t":1,"x":5e-324,"id":"a"}"#, "a", 5e-324),
    ];
    for (line, id, x) in cases {
        let (batch, rejections) = read(line.as_bytes());
        assert_eq!(batch.len(), 1, "{line}: {rejections:?}");
        let number = batch.numbers("x").unwrap()[0];
        assert!(number == x || number.is_nan() && x.is_nan(), "{line}: {number}");
        assert_eq!((batch.texts("id").unwrap().text(0), batch.timestamps_ms()), (id, &[1_000][..]), "{line}");
    }
}

#[test]
fn lines_that_are_no_object_are_malformed() {
    for line in [
        "[]",
        "7",
        "null",
        "\"x\"",
        "{",
        "{}{}",
        "{} x",
        "{\"t\":1,}",
        "{,}",
        "{\"t\" 1}",
        "{\"t\":}",
        "{t:1}",
        "{'t':1}",
        "{\"t\":01}",
        "{\"t\":1.}",
        "{\"t\":.5}",
        "{\"t\":-}",
        "{\"t\":1e}",
        "{\"t\":1e999}",
        "{\"t\":nul}",
        "{\"t\":NaN}",
        "{\"t\":\"a\u{1}\"}",
        "{\"t\":\"\\x\"}",
        "{\"t\":\"\\ud800\"}",
        "{\"a\":[1,]}",
        "{\"t\":truex}",
    ] {
        let (batch, rejections) = read(line.as_bytes());
        assert_eq!((batch.len(), rejections.count(Rejection::Malformed)), (0, 1), "{line}");
    }
    for bytes in [&b"{\"t\":1,\"y\":\"\xff\"}"[..], b"{\"t\":1,\"y\":[\"\xff\"]}", b"\xef\xbb\xbf{\"t\":1}"] {
        assert_eq!(read(bytes).1.count(Rejection::Malformed), 1, "{bytes:?}");
    }
    let (batch, rejections) = read(b"\n  \n\r\n{\"t\":1}\n\n");
    assert_eq!((batch.len(), rejections.is_empty()), (1, true));
}

#[test]
fn a_line_without_end_costs_no_memory_and_counts_once() {
    let mut lines = reader();
    lines.push(b"{\"t\":1}\n{\"id\":\"", NOW_MS);
    for _ in 0..200 {
        lines.push(&[b'x'; 100_000], NOW_MS);
    }
    lines.push(b"\"}\n{\"t\":2}\n", NOW_MS);
    let long = format!("{{\"t\":3,\"y\":\"{}\"}}\n{{\"t\":4}}\n", "y".repeat(1 << 20));
    lines.push(long.as_bytes(), NOW_MS);
    let (batch, rejections) = lines.take();
    assert_eq!(batch.timestamps_ms(), [1_000, 2_000, 4_000]);
    assert_eq!(rejections.count(Rejection::Malformed), 2);
}

fn value() -> impl Strategy<Value = Value> {
    let simple = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        "\\PC{0,12}".prop_map(Value::from),
        "[a-z\\\\\"\n\t]{0,6}".prop_map(Value::from),
    ];
    simple.prop_recursive(3, 12, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map("[a-z]{0,3}", inner, 0..4).prop_map(Value::from_iter),
        ]
    })
}

/// What the general parser makes of a line, by our rules: refused, or the text of `id` and the number `x`.
fn reference(line: &[u8]) -> Option<(String, f64)> {
    let object: Map<String, Value> = serde_json::from_str(std::str::from_utf8(line).ok()?).ok()?;
    let id = match object.get("id") {
        Some(Value::String(text)) => text.clone(),
        Some(value @ (Value::Bool(_) | Value::Number(_))) => value.to_string(),
        _ => String::new(),
    };
    Some((id, object.get("x").and_then(Value::as_f64).unwrap_or(f64::NAN)))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    #[test]
    fn objects_are_read_as_the_general_parser_reads_them(
        id in value(), x in prop_oneof![any::<f64>(), -1e6..1e6_f64], others in prop::collection::btree_map("[a-z\"é]{2,5}", value(), 0..4),
        pretty in any::<bool>(), cut in any::<prop::sample::Index>(),
    ) {
        let mut object = json!({"t": 1, "x": x, "id": id});
        for (name, value) in others {
            if name != "id" {
                object[name] = value;
            }
        }
        let line = if pretty { serde_json::to_string_pretty(&object).unwrap().replace('\n', " ") } else { object.to_string() };
        let (expected_id, expected_x) = reference(line.as_bytes()).unwrap();
        let mut lines = reader();
        let (first, second) = line.as_bytes().split_at(cut.index(line.len()));
        lines.push(first, NOW_MS);
        lines.push(second, NOW_MS);
        lines.finish(NOW_MS);
        let (batch, _) = lines.take();
        prop_assert_eq!(batch.len(), 1);
        let number = batch.numbers("x").unwrap()[0];
        prop_assert!(number == expected_x || number.is_nan() && expected_x.is_nan());
        if !id.is_number() {
            // A number is the text that stands there, and not what its value prints as.
            prop_assert_eq!(batch.texts("id").unwrap().text(0), expected_id);
        }
    }

    #[test]
    fn changed_lines_are_refused_where_the_general_parser_refuses_them(
        x in any::<f32>(), changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..3),
    ) {
        let mut line = format!("{{\"t\":1,\"id\":\"ab\\u0063\",\"x\":{x:e},\"y\":{{\"z\":[-1.5,true]}},\"w\":0.25}}").into_bytes();
        for (place, byte) in changes {
            let place = place.index(line.len());
            line[place] = if byte == b'\n' { b' ' } else { byte };
        }
        let (_, rejections) = read(&line);
        prop_assert_eq!(rejections.count(Rejection::Malformed) == 1, reference(&line).is_none(), "{:?}", String::from_utf8_lossy(&line));
    }

    #[test]
    fn any_bytes_do_no_harm(bytes in prop::collection::vec(prop_oneof![any::<u8>(), prop::sample::select(b"{}[]\":,\\\n".to_vec())], 0..100)) {
        read(&bytes);
    }
}
