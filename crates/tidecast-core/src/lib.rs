//! The pure domain of Tidecast: series, records, forecasts and the ports through which they reach the world.
//!
//! Nothing here performs I/O, reads a clock or needs an async runtime: the same inputs always give the
//! same outputs. Times are milliseconds since the Unix epoch (UTC) throughout.

pub mod duration;
pub mod forecast;
pub mod ports;
pub mod record;
pub mod series;
pub mod transform;
pub mod window;
