//! Artifacts of other builds are refused with a message that says what to do.

use crate::{daily, hourly, train};
use tidecast_forecast::artifact::LoadError;
use tidecast_forecast::training;

/// A saved forecaster with the first occurrence of a text in its header replaced by one of the same length.
fn altered(from: &str, to: &str) -> LoadError {
    let mut bytes = train("seasonal_naive", &[hourly(daily(500, 1))]).pop().unwrap().unwrap().forecaster.save();
    assert_eq!(from.len(), to.len());
    let at = bytes.windows(from.len()).position(|window| window == from.as_bytes()).unwrap();
    bytes[at..at + to.len()].copy_from_slice(to.as_bytes());
    training::load(&bytes).err().unwrap()
}

#[test]
fn another_format_or_model_is_refused() {
    let error = altered(r#""tidecast.format":"1""#, r#""tidecast.format":"9""#);
    assert_eq!(error, LoadError::Version { found: "9".to_owned() });
    assert!(error.to_string().contains("train it again"), "{error}");
    let error = altered(r#""tidecast.model":"seasonal_naive""#, r#""tidecast.model":"seasonal_magic""#);
    assert!(matches!(error, LoadError::Unknown(_)), "{error}");
    assert!(error.to_string().contains("known models: auto, seasonal_naive"), "{error}");
    let error = altered(r#""tidecast.format""#, r#""tidecast.farmat""#);
    assert_eq!(error, LoadError::Version { found: "none".to_owned() });
}
