//! Where the page of a report is written: looked at before the work, used after it.

use crate::exit::UsageError;
use std::path::Path;

/// A page that cannot be written is better found before the work than after.
pub(super) fn check_place(path: &Path) -> Result<(), UsageError> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    match folder {
        _ if path.is_dir() => Err(unwritable(path, "it is a directory")),
        Some(folder) if !folder.is_dir() => Err(unwritable(path, &format!("there is no {}", folder.display()))),
        _ => Ok(()),
    }
}

/// Writes the page.
pub(super) fn write(path: &Path, html: &str) -> Result<(), UsageError> {
    std::fs::write(path, html).map_err(|error| unwritable(path, &error.to_string()))
}

fn unwritable(path: &Path, reason: &str) -> UsageError {
    UsageError(format!("--report {} cannot be written: {reason}", path.display()))
}
