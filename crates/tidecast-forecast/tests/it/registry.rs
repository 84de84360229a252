//! The registry: versions count up, champions survive damage and crashes around them.

use crate::{HOUR_MS, daily, hourly, settings, train};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use tidecast_core::forecast::ModelVersion;
use tidecast_core::ports::{ArtifactError, ArtifactStorage, Forecaster};
use tidecast_core::series::{SeriesKey, TimeRange};
use tidecast_forecast::registry::{ArtifactDirectory, Collected, Description, Metadata, Registry, RegistryError};

fn series() -> SeriesKey {
    "power{device_id=\"meter_1\"}".parse().unwrap()
}

fn forecaster() -> Box<dyn Forecaster> {
    train("seasonal_naive", &[hourly(daily(500, 1))]).pop().unwrap().unwrap().forecaster
}

fn description() -> Description {
    Description {
        fitted_at_ms: 7,
        data: TimeRange::new(0, 499 * HOUR_MS),
        step_ms: HOUR_MS,
        settings: settings(),
        score: None,
        note: None,
    }
}

fn publish(registry: &Registry, forecaster: &dyn Forecaster) -> Metadata {
    registry.publish(&series(), forecaster, description()).unwrap()
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
    registry.promote(&series(), &first.version, 7, "first").unwrap();
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
    let message = reopened.promote(&series(), &unknown, 8, "by hand").unwrap_err().to_string();
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
    registry.promote(&series(), &version, 7, "damaged as it is").unwrap();
    let champion = registry.load_champions().unwrap().pop().unwrap();
    assert!(champion.is_err(), "a champion that cannot be read is told as such");
}

#[test]
fn one_damaged_file_costs_one_version_and_a_promotion_mends_the_line() {
    let directory = tempfile::tempdir().unwrap();
    let registry = Registry::open(directory.path()).unwrap();
    let forecaster = forecaster();
    let first = publish(&registry, forecaster.as_ref()).version;
    std::fs::write(find(directory.path(), "metadata.json"), "{").unwrap();
    let second = publish(&registry, forecaster.as_ref()).version;
    let versions = registry.versions(&series()).unwrap();
    assert_eq!(versions.iter().map(|one| &one.version).collect::<Vec<_>>(), [&second]);
    assert!(matches!(registry.metadata(&series(), &first), Err(RegistryError::Damaged { .. })));

    registry.promote(&series(), &second, 7, "the first").unwrap();
    std::fs::write(find(directory.path(), "../champion.json"), "{").unwrap();
    assert!(matches!(registry.champion(&series()), Err(RegistryError::Damaged { .. })));
    let succeeded = registry.promote(&series(), &second, 8, "again").unwrap();
    assert_eq!((succeeded.from, succeeded.to), (None, second.clone()));
    assert_eq!(registry.champion(&series()).unwrap(), Some(second));
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
    registry.promote(&series(), &first.version, 7, "first").unwrap();
    let folder = find(directory.path(), "").parent().unwrap().to_owned();
    // Builds before object storage renamed whole directories into place.
    std::fs::create_dir(folder.join(".unfinished-seasonal_naive-2")).unwrap();
    std::fs::write(folder.join(".unfinished-champion.json"), "{").unwrap();
    std::fs::create_dir(folder.join("seasonal_naive-2")).unwrap();
    std::fs::write(folder.join("seasonal_naive-2/artifact.safetensors"), "half").unwrap();
    let registry = Registry::open(directory.path()).unwrap();
    assert_eq!(registry.versions(&series()).unwrap(), std::slice::from_ref(&first));
    assert_eq!(registry.champion(&series()).unwrap(), Some(first.version));
    assert_eq!(publish(&registry, forecaster().as_ref()).version.version, 3);
    let mut names: Vec<String> = std::fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
        .collect();
    names.sort_unstable();
    assert_eq!(names, ["champion.json", "seasonal_naive-1", "seasonal_naive-3"]);
}

#[test]
fn champions_are_promoted_rolled_back_and_remembered() {
    let directory = tempfile::tempdir().unwrap();
    let registry = Registry::open(directory.path()).unwrap();
    let forecaster = forecaster();
    let versions: Vec<ModelVersion> = (0..3).map(|_| publish(&registry, forecaster.as_ref()).version).collect();
    let none = registry.roll_back(&series(), None, 1, "no reason").unwrap_err();
    assert!(matches!(none, RegistryError::NoFormer { .. }), "{none}");
    for (at, version) in versions.iter().enumerate() {
        let changed = registry.promote(&series(), version, at as i64, "newer").unwrap();
        assert_eq!((changed.from.as_ref(), &changed.to), (at.checked_sub(1).map(|before| &versions[before]), version));
    }
    let aliases = registry.record(&series()).unwrap().aliases;
    let [first, second, third] = [0, 1, 2].map(|index| versions[index].clone());
    assert_eq!(aliases.champion.as_ref(), Some(&third));
    assert_eq!(aliases.previous.as_ref(), Some(&second));
    assert_eq!(aliases.challenger, None, "nothing is known of how good they are");
    assert_eq!(registry.roll_back(&series(), Some(&third), 9, "worse").unwrap().to, second);
    let twice = registry.roll_back(&series(), Some(&third), 9, "worse").unwrap_err();
    assert!(matches!(twice, RegistryError::Moved { .. }), "{twice}");
    assert_eq!(registry.roll_back(&series(), None, 9, "worse still").unwrap().to, first);
    assert!(registry.roll_back(&series(), None, 9, "and on").is_err());
    let record = registry.record(&series()).unwrap();
    assert_eq!(record.aliases.champion, Some(first));
    let reasons: Vec<&str> = record.promotions.iter().map(|promotion| promotion.reason.as_str()).collect();
    assert_eq!(reasons, ["newer", "newer", "newer", "worse", "worse still"]);
}

#[test]
fn garbage_collection_keeps_what_has_a_name() {
    let directory = tempfile::tempdir().unwrap();
    let registry = Registry::open(directory.path()).unwrap();
    let forecaster = forecaster();
    let versions: Vec<ModelVersion> = (0..5).map(|_| publish(&registry, forecaster.as_ref()).version).collect();
    registry.promote(&series(), &versions[1], 1, "first").unwrap();
    registry.promote(&series(), &versions[0], 2, "second").unwrap();
    let of = |metadata: &Metadata| metadata.version.version;
    let dry = registry.collect(&[series()], 1, false).unwrap();
    assert_eq!(dry.removed.iter().map(of).collect::<Vec<_>>(), [4, 3]);
    assert_eq!(registry.versions(&series()).unwrap().len(), 5, "a dry run removes nothing");
    assert_eq!(registry.collect(&[series()], 1, true).unwrap(), dry);
    let kept: Vec<u32> = registry.versions(&series()).unwrap().iter().map(of).collect();
    assert_eq!(kept, [1, 2, 5], "the champion, the one before, and the newest");
    assert_eq!(publish(&registry, forecaster.as_ref()).version.version, 6, "numbers are not given twice");
}

/// A directory whose process dies at the given operation that writes: before it, after it, or in the middle.
#[derive(Debug)]
struct Dying {
    directory: ArtifactDirectory,
    root: PathBuf,
    lives: AtomicUsize,
    death: Death,
}

#[derive(Clone, Copy, Debug)]
enum Death {
    Before,
    Amid,
    After,
}

impl Dying {
    fn write<T>(&self, key: &str, write: impl FnOnce() -> Result<T, ArtifactError>) -> Result<T, ArtifactError> {
        let dead = ArtifactError::Io { place: key.to_owned(), doing: "written", reason: "dead".to_owned() };
        let left = self.lives.load(Ordering::Relaxed);
        self.lives.store(left.saturating_sub(1), Ordering::Relaxed);
        match (left, self.death) {
            (0, _) => return Err(dead),
            (1, Death::After) => _ = write(),
            (1, Death::Amid) => {
                let path = self.root.join(key);
                std::fs::create_dir_all(path.parent().unwrap()).unwrap();
                let name = format!(".unfinished-{}", path.file_name().unwrap().to_string_lossy());
                std::fs::write(path.with_file_name(name), "hal").unwrap();
            }
            (1, Death::Before) => {}
            _ => return write(),
        }
        Err(dead)
    }
}

impl ArtifactStorage for Dying {
    fn folders(&self) -> Result<Vec<String>, ArtifactError> {
        self.directory.folders()
    }

    fn keys(&self, folder: &str) -> Result<Vec<String>, ArtifactError> {
        self.directory.keys(folder)
    }

    fn get(&self, key: &str) -> Result<Option<Vec<u8>>, ArtifactError> {
        self.directory.get(key)
    }

    fn create(&self, key: &str, bytes: &[u8]) -> Result<bool, ArtifactError> {
        self.write(key, || self.directory.create(key, bytes))
    }

    fn replace(&self, key: &str, bytes: &[u8]) -> Result<(), ArtifactError> {
        self.write(key, || self.directory.replace(key, bytes))
    }

    fn remove(&self, key: &str) -> Result<(), ArtifactError> {
        self.write(key, || self.directory.remove(key))
    }

    fn remove_unfinished(&self, folder: &str) -> Result<usize, ArtifactError> {
        self.write(&format!("{folder}/any"), || self.directory.remove_unfinished(folder))
    }

    fn place(&self, key: &str) -> String {
        self.directory.place(key)
    }
}

/// What a job and a person do to a series; every step says which champion it leaves.
fn life(
    registry: &Registry,
    forecaster: &dyn Forecaster,
    champion: &mut Vec<ModelVersion>,
) -> Result<(), RegistryError> {
    for round in 0..3 {
        let metadata = registry.publish(&series(), forecaster, description())?;
        champion.push(metadata.version.clone());
        registry.promote(&series(), &metadata.version, round, "newer")?;
    }
    champion.push(ModelVersion { model: "seasonal_naive".to_owned(), version: 2 });
    registry.roll_back(&series(), None, 4, "worse")?;
    registry.collect(&[series()], 1, true)?;
    Ok(())
}

#[test]
fn a_death_at_any_step_leaves_a_champion_that_speaks() {
    let forecaster = forecaster();
    for death in [Death::Before, Death::Amid, Death::After] {
        for lives in 1_usize.. {
            let directory = tempfile::tempdir().unwrap();
            let root = directory.path().to_owned();
            let storage = ArtifactDirectory::open(&root).unwrap();
            let dying = Dying { directory: storage, root, lives: AtomicUsize::new(lives), death };
            let mut champions = Vec::new();
            let ended = life(&Registry::over(Arc::new(dying)), forecaster.as_ref(), &mut champions).is_ok();
            let registry = Registry::open(directory.path()).unwrap();
            let expected = &champions[champions.len().saturating_sub(2)..];
            match registry.load_champions().unwrap().pop() {
                Some(loaded) => {
                    let (metadata, loaded) = loaded.unwrap();
                    assert!(expected.contains(&metadata.version), "{death:?} {lives}: {}", metadata.version);
                    assert_eq!(loaded.predict(3, &[0.5]), forecaster.predict(3, &[0.5]));
                }
                None => assert!(champions.len() <= 1, "{death:?} {lives}: the champion is lost"),
            }
            // The next process goes on as if nothing had been, and leaves nothing behind.
            let next = publish(&registry, forecaster.as_ref());
            registry.promote(&series(), &next.version, 9, "after the crash").unwrap();
            registry.collect(&[series()], 1, true).unwrap();
            assert_eq!(registry.collect(&[series()], 1, true).unwrap(), Collected::default());
            if ended {
                assert!(lives > 10, "{lives} steps only");
                break;
            }
        }
    }
}
