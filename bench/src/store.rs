//! The embedded store: loading, small durable batches, size on disk, reading a year, memory.
//!
//! Loading and memory are measured in a process of their own, started with `store load DIR`, so that nothing else
//! counts. Sizes are of the whole directory after compaction, journal included.

use crate::process;
use crate::report::{Better, Figure, Report};
use anyhow::{Context, Result, bail, ensure};
use std::path::Path;
use std::process::Command;
use std::time::Instant;
use tidecast::runtime::collect::collect;
use tidecast_connect::files::{CsvOptions, CsvSource};
use tidecast_core::ports::SeriesStore;
use tidecast_core::series::{Aggregate, Bucket, SampleBatch, SeriesKey, TimeRange};
use tidecast_store::{EmbeddedStore, Options};

const SERIES: usize = 1_000;
const SAMPLES_A_SERIES: usize = 10_000;
const HOUR_MS: i64 = 3_600_000;
const START_MS: i64 = 1_500_000_000_000 / HOUR_MS * HOUR_MS;
/// Rows of one batch when loading: 64,000 samples.
const ROWS_A_BATCH: usize = 64;
/// Commits of one sample of every series.
const SMALL_COMMITS: usize = 3_000;
/// Reads of a year.
const READS: usize = 2_000;
const METERS: &[u8] = include_bytes!("../../data/smart_meters_10.csv.gz");

/// One part of the benchmark: its name on the command line, and what measures it in a directory of its own.
type Part = (&'static str, fn(&Path, &mut Report) -> Result<()>);

const PARTS: [Part; 3] = [("bulk", bulk), ("small", small_batches), ("size", sizes)];

/// Measures every part, or the one named: `store small`. In a child process, only the load.
pub(crate) fn run(report: &mut Report) -> Result<()> {
    let named = std::env::args().nth(2);
    if named.as_deref() == Some("load") {
        let directory = std::env::args().nth(3).context("usage: store load DIR")?;
        return load(Path::new(&directory));
    }
    for (name, part) in PARTS {
        if named.as_deref().is_none_or(|named| named == name) {
            part(tempfile::tempdir()?.path(), report)?;
        }
    }
    Ok(())
}

/// Loads in a child process, then reads here what it loaded.
fn bulk(directory: &Path, report: &mut Report) -> Result<()> {
    load_in_child(directory, report)?;
    read_a_year(directory, report)
}

fn sizes(directory: &Path, report: &mut Report) -> Result<()> {
    let meters = meters()?;
    let mut shifted = |series: usize, row: usize| {
        let meter = &meters[series % meters.len()];
        meter[(row + 24 * (series / meters.len())) % meter.len()]
    };
    size(&directory.join("meters"), "shifted meters", 2.0, &mut shifted, report)?;
    size(&directory.join("decimals"), "random walk, 2 decimals", 2.5, &mut walks(Some(2)), report)?;
    size(&directory.join("precise"), "random walk, full precision", 8.5, &mut walks(None), report)
}

/// The value of a series at a row; for each series, rows come in order.
type Values<'a> = dyn FnMut(usize, usize) -> f64 + 'a;

fn figure(what: impl Into<String>, ours: f64, unit: &'static str, bar: f64, better: Better) -> Figure {
    Figure { what: what.into(), ours, unit, bar: Some(bar), peer: None, better }
}

fn keys() -> Result<Vec<SeriesKey>> {
    let key = |index: usize| SeriesKey::new("power", [("device_id", format!("meter_{index:04}"))]);
    Ok((0..SERIES).map(key).collect::<Result<_, _>>()?)
}

/// Random walks with steps of mean 0 and variance 1, one per series, rounded to `decimals` if any.
fn walks(decimals: Option<i32>) -> impl FnMut(usize, usize) -> f64 {
    let mut levels = vec![100.0; SERIES];
    move |series, row| {
        // The sum of twelve uniforms is as good as normal here.
        levels[series] += (0..12).map(|draw| uniform(series, 12 * row + draw)).sum::<f64>() - 6.0;
        let scale = decimals.map(|decimals| 10_f64.powi(decimals));
        scale.map_or(levels[series], |scale| (levels[series] * scale).round() / scale)
    }
}

/// Uniform in 0..1 (SplitMix64).
fn uniform(series: usize, draw: usize) -> f64 {
    let mut bits = ((series as u64) << 40 | draw as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    bits = (bits ^ (bits >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    ((bits ^ (bits >> 31)) >> 11) as f64 / (1_u64 << 53) as f64
}

/// Rows of all series as one batch, series by series.
fn batch(keys: &[SeriesKey], rows: std::ops::Range<usize>, values: &mut Values<'_>) -> SampleBatch {
    let times: Vec<i64> = rows.clone().map(|row| START_MS + HOUR_MS * row as i64).collect();
    let mut batch = SampleBatch::with_capacity(keys.len() * rows.len());
    let mut column = Vec::with_capacity(rows.len());
    for (index, key) in keys.iter().enumerate() {
        column.clear();
        column.extend(rows.clone().map(|row| values(index, row)));
        batch.push_run(key, &times, &column);
    }
    batch
}

/// Appends everything.
fn append_all(store: &EmbeddedStore, values: &mut Values<'_>) -> Result<()> {
    let keys = keys()?;
    for first in (0..SAMPLES_A_SERIES).step_by(ROWS_A_BATCH) {
        let batch = batch(&keys, first..(first + ROWS_A_BATCH).min(SAMPLES_A_SERIES), values);
        store.append_blocking(batch, None)?;
    }
    Ok(())
}

/// The child: loads, and prints the seconds it took, making up the values and closing the store included.
fn load(directory: &Path) -> Result<()> {
    let started = Instant::now();
    let store = EmbeddedStore::open(directory, Options::default())?;
    append_all(&store, &mut walks(Some(1)))?;
    drop(store);
    println!("{} {}", started.elapsed().as_secs_f64(), process::peak_bytes()?);
    Ok(())
}

fn load_in_child(directory: &Path, report: &mut Report) -> Result<()> {
    let output = Command::new(std::env::current_exe()?).args(["store", "load"]).arg(directory).output()?;
    if !output.status.success() {
        bail!("loading failed: {}", String::from_utf8_lossy(&output.stderr));
    }
    let text = String::from_utf8(output.stdout)?;
    let mut words = text.split_whitespace();
    let mut next = || words.next().context("the child prints two figures");
    let (wall_s, peak): (f64, f64) = (next()?.parse()?, next()?.parse()?);
    let samples = (SERIES * SAMPLES_A_SERIES) as f64;
    report.add(figure("bulk load, 10 M samples, 1,000 series", samples / wall_s, "samples/s", 3e6, Better::Higher));
    report.add(figure("  resident memory meanwhile, at most", peak / 1e6, "MB", 100.0, Better::Lower));
    Ok(())
}

fn small_batches(directory: &Path, report: &mut Report) -> Result<()> {
    let store = EmbeddedStore::open(directory, Options::default())?;
    let keys = keys()?;
    let mut values = walks(Some(2));
    let batches: Vec<SampleBatch> = (0..SMALL_COMMITS).map(|row| batch(&keys, row..row + 1, &mut values)).collect();
    let started = Instant::now();
    for batch in batches {
        store.append_blocking(batch, None)?;
    }
    let rate = (SERIES * SMALL_COMMITS) as f64 / started.elapsed().as_secs_f64();
    report.add(figure("durable commits of 1,000 series x 1 sample", rate, "samples/s", 1e6, Better::Higher));
    Ok(())
}

fn read_a_year(directory: &Path, report: &mut Report) -> Result<()> {
    const YEAR_MS: i64 = 365 * 24 * HOUR_MS;
    let store = EmbeddedStore::open(directory, Options::default())?;
    let keys = keys()?;
    let runtime = tokio::runtime::Builder::new_current_thread().build()?;
    let bucket = Bucket { width_ms: YEAR_MS / 1_000, aggregate: Aggregate::Mean };
    let mut walls_ms = Vec::with_capacity(READS);
    for read in 0..READS {
        let from_ms = START_MS + HOUR_MS * (read % 1_000) as i64;
        let range = TimeRange::new(from_ms, from_ms + YEAR_MS);
        let started = Instant::now();
        let points = runtime.block_on(store.range(&keys[(read * 617) % SERIES], range, Some(bucket)))?;
        walls_ms.push(started.elapsed().as_secs_f64() * 1e3);
        ensure!((995..=1_002).contains(&points.values.len()), "{} points", points.values.len());
    }
    walls_ms.sort_by(f64::total_cmp);
    let p99 = walls_ms[READS * 99 / 100];
    report.add(figure("a year of a series as 1,000 points, p99", p99, "ms", 5.0, Better::Lower));
    Ok(())
}

fn size(directory: &Path, what: &str, bar: f64, values: &mut Values<'_>, report: &mut Report) -> Result<()> {
    let store = EmbeddedStore::open(directory, Options::default())?;
    append_all(&store, values)?;
    store.compact()?;
    drop(store);
    let bytes = directory_bytes(directory)? as f64 / (SERIES * SAMPLES_A_SERIES) as f64;
    report.add(figure(format!("size of {what}"), bytes, "B/sample", bar, Better::Lower));
    Ok(())
}

fn directory_bytes(directory: &Path) -> Result<u64> {
    let mut bytes = 0;
    for entry in std::fs::read_dir(directory)? {
        let entry = entry?;
        let metadata = entry.metadata()?;
        bytes += if metadata.is_dir() { directory_bytes(&entry.path())? } else { metadata.len() };
    }
    Ok(bytes)
}

/// The bundled meters, column by column.
fn meters() -> Result<Vec<Vec<f64>>> {
    let runtime = tokio::runtime::Builder::new_current_thread().build()?;
    let mut source = CsvSource::from_bytes("smart_meters_10.csv.gz", METERS, CsvOptions::default(), None)?;
    let columns = runtime.block_on(collect(&mut source))?;
    Ok(columns.into_values().map(|points| points.values).collect())
}
