//! Files that are either as before or as written, whenever the power goes.

use super::{RegistryError, io};
use std::fs::{self, File};
use std::io::{ErrorKind, Write};
use std::path::Path;

/// Names that start so are not finished.
const UNFINISHED: &str = ".unfinished-";
/// Characters of a series that go into its folder's name, so that people can find it.
const READABLE: usize = 60;

/// The folder of a series: what can be read of it, and a hash that tells it from all others.
pub(super) fn folder_name(series: &str) -> String {
    let readable: String =
        series.chars().take(READABLE).map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect();
    // FNV-1a, which never changes between releases.
    let hash = series
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
    format!("{readable}-{hash:016x}")
}

/// Names of the finished directories inside a directory; none if it does not exist.
pub(super) fn directories(path: &Path) -> Result<Vec<String>, RegistryError> {
    let entries = match fs::read_dir(path) {
        Ok(entries) => entries,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(io(path, "read", &error)),
    };
    let mut names = Vec::new();
    for entry in entries {
        let entry = entry.map_err(|error| io(path, "read", &error))?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if !name.starts_with(UNFINISHED) && entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            names.push(name);
        }
    }
    names.sort_unstable();
    Ok(names)
}

/// Creates `folder/name` with the given files: complete and durable, or not at all.
pub(super) fn create_directory(folder: &Path, name: &str, files: &[(&str, &[u8])]) -> Result<(), RegistryError> {
    let unfinished = folder.join(format!("{UNFINISHED}{name}"));
    if unfinished.exists() {
        fs::remove_dir_all(&unfinished).map_err(|error| io(&unfinished, "removed", &error))?;
    }
    fs::create_dir_all(&unfinished).map_err(|error| io(&unfinished, "created", &error))?;
    for (name, bytes) in files {
        write_durably(&unfinished.join(name), bytes)?;
    }
    sync(&unfinished)?;
    let finished = folder.join(name);
    fs::rename(&unfinished, &finished).map_err(|error| io(&finished, "created", &error))?;
    sync(folder)?;
    // The folder itself may be new.
    folder.parent().map_or(Ok(()), sync)
}

/// Replaces `folder/name` by `bytes`: durable, and never half written.
pub(super) fn replace(folder: &Path, name: &str, bytes: &[u8]) -> Result<(), RegistryError> {
    let unfinished = folder.join(format!("{UNFINISHED}{name}"));
    write_durably(&unfinished, bytes)?;
    let finished = folder.join(name);
    fs::rename(&unfinished, &finished).map_err(|error| io(&finished, "replaced", &error))?;
    sync(folder)
}

/// Removes `folder/name`, hiding it first so that a crash leaves no half of it.
pub(super) fn remove_directory(folder: &Path, name: &str) -> Result<(), RegistryError> {
    let hidden = folder.join(format!("{UNFINISHED}{name}"));
    let path = folder.join(name);
    fs::rename(&path, &hidden).map_err(|error| io(&path, "removed", &error))?;
    fs::remove_dir_all(&hidden).map_err(|error| io(&hidden, "removed", &error))
}

/// Removes what a crash left behind.
pub(super) fn remove_leftovers(folder: &Path) -> Result<(), RegistryError> {
    let entries = fs::read_dir(folder).map_err(|error| io(folder, "read", &error))?;
    for entry in entries.flatten() {
        if entry.file_name().to_string_lossy().starts_with(UNFINISHED) {
            let path = entry.path();
            let removed = if path.is_dir() { fs::remove_dir_all(&path) } else { fs::remove_file(&path) };
            removed.map_err(|error| io(&path, "removed", &error))?;
        }
    }
    Ok(())
}

/// The content of a file; `None` if it does not exist.
pub(super) fn read_if_there(path: &Path) -> Result<Option<Vec<u8>>, RegistryError> {
    match fs::read(path) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(io(path, "read", &error)),
    }
}

fn write_durably(path: &Path, bytes: &[u8]) -> Result<(), RegistryError> {
    let written = File::create(path).and_then(|mut file| file.write_all(bytes).and_then(|()| file.sync_all()));
    written.map_err(|error| io(path, "written", &error))
}

fn sync(directory: &Path) -> Result<(), RegistryError> {
    File::open(directory).and_then(|file| file.sync_all()).map_err(|error| io(directory, "written", &error))
}
