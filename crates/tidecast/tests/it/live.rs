//! Verbs that serve: the demo as a person meets it, and the parts as Kubernetes runs them.

use crate::process::{Server, get, run, succeed, wait_for};
use std::fs;

fn demo(folder: &std::path::Path, speed: &str) -> Server {
    Server::start(folder, &["demo", "--listen", "127.0.0.1:0", "--no-open", "--speed", speed])
}

fn phase(server: &Server) -> String {
    get(server, "/api/v1/status")["phase"].as_str().unwrap().to_owned()
}

#[test]
fn the_demo_goes_on_after_a_kill_and_stops_cleanly() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let server = demo(folder, "12h");
    let start_ms = 1_558_134_000_000_i64;
    let now = |server: &Server| get(server, "/api/v1/status")["now_ms"].as_i64().unwrap();
    wait_for("replayed data", || (now(&server) > start_ms + 40 * 3_600_000).then_some(()));
    let reached_ms = now(&server);
    let forecasts = get(&server, "/api/v1/forecasts?series=power%7Bdevice_id%3D%22meter_1%22%7D&limit=2000");
    assert!(forecasts["forecasts"].as_array().unwrap().len() > 1);
    server.kill();

    let server = demo(folder, "12h");
    wait_for("the first forecasts", || (phase(&server) == "live").then_some(()));
    assert!(now(&server) >= reached_ms, "the replay goes on where it was");
    let boards = get(&server, "/api/v1/models");
    assert!(boards["models"].as_array().unwrap().iter().all(|board| board["champion"]["version"] == 1));
    assert_eq!(server.interrupt().code(), Some(0));

    // Every hour up to the end of the second run is there, once.
    let rows = succeed(
        folder,
        &[
            "query",
            r#"power{device_id="meter_1"}"#,
            "--store",
            "embedded:tidecast-demo",
            "--from",
            "2018-01-01",
            "--format",
            "csv",
        ],
    );
    let times: Vec<&str> = rows.lines().skip(1).map(|row| row.rsplit(',').nth(1).unwrap()).collect();
    assert_eq!(times[0], "2018-01-01T00:00:00Z");
    let hours = times.len();
    assert!(hours >= 12_048 + 40, "{hours}");
    let mut unique = times.clone();
    unique.dedup();
    assert_eq!(unique.len(), hours);
}

#[test]
fn the_demo_says_when_the_data_end_and_begins_anew_after_a_reset() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let server = demo(folder, "400h");
    wait_for("the end of the data", || (phase(&server) == "ended").then_some(()));
    let status = get(&server, "/api/v1/status");
    assert!(status["message"].as_str().unwrap().contains("--reset"), "{status}");
    let live = get(&server, "/api/v1/models");
    assert!(live["models"][0]["live"]["mase"].is_f64(), "forecasts were held against actuals: {live}");
    assert_eq!(server.interrupt().code(), Some(0));

    let server = Server::start(folder, &["demo", "--reset", "--listen", "127.0.0.1:0", "--no-open", "--speed", "1s"]);
    wait_for("the first forecasts", || (phase(&server) == "live").then_some(()));
    assert_eq!(get(&server, "/api/v1/status")["now_ms"], 1_558_134_000_000_i64);
    drop(server);
    fs::create_dir(folder.join("precious")).unwrap();
    let output = run(folder, &["demo", "--reset", "--once", "--store", "embedded:precious"]);
    assert_eq!(output.status.code(), Some(2), "only a store is ever deleted");
    assert!(folder.join("precious").exists());
}

/// Two weeks of hourly values with a daily shape.
fn meters() -> String {
    let mut text = String::from("time;m1;m2\n");
    for hour in 0..24 * 14 {
        text += &format!("{};{};{}\n", 1_700_000_000 + 3_600 * hour, hour % 24, (hour % 24) * 2);
    }
    text
}

#[test]
fn a_configuration_runs_even_when_one_source_fails() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    fs::write(folder.join("meters.csv"), meters()).unwrap();
    let text = "store: embedded:data\nsources:\n  good: {type: csv, path: meters.csv}\n  gone: {type: csv, path: absent.csv}\n\
                forecasts: {next_day: {series: power, horizon: 1d}}\nserver: {listen: 127.0.0.1:0}\n";
    fs::write(folder.join("tidecast.yaml"), text).unwrap();
    let server = Server::start(folder, &["run", "-f", "tidecast.yaml"]);
    wait_for("forecasts", || (phase(&server) == "live").then_some(()));
    let status = get(&server, "/api/v1/status");
    let states: Vec<_> = status["sources"].as_array().unwrap().iter().map(|source| source["state"].clone()).collect();
    assert_eq!(states, ["failed", "done"], "{status}");
    assert!(status["sources"][0]["error"].as_str().unwrap().contains("absent.csv"), "{status}");
    let overview = get(&server, "/api/v1/overview");
    assert_eq!(overview["series"].as_array().unwrap().len(), 2);
    assert_eq!(overview["series"][0]["forecast"]["quantiles"][1].as_array().unwrap().len(), 24);
    assert_eq!(server.interrupt().code(), Some(0));
}

#[test]
fn an_ingest_job_posts_to_a_server_that_asks_for_a_token() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    fs::write(folder.join("meters.csv"), meters()).unwrap();
    fs::write(folder.join("token"), "correct-horse\n").unwrap();
    let text = "store: embedded:data\nforecasts: {next_day: {series: power, horizon: 1d, every: 1s}}\n\
                server: {listen: 127.0.0.1:0, token_file: token}\n";
    fs::write(folder.join("tidecast.yaml"), text).unwrap();
    let server = Server::start(folder, &["run", "-f", "tidecast.yaml"]);
    let refused = run(folder, &["ingest", "meters.csv", "--server", &server.url]);
    let error = String::from_utf8_lossy(&refused.stderr);
    assert!(!refused.status.success() && error.contains("TIDECAST_TOKEN"), "{error}");
    assert!(!error.contains("correct-horse"), "{error}");

    let with_token = ["--server", &server.url, "--token-file", "token"];
    succeed(folder, &[&["ingest", "meters.csv"][..], &with_token].concat());
    // Series that arrive later are found, fitted and forecast by themselves.
    let forecast = [&["forecast", r#"power{device_id="m2"}"#, "--format", "json"][..], &with_token].concat();
    let text = wait_for("a forecast", || {
        let output = run(folder, &forecast);
        output.status.success().then(|| String::from_utf8(output.stdout).unwrap())
    });
    let forecasts: serde_json::Value = serde_json::from_str(&text).unwrap();
    let median = forecasts["forecasts"][0]["quantiles"][1].as_array().unwrap();
    assert_eq!(median.len(), 24);
    // The daily shape of m2 runs from 0 to 46.
    assert!(median.iter().all(|value| (0.0..=60.0).contains(&value.as_f64().unwrap())), "{median:?}");
}

#[test]
fn models_are_refitted_and_a_series_has_one_forecast() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    fs::write(folder.join("meters.csv"), meters()).unwrap();
    let text = "store: embedded:data\nsources: {meters: {type: csv, path: meters.csv}}\nforecasts:\n\
                \x20 a_day: {series: power, horizon: 1d, every: 1s, refit: 1s, model: ridge}\n\
                \x20 b_hours: {series: power, horizon: 2h, every: 1s}\nserver: {listen: 127.0.0.1:0}\n";
    fs::write(folder.join("tidecast.yaml"), text).unwrap();
    let server = Server::start(folder, &["run", "-f", "tidecast.yaml"]);
    wait_for("a second version", || {
        let boards = get(&server, "/api/v1/models");
        let versions = boards["models"].as_array()?.iter().map(|board| board["champion"]["version"].as_u64());
        (versions.flatten().min()? >= 2).then_some(())
    });
    let forecasts = get(&server, "/api/v1/forecasts?series=power%7Bdevice_id%3D%22m1%22%7D");
    let forecasts = forecasts["forecasts"].as_array().unwrap();
    assert!(forecasts.len() >= 2, "each version forecasts");
    assert!(forecasts.iter().all(|forecast| forecast["quantiles"][1].as_array().unwrap().len() == 24));
    let listed = succeed(folder, &["models", "--server", &server.url, "--format", "csv"]);
    assert!(listed.lines().any(|row| row.contains("m1") && row.contains(",true,")), "{listed}");
    assert_eq!(server.interrupt().code(), Some(0));
    let listed = succeed(folder, &["models", "--store", "embedded:data", "--format", "csv"]);
    assert_eq!(listed.lines().filter(|row| row.contains("m1") && row.contains(",true,")).count(), 1, "{listed}");
}

#[test]
fn a_series_that_changes_its_step_is_forecast_at_the_new_one() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let start_s = 1_700_006_400;
    let row = |at: i64| format!("{at};{}\n", at / 3_600 % 24);
    let hourly: String = (0..24 * 14).map(|hour| row(start_s + 3_600 * hour)).collect();
    let switched_s = start_s + 3_600 * 24 * 14;
    let quarterly: String = (0..96 * 14).map(|quarter| row(switched_s + 900 * quarter)).collect();
    fs::write(folder.join("before.csv"), format!("time;m1\n{hourly}")).unwrap();
    fs::write(folder.join("after.csv"), format!("time;m1\n{quarterly}")).unwrap();
    let text = "store: embedded:data\nsources: {before: {type: csv, path: before.csv}}\n\
                forecasts: {next_day: {series: power, horizon: 1d, every: 1s, refit: 1s, model: ridge}}\n\
                server: {listen: 127.0.0.1:0}\n";
    fs::write(folder.join("tidecast.yaml"), text).unwrap();
    let server = Server::start(folder, &["run", "-f", "tidecast.yaml"]);
    // The champion's newest forecast: one made before the refit can have a later origin, on the coarser grid.
    let step_ms = |server: &Server| get(server, "/api/v1/overview")["series"][0]["forecast"]["step_ms"].as_i64();
    wait_for("an hourly forecast", || (step_ms(&server)? == 3_600_000).then_some(()));
    succeed(folder, &["ingest", "after.csv", "--server", &server.url]);
    wait_for("a quarter-hourly forecast", || (step_ms(&server)? == 900_000).then_some(()));
    assert_eq!(get(&server, "/api/v1/models")["models"][0]["step_ms"], 900_000);
}
