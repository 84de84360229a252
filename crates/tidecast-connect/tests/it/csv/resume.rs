//! A source goes on behind what is durable: in the middle, at the end, and anew when the file has changed.

use super::{Drained, drain, gzip, minutes};
use std::path::Path;
use tidecast_connect::files::{CsvOptions, CsvSource};
use tidecast_core::ports::Source;

const ROWS: usize = 60_000;

async fn open(path: &Path, cursor: Option<&str>) -> CsvSource {
    CsvSource::open(path.to_str().unwrap(), CsvOptions::default(), cursor).await.unwrap()
}

/// Reads `batches` batches, drops the source and reads the rest with a new one.
async fn interrupted(path: &Path, batches: usize) -> Drained {
    let mut source = open(path, None).await;
    let mut before = Drained::default();
    for _ in 0..batches {
        let batch = source.next_batch().await.unwrap().unwrap();
        for run in batch.samples.runs() {
            let samples = run.timestamps_ms.iter().zip(run.values);
            before.rows.extend(samples.map(|(&at, &value)| (run.series.to_string(), at, value)));
        }
        before.position = Some(batch.position);
    }
    drop(source);
    let cursor = before.position.as_ref().map(|position| position.cursor.as_str());
    let after = drain(open(path, cursor).await).await;
    assert!(after.error.is_none(), "{:?}", after.error);
    before.rows.extend(after.rows);
    before.position = after.position;
    before
}

#[tokio::test]
async fn goes_on_in_the_middle() {
    let directory = tempfile::tempdir().unwrap();
    let text = minutes(ROWS);
    let plain = directory.path().join("plain.csv");
    std::fs::write(&plain, &text).unwrap();
    let compressed = directory.path().join("compressed.csv.gz");
    std::fs::write(&compressed, gzip(text.as_bytes())).unwrap();
    let mut whole = drain(open(&plain, None).await).await.rows;
    assert_eq!(whole.len(), 3 * ROWS);
    whole.sort_by(|a, b| a.partial_cmp(b).unwrap());
    for path in [&plain, &compressed] {
        for batches in 0..=2 {
            let mut rows = interrupted(path, batches).await.rows;
            rows.sort_by(|a, b| a.partial_cmp(b).unwrap());
            assert!(rows == whole, "{} after {batches} batches", path.display());
        }
    }
}

#[tokio::test]
async fn reads_a_complete_file_once() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("a.csv");
    std::fs::write(&path, minutes(10)).unwrap();
    let first = drain(open(&path, None).await).await;
    let cursor = first.position.unwrap().cursor;
    let second = open(&path, Some(&cursor)).await;
    assert_eq!(second.progress().bytes_read, second.progress().bytes_total.unwrap());
    assert_eq!(drain(second).await.batches, 0);

    std::fs::write(&path, minutes(11)).unwrap();
    assert_eq!(drain(open(&path, Some(&cursor)).await).await.rows.len(), 33);
    let options = CsvOptions { columns: Some(1), ..CsvOptions::default() };
    let narrower = CsvSource::open(path.to_str().unwrap(), options, Some(&cursor)).await.unwrap();
    assert_eq!(drain(narrower).await.rows.len(), 11);
}

#[tokio::test]
async fn a_cursor_that_is_not_ours_is_no_cursor() {
    for cursor in ["", "{}", "17", r#"{"place": "end"}"#] {
        let source = CsvSource::from_bytes("t.csv", minutes(5), CsvOptions::default(), Some(cursor)).unwrap();
        assert_eq!(drain(source).await.rows.len(), 15, "{cursor}");
    }
}

#[tokio::test]
async fn goes_on_at_the_fault_once_it_is_corrected() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("a.csv");
    std::fs::write(&path, format!("{}oops,1,2,3\n", minutes(5))).unwrap();
    let failed = drain(open(&path, None).await).await;
    assert_eq!((failed.rows.len(), failed.error.is_some()), (15, true));
    let cursor = failed.position.unwrap().cursor;
    let again = drain(open(&path, Some(&cursor)).await).await;
    assert_eq!((again.rows.len(), again.error.is_some()), (0, true));
    std::fs::write(&path, minutes(6)).unwrap();
    let corrected = drain(open(&path, Some(&cursor)).await).await;
    assert_eq!((corrected.rows.len(), corrected.error.is_some()), (18, false));
}
