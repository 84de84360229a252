//! A message of an antenna, as a stream of fields and as JSON.

use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};
use std::fmt;

/// What an antenna reports about the time since its last message.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AntennaMessage<'a> {
    /// Which antenna.
    pub antenna_id: &'a str,
    /// When, ms since the Unix epoch.
    pub timestamp_ms: i64,
    /// Packets sent.
    pub packets: u32,
    /// Packets lost on the way, at most those sent.
    pub loss: u32,
    /// Milliseconds, to two decimals.
    pub latency_ms: f64,
}

impl AntennaMessage<'_> {
    /// Names and values, in the order in which they are sent.
    #[must_use]
    pub fn fields(&self) -> Vec<(String, String)> {
        let fields = [
            ("antenna_id", self.antenna_id.to_owned()),
            ("timestamp", UnixSeconds(self.timestamp_ms).to_string()),
            ("packets", self.packets.to_string()),
            ("loss", self.loss.to_string()),
            ("latency", self.latency_ms.to_string()),
        ];
        fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
    }
}

/// The same fields as one JSON object.
impl Serialize for AntennaMessage<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(5))?;
        map.serialize_entry("antenna_id", self.antenna_id)?;
        map.serialize_entry("timestamp", &UnixSeconds(self.timestamp_ms))?;
        map.serialize_entry("packets", &self.packets)?;
        map.serialize_entry("loss", &self.loss)?;
        map.serialize_entry("latency", &self.latency_ms)?;
        map.end()
    }
}

/// Seconds since the Unix epoch: whole without a point, as readers that know only whole ones need them.
struct UnixSeconds(i64);

impl UnixSeconds {
    fn seconds(&self) -> f64 {
        self.0 as f64 / 1e3
    }
}

impl fmt::Display for UnixSeconds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.seconds())
    }
}

impl Serialize for UnixSeconds {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if self.0 % 1_000 == 0 {
            serializer.serialize_i64(self.0 / 1_000)
        } else {
            serializer.serialize_f64(self.seconds())
        }
    }
}
