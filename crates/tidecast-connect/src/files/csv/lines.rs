//! Lines of a stream, without copying them and with a bound on their length.

use super::fault::Fault;
use std::io::{self, Read};

/// The longest line accepted: 100,000 columns of 160 bytes.
pub(super) const MAX_LINE_BYTES: usize = 16 << 20;
/// Bytes asked for at once.
const BLOCK_BYTES: usize = 256 << 10;

/// Reads lines one after the other.
pub(super) struct Lines<R> {
    input: R,
    buffer: Vec<u8>,
    /// What of the buffer has not been given out.
    unread: std::ops::Range<usize>,
    /// Where in the text `unread` starts.
    offset: u64,
    /// Number of the line given out last, counted from 1.
    number: u64,
    at_end: bool,
}

/// Why there is no next line.
#[derive(Debug)]
pub(super) enum LineError {
    /// The stream failed.
    Read(io::Error),
    /// No line end within [`MAX_LINE_BYTES`].
    TooLong,
}

/// The fault of a line beyond [`MAX_LINE_BYTES`].
pub(super) fn too_long() -> Fault {
    Fault::of_file(format!("a line is longer than {} MiB; is this a CSV file?", MAX_LINE_BYTES >> 20))
}

impl<R: Read> Lines<R> {
    /// Lines of `read_ahead` and then of `input`, `offset` bytes and `number` lines into the text.
    pub(super) fn new(read_ahead: Vec<u8>, input: R, offset: u64, number: u64) -> Self {
        let unread = 0..read_ahead.len();
        Self { input, buffer: read_ahead, unread, offset, number, at_end: false }
    }

    /// The next line without its end; `None` behind the last.
    pub(super) fn next(&mut self) -> Result<Option<&[u8]>, LineError> {
        let mut searched = 0;
        let length = loop {
            let unread = &self.buffer[self.unread.clone()];
            if let Some(length) = memchr::memchr(b'\n', &unread[searched..]) {
                break searched + length;
            }
            searched = unread.len();
            if self.at_end {
                break searched;
            }
            if searched > MAX_LINE_BYTES {
                return Err(LineError::TooLong);
            }
            self.fill()?;
        };
        if self.unread.is_empty() {
            return Ok(None);
        }
        let start = self.unread.start;
        let taken = (length + 1).min(self.unread.len());
        self.unread.start += taken;
        self.offset += taken as u64;
        self.number += 1;
        let line = &self.buffer[start..start + length];
        Ok(Some(line.strip_suffix(b"\r").unwrap_or(line)))
    }

    /// Reads one more block behind what is unread.
    fn fill(&mut self) -> Result<(), LineError> {
        self.buffer.copy_within(self.unread.clone(), 0);
        self.unread = 0..self.unread.len();
        let room = self.unread.end + BLOCK_BYTES;
        if self.buffer.len() < room {
            self.buffer.resize(room.max(2 * self.buffer.len()), 0);
        }
        let count = loop {
            match self.input.read(&mut self.buffer[self.unread.end..]) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                result => break result.map_err(LineError::Read)?,
            }
        };
        self.unread.end += count;
        self.at_end = count == 0;
        Ok(())
    }

    /// Where in the text the next line starts.
    pub(super) fn offset(&self) -> u64 {
        self.offset
    }

    /// The number of the line given out last, counted from 1.
    pub(super) fn number(&self) -> u64 {
        self.number
    }

    /// Where the lines come from.
    pub(super) fn input(&self) -> &R {
        &self.input
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(read_ahead: &str, input: &str, expected: &[&str]) {
        let mut lines = Lines::new(read_ahead.as_bytes().to_vec(), input.as_bytes(), 0, 0);
        let mut all = Vec::new();
        while let Some(line) = lines.next().unwrap() {
            all.push(String::from_utf8(line.to_vec()).unwrap());
        }
        assert_eq!(all, expected, "{read_ahead}|{input}");
        assert_eq!(lines.offset(), (read_ahead.len() + input.len()) as u64);
        assert_eq!(lines.number(), expected.len() as u64);
    }

    #[test]
    fn ends() {
        check("", "", &[]);
        check("", "a\nb", &["a", "b"]);
        check("", "a\r\n\r\nb\r\n", &["a", "", "b"]);
        check("a\nb", "c\nd\n", &["a", "bc", "d"]);
        check("a\n", "", &["a"]);
    }

    #[test]
    fn long_lines() {
        let long = "x".repeat(3 * BLOCK_BYTES);
        check("", &format!("{long}\n{long}"), &[&long, &long]);
        let mut endless = Lines::new(Vec::new(), io::repeat(b'x'), 0, 0);
        assert!(matches!(endless.next(), Err(LineError::TooLong)));
        assert!(endless.buffer.len() < 4 * MAX_LINE_BYTES);
    }
}
