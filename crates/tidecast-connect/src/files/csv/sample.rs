//! The beginning of a file, from which its dialect is detected.

use super::fault::Fault;
use super::lines::{MAX_LINE_BYTES, too_long};
use std::io::{self, Read};

/// What is looked at, unless the first lines are longer.
const SAMPLE_BYTES: usize = 1 << 20;
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// Reads the beginning of a stream: a megabyte, or as much as two lines need.
pub(super) fn read(stream: &mut impl Read) -> io::Result<Vec<u8>> {
    let mut sample = Vec::new();
    let mut wanted = SAMPLE_BYTES;
    loop {
        let missing = wanted - sample.len();
        let count = stream.take(missing as u64).read_to_end(&mut sample)?;
        let lines = memchr::memchr_iter(b'\n', &sample).take(2).count();
        if count < missing || lines == 2 || sample.len() > 2 * MAX_LINE_BYTES {
            return Ok(sample);
        }
        wanted *= 2;
    }
}

/// The lines of a sample that hold something. The last one is left out if the sample may have cut it.
pub(super) fn rows(sample: &[u8]) -> Result<Vec<&[u8]>, Fault> {
    if sample.starts_with(b"\xff\xfe") || sample.starts_with(b"\xfe\xff") {
        return Err(Fault::of_file("it is UTF-16 text; save it as UTF-8"));
    }
    if memchr::memchr(0, sample).is_some() {
        return Err(Fault::of_file("it is binary and no CSV; of compressions only gzip is read"));
    }
    let may_be_cut = sample.len() >= SAMPLE_BYTES;
    let mut lines: Vec<&[u8]> = without_mark(sample).split(|byte| *byte == b'\n').collect();
    if may_be_cut && lines.len() > 1 {
        lines.pop();
    }
    lines.retain(|line| !line.trim_ascii().is_empty());
    let rows: Vec<&[u8]> = lines.into_iter().map(|line| line.strip_suffix(b"\r").unwrap_or(line)).collect();
    if rows.iter().any(|row| row.len() > MAX_LINE_BYTES) {
        return Err(too_long());
    }
    if rows.is_empty() {
        return Err(Fault::of_file("it is empty; there is nothing to read"));
    }
    Ok(rows)
}

/// The text without the byte order mark that some programs put first.
pub(super) fn without_mark(text: &[u8]) -> &[u8] {
    text.strip_prefix(BYTE_ORDER_MARK).unwrap_or(text)
}
