//! Messages into a Redis stream.

use super::address::RedisAddress;
use super::error::RedisError;
use super::link::Link;
use super::trouble::Trouble;
use ::redis::{Pipeline, Value};

/// Messages on their way at once.
const AT_ONCE: usize = 1_000;

/// A message: names and values.
pub type Message = Vec<(String, String)>;

/// Appends messages to a stream.
pub struct RedisStreamSink {
    link: Link,
    stream: String,
    keep: Option<u64>,
}

impl RedisStreamSink {
    /// A sink for a stream, which is trimmed to about `keep` entries. Nothing is sent yet.
    #[must_use]
    pub fn new(address: RedisAddress, stream: &str, keep: Option<u64>) -> Self {
        Self { link: Link::new(address), stream: stream.to_owned(), keep }
    }

    /// Appends messages in their order; those that Redis has taken are gone from `messages`, also when an error comes back. After
    /// an error the next call waits first, each time longer up to five seconds, so one may simply call again. When the
    /// connection breaks in the middle, some are sent again: at least once.
    ///
    /// # Errors
    /// When Redis is away, out of memory, or refuses.
    pub async fn send(&mut self, messages: &mut Vec<Message>) -> Result<(), RedisError> {
        while !messages.is_empty() {
            tokio::time::sleep(self.link.pause()).await;
            let sent = self.try_send(&messages[..messages.len().min(AT_ONCE)]).await;
            let (taken, trouble) = match sent {
                Ok((taken, trouble)) => (taken, trouble),
                Err(trouble) => (0, Some(trouble)),
            };
            messages.drain(..taken);
            if let Some(trouble) = trouble {
                self.link.failed(&trouble);
                return Err(self.link.error(trouble));
            }
            self.link.succeeded();
        }
        Ok(())
    }

    /// How many were taken, and why no more.
    async fn try_send(&mut self, messages: &[Message]) -> Result<(usize, Option<Trouble>), Trouble> {
        let mut pipeline = Pipeline::with_capacity(messages.len());
        for message in messages {
            let command = pipeline.cmd("XADD").arg(&self.stream);
            if let Some(keep) = self.keep {
                command.arg("MAXLEN").arg("~").arg(keep);
            }
            command.arg("*");
            for (name, value) in message {
                command.arg(name).arg(value);
            }
        }
        // In a transaction all are taken or none: memory that runs out in the middle leaves no holes.
        let replies = self.link.transaction(pipeline).await?;
        let refused = replies.iter().enumerate().find_map(|(taken, reply)| match reply {
            Value::ServerError(error) => Some((taken, Some(Trouble::of_command(error)))),
            _ => None,
        });
        Ok(refused.unwrap_or((replies.len(), None)))
    }
}
