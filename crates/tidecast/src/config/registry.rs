//! `registry`: where trained models are kept.

use super::document::Section;
use super::problem::Problem;
use serde::Serialize;
use std::path::PathBuf;

/// Which registry.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(into = "String")]
pub enum RegistryConfig {
    /// A directory of this machine, relative to the working directory.
    Directory(PathBuf),
    /// `s3://bucket/prefix`: objects in S3, or in what speaks its protocol.
    Objects(String),
}

impl std::str::FromStr for RegistryConfig {
    type Err = String;

    /// Parses a path or `s3://bucket/prefix`; the error is a message without the text itself.
    fn from_str(text: &str) -> Result<Self, String> {
        const ACCEPTED: &str = "accepted: a directory, or s3://bucket/prefix";
        match text.split_once("://") {
            None if text.is_empty() => Err(format!("nothing is given; {ACCEPTED}")),
            None => Ok(Self::Directory(PathBuf::from(text))),
            Some(("s3", rest)) => {
                let named = rest.split_once('/').filter(|(bucket, prefix)| {
                    let is_bucket = bucket.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._".contains(&byte));
                    !bucket.is_empty() && is_bucket && !prefix.trim_matches('/').is_empty()
                });
                match named {
                    Some(_) => Ok(Self::Objects(text.to_owned())),
                    None => Err(format!("it names no bucket and prefix; {ACCEPTED}")),
                }
            }
            Some(_) => Err(format!("unknown scheme; {ACCEPTED}")),
        }
    }
}

impl std::fmt::Display for RegistryConfig {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Directory(directory) => write!(f, "{}", directory.display()),
            Self::Objects(location) => f.write_str(location),
        }
    }
}

impl From<RegistryConfig> for String {
    fn from(registry: RegistryConfig) -> Self {
        registry.to_string()
    }
}

pub(super) fn parse(root: &Section, problems: &mut Vec<Problem>) -> Option<RegistryConfig> {
    let node = root.value("registry").filter(|node| !node.is_null())?;
    let Some(text) = node.text() else {
        let message = format!("expected a directory or s3://bucket/prefix, found {}", node.shown());
        problems.push(root.problem("registry", message));
        return None;
    };
    text.parse().map_err(|message| problems.push(root.problem("registry", format!("{}: {message}", node.shown())))).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_directory_or_a_place_in_object_storage() {
        let cases = [
            ("models", Some(RegistryConfig::Directory("models".into()))),
            ("s3://bucket/models", Some(RegistryConfig::Objects("s3://bucket/models".into()))),
            ("s3://bucket", None),
            ("s3://bucket/", None),
            ("s3://key:secret@bucket/models", None),
            ("gs://bucket/models", None),
            ("", None),
        ];
        for (text, expected) in cases {
            assert_eq!(text.parse::<RegistryConfig>().ok(), expected, "{text}");
        }
    }
}
