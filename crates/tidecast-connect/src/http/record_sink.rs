//! Records to a push source of a running Tidecast.

use super::client::{Client, Failure};
use super::token::Token;
use super::wire::RecordsAccepted;
use bytes::Bytes;
use tidecast_core::ports::StoreError;

/// A push source of another process.
pub struct RecordSink {
    client: Client,
    path: String,
}

/// Why records were not accepted.
#[derive(Debug, thiserror::Error)]
pub enum RecordSinkError {
    /// Not now; trying again later may help. Where an answer was lost the records may be counted twice then.
    #[error("{0}")]
    Away(String),
    /// Sending the same again will not help.
    #[error("{0}")]
    Refused(String),
}

impl RecordSink {
    /// The source of a name at the server `url` (`http://127.0.0.1:8000`). Nothing is sent yet.
    ///
    /// # Errors
    /// When the address or the name is none.
    pub fn new(url: &str, source: &str, token: Option<&Token>) -> Result<Self, RecordSinkError> {
        let refused = |error: StoreError| RecordSinkError::Refused(error.to_string());
        let is_name = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
        if source.is_empty() || !source.bytes().all(is_name) {
            let reason = format!("`{source}` is no name of a source; use the one under `sources` of the server");
            return Err(RecordSinkError::Refused(reason));
        }
        let client = Client::new(url, token).map_err(refused)?;
        Ok(Self { client, path: format!("sources/{source}/records") })
    }

    /// Sends messages as JSON lines, and waits until they are durable there.
    ///
    /// # Errors
    /// When the server is away or busy, or refuses.
    pub async fn send(&self, json_lines: impl Into<Bytes>) -> Result<RecordsAccepted, RecordSinkError> {
        self.client.post_lines(&self.path, json_lines.into()).await.map_err(|failure| self.error(failure))
    }

    fn error(&self, failure: Failure) -> RecordSinkError {
        let is_away = failure.may_pass() || matches!(&failure, Failure::Transport(_));
        let message = self.client.store_error(failure).to_string();
        if is_away { RecordSinkError::Away(message) } else { RecordSinkError::Refused(message) }
    }
}
