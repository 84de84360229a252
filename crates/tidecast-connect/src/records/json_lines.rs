//! Messages as JSON: one object a line, or one object, or an array of objects.

use super::RecordDecoder;
use serde_json::{Map, Value};
use tidecast_core::record::Rejection;

/// Takes the messages of a text. What is no object, or no JSON, is counted and left out.
pub fn push_json_lines(decoder: &mut RecordDecoder, text: &[u8], now_ms: i64) {
    match serde_json::from_slice::<Value>(text) {
        Ok(Value::Array(messages)) => messages.into_iter().for_each(|message| push(decoder, message, now_ms)),
        Ok(message) => push(decoder, message, now_ms),
        Err(_several_lines) => {
            for line in text.split(|&byte| byte == b'\n').filter(|line| !line.trim_ascii().is_empty()) {
                match serde_json::from_slice(line) {
                    Ok(message) => push(decoder, message, now_ms),
                    Err(_) => decoder.reject(Rejection::Malformed),
                }
            }
        }
    }
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
