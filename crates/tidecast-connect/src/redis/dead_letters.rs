//! Refused messages, kept in a stream of their own so that somebody can look at them.

use super::id::StreamId;
use super::link::Link;
use super::trouble::Trouble;
use ::redis::{Pipeline, Value};
use tidecast_core::record::Rejection;

/// Of one batch; more are counted only.
const AT_ONCE: usize = 1_000;
/// Of one message; what is beyond is cut off.
const BYTES: usize = 4 << 10;

/// Where refused messages go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeadLetters {
    /// The stream. An entry has the fields `id`, `reason`, and those of the message.
    pub stream: String,
    /// About how many to keep.
    pub keep: u64,
}

/// Refused messages that wait to be written.
pub(super) struct DeadLetterBatch {
    letters: DeadLetters,
    waiting: Pipeline,
    trouble: Option<String>,
}

impl DeadLetterBatch {
    pub(super) fn new(letters: DeadLetters) -> Self {
        Self { letters, waiting: Pipeline::new(), trouble: None }
    }

    pub(super) fn push(&mut self, id: StreamId, reason: Rejection, fields: &[(&[u8], &[u8])]) {
        if self.waiting.len() >= AT_ONCE {
            return;
        }
        let command = self.waiting.cmd("XADD").arg(&self.letters.stream);
        command.arg("MAXLEN").arg("~").arg(self.letters.keep).arg("*");
        command.arg("id").arg(id.to_string()).arg("reason").arg(reason.name());
        let mut left = BYTES;
        for (name, value) in fields {
            let value = &value[..value.len().min(left.saturating_sub(name.len()))];
            if name.len() > left {
                break;
            }
            left -= name.len() + value.len();
            command.arg(*name).arg(value);
        }
    }

    /// Writes them, once: a dead letter must never keep the living waiting.
    pub(super) async fn write(&mut self, link: &mut Link) {
        if self.waiting.is_empty() {
            return;
        }
        let outcome = link.pipeline(&mut self.waiting).await;
        self.waiting.clear();
        let trouble = match outcome {
            Ok(replies) => replies.iter().find_map(|reply| match reply {
                Value::ServerError(error) => Some(Trouble::of_command(error)),
                _ => None,
            }),
            Err(trouble) => Some(trouble),
        };
        self.trouble = trouble.map(|trouble| {
            format!("refused messages cannot be written to {}: {}", self.letters.stream, trouble.reason)
        });
    }

    /// Why the last ones could not be written.
    pub(super) fn trouble(&self) -> Option<&str> {
        self.trouble.as_deref()
    }
}
