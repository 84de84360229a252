//! Fields of messages, as names and texts, into columns; what cannot be taken is counted by its reason.

use super::same_bytes::same_bytes;
use crate::number::{Cell, NumberStyle, read_cell};
use jiff::Timestamp;
use std::sync::Arc;
use tidecast_core::record::{Column, RecordBatch, Rejection, Rejections, Schema};

/// Longer texts are no identifiers.
const TEXT_BYTES_MAX: usize = 256;
/// Numbers from here on are milliseconds: as seconds they would lie beyond the year 5000.
const MILLISECONDS_FROM: f64 = 1e11;
/// In a message nothing ends a number but the end of its text.
const NUMBER: NumberStyle = NumberStyle { delimiter: b'\0', decimal: b'.' };
const ABSENT: u32 = u32::MAX;

/// The value of a message's field, as the reader of the message leaves it.
pub(crate) trait FieldValue {
    /// As it is written, without quotes.
    fn text(&self) -> &[u8];
    /// The number that it is, if the reader knows; else NaN.
    fn number(&self) -> f64;
}

impl FieldValue for &[u8] {
    #[inline]
    fn text(&self) -> &[u8] {
        self
    }

    #[inline]
    fn number(&self) -> f64 {
        f64::NAN
    }
}

/// What a stream's messages look like.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordFormat {
    /// The field with the time: Unix seconds or milliseconds, or ISO 8601 with an offset.
    pub timestamp: String,
    /// The fields to keep.
    pub schema: Arc<Schema>,
    /// Times may lie this far ahead of the clock, ms.
    pub future_tolerance_ms: i64,
}

/// Gathers messages into a batch.
#[derive(Debug)]
pub struct RecordDecoder {
    format: RecordFormat,
    batch: RecordBatch,
    rejections: Rejections,
    /// What each field of the last message was: most messages have the order of the one before.
    order: Vec<Slot>,
    places: Places,
}

/// Where the fields of a message are.
#[derive(Debug)]
struct Places {
    timestamp: Option<usize>,
    /// For each column, which field it comes from.
    columns: Vec<u32>,
    /// Whether there are fields that nothing uses.
    unknown: bool,
}

/// What a field of a message is for us.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Slot {
    Timestamp,
    Column(usize),
    Unknown,
}

impl RecordDecoder {
    /// A decoder without records.
    #[must_use]
    pub fn new(format: RecordFormat) -> Self {
        Self {
            batch: RecordBatch::new(Arc::clone(&format.schema)),
            rejections: Rejections::default(),
            order: Vec::new(),
            places: Places { timestamp: None, columns: vec![ABSENT; format.schema.fields().len()], unknown: false },
            format,
        }
    }

    /// Takes a message, given as its fields' names and values, or counts why not, and tells. `now_ms` is what the clock says.
    pub(crate) fn push<V: FieldValue>(&mut self, fields: &[(&[u8], V)], now_ms: i64) -> Option<Rejection> {
        let reason = self.try_push(fields, now_ms).err()?;
        self.reject(reason);
        Some(reason)
    }

    /// Counts a message that could not even be taken apart.
    pub fn reject(&mut self, reason: Rejection) {
        self.rejections.add(reason, 1);
    }

    /// What has been gathered, and refused, since the last time.
    pub fn take(&mut self) -> (RecordBatch, Rejections) {
        let empty = self.batch.empty_like();
        (std::mem::replace(&mut self.batch, empty), std::mem::take(&mut self.rejections))
    }

    #[inline]
    fn try_push<V: FieldValue>(&mut self, fields: &[(&[u8], V)], now_ms: i64) -> Result<(), Rejection> {
        if !self.has_last_order(fields) {
            self.locate(fields);
        }
        if self.places.unknown {
            self.rejections.add(Rejection::UnknownField, 1);
        }
        let timestamp = self.places.timestamp.ok_or(Rejection::MissingField)?;
        let timestamp_ms = self.read_timestamp(&fields[timestamp].1)?;
        if timestamp_ms > now_ms.saturating_add(self.format.future_tolerance_ms) {
            return Err(Rejection::FutureTimestamp);
        }
        let (schema, places) = (&self.format.schema, &self.places.columns);
        self.batch.try_push(timestamp_ms, |column, values| {
            let value = fields.get(places[column] as usize).map(|(_, value)| value);
            let required = schema.fields()[column].required;
            match values {
                Column::Number(numbers) => numbers.push(read_number(value, required)?),
                Column::Text(texts) => {
                    let text = value.map_or(&b""[..], FieldValue::text);
                    if text.is_empty() && required {
                        return Err(Rejection::MissingField);
                    }
                    if text.len() > TEXT_BYTES_MAX {
                        return Err(Rejection::BadText);
                    }
                    texts.push_utf8(text).map_err(|_| Rejection::BadText)?;
                }
            }
            Ok(())
        })
    }

    /// Whether a message has just the fields of the last one, all of them known, in the same order.
    #[inline]
    fn has_last_order<V>(&self, fields: &[(&[u8], V)]) -> bool {
        let mut slots = self.order.iter().zip(fields);
        self.order.len() == fields.len()
            && slots.all(|(&slot, (name, _))| self.name_of(slot).is_some_and(|expected| same_bytes(expected, name)))
    }

    /// Finds the fields of a message.
    fn locate<V>(&mut self, fields: &[(&[u8], V)]) {
        self.places.timestamp = None;
        self.places.columns.fill(ABSENT);
        self.places.unknown = false;
        // Only as many as there can be useful ones, so that a message with a million fields leaves nothing behind.
        self.order.resize(fields.len().min(2 * self.format.schema.fields().len() + 1), Slot::Unknown);
        for (place, (name, _)) in fields.iter().enumerate() {
            let slot = match self.order.get(place) {
                Some(&slot) if self.name_of(slot).is_some_and(|expected| same_bytes(expected, name)) => slot,
                _ => self.look_up(name),
            };
            if let Some(last) = self.order.get_mut(place) {
                *last = slot;
            }
            match slot {
                Slot::Timestamp => self.places.timestamp = Some(place),
                Slot::Column(column) => self.places.columns[column] = place as u32,
                Slot::Unknown => self.places.unknown = true,
            }
        }
    }

    fn name_of(&self, slot: Slot) -> Option<&[u8]> {
        match slot {
            Slot::Timestamp => Some(self.format.timestamp.as_bytes()),
            Slot::Column(column) => Some(self.format.schema.fields()[column].name.as_bytes()),
            Slot::Unknown => None,
        }
    }

    fn look_up(&self, name: &[u8]) -> Slot {
        let fields = self.format.schema.fields();
        if name == self.format.timestamp.as_bytes() {
            Slot::Timestamp
        } else {
            fields.iter().position(|field| field.name.as_bytes() == name).map_or(Slot::Unknown, Slot::Column)
        }
    }

    #[inline]
    fn read_timestamp(&mut self, value: &impl FieldValue) -> Result<i64, Rejection> {
        match read_value(value) {
            Cell::Number(number) if number.abs() < MILLISECONDS_FROM => Ok((number * 1e3).round() as i64),
            Cell::Number(number) if number.abs() < MILLISECONDS_FROM * 1e3 => {
                self.rejections.add(Rejection::TimestampInMilliseconds, 1);
                Ok(number.round() as i64)
            }
            Cell::Number(_) => Err(Rejection::BadTimestamp),
            Cell::Missing => Err(Rejection::MissingField),
            Cell::Malformed => {
                let text = std::str::from_utf8(value.text()).map_err(|_| Rejection::BadTimestamp)?;
                let instant: Timestamp = text.trim().parse().map_err(|_| Rejection::BadTimestamp)?;
                Ok(instant.as_millisecond())
            }
        }
    }
}

/// NaN where it is missing and may be.
#[inline]
fn read_number(value: Option<&impl FieldValue>, required: bool) -> Result<f64, Rejection> {
    match value.map_or(Cell::Missing, read_value) {
        Cell::Number(number) => Ok(number),
        Cell::Missing if required => Err(Rejection::MissingField),
        Cell::Missing => Ok(f64::NAN),
        Cell::Malformed => Err(Rejection::NotANumber),
    }
}

#[inline]
fn read_value(value: &impl FieldValue) -> Cell {
    let number = value.number();
    if number.is_nan() { read_cell(value.text(), NUMBER) } else { Cell::Number(number) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tidecast_core::record::{Field, FieldKind};

    /// Names and values.
    type Message<'a> = &'a [(&'a str, &'a str)];

    const NOW_MS: i64 = 1_700_000_000_000;

    fn decoder() -> RecordDecoder {
        let field = |name: &str, kind, required| Field { name: name.to_owned(), kind, required };
        let schema = Schema::new(vec![
            field("antenna_id", FieldKind::Text, true),
            field("packets", FieldKind::Number, true),
            field("latency", FieldKind::Number, false),
        ]);
        RecordDecoder::new(RecordFormat {
            timestamp: "timestamp".to_owned(),
            schema: Arc::new(schema.unwrap()),
            future_tolerance_ms: 60_000,
        })
    }

    fn push(decoder: &mut RecordDecoder, fields: Message) {
        let fields: Vec<_> = fields.iter().map(|(name, value)| (name.as_bytes(), value.as_bytes())).collect();
        decoder.push(&fields, NOW_MS);
    }

    #[test]
    fn fields_come_in_any_order() {
        let mut decoder = decoder();
        push(&mut decoder, &[("antenna_id", "a"), ("timestamp", "1699999999.5"), ("packets", "3"), ("latency", "1.5")]);
        push(&mut decoder, &[("packets", "4"), ("timestamp", "1699999998"), ("antenna_id", "b")]);
        push(&mut decoder, &[("timestamp", "2023-11-14T22:13:19Z"), ("antenna_id", "a"), ("packets", "5")]);
        let (batch, rejections) = decoder.take();
        assert!(rejections.is_empty());
        assert_eq!(batch.timestamps_ms(), [1_699_999_999_500, 1_699_999_998_000, 1_699_999_999_000]);
        assert_eq!(batch.numbers("packets"), Some(&[3.0, 4.0, 5.0][..]));
        let latency = batch.numbers("latency").unwrap();
        assert!(latency[0] == 1.5 && latency[1].is_nan() && latency[2].is_nan());
        let texts = batch.texts("antenna_id").unwrap();
        assert_eq!((texts.text(0), texts.text(1), texts.text(2)), ("a", "b", "a"));
        assert!(decoder.take().0.is_empty());
    }

    #[test]
    fn what_cannot_be_taken_is_counted_by_its_reason() {
        let long = "x".repeat(10_000);
        let cases: [(Message, Rejection, usize); 10] = [
            (&[("antenna_id", "a"), ("packets", "1")], Rejection::MissingField, 0),
            (&[("antenna_id", "a"), ("timestamp", "1"), ("latency", "1")], Rejection::MissingField, 0),
            (&[("antenna_id", ""), ("timestamp", "1"), ("packets", "1")], Rejection::MissingField, 0),
            (&[("antenna_id", "a"), ("timestamp", "1"), ("packets", "many")], Rejection::NotANumber, 0),
            (&[("antenna_id", "a"), ("timestamp", "1"), ("packets", "inf")], Rejection::NotANumber, 0),
            (&[("antenna_id", &long), ("timestamp", "1"), ("packets", "1")], Rejection::BadText, 0),
            (&[("antenna_id", "a"), ("timestamp", "soon"), ("packets", "1")], Rejection::BadTimestamp, 0),
            (&[("antenna_id", "a"), ("timestamp", "1700000061"), ("packets", "1")], Rejection::FutureTimestamp, 0),
            (
                &[("antenna_id", "a"), ("timestamp", "1700000000000"), ("packets", "1")],
                Rejection::TimestampInMilliseconds,
                1,
            ),
            (
                &[("antenna_id", "a"), ("timestamp", "1700000000"), ("packets", "1"), ("x", &long)],
                Rejection::UnknownField,
                1,
            ),
        ];
        for (fields, reason, taken) in cases {
            let mut decoder = decoder();
            push(&mut decoder, fields);
            let (batch, rejections) = decoder.take();
            assert_eq!((batch.len(), rejections.count(reason)), (taken, 1), "{reason}");
            assert_eq!(rejections.iter().count(), 1, "{reason}");
        }
    }
}
