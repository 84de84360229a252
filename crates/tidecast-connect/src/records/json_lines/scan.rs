//! The fields of an object as most messages have it: flat, without escapes, with short numbers.

use super::layout::Layout;
use super::number::short_number;
use super::value::{Fields, Value};

/// Longer numbers are left to the slow path: these cannot overflow.
const NUMBER_BYTES_MAX: usize = 64;

/// The fields of a line as pieces of it, and how they are laid out; `None` where it has anything that is unusual, or is no
/// object.
pub(super) fn fields<'a>(line: &'a [u8], fields: &mut Fields<'a>, layout: &mut Layout) -> Option<()> {
    fields.clear();
    layout.clear();
    let mut scanner = Scanner::new(line);
    let mut gap_start = 0;
    scanner.punctuation(b'{')?;
    if scanner.punctuation(b'}').is_none() {
        loop {
            scanner.skip_space();
            let name_start = scanner.at + 1;
            let name = scanner.string()?;
            scanner.punctuation(b':')?;
            scanner.skip_space();
            let quoted = scanner.peek() == Some(b'"');
            let value_start = scanner.at + usize::from(quoted);
            let value = if quoted { Value::text(scanner.string()?) } else { scanner.bare_value()? };
            fields.push((name, value));
            let name_start = name_start - gap_start;
            layout.push(&line[gap_start..value_start], name_start..name_start + name.len());
            gap_start = scanner.at - usize::from(quoted);
            if scanner.punctuation(b',').is_none() {
                scanner.punctuation(b'}')?;
                break;
            }
        }
    }
    scanner.skip_space();
    layout.finish(&line[gap_start..]);
    (scanner.at == line.len() && scanner.is_sound()).then_some(())
}

/// Reads a text from its beginning.
pub(super) struct Scanner<'a> {
    text: &'a [u8],
    at: usize,
    /// All bytes of strings so far, joined by or: its high bits tell whether all of them were ASCII.
    high_bits: u64,
}

const LOW_BITS: u64 = 0x0101_0101_0101_0101;
const HIGH_BITS: u64 = LOW_BITS << 7;

impl<'a> Scanner<'a> {
    pub(super) fn new(text: &'a [u8]) -> Self {
        Self { text, at: 0, high_bits: 0 }
    }

    /// What has been read.
    #[inline]
    pub(super) fn passed(&self) -> &'a [u8] {
        &self.text[..self.at]
    }

    /// Whether what has been read is UTF-8: strings must be, and whatever stands between them is ASCII.
    #[inline]
    pub(super) fn is_sound(&self) -> bool {
        self.high_bits & HIGH_BITS == 0 || std::str::from_utf8(self.passed()).is_ok()
    }

    /// Reads so many bytes, whatever they are.
    #[inline]
    pub(super) fn next(&mut self, bytes: usize) -> Option<&'a [u8]> {
        let next = self.text.get(self.at..)?.get(..bytes)?;
        self.at += bytes;
        Some(next)
    }

    #[inline]
    fn peek(&self) -> Option<u8> {
        self.text.get(self.at).copied()
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
        if self.peek() != Some(wanted) {
            self.skip_space();
            if self.peek() != Some(wanted) {
                return None;
            }
        }
        self.at += 1;
        Some(())
    }

    /// What is between quotes.
    #[inline]
    fn string(&mut self) -> Option<&'a [u8]> {
        (self.peek() == Some(b'"')).then_some(())?;
        self.at += 1;
        let string = self.rest_of_string()?;
        self.at += 1;
        Some(string)
    }

    /// What is before the next quote, which is not read.
    #[inline]
    pub(super) fn rest_of_string(&mut self) -> Option<&'a [u8]> {
        let rest = self.text.get(self.at..)?;
        let end = self.text_end(rest)?;
        self.at += end;
        (rest[end] == b'"').then(|| &rest[..end])
    }

    /// Where the first quote, backslash or control character is: eight bytes at a time, as names and identifiers are too short
    /// for larger steps.
    #[inline]
    fn text_end(&mut self, rest: &[u8]) -> Option<usize> {
        let mut at = 0;
        while let Some(chunk) = rest.get(at..).and_then(|rest| rest.first_chunk()) {
            let word = u64::from_le_bytes(*chunk);
            // The high bit of a byte is set where it is below the limit; above the first such byte there may be false ones.
            let below = |word: u64, limit: u64| word.wrapping_sub(LOW_BITS * limit) & !word;
            let is = |byte: u8| below(word ^ (LOW_BITS * u64::from(byte)), 1);
            let ends = (is(b'"') | is(b'\\') | below(word, u64::from(b' '))) & HIGH_BITS;
            if ends != 0 {
                let before = ends.trailing_zeros() / 8;
                self.high_bits |= word & ((1 << (8 * before)) - 1);
                return Some(at + before as usize);
            }
            self.high_bits |= word;
            at += 8;
        }
        let last = rest.get(at..)?;
        let end = last.iter().position(|&byte| byte == b'"' || byte == b'\\' || byte < b' ')?;
        last[..end].iter().for_each(|&byte| self.high_bits |= u64::from(byte));
        Some(at + end)
    }

    /// A value that is no string.
    #[inline]
    pub(super) fn bare_value(&mut self) -> Option<Value<'a>> {
        match self.peek()? {
            b'-' | b'0'..=b'9' => self.number(),
            b't' => self.word(b"true", b"true"),
            b'f' => self.word(b"false", b"false"),
            b'n' => self.word(b"null", b""),
            _ => None,
        }
    }

    fn word(&mut self, word: &[u8], value: &'static [u8]) -> Option<Value<'a>> {
        (self.next(word.len())? == word).then(|| Value::text(value))
    }

    #[inline]
    fn number(&mut self) -> Option<Value<'a>> {
        let rest = &self.text[self.at..];
        let Some((number, length)) = short_number(rest) else { return self.other_number() };
        self.at += length;
        Some(Value::number(&rest[..length], number))
    }

    /// A number as JSON has it, but with at most two digits in its exponent.
    fn other_number(&mut self) -> Option<Value<'a>> {
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
        let number = &self.text[start..self.at];
        (number.len() <= NUMBER_BYTES_MAX).then(|| Value::text(number))
    }

    fn digits(&mut self) -> usize {
        let digits = self.text[self.at..].iter().take_while(|byte| byte.is_ascii_digit()).count();
        self.at += digits;
        digits
    }
}
