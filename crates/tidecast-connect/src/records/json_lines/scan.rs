//! The fields of an object as most messages have it: flat, without escapes, with short numbers.

use super::Fields;

/// Longer numbers are left to the slow path: these cannot overflow.
const NUMBER_BYTES_MAX: usize = 64;

/// The fields of a line as pieces of it; `None` where it has anything that is unusual, or is no object.
pub(super) fn fields<'a>(line: &'a [u8], fields: &mut Fields<'a>) -> Option<()> {
    let mut scanner = Scanner { line, at: 0 };
    scanner.punctuation(b'{')?;
    if scanner.punctuation(b'}').is_none() {
        loop {
            scanner.skip_space();
            let name = scanner.string()?;
            scanner.punctuation(b':')?;
            fields.push((name, scanner.value()?));
            if scanner.punctuation(b',').is_none() {
                scanner.punctuation(b'}')?;
                break;
            }
        }
    }
    scanner.skip_space();
    // Texts must be UTF-8; whatever stands between them is ASCII by now.
    (scanner.at == line.len() && std::str::from_utf8(line).is_ok()).then_some(())
}

struct Scanner<'a> {
    line: &'a [u8],
    at: usize,
}

impl<'a> Scanner<'a> {
    #[inline]
    fn peek(&self) -> Option<u8> {
        self.line.get(self.at).copied()
    }

    #[inline]
    fn skip_space(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\r' | b'\n')) {
            self.at += 1;
        }
    }

    /// Goes behind a character that comes next, but for space.
    #[inline]
    fn punctuation(&mut self, wanted: u8) -> Option<()> {
        self.skip_space();
        (self.peek()? == wanted).then(|| self.at += 1)
    }

    /// What is between quotes. Names and identifiers are so short that a search by larger steps would not pay.
    #[inline]
    fn string(&mut self) -> Option<&'a [u8]> {
        let rest = self.line.get(self.at..)?.strip_prefix(b"\"")?;
        let end = rest.iter().position(|&byte| byte == b'"' || byte == b'\\' || byte < b' ')?;
        self.at += end + 2;
        (rest[end] == b'"').then(|| &rest[..end])
    }

    #[inline]
    fn value(&mut self) -> Option<&'a [u8]> {
        self.skip_space();
        match self.peek()? {
            b'"' => self.string(),
            b'-' | b'0'..=b'9' => self.number(),
            b't' => self.word(b"true", b"true"),
            b'f' => self.word(b"false", b"false"),
            b'n' => self.word(b"null", b""),
            _ => None,
        }
    }

    fn word(&mut self, word: &[u8], value: &'static [u8]) -> Option<&'a [u8]> {
        self.line[self.at..].starts_with(word).then(|| self.at += word.len())?;
        Some(value)
    }

    /// A number as JSON has it, but with at most two digits in its exponent.
    #[inline]
    fn number(&mut self) -> Option<&'a [u8]> {
        let start = self.at;
        self.at += usize::from(self.peek() == Some(b'-'));
        let zero = self.peek() == Some(b'0');
        let digits = self.digits();
        if digits == 0 || zero && digits > 1 {
            return None;
        }
        if self.peek() == Some(b'.') {
            self.at += 1;
            (self.digits() > 0).then_some(())?;
        }
        if matches!(self.peek(), Some(b'e' | b'E')) {
            self.at += 1;
            self.at += usize::from(matches!(self.peek(), Some(b'+' | b'-')));
            (1..=2).contains(&self.digits()).then_some(())?;
        }
        Some(&self.line[start..self.at]).filter(|number| number.len() <= NUMBER_BYTES_MAX)
    }

    #[inline]
    fn digits(&mut self) -> usize {
        let digits = self.line[self.at..].iter().take_while(|byte| byte.is_ascii_digit()).count();
        self.at += digits;
        digits
    }
}
