//! Several workers share a stream by a consumer group; one merger puts together what they made of it.
//!
//! A worker turns a batch of messages into a partial result, and hands it on in the same atomic step in which it acknowledges
//! the messages: an entry of the stream [`partials_stream`], on the same node of a cluster. A message is therefore in exactly one
//! partial, whoever dies when. The merger reads the partials by position, as one process reads a stream of messages.
//!
//! | what happens | what follows |
//! |---|---|
//! | a worker dies | its messages stay pending; others claim them after a while, and make partials of them |
//! | a worker was only slow, and others claimed its messages | its partial is refused, since not all of its messages are its own any more |
//! | the answer to handing on is lost | the worker reads what is still pending for it: messages that were acknowledged are not |
//! | the merger is slow or away | workers wait once the partials stream is as long as they are told |

mod completeness;
mod merger;
mod worker;

pub use merger::{Partial, PartialsDelivery, RedisPartialsReader};
pub use worker::{Publication, RedisGroupReader};

use super::address::RedisAddress;
use super::error::RedisError;
use super::start::StreamStart;
use std::time::Duration;

/// How workers and their merger share a stream.
#[derive(Clone, Debug)]
pub struct GroupOptions {
    /// Where Redis is.
    pub address: RedisAddress,
    /// The key of the stream.
    pub stream: String,
    /// The consumer group, created if it is not there.
    pub group: String,
    /// Which analytics the partials are for: a group of their own for each.
    pub analytics: String,
    /// Where a new group begins.
    pub start: StreamStart,
    /// Messages that were given to a worker this long ago, and not acknowledged, go to another one. Longer than a worker
    /// takes for a batch.
    pub claim_after: Duration,
    /// Workers wait while more partials than this wait for the merger.
    pub partials_waiting_max: u64,
}

impl GroupOptions {
    fn check(&self) -> Result<(), RedisError> {
        let reason = match self {
            Self { group, .. } if group.is_empty() => "the consumer group has no name; give it one",
            Self { claim_after, .. } if *claim_after < Duration::from_secs(1) => {
                "messages are claimed after less than 1s, before a worker can be done with them; give more time"
            }
            _ => return Ok(()),
        };
        Err(RedisError::Option { reason: reason.to_owned() })
    }
}

/// The stream for the partials of `analytics` over `stream`: a name in the same hash slot, so that one atomic step reaches both.
#[must_use]
pub fn partials_stream(stream: &str, analytics: &str) -> String {
    let tagged =
        stream.split_once('{').and_then(|(_, rest)| rest.split_once('}')).is_some_and(|(tag, _)| !tag.is_empty());
    if tagged { format!("{stream}:partials:{analytics}") } else { format!("{{{stream}}}:partials:{analytics}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn partials_lie_in_the_slot_of_their_stream() {
        let cases = [
            ("antenna_stream", "{antenna_stream}:partials:network"),
            ("{a}b", "{a}b:partials:network"),
            ("x{a}", "x{a}:partials:network"),
            ("{}b", "{{}b}:partials:network"),
        ];
        for (stream, expected) in cases {
            assert_eq!(partials_stream(stream, "network"), expected);
        }
    }
}
