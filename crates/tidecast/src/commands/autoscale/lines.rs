//! A file line by line, plain or compressed, such that every error can say where it is.

use crate::exit::InputError;
use flate2::bufread::MultiGzDecoder;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read as _};
use std::path::{Path, PathBuf};

/// A line longer than this is no line: a file of another kind, or one that is broken.
const LINE_BYTES_MAX: u64 = 16 << 20;

/// How a gzip file begins.
const GZIP: [u8; 2] = [0x1f, 0x8b];

/// The lines of a file, read as they are asked for.
pub(super) struct Lines {
    path: PathBuf,
    reader: Box<dyn BufRead>,
    /// Of the line last read, from 1.
    number: usize,
}

/// The text of a file. What it holds tells whether it is compressed, not its name.
///
/// # Errors
/// If its beginning cannot be read.
pub(super) fn open(path: &Path) -> io::Result<Box<dyn BufRead>> {
    text(BufReader::new(File::open(path)?))
}

/// The text of what may be compressed.
///
/// # Errors
/// If its beginning cannot be read.
pub(in crate::commands) fn text(mut data: impl BufRead + 'static) -> io::Result<Box<dyn BufRead>> {
    let is_gzip = data.fill_buf()?.starts_with(&GZIP);
    Ok(if is_gzip { Box::new(BufReader::new(MultiGzDecoder::new(data))) } else { Box::new(data) })
}

impl Lines {
    /// Opens a file. What it holds tells whether it is compressed, not its name.
    ///
    /// # Errors
    /// If it cannot be read.
    pub(super) fn open(path: &Path) -> Result<Self, InputError> {
        let reader = open(path).map_err(|error| InputError(format!("{} cannot be read: {error}", path.display())))?;
        Ok(Self { path: path.to_owned(), reader, number: 0 })
    }

    /// The next line, without what ends it; `None` at the end of the file.
    ///
    /// # Errors
    /// If it cannot be read, does not end, or is no text.
    pub(super) fn next(&mut self) -> Result<Option<String>, InputError> {
        let mut line = Vec::new();
        self.number += 1;
        let read = self.reader.by_ref().take(LINE_BYTES_MAX).read_until(b'\n', &mut line);
        let read = read.map_err(|error| self.error(&format!("cannot be read: {error}"), None))?;
        if read == 0 {
            return Ok(None);
        }
        if line.pop_if(|last| *last == b'\n').is_none() && read as u64 == LINE_BYTES_MAX {
            return Err(self.error("the line is longer than 16 MiB", None));
        }
        String::from_utf8(line).map(Some).map_err(|_| self.error("this is no text in UTF-8", None))
    }

    /// That the line last read is of no use: file, line, column and why.
    pub(super) fn error(&self, message: &str, column: Option<usize>) -> InputError {
        let column = column.map_or_else(String::new, |column| format!(":{column}"));
        InputError(format!("{}:{}{column}: {message}", self.path.display(), self.number))
    }
}
