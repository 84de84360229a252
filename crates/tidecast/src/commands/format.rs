//! How results are printed: for people, for programs, for spreadsheets.

use clap::ValueEnum;
use std::io::{self, Write};

/// The three formats every verb that prints results knows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// Aligned columns for people.
    #[default]
    Table,
    /// One JSON document.
    Json,
    /// Header and rows, comma separated.
    Csv,
}

/// Quotes a CSV cell if it needs it (RFC 4180).
#[must_use]
pub fn csv_cell(text: &str) -> String {
    if text.contains(['"', ',', '\n', '\r']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text.to_owned() }
}

/// Writes to standard output.
///
/// # Errors
/// What the operating system says; a broken pipe (`| head`) ends the process quietly, see [`super::main`].
pub fn print(text: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    out.write_all(text.as_bytes())?;
    out.flush()
}
