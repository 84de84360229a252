//! What is wrong with a file, where, and what to do about it.

use tidecast_core::ports::SourceError;

/// Something malformed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Fault {
    /// Line, counted from 1; 0 for the file as a whole.
    pub(super) line: u64,
    /// Column of the table, counted from 1; 0 for the line as a whole.
    pub(super) column: usize,
    /// What is wrong, and what to do.
    pub(super) reason: String,
}

impl Fault {
    /// A fault of the file as a whole.
    pub(super) fn of_file(reason: impl Into<String>) -> Self {
        Self { line: 0, column: 0, reason: reason.into() }
    }

    /// A fault of the first line.
    pub(super) fn of_header(column: usize, reason: impl Into<String>) -> Self {
        Self { line: 1, column, reason: reason.into() }
    }

    /// A fault of a row, whose line the caller knows.
    pub(super) fn of_row(column: usize, reason: impl Into<String>) -> Self {
        Self { line: 0, column, reason: reason.into() }
    }

    /// The error for the file called `name`, as `file:line:column: reason`.
    pub(super) fn in_file(self, name: &str) -> SourceError {
        let location = match (self.line, self.column) {
            (0, _) => name.to_owned(),
            (line, 0) => format!("{name}:{line}"),
            (line, column) => format!("{name}:{line}:{column}"),
        };
        SourceError::Malformed { location, reason: self.reason }
    }
}

/// A cell for an error message: readable whatever it holds, and short.
pub(super) fn quoted(cell: &[u8]) -> String {
    const SHOWN: usize = 40;
    let text = String::from_utf8_lossy(&cell[..cell.len().min(4 * SHOWN)]);
    let text: String = text.chars().map(|c| if c.is_control() { char::REPLACEMENT_CHARACTER } else { c }).collect();
    if text.chars().count() <= SHOWN {
        return format!("`{text}`");
    }
    format!("`{}...`", text.chars().take(SHOWN).collect::<String>())
}
