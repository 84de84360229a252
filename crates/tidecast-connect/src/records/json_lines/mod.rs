//! Messages as JSON, one object a line.
//!
//! Fields are those of the object; values are strings, numbers and `true` or `false`, and `null` is a missing one. Values
//! that are objects or arrays are ignored, as fields that nothing uses. Lines come in chunks that are cut anywhere.

mod layout;
mod number;
mod scan;
mod unusual;
mod value;

use super::{RecordDecoder, RecordFormat};
use layout::Layout;
use memchr::memchr;
use tidecast_core::record::{RecordBatch, Rejection, Rejections};
use value::{Fields, Value};

/// Longer lines are no messages.
const LINE_BYTES_MAX: usize = 1 << 20;

/// Gathers the messages of a text into a batch. Lines that are no object are counted as malformed, empty ones ignored.
#[derive(Debug)]
pub struct JsonLines {
    decoder: RecordDecoder,
    /// How the last line was laid out.
    layout: Layout,
    /// The beginning of a line whose end has not come yet.
    begun: Vec<u8>,
    /// Whether the rest of a line is to be dropped that was too long.
    dropping: bool,
}

impl JsonLines {
    /// Without messages.
    #[must_use]
    pub fn new(format: RecordFormat) -> Self {
        Self { decoder: RecordDecoder::new(format), layout: Layout::default(), begun: Vec::new(), dropping: false }
    }

    /// Takes the next piece of the text. `now_ms` is what the clock says.
    pub fn push(&mut self, mut chunk: &[u8], now_ms: i64) {
        // One allocation for all lines of a chunk.
        let mut fields = Vec::with_capacity(16);
        loop {
            if self.begun.is_empty() && !self.dropping {
                while let Some(length) = self.layout.read(chunk, &mut fields) {
                    self.decoder.push(&fields, now_ms);
                    chunk = &chunk[length..];
                }
            }
            let Some(end) = memchr(b'\n', chunk) else { break };
            let (line, rest) = (&chunk[..end], &chunk[end + 1..]);
            if self.dropping {
                self.dropping = false;
            } else if self.begun.is_empty() {
                push_line(&mut self.decoder, &mut self.layout, line, &mut fields, now_ms);
            } else {
                self.begin(line);
                self.finish(now_ms);
            }
            chunk = rest;
        }
        self.begin(chunk);
    }

    /// Takes what has come as the last line, though no line feed ends it.
    pub fn finish(&mut self, now_ms: i64) {
        if !std::mem::take(&mut self.dropping) {
            push_line(&mut self.decoder, &mut self.layout, &self.begun, &mut Vec::new(), now_ms);
        }
        self.begun.clear();
    }

    /// What has been gathered, and refused, since the last time.
    pub fn take(&mut self) -> (RecordBatch, Rejections) {
        self.decoder.take()
    }

    /// Keeps a piece of a line, unless the line is too long.
    fn begin(&mut self, piece: &[u8]) {
        if self.dropping {
            return;
        }
        if self.begun.len() + piece.len() > LINE_BYTES_MAX {
            self.decoder.reject(Rejection::Malformed);
            self.dropping = true;
            self.begun = Vec::new();
            return;
        }
        self.begun.extend_from_slice(piece);
    }
}

fn push_line<'a>(
    decoder: &mut RecordDecoder,
    layout: &mut Layout,
    line: &'a [u8],
    fields: &mut Fields<'a>,
    now_ms: i64,
) {
    if line.len() > LINE_BYTES_MAX {
        return decoder.reject(Rejection::Malformed);
    }
    if scan::fields(line, fields, layout).is_some() {
        decoder.push(fields, now_ms);
        return;
    }
    layout.clear();
    if line.iter().all(u8::is_ascii_whitespace) {
        return;
    }
    match unusual::fields(line) {
        Ok(fields) => {
            let fields: Fields<'_> =
                fields.iter().map(|(name, text)| (name.as_bytes(), Value::text(text.as_bytes()))).collect();
            decoder.push(&fields, now_ms);
        }
        Err(_) => decoder.reject(Rejection::Malformed),
    }
}
