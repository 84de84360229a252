//! The fields of any object, by the general parser.

use serde::de::{Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, de};
use std::fmt;

/// Names and values of a line, in their order.
pub(super) fn fields(line: &[u8]) -> Result<Vec<(String, String)>, serde_json::Error> {
    // The parser does not look at texts that it skips.
    let text = std::str::from_utf8(line).map_err(de::Error::custom)?;
    serde_json::from_str(text).map(|Object(fields)| fields)
}

struct Object(Vec<(String, String)>);

impl<'de> Deserialize<'de> for Object {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(ObjectVisitor)
    }
}

struct ObjectVisitor;

impl<'de> Visitor<'de> for ObjectVisitor {
    type Value = Object;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Object, A::Error> {
        let mut fields = Vec::new();
        while let Some((name, value)) = map.next_entry::<String, Value>()? {
            // A name that nothing has: nested values are none of ours.
            fields.push(value.0.map_or_else(|| (String::new(), String::new()), |value| (name, value)));
        }
        Ok(Object(fields))
    }
}

/// A value as text; none for a nested one.
struct Value(Option<String>);

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ValueVisitor)
    }
}

struct ValueVisitor;

impl ValueVisitor {
    fn text<E>(value: &impl ToString) -> Result<Value, E> {
        Ok(Value(Some(value.to_string())))
    }
}

impl<'de> Visitor<'de> for ValueVisitor {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_bool<E: de::Error>(self, value: bool) -> Result<Value, E> {
        Self::text(&value)
    }

    fn visit_i64<E: de::Error>(self, value: i64) -> Result<Value, E> {
        Self::text(&value)
    }

    fn visit_u64<E: de::Error>(self, value: u64) -> Result<Value, E> {
        Self::text(&value)
    }

    fn visit_f64<E: de::Error>(self, value: f64) -> Result<Value, E> {
        // With an exponent where digits would be many.
        Self::text(&format!("{value:?}"))
    }

    fn visit_str<E: de::Error>(self, value: &str) -> Result<Value, E> {
        Self::text(&value)
    }

    fn visit_unit<E: de::Error>(self) -> Result<Value, E> {
        Self::text(&"")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut sequence: A) -> Result<Value, A::Error> {
        while sequence.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Value(None))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Value(None))
    }
}
