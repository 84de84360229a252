//! The registry: versions count up, champions survive damage and crashes around them.

use crate::{HOUR_MS, daily, hourly, settings, train};
use std::path::{Path, PathBuf};
use tidecast_core::forecast::ModelVersion;
use tidecast_core::ports::Forecaster;
use tidecast_core::series::{SeriesKey, TimeRange};
use tidecast_forecast::registry::{Description, Metadata, Registry, RegistryError};

fn series() -> SeriesKey {
    "power{device_id=\"meter_1\"}".parse().unwrap()
}

fn forecaster() -> Box<dyn Forecaster> {
    train("seasonal_naive", &[hourly(daily(500, 1))]).pop().unwrap().unwrap().forecaster
}

fn publish(registry: &Registry, forecaster: &dyn Forecaster) -> Metadata {
    let description = Description {
        fitted_at_ms: 7,
        data: TimeRange::new(0, 499 * HOUR_MS),
        step_ms: HOUR_MS,
        settings: settings(),
        score: None,
        note: None,
    };
    registry.publish(&series(), forecaster, description).unwrap()
}

/// The file of the only version.
fn find(directory: &Path, name: &str) -> PathBuf {
    let folder = std::fs::read_dir(directory).unwrap().next().unwrap().unwrap().path();
    folder.join("seasonal_naive-1").join(name)
}

#[test]
fn versions_count_up_and_old_ones_go() {
    let directory = tempfile::tempdir().unwrap();
    let registry = Registry::open(directory.path()).unwrap();
    let forecaster = forecaster();
    assert!(registry.champion(&series()).unwrap().is_none());
    let first = publish(&registry, forecaster.as_ref());
    registry.promote(&series(), &first.version).unwrap();
    for _ in 0..8 {
        publish(&registry, forecaster.as_ref());
    }
    let kept: Vec<u32> =
        registry.versions(&series()).unwrap().iter().map(|metadata| metadata.version.version).collect();
    assert_eq!(kept, [1, 5, 6, 7, 8, 9], "the champion and the newest five");
    let reopened = Registry::open(directory.path()).unwrap();
    let (metadata, loaded) = reopened.load_champions().unwrap().pop().unwrap().unwrap();
    assert_eq!(metadata, first);
    assert_eq!(loaded.predict(24, &[0.1, 0.9]), forecaster.predict(24, &[0.1, 0.9]));
    let unknown = ModelVersion { model: "ridge".into(), version: 3 };
    let message = reopened.promote(&series(), &unknown).unwrap_err().to_string();
    assert!(message.contains("ridge/3") && message.contains("seasonal_naive/9"), "{message}");
    assert_eq!(reopened.champion(&series()).unwrap(), Some(first.version));
}

#[test]
fn damage_is_told_and_never_panics() {
    let directory = tempfile::tempdir().unwrap();
    let registry = Registry::open(directory.path()).unwrap();
    let version = publish(&registry, forecaster().as_ref()).version;
    let path = find(directory.path(), "artifact.safetensors");
    let bytes = std::fs::read(&path).unwrap();
    for (at, length) in [(bytes.len() / 2, bytes.len()), (0, bytes.len() / 2), (0, 0)] {
        let mut altered = bytes[..length].to_vec();
        if let Some(byte) = altered.get_mut(at) {
            *byte ^= 0x55;
        }
        std::fs::write(&path, altered).unwrap();
        let error = registry.load(&series(), &version).err().unwrap();
        assert!(matches!(error, RegistryError::Damaged { .. }), "{error}");
    }
}

#[test]
fn bytes_cut_anywhere_are_an_error() {
    let bytes = forecaster().save();
    for length in (0..bytes.len()).step_by(101) {
        assert!(tidecast_forecast::training::load(&bytes[..length]).is_err(), "{length}");
    }
}

#[test]
fn what_a_crash_left_is_ignored_and_removed() {
    let directory = tempfile::tempdir().unwrap();
    let registry = Registry::open(directory.path()).unwrap();
    let first = publish(&registry, forecaster().as_ref());
    registry.promote(&series(), &first.version).unwrap();
    let folder = find(directory.path(), "").parent().unwrap().to_owned();
    std::fs::create_dir(folder.join(".unfinished-seasonal_naive-2")).unwrap();
    std::fs::write(folder.join(".unfinished-champion.json"), "{").unwrap();
    let registry = Registry::open(directory.path()).unwrap();
    assert_eq!(registry.versions(&series()).unwrap(), std::slice::from_ref(&first));
    assert_eq!(registry.champion(&series()).unwrap(), Some(first.version));
    assert_eq!(publish(&registry, forecaster().as_ref()).version.version, 2);
    let leftovers = std::fs::read_dir(&folder).unwrap().flatten();
    assert_eq!(leftovers.filter(|entry| entry.file_name().to_string_lossy().starts_with('.')).count(), 0);
}
