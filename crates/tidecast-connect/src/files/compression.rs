//! Plain or gzip, told by the first two bytes and not by the name.

use flate2::read::MultiGzDecoder;
use std::io::{self, Chain, Cursor, ErrorKind, Read};
use tidecast_core::ports::SourceError;

const GZIP_MAGIC: [u8; 2] = [0x1f, 0x8b];

/// A stream with its compression taken off, which counts what it took in.
pub(super) struct Decompressed<R>(Stream<R>);

type Raw<R> = Counted<Chain<Cursor<Vec<u8>>, R>>;

enum Stream<R> {
    Plain(Raw<R>),
    Gzip(Box<MultiGzDecoder<Raw<R>>>),
}

struct Counted<R> {
    inner: R,
    bytes: u64,
}

impl<R: Read> Decompressed<R> {
    /// Looks at the first two bytes.
    pub(super) fn detect(mut stream: R) -> io::Result<Self> {
        let mut first = Vec::with_capacity(GZIP_MAGIC.len());
        stream.by_ref().take(GZIP_MAGIC.len() as u64).read_to_end(&mut first)?;
        let is_gzip = first == GZIP_MAGIC;
        let raw = Counted { inner: Cursor::new(first).chain(stream), bytes: 0 };
        Ok(Self(if is_gzip { Stream::Gzip(Box::new(MultiGzDecoder::new(raw))) } else { Stream::Plain(raw) }))
    }

    /// Goes on in the middle of a plain stream, `offset` bytes into it.
    pub(super) fn plain_from(stream: R, offset: u64) -> Self {
        Self(Stream::Plain(Counted { inner: Cursor::new(Vec::new()).chain(stream), bytes: offset }))
    }

    /// Whether offsets in the text are offsets in the file.
    pub(super) fn is_plain(&self) -> bool {
        matches!(self.0, Stream::Plain(_))
    }

    /// Bytes of the file taken in so far, compressed if it is.
    pub(super) fn bytes_read(&self) -> u64 {
        match &self.0 {
            Stream::Plain(raw) => raw.bytes,
            Stream::Gzip(decoder) => decoder.get_ref().bytes,
        }
    }

    /// What an error of reading the file called `name` means.
    pub(super) fn explain(&self, name: &str, error: io::Error) -> SourceError {
        explain(name, self.is_plain(), error)
    }
}

/// What an error of reading the file called `name` means.
pub(super) fn explain(name: &str, is_plain: bool, error: io::Error) -> SourceError {
    let kind = error.kind();
    match error.downcast::<SourceError>() {
        Ok(inner) => inner,
        Err(_) if !is_plain && kind == ErrorKind::UnexpectedEof => SourceError::Malformed {
            location: name.to_owned(),
            reason: "the gzip file ends in the middle; it was cut off, so get it again".to_owned(),
        },
        Err(error) if !is_plain && matches!(kind, ErrorKind::InvalidData | ErrorKind::InvalidInput) => {
            SourceError::Malformed {
                location: name.to_owned(),
                reason: format!("the gzip file is damaged ({error}); get it again"),
            }
        }
        Err(error) => SourceError::Unavailable { what: name.to_owned(), reason: error.to_string() },
    }
}

impl<R: Read> Read for Decompressed<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match &mut self.0 {
            Stream::Plain(raw) => raw.read(buffer),
            Stream::Gzip(decoder) => decoder.read(buffer),
        }
    }
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        self.bytes += count as u64;
        Ok(count)
    }
}
