//! Replies of Redis about streams, taken apart.

use super::id::StreamId;
use super::trouble::Trouble;
use ::redis::Value;

/// What `XINFO STREAM` says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct StreamInfo {
    /// Entries that are there.
    pub(super) length: u64,
    /// Entries that ever were; unknown before Redis 7.
    pub(super) added: Option<u64>,
    /// The newest id that ever was.
    pub(super) last: StreamId,
    /// The oldest entry that is there.
    pub(super) first: Option<Landmark>,
}

/// An entry to know a stream by: its id, and a digest of what is in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Landmark {
    pub(super) id: StreamId,
    pub(super) digest: u64,
}

impl StreamInfo {
    /// What a reply says; `None` where there is no such stream.
    pub(super) fn read(reply: &Value) -> Result<Option<Self>, Trouble> {
        if is_absent(reply) {
            return Ok(None);
        }
        let fields = fields_of(reply, "XINFO STREAM")?;
        let number = |name| fields.get(name).and_then(integer);
        let last = fields.get("last-generated-id").and_then(id);
        let (Some(length), Some(last)) = (number("length"), last) else {
            return Err(Trouble::unreadable("XINFO STREAM"));
        };
        let first = fields.get("first-entry").and_then(Landmark::of);
        Ok(Some(Self { length, added: number("entries-added"), last, first }))
    }

    /// How many entries are no longer there.
    pub(super) fn removed(&self) -> Option<u64> {
        Some(self.added?.saturating_sub(self.length))
    }
}

impl Landmark {
    /// The landmark that an entry is.
    pub(super) fn of(value: &Value) -> Option<Self> {
        let entry = Entry::read(value)?;
        // FNV-1a (Fowler, Noll, Vo): stable, since it is journalled.
        let mut digest = 0xcbf2_9ce4_8422_2325_u64;
        for (name, value) in entry.fields()? {
            for byte in name.iter().chain(&[0]).chain(value).chain(&[0]) {
                digest = (digest ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
            }
        }
        Some(Self { id: entry.id, digest })
    }
}

/// What `XINFO GROUPS` says of one group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct GroupInfo {
    /// The newest entry that was given to a consumer.
    pub(super) last_delivered: StreamId,
    /// How many entries had ever been added when that one was; not always known.
    pub(super) read: Option<u64>,
}

impl GroupInfo {
    /// What a reply says of a group; `None` where there is no such group or stream.
    pub(super) fn read(reply: &Value, group: &str) -> Result<Option<Self>, Trouble> {
        if is_absent(reply) {
            return Ok(None);
        }
        let unreadable = || Trouble::unreadable("XINFO GROUPS");
        if let Value::ServerError(error) = reply {
            return Err(Trouble::of_command(error));
        }
        for value in items(reply).ok_or_else(unreadable)? {
            let fields = fields_of(value, "XINFO GROUPS")?;
            if fields.get("name").and_then(bytes) == Some(group.as_bytes()) {
                let last_delivered = fields.get("last-delivered-id").and_then(id).ok_or_else(unreadable)?;
                return Ok(Some(Self { last_delivered, read: fields.get("entries-read").and_then(integer) }));
            }
        }
        Ok(None)
    }
}

/// Names and values that Redis gives one after the other.
pub(super) struct Fields<'a>(&'a [Value]);

impl<'a> Fields<'a> {
    pub(super) fn get(&self, name: &str) -> Option<&'a Value> {
        self.0.chunks_exact(2).find(|pair| bytes(&pair[0]) == Some(name.as_bytes())).map(|pair| &pair[1])
    }
}

/// The fields of a reply, or the trouble that it is.
pub(super) fn fields_of<'a>(reply: &'a Value, what: &str) -> Result<Fields<'a>, Trouble> {
    match reply {
        Value::Array(values) => Ok(Fields(values)),
        Value::ServerError(error) => Err(Trouble::of_command(error)),
        _ => Err(Trouble::unreadable(what)),
    }
}

/// An entry of a stream.
pub(super) struct Entry<'a> {
    pub(super) id: StreamId,
    /// Names and values; none where the entry was deleted and only its id is left, in a consumer's list.
    content: Option<&'a [Value]>,
}

impl<'a> Entry<'a> {
    pub(super) fn read(value: &'a Value) -> Option<Self> {
        let [first, content] = items(value)? else { return None };
        Some(Self { id: id(first)?, content: items(content) })
    }

    /// Names and values; `None` where the entry was deleted.
    pub(super) fn fields(&self) -> Option<impl Iterator<Item = (&'a [u8], &'a [u8])> + use<'a>> {
        let field = |pair: &'a [Value]| Some((bytes(&pair[0])?, bytes(&pair[1])?));
        Some(self.content?.chunks_exact(2).filter_map(field))
    }
}

/// The entries in a reply to `XREAD` or `XREADGROUP` of one stream; none where it has none.
pub(super) fn entries_of(reply: Value, what: &str) -> Result<Vec<Value>, Trouble> {
    let unreadable = || Trouble::unreadable(what);
    match reply {
        Value::Nil => Ok(Vec::new()),
        Value::ServerError(error) => Err(Trouble::of_command(&error)),
        Value::Array(mut streams) => match streams.pop() {
            None => Ok(Vec::new()),
            Some(Value::Array(mut stream)) => match stream.pop() {
                Some(Value::Array(entries)) => Ok(entries),
                _ => Err(unreadable()),
            },
            Some(_) => Err(unreadable()),
        },
        _ => Err(unreadable()),
    }
}

/// Whether Redis says that there is no such key, or group.
pub(super) fn is_absent(reply: &Value) -> bool {
    matches!(reply, Value::ServerError(error)
        if error.code() == "NOGROUP" || error.details().is_some_and(|details| details.contains("no such key")))
}

pub(super) fn items(value: &Value) -> Option<&[Value]> {
    match value {
        Value::Array(values) => Some(values),
        _ => None,
    }
}

pub(super) fn bytes(value: &Value) -> Option<&[u8]> {
    match value {
        Value::BulkString(bytes) => Some(bytes),
        Value::SimpleString(text) => Some(text.as_bytes()),
        _ => None,
    }
}

pub(super) fn integer(value: &Value) -> Option<u64> {
    match value {
        Value::Int(number) => u64::try_from(*number).ok(),
        _ => None,
    }
}

pub(super) fn id(value: &Value) -> Option<StreamId> {
    std::str::from_utf8(bytes(value)?).ok()?.parse().ok()
}
