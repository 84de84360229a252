//! Where to begin in a stream of which nothing was read yet.

use super::error::RedisError;
use super::id::StreamId;
use std::str::FromStr;

/// Where to begin.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum StreamStart {
    /// At the oldest entry that is there: `0`.
    #[default]
    Beginning,
    /// Behind the newest one: `$`.
    End,
    /// Behind the entry with this id.
    Id(StreamId),
    /// Behind the last entry that a consumer group was given, to take over from it: `group:NAME`.
    Group(String),
}

impl FromStr for StreamStart {
    type Err = RedisError;

    fn from_str(text: &str) -> Result<Self, RedisError> {
        match text {
            "0" => return Ok(Self::Beginning),
            "$" => return Ok(Self::End),
            _ => {}
        }
        if let Some(group) = text.strip_prefix("group:").filter(|group| !group.is_empty()) {
            return Ok(Self::Group(group.to_owned()));
        }
        text.parse().map(Self::Id).map_err(|_| RedisError::Option {
            reason: format!(
                "`{text}` is no start of a stream; write 0 (its beginning), $ (its end), an id such as \
                 1526919030474-0, or group:NAME (where that consumer group stands)"
            ),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn starts_are_read() {
        let cases = [
            ("0", Some(StreamStart::Beginning)),
            ("$", Some(StreamStart::End)),
            ("5-1", Some(StreamStart::Id(StreamId { ms: 5, sequence: 1 }))),
            ("group:spark", Some(StreamStart::Group("spark".to_owned()))),
            ("group:", None),
            ("beginning", None),
        ];
        for (text, expected) in cases {
            assert_eq!(text.parse::<StreamStart>().ok(), expected, "{text}");
        }
    }
}
