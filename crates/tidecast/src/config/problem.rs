//! What is wrong with a configuration, and where.

use super::document::Location;
use std::fmt;

/// One mistake in a configuration file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
    /// The key, from the outermost group: `sources.meters.on_error`. Empty for the file as a whole.
    pub key: String,
    /// What is wrong, and what to write instead.
    pub message: String,
}

/// Why there is no configuration. Prints as one `FILE:LINE:COLUMN: KEY: MESSAGE` per line.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("{file}: the {what} cannot be read: {reason}")]
    Unreadable {
        /// What the file should hold.
        what: &'static str,
        /// The file.
        file: String,
        /// What the operating system said.
        reason: String,
    },
    /// The file was read and is wrong in one or more places, in the order of the file.
    #[error("{}", Listing { file, problems })]
    Invalid {
        /// The file.
        file: String,
        /// At least one.
        problems: Vec<Problem>,
    },
}

/// Problems reported at once; the others follow when these are mended.
const MOST_PROBLEMS: usize = 100;

impl ConfigError {
    /// All that is wrong with a file, in its order.
    pub(super) fn invalid(file: &str, mut problems: Vec<Problem>) -> Self {
        problems.sort_by(|a, b| (a.line, a.column, &a.key).cmp(&(b.line, b.column, &b.key)));
        // The first problem of a value explains those that follow from it.
        problems.dedup_by(|next, first| (next.line, next.column, &next.key) == (first.line, first.column, &first.key));
        problems.truncate(MOST_PROBLEMS);
        Self::Invalid { file: file.to_owned(), problems }
    }
}

impl Problem {
    pub(super) fn new(location: Location, key: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            line: location.line,
            column: location.column,
            key: one_line(&key.into()),
            message: one_line(&message.into()),
        }
    }
}

/// Text that may quote the file, fit for one line of a terminal: a problem is one line whatever was written.
fn one_line(text: &str) -> String {
    const LONGEST: usize = 1_000;
    let line: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(LONGEST).collect();
    if text.chars().nth(LONGEST).is_some() { line + "…" } else { line }
}

struct Listing<'a> {
    file: &'a str,
    problems: &'a [Problem],
}

impl fmt::Display for Listing<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, problem) in self.problems.iter().enumerate() {
            let newline = if index == 0 { "" } else { "\n" };
            write!(f, "{newline}{}:{}:{}: ", self.file, problem.line, problem.column)?;
            if !problem.key.is_empty() {
                write!(f, "{}: ", problem.key)?;
            }
            f.write_str(&problem.message)?;
        }
        Ok(())
    }
}
