//! The ten bundled meters.

use anyhow::{Context, ensure};
use std::path::PathBuf;
use tidecast_core::series::RegularSeries;

const HOUR_MS: i64 = 3_600_000;
/// 2018-01-01 00:00, the first row, in hours since the Unix epoch.
const START_HOUR: i64 = 420_768;

/// Where the file is.
pub(crate) fn path() -> anyhow::Result<PathBuf> {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    Ok(root.parent().context("the bench lies in the workspace")?.join("data/smart_meters_10.csv.gz"))
}

/// The ten columns of the file, which is hourly and without gaps.
pub(crate) fn read() -> anyhow::Result<Vec<RegularSeries>> {
    let path = path()?;
    let file = std::fs::File::open(&path).with_context(|| format!("{} cannot be opened", path.display()))?;
    let text = std::io::read_to_string(flate2::read::GzDecoder::new(file))?;
    let mut columns: Vec<Vec<f64>> = Vec::new();
    for line in text.lines().skip(1) {
        let cells = line.split(',').skip(1).map(|cell| cell.parse().unwrap_or(f64::NAN));
        for (index, value) in cells.enumerate() {
            if index == columns.len() {
                columns.push(Vec::new());
            }
            columns[index].push(value);
        }
    }
    ensure!(columns.len() == 10, "{} has {} meters instead of 10", path.display(), columns.len());
    let series = |values| RegularSeries { start_ms: START_HOUR * HOUR_MS, step_ms: HOUR_MS, values };
    Ok(columns.into_iter().map(series).collect())
}
