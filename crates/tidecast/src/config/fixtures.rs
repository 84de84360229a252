//! A fixed environment for tests.

use super::environment::Environment;
use std::collections::HashMap;
use std::io;
use std::path::{Path, PathBuf};

pub(super) struct FixedEnvironment {
    variables: HashMap<String, String>,
    files: HashMap<PathBuf, String>,
}

impl FixedEnvironment {
    pub(super) fn new(variables: &[(&str, &str)], files: &[(&str, &str)]) -> Self {
        let own = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        Self {
            variables: variables.iter().map(own).collect(),
            files: files.iter().map(own).map(|(path, text)| (PathBuf::from(path), text)).collect(),
        }
    }
}

impl Environment for FixedEnvironment {
    fn variable(&self, name: &str) -> Option<String> {
        self.variables.get(name).cloned()
    }

    fn file(&self, path: &Path) -> io::Result<String> {
        self.files.get(path).cloned().ok_or_else(|| io::ErrorKind::NotFound.into())
    }
}
