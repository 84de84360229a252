//! The life of models from the command line: trained, promoted, taken back, collected, and killed in the middle of it.

use crate::process::{Server, get, run, spawn, succeed, wait_for};
use serde_json::Value;
use std::fs;
use std::path::Path;
use std::time::Duration;

const METER: &str = r#"power{device_id="m1"}"#;
const STORE: [&str; 2] = ["--store", "embedded:data"];

/// Sixty days of an hourly meter, in a store.
fn stored(folder: &Path) {
    let rows: String = (0..24 * 60)
        .map(|hour: i64| format!("{};{}\n", 1_700_006_400 + 3_600 * hour, hour % 24 + hour * 7_919 % 13))
        .collect();
    fs::write(folder.join("meters.csv"), format!("time;m1\n{rows}")).unwrap();
    succeed(folder, &[&["ingest", "meters.csv"][..], &STORE].concat());
}

fn train(folder: &Path, model: &str) {
    succeed(folder, &[&["train", "power", "--model", model][..], &STORE].concat());
}

/// Alias and name of every version.
fn listed(folder: &Path, more: &[&str]) -> Vec<(String, String)> {
    let text = succeed(folder, &[&["models", "--format", "json"][..], more].concat());
    let answer: Value = serde_json::from_str(&text).unwrap();
    let row = |row: &Value| {
        let alias = row["alias"].as_str().unwrap_or_default().to_owned();
        (alias, format!("{}/{}", row["model"].as_str().unwrap(), row["version"]))
    };
    answer["models"].as_array().unwrap().iter().map(row).collect()
}

fn named(folder: &Path, more: &[&str], alias: &str) -> Vec<String> {
    listed(folder, more).into_iter().filter(|(have, _)| have == alias).map(|(_, version)| version).collect()
}

#[test]
fn versions_are_promoted_taken_back_and_collected() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    stored(folder);
    for _ in 0..3 {
        train(folder, "ridge");
    }
    assert_eq!(named(folder, &STORE, "champion"), ["ridge/3"]);
    assert_eq!(named(folder, &STORE, "previous"), ["ridge/2"]);
    let promoted =
        succeed(folder, &[&["models", "promote", METER, "ridge/1", "--reason", "a test"][..], &STORE].concat());
    assert_eq!(promoted, format!("{METER}: ridge/1 speaks, after ridge/3\n"));
    assert_eq!(named(folder, &STORE, "challenger"), ["ridge/3"]);
    let back = succeed(folder, &[&["models", "rollback", METER, "--format", "csv"][..], &STORE].concat());
    assert!(back.ends_with(",ridge/1,ridge/3\n"), "{back}");

    let dry = succeed(folder, &[&["models", "gc", "--keep", "1", "--dry-run", "--format", "csv"][..], &STORE].concat());
    assert!(dry.contains(",ridge,1,") && !dry.contains(",ridge,2,"), "the one before the champion stays: {dry}");
    assert_eq!(listed(folder, &STORE).len(), 3);
    let gone = succeed(folder, &[&["models", "gc", "--keep", "1"][..], &STORE].concat());
    assert!(gone.contains("1 versions"), "{gone}");
    assert_eq!(listed(folder, &STORE).len(), 2);

    for (arguments, code, message) in [
        (&["models", "promote", METER, "ridge/9"][..], 4, "versions there are: ridge/2, ridge/3"),
        (&["models", "promote", METER, "ridge"][..], 2, "ridge/3"),
        (&["models", "promote", "absent", "ridge/1"][..], 4, "versions there are: none"),
        (&["models", "rollback", "absent"][..], 4, "no champion to go back to"),
        (&["models", "gc", "--keep", "0"][..], 2, "--keep"),
        (&["train", "--budget", "1m"][..], 2, "--tune"),
        (&["train", "--tune", "--budget", "0s"][..], 2, "longer than"),
    ] {
        let output = run(folder, &[arguments, &STORE].concat());
        let error = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(code), "{arguments:?}: {error}");
        assert!(error.contains(message), "{arguments:?}: {error}");
    }
}

#[test]
fn a_server_takes_a_promotion_up_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    stored(folder);
    train(folder, "ridge");
    train(folder, "ridge");
    // Nothing is due for a day: only the promotion makes it forecast again.
    let text = "store: embedded:data\nforecasts: {next_day: {series: power, horizon: 1d, every: 1d, model: ridge}}\n\
                server: {listen: 127.0.0.1:0}\n";
    fs::write(folder.join("tidecast.yaml"), text).unwrap();
    let server = Server::start(folder, &["run", "-f", "tidecast.yaml"]);
    let champion = || get(&server, "/api/v1/models")["models"][0]["champion"]["version"].as_u64();
    let forecasts_of = |version: u64| {
        let forecasts = get(&server, "/api/v1/forecasts?series=power%7Bdevice_id%3D%22m1%22%7D");
        let of = |forecast: &&Value| forecast["model"]["version"].as_u64() == Some(version);
        forecasts["forecasts"].as_array().unwrap().iter().filter(of).count()
    };
    wait_for("the first forecast", || (forecasts_of(2) == 1).then_some(()));
    // Whoever names the store reaches the server that has it.
    succeed(folder, &[&["models", "promote", METER, "ridge/1"][..], &STORE].concat());
    wait_for("the promoted version", || (champion() == Some(1) && forecasts_of(1) == 1).then_some(()));
    let board = &get(&server, "/api/v1/models")["models"][0];
    assert_eq!(board["drift"]["state"], "stable", "{board}");
    succeed(folder, &["models", "rollback", METER, "--server", &server.url]);
    wait_for("the version before", || (champion() == Some(2)).then_some(()));
    let rows = succeed(folder, &["models", "--server", &server.url]);
    assert!(
        rows.lines().any(|row| row.contains("ridge/2") && row.contains("champion") && row.contains("stable 0.")),
        "{rows}"
    );
    let refused = run(folder, &["models", "promote", METER, "lstm/7", "--server", &server.url]);
    let error = String::from_utf8_lossy(&refused.stderr);
    assert_eq!(refused.status.code(), Some(5), "{error}");
    assert!(error.contains("versions there are: ridge/1, ridge/2"), "{error}");
    assert_eq!(server.interrupt().code(), Some(0));
    assert_eq!(named(folder, &STORE, "champion"), ["ridge/2"]);
}

#[test]
fn a_training_killed_at_any_time_leaves_the_champion() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    stored(folder);
    train(folder, "ridge");
    for attempt in 0..12 {
        let mut training = spawn(folder, &[&["train", "power", "--model", "ridge"][..], &STORE].concat());
        std::thread::sleep(Duration::from_millis(15 * attempt));
        let _ended_before = training.kill();
        training.wait().unwrap();
        let champion = named(folder, &STORE, "champion");
        assert_eq!(champion.len(), 1, "{champion:?}");
        let forecast = succeed(folder, &[&["forecast", "power", "--format", "json"][..], &STORE].concat());
        let forecast: Value = serde_json::from_str(&forecast).unwrap();
        let model = &forecast["forecasts"][0]["model"];
        assert_eq!(format!("{}/{}", model["model"].as_str().unwrap(), model["version"]), champion[0]);
    }
}

#[test]
fn tuning_is_kept_and_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    stored(folder);
    let tune = || -> Value {
        let arguments = ["train", "power", "--model", "ridge", "--tune", "--budget", "10m", "--format", "json"];
        serde_json::from_str(&succeed(folder, &[&arguments[..], &STORE].concat())).unwrap()
    };
    let first = tune();
    let finding = |answer: &Value| {
        answer["tuning"].as_array().unwrap().iter().map(|row| row["finding"].clone()).collect::<Vec<_>>()
    };
    let second = tune();
    assert_eq!(finding(&first), finding(&second), "the same trials, not made again");
    let versions = second["models"].as_array().unwrap();
    assert!(versions.iter().any(|row| row["alias"] == "champion"), "{second}");
}
