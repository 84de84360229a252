//! Redis Streams: records from a stream, alone or by several workers, and messages into one.
//!
//! | what | how |
//! |---|---|
//! | [`RedisStreamSource`] | one process reads by `XREAD` from the position in its own journal |
//! | [`RedisGroupReader`], [`RedisPartialsReader`] | several workers share a consumer group and hand on partial results, which one merger reads |
//! | [`RedisStreamSink`] | appends messages |
//!
//! All of them wait for a Redis that is away, and say in their health what is wrong. Redis 7 or later tells how many messages were
//! trimmed unread; earlier ones work but do not.
//!
//! What a user must be allowed, with the keys it is for: a source `+xread +xinfo +xrange +multi +exec`; a sink, or dead letters,
//! `+xadd +multi +exec`; a worker in addition to both `+xreadgroup +xack +xautoclaim +xgroup +xlen +eval`; a merger in addition to
//! a source `+xpending +xtrim`.

mod address;
mod backoff;
mod batch_size;
mod dead_letters;
mod error;
mod group;
mod id;
mod link;
mod password;
mod place;
mod reply;
mod sink;
mod source;
mod start;
mod tail;
mod tls;
mod trouble;

pub use address::RedisAddress;
pub use dead_letters::DeadLetters;
pub use error::RedisError;
pub use group::{
    GroupOptions, Partial, PartialsDelivery, Publication, RedisGroupReader, RedisPartialsReader, partials_stream,
};
pub use id::StreamId;
pub use password::Password;
pub use sink::{Message, RedisStreamSink};
pub use source::{RedisStreamOptions, RedisStreamSource};
pub use start::StreamStart;
pub use tls::{ClientFiles, TlsFiles};
