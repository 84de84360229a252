//! The demo's data: ten buildings of the University of Cambridge, hourly, 17 months (`data/`, MIT licence).

use crate::runtime::collect::collect;
use crate::runtime::recording::Recording;
use anyhow::Context;
use tidecast_connect::files::{CsvOptions, CsvSource};
use tidecast_core::duration::DurationMs;

/// The recording itself, so that the binary needs no file.
const METERS: &[u8] = include_bytes!("../../../../../data/smart_meters_10.csv.gz");

/// How much of the end arrives as if it were live.
pub(super) const HELD_BACK: DurationMs = DurationMs(14 * DurationMs::DAY.0);

/// Decompresses and parses the recording.
pub(super) async fn load() -> anyhow::Result<Recording> {
    let options = CsvOptions { series: Some("power{device_id=\"$column\"}".to_owned()), ..CsvOptions::default() };
    let mut source = CsvSource::from_bytes("smart_meters_10.csv.gz", METERS, options, None)?;
    Recording::new(collect(&mut source).await?, HELD_BACK).context("the bundled recording is empty")
}
