//! Files of this machine.

use super::input::Identity;
use std::fs::File;
use std::io::{self, ErrorKind, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use tidecast_core::ports::SourceError;

/// A file that exists.
#[derive(Clone, Debug)]
pub(super) struct LocalFile {
    path: PathBuf,
}

impl LocalFile {
    /// Finds a file, and what tells this content of it from another.
    pub(super) fn find(path: &Path) -> Result<(Self, Identity), SourceError> {
        let metadata = std::fs::metadata(path).map_err(|error| refusal(path, &error))?;
        if metadata.is_dir() {
            return Err(refusal(path, &ErrorKind::IsADirectory.into()));
        }
        let modified = metadata.modified().ok().and_then(|at| at.duration_since(std::time::UNIX_EPOCH).ok());
        let version = modified.map_or_else(String::new, |since| since.as_nanos().to_string());
        Ok((Self { path: path.to_owned() }, Identity { size: metadata.len(), version }))
    }

    /// Its bytes from `offset` on.
    pub(super) fn open_at(&self, offset: u64) -> Result<impl Read + Send + use<>, SourceError> {
        let open = || -> io::Result<File> {
            let mut file = File::open(&self.path)?;
            if offset > 0 {
                file.seek(SeekFrom::Start(offset))?;
            }
            Ok(file)
        };
        open().map_err(|error| refusal(&self.path, &error))
    }
}

fn refusal(path: &Path, error: &io::Error) -> SourceError {
    let what = path.display().to_string();
    let reason = match error.kind() {
        ErrorKind::NotFound => return SourceError::NotFound { what },
        ErrorKind::IsADirectory => "it is a directory; name a file in it".to_owned(),
        ErrorKind::PermissionDenied => "permission denied; let the user that runs tidecast read it".to_owned(),
        _ => error.to_string(),
    };
    SourceError::Unavailable { what, reason }
}
