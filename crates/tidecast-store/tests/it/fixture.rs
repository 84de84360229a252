//! Format version 1 as it was first written, which every later version must read.
//!
//! `TIDECAST_STORE_FIXTURE=write cargo test -p tidecast-store fixture` writes it anew; needed only for a new
//! version, in a directory of its own. The databases are mostly empty space, so the files are compressed.

use crate::world::{Samples, apply, batch, contents, cursor, key, now, position, wait};
use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use tidecast_core::forecast::{Forecast, ModelVersion};
use tidecast_core::ports::{ForecastQuery, SeriesStore};
use tidecast_core::series::{SeriesKey, TimeRange};
use tidecast_store::storage::{DirectoryStorage, Storage};
use tidecast_store::{EmbeddedStore, Options};

/// Between samples of the third batch.
const RETAIN_FROM_MS: i64 = -3;

fn compressed(name: &str) -> PathBuf {
    fixture().join(format!("{name}.gz"))
}

fn fixture() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/version_1")
}

/// Regular, irregular and single samples, in order and not.
fn batches() -> [Vec<(SeriesKey, i64, f64)>; 3] {
    let hours = (0..3_000).map(|hour| (key(1), hour * 3_600_000, (hour % 24) as f64 / 10.0));
    let irregular = (0..500).map(|step| (key(2), step * 60_000 + step * 7_919 % 61, (step as f64).sqrt()));
    let overlapping = (0..100).rev().map(|hour| (key(1), hour * 7_200_000, -1.0));
    [hours.chain(irregular).collect(), overlapping.collect(), vec![(key(3), -5, 1e300), (key(1), 0, 7.0)]]
}

fn forecast() -> Forecast {
    Forecast {
        series: key(1),
        origin_ms: 3_600_000,
        step_ms: 3_600_000,
        model: ModelVersion { model: "ridge".into(), version: 3 },
        levels: vec![0.1, 0.5, 0.9],
        quantiles: vec![vec![1.0, 2.0], vec![2.0, 3.5], vec![3.0, 1e-9]],
        note: Some("short history".into()),
    }
}

/// The files of a directory and of its folder of segments.
fn files(directory: &Path) -> Vec<String> {
    let storage = DirectoryStorage::create(directory).unwrap();
    storage.names().unwrap()
}

fn write(directory: &Path) {
    let store = EmbeddedStore::open(directory, Options::default()).unwrap();
    let [first, second, third] = batches();
    store.append_blocking(batch(&first), Some(position(1))).unwrap();
    store.flush().unwrap();
    store.append_blocking(batch(&second), Some(position(2))).unwrap();
    store.flush().unwrap();
    wait(store.put_forecasts(vec![forecast()])).unwrap();
    store.append_blocking(batch(&third), Some(position(3))).unwrap();
    store.retain_from(RETAIN_FROM_MS).unwrap();
}

#[test]
fn version_1_is_read() {
    if std::env::var("TIDECAST_STORE_FIXTURE").is_ok_and(|what| what == "write") {
        let directory = tempfile::tempdir().unwrap();
        write(directory.path());
        fs::create_dir_all(fixture().join("segments")).unwrap();
        for name in files(directory.path()).iter().filter(|name| *name != "LOCK") {
            let mut file = File::open(directory.path().join(name)).unwrap();
            let mut into = GzEncoder::new(File::create(compressed(name)).unwrap(), Compression::best());
            io::copy(&mut file, &mut into).unwrap();
            into.finish().unwrap();
        }
    }
    let directory = tempfile::tempdir().unwrap();
    fs::create_dir(directory.path().join("segments")).unwrap();
    for name in files(&fixture()) {
        let name = name.strip_suffix(".gz").unwrap();
        let mut file = GzDecoder::new(File::open(compressed(name)).unwrap());
        io::copy(&mut file, &mut File::create(directory.path().join(name)).unwrap()).unwrap();
    }
    let store = EmbeddedStore::open(directory.path(), Options::default()).unwrap();
    let mut expected = Samples::new();
    for samples in batches() {
        apply(&mut expected, &samples);
    }
    // Its only sample is older than what is retained.
    expected.remove(&key(3));
    assert_eq!(contents(&store).unwrap(), expected);
    assert_eq!(cursor(&store), Some(3));
    let query = ForecastQuery { series: key(1), origins: TimeRange::ALL, limit: 1 };
    assert_eq!(now(store.forecasts(query)).unwrap(), [forecast()]);
    store.compact().unwrap();
    assert_eq!(contents(&store).unwrap(), expected);
}
