//! Messages that are laid out as the one before: only their values need to be read.

use super::LINE_BYTES_MAX;
use super::scan::Scanner;
use super::value::{Fields, Value};
use crate::records::same_bytes::same_bytes;
use std::ops::Range;

/// What stands around the values of a line. A line with the same around its values is an object with the same names.
#[derive(Debug, Default)]
pub(super) struct Layout {
    /// All that is no value: `{"a":"`, `","b":`, and at the end `}` and the line feed.
    gaps: Vec<u8>,
    places: Vec<Place>,
}

/// A field.
#[derive(Debug)]
struct Place {
    /// Where the gap before its value ends.
    end: usize,
    /// Where its name is in that gap, from the gap's start.
    name: Range<usize>,
    /// Whether the value is a text.
    quoted: bool,
}

impl Layout {
    /// Forgets the line.
    pub(super) fn clear(&mut self) {
        self.gaps.clear();
        self.places.clear();
    }

    /// Takes the next field: what stands between the value before and its own value, and where its name is there.
    pub(super) fn push(&mut self, gap: &[u8], name: Range<usize>) {
        self.gaps.extend_from_slice(gap);
        self.places.push(Place { end: self.gaps.len(), name, quoted: gap.ends_with(b"\"") });
    }

    /// Takes what stands behind the last value, but for the line feed.
    pub(super) fn finish(&mut self, gap: &[u8]) {
        self.gaps.extend_from_slice(gap);
        self.gaps.push(b'\n');
    }

    /// The fields of the line at the beginning of a text, and its length with the line feed, if it is laid out like this.
    #[inline]
    pub(super) fn read<'a>(&self, text: &'a [u8], fields: &mut Fields<'a>) -> Option<usize> {
        fields.clear();
        let mut scanner = Scanner::new(text);
        let mut gap_start = 0;
        for place in &self.places {
            let gap = &self.gaps[gap_start..place.end];
            let name = &pass(&mut scanner, gap)?[place.name.clone()];
            let value = if place.quoted { Value::text(scanner.rest_of_string()?) } else { scanner.bare_value()? };
            fields.push((name, value));
            gap_start = place.end;
        }
        let end = &self.gaps[gap_start..];
        pass(&mut scanner, end)?;
        let line = scanner.passed();
        (!end.is_empty() && line.len() <= LINE_BYTES_MAX && scanner.is_sound()).then_some(line.len())
    }
}

/// Goes behind a gap, if it comes next.
#[inline]
fn pass<'a>(scanner: &mut Scanner<'a>, gap: &[u8]) -> Option<&'a [u8]> {
    scanner.next(gap.len()).filter(|next| same_bytes(next, gap))
}
