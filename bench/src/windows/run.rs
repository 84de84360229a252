//! The parts that are measured in a process of their own; each prints its figures.

use super::messages::{Random, START_S, line};
use crate::process;
use anyhow::{Context, Result, ensure};
use std::fs::File;
use std::hint::black_box;
use std::io::Read as _;
use std::path::Path;
use std::sync::Arc;
use tidecast_connect::records::RecordFormat;
use tidecast_connect::records::json_lines::JsonLines;
use tidecast_core::record::Schema;
use tidecast_core::window::{ClosedWindow, Measure, WindowSpec, Windows};

/// Bytes read at a time: they stay in the processor's cache.
const CHUNK_BYTES: usize = 64 << 10;
/// Bytes that make a batch: about 10,000 messages.
const BATCH_BYTES: usize = 1 << 20;
const NOW_MS: i64 = 1_800_000_000_000;

/// Prints CPU seconds, peak memory in bytes, and how many results for antennas came out.
pub(super) fn stream(directory: &Path) -> Result<()> {
    let measures =
        [("packets", "sum(packets)"), ("loss", "sum(loss)"), ("latency", "mean(latency)"), ("events", "count()")];
    let mut pipeline = Pipeline::new(60_000, 10_000, &measures)?;
    let mut names: Vec<_> = std::fs::read_dir(directory)?.collect::<Result<_, _>>()?;
    names.sort_by_key(std::fs::DirEntry::path);
    let mut results = 0;
    let started = process::thread_seconds()?;
    let mut chunk = vec![0; CHUNK_BYTES];
    for name in names {
        let mut file = File::open(name.path())?;
        loop {
            let length = file.read(&mut chunk)?;
            if length == 0 {
                break;
            }
            results += pipeline.push(&chunk[..length])?.iter().map(|window| window.keys.len()).sum::<usize>();
        }
    }
    results += pipeline.finish_batch()?.iter().map(|window| window.keys.len()).sum::<usize>();
    let cpu_s = process::thread_seconds()? - started;
    println!("{cpu_s} {} {results}", process::peak_bytes()?);
    Ok(())
}

/// Prints peak memory in bytes, the same before the first message, and CPU seconds a message.
pub(super) fn keys(antennas: usize) -> Result<()> {
    let measures = [
        ("total_packets", "sum(packets)"),
        ("total_loss", "sum(loss)"),
        ("loss_rate", "sum(loss) / sum(packets)"),
        ("avg_latency", "mean(latency)"),
        ("latency_p50", "quantile(latency, 0.5)"),
        ("latency_p95", "quantile(latency, 0.95)"),
        ("latency_p99", "quantile(latency, 0.99)"),
        ("active_antennas", "distinct(antenna_id)"),
        ("events", "count()"),
    ];
    // Every antenna reports every five seconds, for a minute.
    const ROUNDS: usize = 12;
    const ROUND_S: f64 = 5.0;
    let mut pipeline = Pipeline::new(10_000, 1_000, &measures)?;
    let mut random = Random(2);
    let mut text = String::new();
    let before_bytes = process::peak_bytes()?;
    let (mut cpu_s, mut windows) = (0.0, 0);
    for message in 0..ROUNDS * antennas {
        line(&mut text, message % antennas, START_S + message as f64 * ROUND_S / antennas as f64, &mut random)?;
        if text.len() >= CHUNK_BYTES {
            let started = process::thread_seconds()?;
            for window in pipeline.push(text.as_bytes())? {
                ensure!(window.keys.len() == antennas, "{} antennas in a window", window.keys.len());
                windows += 1;
            }
            cpu_s += process::thread_seconds()? - started;
            text.clear();
        }
    }
    ensure!(windows >= 4, "only {windows} windows closed");
    println!("{} {before_bytes} {}", process::peak_bytes()?, cpu_s / (ROUNDS * antennas) as f64);
    Ok(())
}

/// From bytes to closed windows.
struct Pipeline {
    lines: JsonLines,
    pending_bytes: usize,
    windows: Windows,
}

impl Pipeline {
    fn new(size_ms: i64, lateness_ms: i64, measures: &[(&str, &str)]) -> Result<Self> {
        let measure = |(name, text): &(&str, &str)| -> Result<Measure> {
            Ok(Measure { name: (*name).to_owned(), expression: text.parse()? })
        };
        let spec = WindowSpec {
            size_ms,
            slide_ms: size_ms,
            lateness_ms,
            idle_after_ms: 60_000,
            by: vec!["antenna_id".to_owned()],
            measures: measures.iter().map(measure).collect::<Result<_>>()?,
            max_keys: 1_000_000,
            corrections: false,
        };
        let plan = spec.plan().context("the windows of the benchmark are valid")?;
        let schema = Arc::new(Schema::new(plan.fields())?);
        let format = RecordFormat { timestamp: "timestamp".to_owned(), schema, future_tolerance_ms: 60_000 };
        Ok(Self { lines: JsonLines::new(format), pending_bytes: 0, windows: Windows::new(Arc::new(plan)) })
    }

    /// Gives the windows that were closed, once there are enough messages for a batch.
    fn push(&mut self, bytes: &[u8]) -> Result<Vec<ClosedWindow>> {
        self.lines.push(bytes, NOW_MS);
        self.pending_bytes += bytes.len();
        if self.pending_bytes < BATCH_BYTES { Ok(Vec::new()) } else { self.finish_batch() }
    }

    fn finish_batch(&mut self) -> Result<Vec<ClosedWindow>> {
        self.pending_bytes = 0;
        let (batch, rejections) = self.lines.take();
        ensure!(rejections.is_empty(), "messages were refused: {rejections:?}");
        let partial = self.windows.assess(&batch, NOW_MS);
        // As for the journal.
        black_box(partial.encode());
        Ok(self.windows.apply(&partial))
    }
}
