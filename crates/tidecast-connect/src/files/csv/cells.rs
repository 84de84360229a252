//! Cells of a line: delimiters, quotes and the space around them.
//!
//! A cell in quotes may hold delimiters, and quotes written twice; it ends on the line on which it began.

use std::borrow::Cow;

/// How many bytes the cell at the beginning of `text` takes, up to the delimiter or the end of the line.
/// `None` if it has a quote that is not closed, or text behind the closing one.
#[inline]
pub(super) fn cell_length(text: &[u8], delimiter: u8) -> Option<usize> {
    let start = text.iter().position(|byte| *byte != b' ').unwrap_or(0);
    if text.get(start) != Some(&b'"') {
        return Some(memchr::memchr(delimiter, text).unwrap_or(text.len()));
    }
    let mut at = start + 1;
    loop {
        at += memchr::memchr(b'"', text.get(at..)?)? + 1;
        if text.get(at) != Some(&b'"') {
            break;
        }
        at += 1;
    }
    let end = memchr::memchr(delimiter, &text[at..]).map_or(text.len(), |length| at + length);
    text[at..end].iter().all(u8::is_ascii_whitespace).then_some(end)
}

/// The cells of a line as they stand, quotes and all. A cell with broken quotes reaches to the end of the line.
#[derive(Clone, Debug)]
pub(super) struct Cells<'a> {
    rest: Option<&'a [u8]>,
    delimiter: u8,
}

impl<'a> Cells<'a> {
    pub(super) fn of(line: &'a [u8], delimiter: u8) -> Self {
        Self { rest: Some(line), delimiter }
    }
}

impl<'a> Iterator for Cells<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        let rest = self.rest?;
        let length = cell_length(rest, self.delimiter).unwrap_or(rest.len());
        self.rest = rest.get(length + 1..);
        Some(&rest[..length])
    }
}

/// What a cell says, without the space and the quotes around it.
pub(super) fn content(cell: &[u8]) -> Cow<'_, [u8]> {
    let cell = cell.trim_ascii();
    let Some(inner) = cell.strip_prefix(b"\"").and_then(|inner| inner.strip_suffix(b"\"")) else {
        return Cow::Borrowed(cell);
    };
    if memchr::memchr(b'"', inner).is_none() {
        return Cow::Borrowed(inner);
    }
    let mut text = Vec::with_capacity(inner.len());
    let mut bytes = inner.iter();
    while let Some(&byte) = bytes.next() {
        text.push(byte);
        if byte == b'"' {
            bytes.next();
        }
    }
    Cow::Owned(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(line: &str, expected: &[&str]) {
        let cells: Vec<_> = Cells::of(line.as_bytes(), b',').map(|cell| content(cell).into_owned()).collect();
        let expected: Vec<_> = expected.iter().map(|cell| cell.as_bytes().to_vec()).collect();
        assert_eq!(cells, expected, "{line}");
    }

    #[test]
    fn splits() {
        check("a,b,c", &["a", "b", "c"]);
        check("", &[""]);
        check(",", &["", ""]);
        check(r#""a,b", "c""d" ,e"#, &["a,b", "c\"d", "e"]);
        check(r#""power{a=""1"",b=""2""}",1"#, &[r#"power{a="1",b="2"}"#, "1"]);
        check("a\"b,c", &["a\"b", "c"]);
        check("\"\",x", &["", "x"]);
    }

    #[test]
    fn broken_quotes() {
        for text in ["\"a,b", "\"a\"b,c", "\"", "  \"\"\""] {
            assert_eq!(cell_length(text.as_bytes(), b','), None, "{text}");
        }
    }
}
