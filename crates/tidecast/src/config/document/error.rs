//! The error of typed decoding: serde's, kept in parts so that it can be located, completed and shown.

use super::node::{Location, Node};
use crate::config::accepted::{accepted, nearest};
use serde::de::{Expected, Unexpected};
use std::fmt;

/// What is wrong with a node; serde builds it, the deserializer adds where.
#[derive(Debug)]
pub(super) struct DecodeError {
    pub(super) kind: Kind,
    pub(super) location: Option<Location>,
    /// Keys and indices from the innermost outwards.
    pub(super) path: Vec<String>,
}

#[derive(Debug)]
pub(super) enum Kind {
    UnknownKey {
        key: String,
        accepted: Vec<&'static str>,
    },
    MissingKey {
        key: &'static str,
    },
    /// A value of the wrong type or out of range; `found` may be secret.
    Unexpected {
        found: String,
        expected: String,
    },
    /// A value that is none of the names.
    UnknownName {
        found: String,
        accepted: Vec<&'static str>,
    },
    /// Refused by the type's own parser; the message may quote the value.
    Refused {
        message: String,
    },
}

impl DecodeError {
    pub(super) fn new(kind: Kind) -> Self {
        Self { kind, location: None, path: Vec::new() }
    }

    pub(super) fn expected(node: &Node, expected: &str) -> Self {
        let kind = Kind::Unexpected { found: node.shown(), expected: expected.to_owned() };
        Self { kind, location: Some(node.location), path: Vec::new() }
    }

    /// Takes everything out of the message that may be secret.
    pub(super) fn about(mut self, node: &Node) -> Self {
        if node.is_secret() {
            match &mut self.kind {
                Kind::Unexpected { found, .. } | Kind::UnknownName { found, .. } => *found = node.shown(),
                Kind::Refused { message } => {
                    *message = format!("{} is not accepted (it is not shown, since it may be a secret)", node.shown());
                }
                Kind::UnknownKey { .. } | Kind::MissingKey { .. } => {}
            }
        }
        self
    }

    /// Adds the key or index it happened under, and its place unless an inner one is known.
    pub(super) fn under(mut self, step: String, location: Location) -> Self {
        self.location.get_or_insert(location);
        self.path.push(step);
        self
    }

    /// The message; `also` are keys that the section takes besides those that the type knows.
    pub(super) fn message(&self, also: &[&str]) -> String {
        match &self.kind {
            Kind::UnknownKey { key, accepted: names } => {
                let also = if self.path.len() <= 1 { also } else { &[] };
                let names: Vec<&str> = also.iter().chain(names).copied().collect();
                format!("unknown key{}", accepted(key, &names))
            }
            Kind::MissingKey { key } => format!("missing; add `{key}: …`"),
            Kind::Unexpected { found, expected } => format!("expected {expected}, found {found}"),
            Kind::UnknownName { found, accepted: names } => {
                format!("{found} is not accepted{}", accepted(found.trim_matches('`'), names))
            }
            Kind::Refused { message } => message.clone(),
        }
    }

    /// Whether the missing key was in fact written, under a name close to it.
    pub(super) fn is_missing_for(&self, written: &str) -> bool {
        matches!(&self.kind, Kind::MissingKey { key } if *key == written || nearest(written, &[key]).is_some())
    }
}

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message(&[]))
    }
}

impl std::error::Error for DecodeError {}

impl serde::de::Error for DecodeError {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self::new(Kind::Refused { message: message.to_string() })
    }

    fn invalid_type(found: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self::invalid_value(found, expected)
    }

    fn invalid_value(found: Unexpected<'_>, expected: &dyn Expected) -> Self {
        let found = match found {
            Unexpected::Str(text) => format!("`{text}`"),
            Unexpected::Unsigned(number) => format!("`{number}`"),
            Unexpected::Signed(number) => format!("`{number}`"),
            Unexpected::Map => "a group of keys".to_owned(),
            Unexpected::Seq => "a list".to_owned(),
            Unexpected::Unit | Unexpected::Option => "nothing".to_owned(),
            other => other.to_string(),
        };
        Self::new(Kind::Unexpected { found, expected: expected.to_string() })
    }

    fn unknown_variant(variant: &str, expected: &'static [&'static str]) -> Self {
        Self::new(Kind::UnknownName { found: format!("`{variant}`"), accepted: expected.to_vec() })
    }

    fn unknown_field(field: &str, expected: &'static [&'static str]) -> Self {
        Self::new(Kind::UnknownKey { key: field.to_owned(), accepted: expected.to_vec() })
    }

    fn missing_field(field: &'static str) -> Self {
        Self::new(Kind::MissingKey { key: field })
    }
}
