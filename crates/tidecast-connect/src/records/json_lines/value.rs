//! The value of a field of an object.

use super::super::decoder::FieldValue;

/// Names and values of a message.
pub(super) type Fields<'a> = Vec<(&'a [u8], Value<'a>)>;

/// A value as it is written, and as a number where it is a simple one.
#[derive(Clone, Copy, Debug)]
pub(super) struct Value<'a> {
    text: &'a [u8],
    number: f64,
}

impl<'a> Value<'a> {
    pub(super) fn text(text: &'a [u8]) -> Self {
        Self { text, number: f64::NAN }
    }

    pub(super) fn number(text: &'a [u8], number: f64) -> Self {
        Self { text, number }
    }
}

impl FieldValue for Value<'_> {
    #[inline]
    fn text(&self) -> &[u8] {
        self.text
    }

    #[inline]
    fn number(&self) -> f64 {
        self.number
    }
}
