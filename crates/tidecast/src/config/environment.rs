//! Where substituted values come from, passed in so that parsing needs no real environment.

use std::io::{self, Read};
use std::path::Path;

/// Looks up environment variables and files.
pub trait Environment {
    /// The value of a variable; `None` when it is not set or no valid Unicode.
    fn variable(&self, name: &str) -> Option<String>;

    /// The content of a file.
    ///
    /// # Errors
    /// When it cannot be read, is no UTF-8 or is implausibly large.
    fn file(&self, path: &Path) -> io::Result<String>;
}

/// The environment of this process and the files of this machine.
#[derive(Clone, Copy, Debug)]
pub struct ProcessEnvironment;

/// A configuration or secret beyond this is a mistake, such as the path of a data file.
const LARGEST_FILE_BYTES: u64 = 1 << 20;

impl Environment for ProcessEnvironment {
    fn variable(&self, name: &str) -> Option<String> {
        std::env::var(name).ok()
    }

    fn file(&self, path: &Path) -> io::Result<String> {
        let mut text = String::new();
        std::fs::File::open(path)?.take(LARGEST_FILE_BYTES + 1).read_to_string(&mut text)?;
        if text.len() as u64 > LARGEST_FILE_BYTES {
            return Err(io::Error::new(
                io::ErrorKind::FileTooLarge,
                format!("it is larger than {LARGEST_FILE_BYTES} bytes"),
            ));
        }
        Ok(text)
    }
}
