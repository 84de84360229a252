//! Which fields of a message matter, and what they hold.

use std::collections::HashSet;

/// The fields that a stream's records have for us, in the order of their columns.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Schema {
    fields: Vec<Field>,
}

/// One field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    /// What it is called in the message.
    pub name: String,
    /// What it holds.
    pub kind: FieldKind,
    /// Whether a message without it is refused; else its number is NaN, or its text empty.
    pub required: bool,
}

/// What a field holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FieldKind {
    /// A finite number.
    Number,
    /// A short text, such as an identifier.
    Text,
}

/// Why fields make no schema.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SchemaError {
    /// Two fields have the same name.
    #[error("the field `{0}` is used as a number and as a text, or twice; give each use a field of its own")]
    Twice(String),
}

impl Schema {
    /// A schema of these fields.
    ///
    /// # Errors
    /// When two have the same name.
    pub fn new(fields: Vec<Field>) -> Result<Self, SchemaError> {
        let mut names = HashSet::new();
        match fields.iter().find(|field| !names.insert(field.name.as_str())) {
            Some(field) => Err(SchemaError::Twice(field.name.clone())),
            None => Ok(Self { fields }),
        }
    }

    /// The fields, in the order of their columns.
    #[must_use]
    pub fn fields(&self) -> &[Field] {
        &self.fields
    }

    /// The column of a field.
    #[must_use]
    pub fn position(&self, name: &str) -> Option<usize> {
        self.fields.iter().position(|field| field.name == name)
    }
}
