//! The bundled meters: 24 hours ahead from 90 daily origins, beside LightGBM in the same run.
//!
//! Protocol: everything is chosen and fitted on what lies before the last 90 days; MASE is scaled by the weekly
//! difference in that time. Models in closed form compete, as they do for first forecasts; then all of them, as they do
//! in the background. The peer is `bench/peers/lightgbm_meters.py`, run by the Python named in `TIDECAST_PEERS_PYTHON`.

use super::lower;
use crate::report::Report;
use anyhow::{Context, ensure};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::AtomicBool;
use std::time::Instant;
use tidecast_core::series::RegularSeries;
use tidecast_forecast::backtest::{self, BacktestPlan, BacktestResult};
use tidecast_forecast::models::{Control, FitSettings, Model};
use tidecast_forecast::select;

const PEER_PYTHON: &str = "TIDECAST_PEERS_PYTHON";
const WHAT: &str = "MASE of the bundled meters, 24 h ahead, 90 daily origins";
const HOUR_MS: i64 = 3_600_000;

pub(super) fn run(report: &mut Report) -> anyhow::Result<()> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().context("the bench lies in the workspace")?;
    let data = root.join("data/smart_meters_10.csv.gz");
    let panel = read(&data)?;
    let plan = BacktestPlan { horizon: 24, stride: 24, origins: 90, season: 168, refit_every: None };
    let settings = FitSettings { horizon: 24, seed: 1, ..FitSettings::default() };
    let (stop, silent) = (AtomicBool::new(false), |_: f64| ());
    let control = Control { stop: &stop, progress: &silent };
    let measure = |candidates: &[&dyn Model]| -> anyhow::Result<(BacktestResult, f64)> {
        let start = Instant::now();
        let result = backtest::run(&panel, &plan, &|known| {
            let choices = select::choose(candidates, known, &settings, &control);
            choices.into_iter().map(|choice| choice.map(|choice| choice.trained)).collect()
        })?;
        Ok((result, start.elapsed().as_secs_f64()))
    };
    let all = select::candidates(select::AUTO)?;
    let closed: Vec<_> = all.iter().copied().filter(|model| !model.is_iterative()).collect();
    let (result, wall_s) = measure(&closed)?;
    let (slow_result, slow_wall_s) = measure(&all)?;
    let peer = peer(root, &data)?;
    let measured = |value: Option<f64>| value.context("nothing was measured");
    let naive = measured(result.mase_seasonal_naive)?;
    report.add(lower(WHAT, measured(result.mase)?, "", Some(0.75), Some(("seasonal naive", naive))));
    if let Some((mase, seconds)) = peer {
        report.add(lower(WHAT, measured(result.mase)?, "", None, Some(("LightGBM", mase))));
        report.add(lower("fit, selection and forecasts, wall", wall_s, "s", Some(10.0), Some(("LightGBM", seconds))));
    } else {
        report.add(lower("fit, selection and forecasts, wall", wall_s, "s", Some(10.0), None));
        eprintln!("LightGBM is left out: python3 -m venv peers && peers/bin/pip install lightgbm pandas numpy, then");
        eprintln!("run again with {PEER_PYTHON}=peers/bin/python");
    }
    let mase = measured(slow_result.mase)?;
    report.add(lower(
        "the same with the models that train in the background",
        mase,
        "",
        None,
        Some(("seasonal naive", naive)),
    ));
    report.add(lower("the same, wall", slow_wall_s, "s", None, None));
    report.add(lower(
        "distance of the 80 % intervals' coverage from 80 %",
        100.0 * (measured(result.coverage)? - 0.8).abs(),
        "points",
        None,
        None,
    ));
    Ok(())
}

/// The ten columns of the bundled file, which is hourly and without gaps.
fn read(path: &PathBuf) -> anyhow::Result<Vec<RegularSeries>> {
    let file = std::fs::File::open(path).with_context(|| format!("{} cannot be opened", path.display()))?;
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
    // 2018-01-01 00:00, a midnight: only the hours of the day matter.
    let series = |values| RegularSeries { start_ms: 420_768 * HOUR_MS, step_ms: HOUR_MS, values };
    Ok(columns.into_iter().map(series).collect())
}

/// MASE and seconds of LightGBM; `None` where no Python for it was named.
fn peer(root: &Path, data: &Path) -> anyhow::Result<Option<(f64, f64)>> {
    let Some(python) = std::env::var_os(PEER_PYTHON) else { return Ok(None) };
    let script = root.join("bench/peers/lightgbm_meters.py");
    let output = Command::new(&python).arg(script).arg(data).output().context("the peer's Python does not start")?;
    ensure!(output.status.success(), "the peer failed: {}", String::from_utf8_lossy(&output.stderr));
    let answer: serde_json::Value = serde_json::from_slice(&output.stdout)?;
    let number = |name: &str| answer[name].as_f64().with_context(|| format!("the peer gave no {name}"));
    Ok(Some((number("mase")?, number("fit_predict_wall_s")?)))
}
