//! Accuracy on the bundled meters must not get worse. Only days before the last 90 are looked at: those are for the
//! benchmark alone.

use crate::{HOUR_MS, train};
use std::path::Path;
use tidecast_core::series::RegularSeries;
use tidecast_forecast::backtest::{self, BacktestPlan};

/// Hours at the end of the file that stay untouched.
const BENCHMARK: usize = 90 * 24;
/// Ridge regression makes at most this share of the seasonal naive's errors; it made 0.71 when this was written.
const SHARE: f64 = 0.75;

fn meters() -> Vec<RegularSeries> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../data/smart_meters_10.csv.gz");
    let text = std::io::read_to_string(flate2::read::GzDecoder::new(std::fs::File::open(path).unwrap())).unwrap();
    let rows: Vec<Vec<f64>> =
        text.lines().skip(1).map(|line| line.split(',').skip(1).map(|cell| cell.parse().unwrap()).collect()).collect();
    let rows = &rows[..rows.len() - BENCHMARK];
    (0..10).map(|meter| rows.iter().map(|row| row[meter]).collect()).map(series).collect()
}

/// The file starts at midnight, 2018-01-01.
fn series(values: Vec<f64>) -> RegularSeries {
    RegularSeries { start_ms: 420_768 * HOUR_MS, step_ms: HOUR_MS, values }
}

#[test]
fn ridge_beats_seasonal_naive_on_real_meters() {
    let plan = BacktestPlan { horizon: 24, stride: 24, origins: 30, season: 168, refit_every: None };
    let result = backtest::run(&meters(), &plan, &|known| train("ridge", known)).unwrap();
    let (mase, naive) = (result.mase.unwrap(), result.mase_seasonal_naive.unwrap());
    assert!(mase < SHARE * naive, "{mase} against {naive}");
    let coverage = result.coverage.unwrap();
    assert!((0.7..0.9).contains(&coverage), "{coverage}");
}
