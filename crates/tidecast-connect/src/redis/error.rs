//! What waiting does not mend, or a caller has to hear of; everything else is told by the health of a stream.

use std::path::PathBuf;
use tidecast_core::ports::SourceError;

/// Why Redis cannot be used as asked. No message ever holds a password.
#[derive(Debug, thiserror::Error)]
pub enum RedisError {
    /// The address is none.
    #[error(
        "the Redis address is malformed: {reason}; write redis://user:password@host:6379/0 (rediss:// for TLS), \
         redis-cluster://host:6379,host:6379 or redis+sentinel://host:26379,host:26379/service"
    )]
    Address {
        /// What is wrong with it.
        reason: String,
    },
    /// A file of the TLS set-up cannot be used.
    #[error("{} cannot be used for TLS to Redis: {reason}; give a readable PEM file", path.display())]
    TlsFile {
        /// The file.
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// An option has a value that cannot be.
    #[error("{reason}")]
    Option {
        /// What is wrong, and what to do.
        reason: String,
    },
    /// It does not do what it was asked for at present.
    #[error("Redis at {server}: {reason}")]
    Unavailable {
        /// The server, without credentials.
        server: String,
        /// Why, and what to do.
        reason: String,
    },
}

impl From<RedisError> for SourceError {
    fn from(error: RedisError) -> Self {
        Self::Unavailable { what: "the stream".to_owned(), reason: error.to_string() }
    }
}
