//! A real process killed with SIGKILL while it writes, at 60 random moments: whatever it had been told was stored is
//! there, and no batch by half.
//!
//! The writer is this test binary again, started with an environment variable.

use crate::world::{Random, batch, contents, cursor, key, position};
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;
use tidecast_store::{EmbeddedStore, Options};

const KILLS: u64 = 60;
const SERIES: u64 = 10;
const DIRECTORY: &str = "TIDECAST_STORE_KILL_DIRECTORY";
/// Small, so that flushes and merges happen all the time.
const OPTIONS: Options = Options { head_bytes: 64 * 1024, commit_delay: Duration::ZERO };

#[test]
fn acknowledged_samples_survive_sigkill() {
    let directory = tempfile::tempdir().unwrap();
    let seed = std::env::var("TIDECAST_STORE_SEED").map_or(1, |seed| seed.parse().unwrap());
    let mut random = Random(seed);
    for kill in 0..KILLS {
        let acknowledged = write_and_kill(directory.path(), &mut random);
        let store = EmbeddedStore::open(directory.path(), OPTIONS).unwrap();
        let stored = cursor(&store);
        assert!(stored >= acknowledged, "seed {seed}, kill {kill}: {stored:?} stored, {acknowledged:?} acknowledged");
        let expected: Vec<(i64, f64)> =
            (1..=stored.unwrap_or(0)).map(|number| (number as i64 * 1_000, number as f64)).collect();
        let contents = contents(&store).unwrap();
        assert_eq!(contents.len() as u64, if expected.is_empty() { 0 } else { SERIES });
        for samples in contents.into_values() {
            assert_eq!(samples.into_iter().collect::<Vec<_>>(), expected, "seed {seed}, kill {kill}");
        }
    }
}

/// Starts a writer, kills it, and returns what it had acknowledged last.
fn write_and_kill(directory: &Path, random: &mut Random) -> Option<u64> {
    let mut writer = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "kill::writer_process", "--nocapture", "--ignored"])
        .env(DIRECTORY, directory)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(writer.stdout.take().unwrap()).lines();
    let wanted = random.below(60);
    let number = |line: String| line.strip_prefix("stored ").map(|number| number.parse::<u64>().unwrap());
    let mut acknowledged = lines.by_ref().map_while(Result::ok).filter_map(number).take(wanted as usize).last();
    std::thread::sleep(Duration::from_micros(random.below(3_000)));
    writer.kill().unwrap();
    writer.wait().unwrap();
    // It went on until the signal came.
    acknowledged = lines.map_while(Result::ok).filter_map(number).last().or(acknowledged);
    acknowledged
}

#[test]
#[ignore = "the process that acknowledged_samples_survive_sigkill starts and kills"]
fn writer_process() {
    let Ok(directory) = std::env::var(DIRECTORY) else { return };
    let store = EmbeddedStore::open(Path::new(&directory), OPTIONS).unwrap();
    let mut out = std::io::stdout();
    for number in cursor(&store).unwrap_or(0) + 1.. {
        let samples: Vec<_> = (0..SERIES).map(|series| (key(series), number as i64 * 1_000, number as f64)).collect();
        store.append_blocking(batch(&samples), Some(position(number))).unwrap();
        writeln!(out, "stored {number}").unwrap();
    }
}
