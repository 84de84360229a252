//! CSV ingest: the reader alone, and the whole path from a file into the embedded store, durable.
//!
//! The peer is `pandas.read_csv` with its dates parsed, where TIDECAST_PEERS_PYTHON names a Python that has pandas.

use crate::report::{Better, Figure, Report};
use anyhow::{Context, Result, ensure};
use std::fmt::Write as _;
use std::path::Path;
use std::process::Command;
use std::time::Instant;
use tidecast_connect::files::{CsvOptions, CsvSource};
use tidecast_core::ports::{SeriesStore, Source};
use tidecast_store::EmbeddedStore;

/// Cells of a table, timestamps aside.
const CELLS: usize = 10_000_000;
/// Each figure is the median of this many runs.
const RUNS: usize = 5;

/// Measures tables of 10 and of 1,000 columns.
pub(crate) fn run(report: &mut Report) -> Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).build()?;
    let directory = tempfile::tempdir()?;
    for columns in [10, 1_000] {
        let path = directory.path().join(format!("{columns}.csv"));
        std::fs::write(&path, table(columns, CELLS / columns)?)?;
        let location = path.to_str().context("the temporary directory is not UTF-8")?;
        let shape = format!("{columns} columns x {} rows", CELLS / columns);

        let alone = median(|| runtime.block_on(cells_per_second(location, None)))?;
        let peer = pandas(&path)?.map(|speed| ("pandas".to_owned(), speed));
        report.add(figure(format!("CSV reader alone, {shape}"), alone, 20e6, peer, "cells/s"));

        let stored = median(|| {
            let directory = tempfile::tempdir()?;
            let store = EmbeddedStore::open(directory.path(), tidecast_store::Options::default())?;
            runtime.block_on(cells_per_second(location, Some(&store)))
        })?;
        report.add(figure(format!("CSV to durable store, {shape}"), stored, 2e6, None, "samples/s"));
    }
    Ok(())
}

fn figure(what: String, ours: f64, bar: f64, peer: Option<(String, f64)>, unit: &'static str) -> Figure {
    Figure { what, ours, unit, bar: Some(bar), peer, better: Better::Higher }
}

/// Reads a whole file, into a store if there is one.
async fn cells_per_second(location: &str, store: Option<&EmbeddedStore>) -> Result<f64> {
    let started = Instant::now();
    let mut source = CsvSource::open(location, CsvOptions::default(), None).await?;
    let mut cells = 0;
    while let Some(batch) = source.next_batch().await? {
        cells += batch.samples.len();
        if let Some(store) = store {
            store.append(batch.samples, Some(batch.position)).await?;
        }
    }
    ensure!(cells == CELLS, "{cells} cells were read instead of {CELLS}");
    Ok(cells as f64 / started.elapsed().as_secs_f64())
}

fn median(mut run: impl FnMut() -> Result<f64>) -> Result<f64> {
    let mut figures = (0..RUNS).map(|_| run()).collect::<Result<Vec<_>>>()?;
    figures.sort_by(f64::total_cmp);
    Ok(figures[RUNS / 2])
}

/// A quarter-hourly table of daily curves with two decimals, as meters write them.
fn table(columns: usize, rows: usize) -> Result<String> {
    let mut text = String::from("timestamp");
    for column in 0..columns {
        write!(text, ",meter_{column}")?;
    }
    let mut noise: u64 = 17;
    for row in 0..rows {
        let (day, quarter) = (row / 96, row % 96);
        let (year, month, day) = (1990 + day / 336, 1 + day / 28 % 12, 1 + day % 28);
        write!(text, "\n{year}-{month:02}-{day:02} {:02}:{:02}:00", quarter / 4, 15 * (quarter % 4))?;
        for column in 0..columns {
            noise = noise.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let load = quarter * (96 - quarter) * (10 + column % 50) + (noise >> 52) as usize;
            write!(text, ",{}.{:02}", load / 100, load % 100)?;
        }
    }
    text.push('\n');
    Ok(text)
}

/// Cells a second of the peer, if there is one.
fn pandas(path: &Path) -> Result<Option<f64>> {
    const PROGRAM: &str = "import sys, time\n\
        try:\n    import pandas\n\
        except ImportError:\n    sys.exit(3)\n\
        def run():\n    \
            started = time.perf_counter()\n    \
            table = pandas.read_csv(sys.argv[1], index_col=0, parse_dates=[0])\n    \
            return table.size / (time.perf_counter() - started)\n\
        print(sorted(run() for _ in range(3))[1])";
    let Some(python) = std::env::var_os("TIDECAST_PEERS_PYTHON") else { return Ok(None) };
    let output = Command::new(python).arg("-c").arg(PROGRAM).arg(path).output()?;
    if output.status.code() == Some(3) {
        eprintln!("no peer: the Python of TIDECAST_PEERS_PYTHON has no pandas");
        return Ok(None);
    }
    ensure!(output.status.success(), "pandas failed: {}", String::from_utf8_lossy(&output.stderr));
    Ok(Some(String::from_utf8(output.stdout)?.trim().parse()?))
}
