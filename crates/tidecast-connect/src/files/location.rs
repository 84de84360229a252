//! Where a file is, as a user writes it.

use std::path::PathBuf;
use tidecast_core::ports::SourceError;

/// A parsed location.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Location {
    /// A file of this machine.
    Local(PathBuf),
    /// An object in S3 or in a store that speaks its protocol.
    S3 {
        /// The bucket.
        bucket: String,
        /// The object's key.
        key: String,
    },
}

impl Location {
    /// Takes `s3://bucket/key` as an object, everything else as a path.
    pub(crate) fn parse(text: &str) -> Result<Self, SourceError> {
        // The text is left out of the errors: what stands before an `@` may be a secret.
        let refuse = |reason: &str| SourceError::Unavailable { what: "the location".into(), reason: reason.into() };
        let Some((scheme, rest)) = text.split_once("://") else {
            return Ok(Self::Local(PathBuf::from(text)));
        };
        match (scheme, rest.split_once('/')) {
            ("file", _) => Ok(Self::Local(PathBuf::from(rest))),
            ("s3", Some((bucket, _))) if bucket.contains('@') => {
                Err(refuse("it has credentials in it; give them as AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"))
            }
            ("s3", Some((bucket, key))) if is_bucket(bucket) && !key.is_empty() => {
                Ok(Self::S3 { bucket: bucket.to_owned(), key: key.to_owned() })
            }
            ("s3", _) => Err(refuse("it names no bucket and object; write s3://bucket/key")),
            _ => Err(refuse("its scheme is not known; write a path or s3://bucket/key")),
        }
    }
}

fn is_bucket(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._".contains(&byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_and_objects() {
        let object = Location::S3 { bucket: "data".into(), key: "a/b.csv".into() };
        assert_eq!(Location::parse("s3://data/a/b.csv").unwrap(), object);
        assert_eq!(Location::parse("./a.csv").unwrap(), Location::Local("./a.csv".into()));
        assert_eq!(Location::parse("file:///a.csv").unwrap(), Location::Local("/a.csv".into()));
    }

    #[test]
    fn refusals_keep_secrets() {
        for text in
            ["s3://key:secret@data/a.csv", "s3://data", "s3:///a", "s3://no bucket/a", "https://secret@host/a.csv"]
        {
            let message = Location::parse(text).unwrap_err().to_string();
            assert!(!message.contains("secret@"), "{message}");
        }
    }
}
