//! The CSV source, through its public interface.

mod bad_input;
mod dialects;
mod properties;
mod resume;
mod s3;
pub(crate) mod s3_server;

use bytes::Bytes;
use tidecast_connect::files::{CsvOptions, CsvSource};
use tidecast_core::ports::{Position, Source, SourceError};

/// Series, ms since the Unix epoch, value.
type Row = (String, i64, f64);

/// What a source gave until it ended or failed.
#[derive(Default)]
struct Drained {
    rows: Vec<Row>,
    position: Option<Position>,
    batches: usize,
    error: Option<SourceError>,
    skipped: u64,
}

async fn drain(mut source: CsvSource) -> Drained {
    let mut drained = Drained::default();
    loop {
        match source.next_batch().await {
            Ok(Some(batch)) => {
                drained.batches += 1;
                drained.position = Some(batch.position);
                for run in batch.samples.runs() {
                    let samples = run.timestamps_ms.iter().zip(run.values);
                    drained.rows.extend(samples.map(|(&at, &value)| (run.series.to_string(), at, value)));
                }
            }
            Ok(None) => break,
            Err(error) => {
                drained.error = Some(error);
                break;
            }
        }
    }
    drained.skipped = source.progress().rows_skipped;
    drained
}

/// Reads a text in memory, called `t.csv`.
async fn drain_text(text: impl Into<Bytes>, options: CsvOptions) -> Drained {
    match CsvSource::from_bytes("t.csv", text, options, None) {
        Ok(source) => drain(source).await,
        Err(error) => Drained { error: Some(error), ..Drained::default() },
    }
}

/// The same outside a runtime.
fn read(text: impl Into<Bytes>, options: CsvOptions) -> Drained {
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(drain_text(text, options))
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    std::io::Write::write_all(&mut encoder, bytes).unwrap();
    encoder.finish().unwrap()
}

/// A wide table of `rows` minutes and three columns.
fn minutes(rows: usize) -> String {
    let row = |i: usize| format!("{},{i},{}.5,{}\n", 1_700_000_000 + 60 * i, i % 100, i * 2);
    format!("time,a,b,c\n{}", (0..rows).map(row).collect::<String>())
}
