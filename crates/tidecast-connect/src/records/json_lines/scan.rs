//! The fields of an object as most messages have it: flat, without escapes, with short numbers.

use super::Fields;

/// Longer numbers are left to the slow path: these cannot overflow.
const NUMBER_BYTES_MAX: usize = 64;

/// The fields of a line as pieces of it; `None` where it has anything that is unusual, or is no object.
pub(super) fn fields<'a>(line: &'a [u8], fields: &mut Fields<'a>) -> Option<()> {
    let mut scanner = Scanner { line, at: 0, high_bits: 0 };
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
    let sound = scanner.high_bits & HIGH_BITS == 0 || std::str::from_utf8(line).is_ok();
    (scanner.at == line.len() && sound).then_some(())
}

struct Scanner<'a> {
    line: &'a [u8],
    at: usize,
    /// All bytes of texts so far, joined by or: its high bits tell whether all of them were ASCII.
    high_bits: u64,
}

const LOW_BITS: u64 = 0x0101_0101_0101_0101;
const HIGH_BITS: u64 = LOW_BITS << 7;

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
        let rest = self.line.get(self.at..)?.strip_prefix(b"\"")?;
        let end = self.text_end(rest)?;
        self.at += end + 2;
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
