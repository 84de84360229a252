//! Artifacts in a directory: files that are either as before or as written, whenever the power goes.

use crate::parallel;
use std::fs::{self, File};
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};
use tidecast_core::ports::{ArtifactError, ArtifactStorage};

/// Names that start so are not finished.
const UNFINISHED: &str = ".unfinished-";

/// Files of one directory.
#[derive(Debug)]
pub struct ArtifactDirectory(PathBuf);

impl ArtifactDirectory {
    /// Opens a directory, which is created where it does not exist.
    ///
    /// # Errors
    /// When it cannot be created.
    pub fn open(directory: &Path) -> Result<Self, ArtifactError> {
        fs::create_dir_all(directory).map_err(|error| io(directory, "created", &error))?;
        Ok(Self(directory.to_owned()))
    }

    fn path(&self, key: &str) -> PathBuf {
        self.0.join(key)
    }

    /// Writes beside, makes durable, and puts in place.
    fn write(&self, key: &str, bytes: &[u8]) -> Result<(), ArtifactError> {
        let path = self.path(key);
        let (folder, name) = parts(&path);
        let created = self.create_folder(folder)?;
        let unfinished = folder.join(format!("{UNFINISHED}{name}"));
        let written =
            File::create(&unfinished).and_then(|mut file| file.write_all(bytes).and_then(|()| file.sync_all()));
        written.map_err(|error| io(&unfinished, "written", &error))?;
        fs::rename(&unfinished, &path).map_err(|error| io(&path, "written", &error))?;
        sync(folder)?;
        // Where folders are new, so are their names in the folders above.
        created.iter().try_for_each(|folder| sync(folder))
    }

    /// Creates a folder and those above it; returns the folders that hold new ones.
    fn create_folder(&self, folder: &Path) -> Result<Vec<PathBuf>, ArtifactError> {
        let missing = folder.ancestors().take_while(|above| above.starts_with(&self.0) && !above.exists());
        let holders: Vec<PathBuf> = missing.filter_map(|above| above.parent().map(Path::to_owned)).collect();
        fs::create_dir_all(folder).map_err(|error| io(folder, "created", &error))?;
        Ok(holders)
    }

    /// Paths below a folder, at any depth.
    fn walk(folder: &Path, found: &mut Vec<PathBuf>) -> Result<(), ArtifactError> {
        for entry in entries(folder)? {
            if entry.is_dir() { Self::walk(&entry, found)? } else { found.push(entry) }
        }
        Ok(())
    }
}

impl ArtifactStorage for ArtifactDirectory {
    fn folders(&self) -> Result<Vec<String>, ArtifactError> {
        let mut names: Vec<String> =
            entries(&self.0)?.iter().filter(|path| path.is_dir()).map(|path| parts(path).1.to_owned()).collect();
        names.retain(|name| !name.starts_with(UNFINISHED));
        names.sort_unstable();
        Ok(names)
    }

    fn keys(&self, folder: &str) -> Result<Vec<String>, ArtifactError> {
        let mut paths = Vec::new();
        Self::walk(&self.path(folder), &mut paths)?;
        let key = |path: &PathBuf| path.strip_prefix(&self.0).ok().and_then(Path::to_str).map(str::to_owned);
        let mut keys: Vec<String> = paths.iter().filter_map(key).collect();
        keys.retain(|key| key.split('/').all(|part| !part.starts_with(UNFINISHED)));
        keys.sort_unstable();
        Ok(keys)
    }

    fn get(&self, key: &str) -> Result<Option<Vec<u8>>, ArtifactError> {
        let path = self.path(key);
        match fs::read(&path) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(io(&path, "read", &error)),
        }
    }

    fn get_all(&self, keys: &[String]) -> Vec<Result<Option<Vec<u8>>, ArtifactError>> {
        parallel::map(keys, |key| self.get(key))
    }

    fn create(&self, key: &str, bytes: &[u8]) -> Result<bool, ArtifactError> {
        // One process owns the directory, and writes one after the other: nobody comes in between.
        if self.path(key).exists() {
            return Ok(false);
        }
        self.write(key, bytes).map(|()| true)
    }

    fn replace(&self, key: &str, bytes: &[u8]) -> Result<(), ArtifactError> {
        self.write(key, bytes)
    }

    fn remove(&self, key: &str) -> Result<(), ArtifactError> {
        let path = self.path(key);
        match fs::remove_file(&path) {
            Ok(()) => {}
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
            Err(error) => return Err(io(&path, "removed", &error)),
        }
        let folder = parts(&path).0;
        // The last object of a folder takes it along.
        if fs::remove_dir(folder).is_ok() { folder.parent().map_or(Ok(()), sync) } else { sync(folder) }
    }

    fn remove_unfinished(&self, folder: &str) -> Result<usize, ArtifactError> {
        let mut removed = 0;
        let mut folders = vec![self.path(folder)];
        while let Some(folder) = folders.pop() {
            for path in entries(&folder)? {
                if parts(&path).1.starts_with(UNFINISHED) {
                    let gone = if path.is_dir() { fs::remove_dir_all(&path) } else { fs::remove_file(&path) };
                    gone.map_err(|error| io(&path, "removed", &error))?;
                    removed += 1;
                } else if path.is_dir() {
                    folders.push(path);
                }
            }
        }
        Ok(removed)
    }

    fn place(&self, key: &str) -> String {
        self.path(key).display().to_string()
    }
}

/// What is in a folder; nothing if it does not exist.
fn entries(folder: &Path) -> Result<Vec<PathBuf>, ArtifactError> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(io(folder, "read", &error)),
    };
    entries.map(|entry| entry.map(|entry| entry.path()).map_err(|error| io(folder, "read", &error))).collect()
}

/// The folder of a path, and its name in it. Names are ours, and ASCII.
fn parts(path: &Path) -> (&Path, &str) {
    let name = path.file_name().and_then(std::ffi::OsStr::to_str).unwrap_or_default();
    (path.parent().unwrap_or(path), name)
}

fn sync(directory: &Path) -> Result<(), ArtifactError> {
    File::open(directory).and_then(|file| file.sync_all()).map_err(|error| io(directory, "written", &error))
}

fn io(path: &Path, doing: &'static str, error: &std::io::Error) -> ArtifactError {
    ArtifactError::Io { place: path.display().to_string(), doing, reason: error.to_string() }
}
