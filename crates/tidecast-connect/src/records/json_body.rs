//! A body with messages as JSON: one object a line, or one object over several lines, or an array of objects.

use super::json_lines::JsonLines;
use super::{RecordDecoder, RecordFormat};
use serde_json::{Map, Value};
use tidecast_core::record::{RecordBatch, Rejection, Rejections};

/// Reads the messages. What is no object, or no JSON, is counted and left out.
#[must_use]
pub fn decode_json(format: &RecordFormat, body: &[u8], now_ms: i64) -> (RecordBatch, Rejections) {
    if !is_lines(body)
        && let Ok(value) = serde_json::from_slice(body)
    {
        let mut decoder = RecordDecoder::new(format.clone());
        match value {
            Value::Array(messages) => messages.into_iter().for_each(|message| push(&mut decoder, message, now_ms)),
            message => push(&mut decoder, message, now_ms),
        }
        return decoder.take();
    }
    let mut lines = JsonLines::new(format.clone());
    lines.push(body, now_ms);
    lines.finish(now_ms);
    lines.take()
}

/// Whether the first line is an object by itself, as far as its ends tell.
fn is_lines(body: &[u8]) -> bool {
    let first = body.trim_ascii_start().split(|&byte| byte == b'\n').next().unwrap_or_default().trim_ascii_end();
    first.starts_with(b"{") && first.ends_with(b"}")
}

fn push(decoder: &mut RecordDecoder, message: Value, now_ms: i64) {
    let Value::Object(fields) = message else { return decoder.reject(Rejection::Malformed) };
    let texts: Vec<(String, String)> = Map::into_iter(fields).map(|(name, value)| (name, text(value))).collect();
    let fields: Vec<_> = texts.iter().map(|(name, value)| (name.as_bytes(), value.as_bytes())).collect();
    decoder.push(&fields, now_ms);
}

fn text(value: Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text,
        other => other.to_string(),
    }
}
