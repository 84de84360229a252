//! Files in a real directory.

use super::{Storage, StorageFile};
use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The folder for segments.
const SEGMENTS: &str = "segments";

/// Keeps the store's files in one directory.
#[derive(Debug)]
pub struct DirectoryStorage {
    root: PathBuf,
}

#[derive(Debug)]
struct DirectoryFile(File);

impl DirectoryStorage {
    /// Uses the directory `root`; creates it if it is not there.
    ///
    /// # Errors
    /// When it cannot be created.
    pub fn create(root: &Path) -> io::Result<Self> {
        let root = std::path::absolute(root)?;
        let missing: Vec<&Path> = root.ancestors().take_while(|folder| !folder.exists()).collect();
        fs::create_dir_all(root.join(SEGMENTS))?;
        // What is durable in a directory is lost with the directory, unless that is durable in its parent.
        for parent in missing.into_iter().filter_map(Path::parent) {
            File::open(parent)?.sync_all()?;
        }
        Ok(Self { root })
    }
}

impl Storage for DirectoryStorage {
    fn open(&self, name: &str) -> io::Result<Arc<dyn StorageFile>> {
        let file = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(self.root.join(name))?;
        Ok(Arc::new(DirectoryFile(file)))
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        fs::remove_file(self.root.join(name))
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        fs::rename(self.root.join(from), self.root.join(to))
    }

    fn names(&self) -> io::Result<Vec<String>> {
        let mut names = Vec::new();
        for (folder, prefix) in [(self.root.clone(), String::new()), (self.root.join(SEGMENTS), format!("{SEGMENTS}/"))]
        {
            for entry in fs::read_dir(folder)? {
                let entry = entry?;
                if entry.file_type()?.is_file() {
                    names.push(format!("{prefix}{}", entry.file_name().to_string_lossy()));
                }
            }
        }
        Ok(names)
    }

    fn sync_names(&self) -> io::Result<()> {
        File::open(self.root.join(SEGMENTS))?.sync_all()?;
        File::open(&self.root)?.sync_all()
    }
}

impl StorageFile for DirectoryFile {
    fn length(&self) -> io::Result<u64> {
        Ok(self.0.metadata()?.len())
    }

    fn read_at(&self, offset: u64, bytes: &mut [u8]) -> io::Result<()> {
        self.0.read_exact_at(bytes, offset)
    }

    fn write_at(&self, offset: u64, bytes: &[u8]) -> io::Result<()> {
        self.0.write_all_at(bytes, offset)
    }

    fn set_length(&self, length: u64) -> io::Result<()> {
        self.0.set_len(length)
    }

    fn sync(&self) -> io::Result<()> {
        self.0.sync_data()
    }
}
