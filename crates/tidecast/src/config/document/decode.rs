//! Typed decoding: a serde deserializer over located nodes.
//!
//! What a scalar means follows from the type that is asked for, so `delimiter: 1` is a text where a text is wanted;
//! only where any type will do is a plain scalar resolved as in YAML's core schema.

use super::error::{DecodeError, Kind};
use super::node::{Content, Entry, Node};
use serde::Deserialize;
use serde::de::value::{BorrowedStrDeserializer, StringDeserializer};
use serde::de::{DeserializeSeed, Deserializer, EnumAccess, Error as _, MapAccess, SeqAccess, VariantAccess, Visitor};

/// Decodes one node.
pub(super) fn decode<'de, T: Deserialize<'de>>(node: &'de Node) -> Result<T, DecodeError> {
    T::deserialize(NodeDeserializer { node })
}

#[derive(Clone, Copy)]
struct NodeDeserializer<'de> {
    node: &'de Node,
}

impl<'de> NodeDeserializer<'de> {
    fn scalar(self, expected: &str) -> Result<&'de str, DecodeError> {
        match &self.node.content {
            Content::Scalar { text, .. } if !self.node.is_null() => Ok(text),
            _ => Err(DecodeError::expected(self.node, expected)),
        }
    }

    fn parse<T: std::str::FromStr>(self, expected: &str) -> Result<T, DecodeError> {
        self.scalar(expected)?.trim().parse().map_err(|_| DecodeError::expected(self.node, expected))
    }

    fn visit<V: Visitor<'de>>(self, value: Result<V::Value, DecodeError>) -> Result<V::Value, DecodeError> {
        value.map_err(|error| error.about(self.node))
    }
}

macro_rules! numbers {
    ($($method:ident $visit:ident $type:ty, $expected:literal;)*) => {
        $(fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
            let number: $type = self.parse($expected)?;
            self.visit::<V>(visitor.$visit(number))
        })*
    };
}

impl<'de> Deserializer<'de> for NodeDeserializer<'de> {
    type Error = DecodeError;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        match &self.node.content {
            Content::Mapping(_) => self.deserialize_map(visitor),
            Content::Sequence(_) => self.deserialize_seq(visitor),
            Content::Scalar { .. } if self.node.is_null() => self.visit::<V>(visitor.visit_unit()),
            Content::Scalar { text, plain: true } => {
                let value = if let Ok(truth) = text.parse() {
                    visitor.visit_bool(truth)
                } else if let Ok(number) = text.parse() {
                    visitor.visit_u64(number)
                } else if let Ok(number) = text.parse() {
                    visitor.visit_i64(number)
                } else {
                    match text.parse::<f64>() {
                        Ok(number) if number.is_finite() => visitor.visit_f64(number),
                        _ => visitor.visit_borrowed_str(text),
                    }
                };
                self.visit::<V>(value)
            }
            Content::Scalar { text, plain: false } => self.visit::<V>(visitor.visit_borrowed_str(text)),
        }
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        let truth = self.parse("true or false")?;
        self.visit::<V>(visitor.visit_bool(truth))
    }

    numbers! {
        deserialize_u8 visit_u64 u64, "a whole number, 0 or more";
        deserialize_u16 visit_u64 u64, "a whole number, 0 or more";
        deserialize_u32 visit_u64 u64, "a whole number, 0 or more";
        deserialize_u64 visit_u64 u64, "a whole number, 0 or more";
        deserialize_i8 visit_i64 i64, "a whole number";
        deserialize_i16 visit_i64 i64, "a whole number";
        deserialize_i32 visit_i64 i64, "a whole number";
        deserialize_i64 visit_i64 i64, "a whole number";
        deserialize_f32 visit_f64 f64, "a number";
        deserialize_f64 visit_f64 f64, "a number";
    }

    fn deserialize_char<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        let text = self.scalar("a single character")?;
        let mut characters = text.chars();
        match (characters.next(), characters.next()) {
            (Some(character), None) => self.visit::<V>(visitor.visit_char(character)),
            _ => Err(DecodeError::expected(self.node, "a single character")),
        }
    }

    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        let text = self.scalar("a text")?;
        self.visit::<V>(visitor.visit_borrowed_str(text))
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        self.deserialize_str(visitor)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        if self.node.is_null() { visitor.visit_none() } else { visitor.visit_some(self) }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        visitor: V,
    ) -> Result<V::Value, DecodeError> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        match &self.node.content {
            Content::Sequence(nodes) => {
                let elements = Elements { nodes: nodes.iter().enumerate() };
                self.visit::<V>(visitor.visit_seq(elements))
            }
            _ => Err(DecodeError::expected(self.node, "a list, such as [a, b]")),
        }
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        match &self.node.content {
            Content::Mapping(entries) => visitor.visit_map(Entries { entries: entries.iter(), value: None }),
            _ => Err(DecodeError::expected(self.node, "a group of keys, such as {key: value}")),
        }
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, DecodeError> {
        self.deserialize_map(visitor)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, DecodeError> {
        let Some(text) = self.node.text().filter(|_| !self.node.is_null()) else {
            return Err(DecodeError::expected(self.node, &format!("one of {}", variants.join(", "))));
        };
        self.visit::<V>(visitor.visit_enum(Name { text }))
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        visitor.visit_unit()
    }

    serde::forward_to_deserialize_any! {
        i128 u128 bytes byte_buf unit unit_struct tuple tuple_struct identifier
    }
}

struct Elements<'de> {
    nodes: std::iter::Enumerate<std::slice::Iter<'de, Node>>,
}

impl<'de> SeqAccess<'de> for Elements<'de> {
    type Error = DecodeError;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, DecodeError> {
        let Some((index, node)) = self.nodes.next() else { return Ok(None) };
        seed.deserialize(NodeDeserializer { node })
            .map(Some)
            .map_err(|error| error.about(node).under(format!("[{index}]"), node.location))
    }
}

struct Entries<'de> {
    entries: std::slice::Iter<'de, Entry>,
    /// The entry whose key was taken and whose value comes next.
    value: Option<&'de Entry>,
}

impl<'de> MapAccess<'de> for Entries<'de> {
    type Error = DecodeError;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, DecodeError> {
        let Some(entry) = self.entries.next() else { return Ok(None) };
        self.value = Some(entry);
        seed.deserialize(BorrowedStrDeserializer::new(&entry.key))
            .map(Some)
            .map_err(|error: DecodeError| error.under(entry.key.clone(), entry.location))
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, DecodeError> {
        let entry = self.value.take().ok_or_else(|| DecodeError::custom("a value was asked for before its key"))?;
        seed.deserialize(NodeDeserializer { node: &entry.value }).map_err(|error| {
            // A key missing in a group is shown where the group is named.
            let at = if matches!(error.kind, Kind::MissingKey { .. }) { entry.location } else { entry.value.location };
            error.about(&entry.value).under(entry.key.clone(), at)
        })
    }
}

/// The name of an enum's variant without content.
struct Name<'de> {
    text: &'de str,
}

impl<'de> EnumAccess<'de> for Name<'de> {
    type Error = DecodeError;
    type Variant = Self;

    fn variant_seed<V: DeserializeSeed<'de>>(self, seed: V) -> Result<(V::Value, Self), DecodeError> {
        Ok((seed.deserialize(StringDeserializer::new(self.text.to_owned()))?, self))
    }
}

impl<'de> VariantAccess<'de> for Name<'de> {
    type Error = DecodeError;

    fn unit_variant(self) -> Result<(), DecodeError> {
        Ok(())
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, _seed: T) -> Result<T::Value, DecodeError> {
        Err(DecodeError::custom(format!("`{}` needs content, which cannot be written here", self.text)))
    }

    fn tuple_variant<V: Visitor<'de>>(self, _length: usize, _visitor: V) -> Result<V::Value, DecodeError> {
        Err(DecodeError::custom(format!("`{}` needs content, which cannot be written here", self.text)))
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        _fields: &'static [&'static str],
        _visitor: V,
    ) -> Result<V::Value, DecodeError> {
        Err(DecodeError::custom(format!("`{}` needs content, which cannot be written here", self.text)))
    }
}
