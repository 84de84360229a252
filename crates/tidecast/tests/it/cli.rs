//! Verbs that run to their end: what they print, and how they fail.

use crate::process::{Server, run, succeed};
use std::fs;

/// Two meters, three hours, one value missing.
const METERS: &str = "DATETIME;a;b\n2024-01-01 00:00;1;2.5\n2024-01-01 01:00;3;\n2024-01-01 02:00;4;-1\n";

fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("meters.csv"), METERS).unwrap();
    folder
}

#[test]
fn what_is_ingested_is_what_is_queried() {
    let folder = folder();
    let folder = folder.path();
    succeed(folder, &["ingest", "meters.csv", "--store", "embedded:data"]);
    let rows = succeed(folder, &["query", "power", "--store", "embedded:data", "--format", "csv"]);
    let expected = [
        "series,timestamp,value",
        r#""power{device_id=""a""}",2024-01-01T00:00:00Z,1"#,
        r#""power{device_id=""a""}",2024-01-01T01:00:00Z,3"#,
        r#""power{device_id=""a""}",2024-01-01T02:00:00Z,4"#,
        r#""power{device_id=""b""}",2024-01-01T00:00:00Z,2.5"#,
        r#""power{device_id=""b""}",2024-01-01T02:00:00Z,-1"#,
    ];
    assert_eq!(rows.lines().collect::<Vec<_>>(), expected);

    fs::write(folder.join("rows.csv"), &rows).unwrap();
    succeed(folder, &["ingest", "rows.csv", "--store", "embedded:copy"]);
    assert_eq!(succeed(folder, &["query", "{}", "--store", "embedded:copy", "--format", "csv"]), rows);

    let again = succeed(folder, &["ingest", "meters.csv", "--store", "embedded:data"]);
    assert!(again.contains("nothing new"), "{again}");
    let range = ["query", r#"power{device_id="a"}"#, "--store", "embedded:data", "--format", "json"];
    let from = [&range[..], &["--from", "2024-01-01T01:00", "--to", "2024-01-01T02:00"]].concat();
    let json: serde_json::Value = serde_json::from_str(&succeed(folder, &from)).unwrap();
    assert_eq!(json["series"][0]["values"], serde_json::json!([3.0]));
    let bucket = [&range[..], &["--bucket", "1d", "--aggregate", "max"]].concat();
    let json: serde_json::Value = serde_json::from_str(&succeed(folder, &bucket)).unwrap();
    assert_eq!(json["series"][0]["values"], serde_json::json!([4.0]));
}

#[test]
fn failures_say_what_to_do_and_have_their_exit_code() {
    let folder = folder();
    let folder = folder.path();
    fs::write(folder.join("empty.csv"), "").unwrap();
    fs::write(folder.join("bad.csv"), "time,a\n2024-01-01,1\n2024-01-02,x\n").unwrap();
    fs::write(folder.join("bad.yaml"), "forecasts: {next: {series: power, horizn: 1d}}\n").unwrap();
    fs::write(folder.join("file"), "").unwrap();
    let occupied = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = occupied.local_addr().unwrap().to_string();
    let cases: &[(&[&str], i32, &str)] = &[
        (&["query", "power{", "--store", "embedded:d"], 2, "character 7"),
        (&["query", "power"], 2, "--store embedded:DIR"),
        (&["query", "power", "--store", "redis://x"], 2, "embedded:DIR"),
        (&["query", "power", "--store", "embedded:d", "--from", "now", "--to", "-1d"], 2, "--from must be before"),
        (&["query", "power", "--server", "http://127.0.0.1:1"], 5, "is `tidecast run`"),
        (&["ingest", "absent.csv", "--store", "embedded:d"], 3, "absent.csv was not found"),
        (&["ingest", "empty.csv", "--store", "embedded:d"], 3, "empty.csv"),
        (&["ingest", "bad.csv", "--store", "embedded:d"], 3, "bad.csv:3:2"),
        (&["ingest", "s3://bucket/key", "--store", "embedded:d"], 5, "AWS_ACCESS_KEY_ID"),
        (&["ingest", "meters.csv", "--store", "embedded:file"], 4, "cannot be written"),
        (&["check", "-f", "bad.yaml"], 2, "did you mean `horizon`?"),
        (&["run", "-f", "absent.yaml"], 2, "absent.yaml"),
        (&["backtest", "--input", "meters.csv", "--model", "oracle"], 2, "known models: auto"),
        (&["backtest", "--input", "meters.csv", "--columns", "1", "--origins", "9"], 3, "fewer origins"),
        (&["forecast", "absent", "--input", "meters.csv"], 3, "no series match"),
        (&["train", "power", "--server", "http://127.0.0.1:1"], 2, "--server"),
        (&["query", "power", "--store", "embedded:absent"], 4, "tidecast ingest FILE --store embedded:absent"),
        (&["serve", "--store", "embedded:d", "--listen", "0.0.0.0:0"], 2, "--token-file"),
        (&["serve", "--store", "embedded:d", "--listen", &address], 5, "choose another port"),
        (&["demo", "--speed", "0h"], 2, "--speed"),
    ];
    for (arguments, code, message) in cases {
        let output = run(folder, arguments);
        let error = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(*code), "{arguments:?}: {error}");
        assert!(error.contains(message), "{arguments:?}: {error}");
        assert!(!error.contains("panicked"), "{arguments:?}: {error}");
    }
}

#[test]
fn bad_rows_can_be_skipped_and_are_counted() {
    let folder = folder();
    fs::write(folder.path().join("bad.csv"), "time,a\n2024-01-01,1\n2024-01-02,x\n2024-01-03,2\n").unwrap();
    let arguments = ["ingest", "bad.csv", "--store", "embedded:d", "--on-error", "skip", "--format", "json"];
    let summary: serde_json::Value = serde_json::from_str(&succeed(folder.path(), &arguments)).unwrap();
    assert_eq!((&summary["rows"], &summary["rows_skipped"]), (&2.into(), &1.into()));
}

#[test]
fn a_store_in_use_names_the_server_that_has_it() {
    let folder = folder();
    let folder = folder.path();
    succeed(folder, &["ingest", "meters.csv", "--store", "embedded:data"]);
    let server = Server::start(folder, &["serve", "--store", "embedded:data", "--listen", "127.0.0.1:0"]);
    let output = run(folder, &["query", "power", "--store", "embedded:data"]);
    let error = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(4), "{error}");
    assert!(error.contains(&server.url), "{error}");
    fs::write(folder.join("tidecast.yaml"), "store: embedded:data\nserver: {listen: 127.0.0.1:0}\n").unwrap();
    let checked = run(folder, &["check", "-f", "tidecast.yaml", "--connect"]);
    assert_eq!(checked.status.code(), Some(4), "{}", String::from_utf8_lossy(&checked.stdout));
    let latest = succeed(folder, &["query", "power", "--server", &server.url, "--latest", "--format", "csv"]);
    assert!(latest.contains("2024-01-01T02:00:00Z,-1"), "{latest}");
    assert_eq!(server.interrupt().code(), Some(0));
    succeed(folder, &["query", "power", "--store", "embedded:data"]);
}

#[test]
fn the_first_forecasts_of_the_demo() {
    let folder = tempfile::tempdir().unwrap();
    let once = || -> serde_json::Value {
        serde_json::from_str(&succeed(folder.path(), &["demo", "--once", "--format", "json"])).unwrap()
    };
    let first = once();
    assert_eq!((&first["rows"], &first["meters"]), (&12_048.into(), &10.into()));
    assert!(first["mase"].as_f64().unwrap() < first["mase_seasonal_naive"].as_f64().unwrap());
    let forecasts = first["forecasts"].as_array().unwrap();
    assert_eq!(forecasts.len(), 10);
    for forecast in forecasts {
        let text = |key: &str| forecast[key].as_str().unwrap().to_owned();
        let row = |key: &str| -> Vec<f64> {
            forecast[key].as_array().unwrap().iter().map(|value| value.as_f64().unwrap()).collect()
        };
        assert_eq!(text("origin"), "2019-05-17T23:00:00Z");
        assert_eq!(forecast["timestamps"][0], "2019-05-18T00:00:00Z");
        assert_eq!(forecast["timestamps"].as_array().unwrap().len(), 24);
        let (low, median, high) = (row("p10"), row("p50"), row("p90"));
        assert_eq!((low.len(), median.len(), high.len()), (24, 24, 24));
        assert!(low.iter().zip(&median).zip(&high).all(|((low, median), high)| low <= median && median <= high));
    }
    // The second time models and samples are there already, and say the same.
    let second = once();
    assert!(second["forecasts"] == first["forecasts"], "the second run forecasts differently");
    assert_eq!(second["mase"], first["mase"]);
}

#[test]
fn backtests_straight_on_a_file() {
    let folder = tempfile::tempdir().unwrap();
    let mut text = String::from("time,a\n");
    for hour in 0..2_000_i64 {
        let value = f64::from(u8::try_from(hour % 24).unwrap()) + f64::from(u8::try_from(hour % 5).unwrap()) / 10.0;
        text += &format!("{},{value}\n", 1_700_000_000 + 3_600 * hour);
    }
    fs::write(folder.path().join("a.csv"), text).unwrap();
    let arguments = [
        "backtest",
        "--input",
        "a.csv",
        "--horizon",
        "24",
        "--stride",
        "24",
        "--origins",
        "10",
        "--season",
        "168",
        "--model",
        "ridge",
        "--format",
        "json",
    ];
    let report: serde_json::Value = serde_json::from_str(&succeed(folder.path(), &arguments)).unwrap();
    for key in ["mase", "mase_seasonal_naive", "wall_s", "coverage"] {
        assert!(report[key].is_f64(), "{key} in {report}");
    }
    assert_eq!(report["series"][0]["series"], r#"power{device_id="a"}"#);
    assert!(report["series"][0]["mase"].is_f64());
}
