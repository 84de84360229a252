//! Tidecast.
