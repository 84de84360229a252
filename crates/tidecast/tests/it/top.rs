//! `tidecast top` beside a server: what it prints once, and what it says when there is none.

use crate::process::{Server, run, succeed, wait_for};
use crate::streams::request;
use serde_json::Value;

#[test]
fn prints_what_the_server_does() {
    let folder = tempfile::tempdir().unwrap();
    let configuration = "store: embedded:store\nsources: {antennas: {type: push}}\n\
        analytics: {network: {preset: network-monitoring, input: antennas, idle_after: 1h}}\nserver: {listen: 127.0.0.1:0}\n";
    std::fs::write(folder.path().join("tidecast.yaml"), configuration).unwrap();
    let server = Server::start(folder.path(), &["run", "-f", "tidecast.yaml"]);
    let line = |second: u64| {
        format!("{{\"antenna_id\":\"a\",\"timestamp\":{second},\"packets\":10,\"loss\":1,\"latency\":5}}\n")
    };
    let lines = line(1_700_000_000) + &line(1_700_000_020) + "nonsense\n";
    wait_for("the push source", || {
        let (head, _) = request(&server, "POST /api/v1/sources/antennas/records", &lines);
        head.contains(" 200 ").then_some(())
    });
    let json = wait_for("the window", || {
        let printed = succeed(folder.path(), &["top", "--once", "--format", "json", "--server", &server.url]);
        let json: Value = serde_json::from_str(&printed).unwrap();
        (json["analytics"][0]["windows"] == 1 && json["sources"][0]["rows"] == 2).then_some(json)
    });
    assert_eq!(json["sources"][0]["refused"]["malformed"], 1);
    // Standard output is no terminal here.
    let table = succeed(folder.path(), &["top", "--server", &server.url]);
    let row = |name: &str| table.lines().find(|line| line.starts_with(name)).unwrap_or_else(|| panic!("{table}"));
    for text in ["push", "reading", "malformed 1"] {
        assert!(row("antennas").contains(text), "{table}");
    }
    assert!(row("network").contains("2023-11-14T22:13:30Z"), "{table}");
    let csv = succeed(folder.path(), &["top", "--once", "--format", "csv", "--server", &server.url]);
    assert!(csv.contains("\nsources,antennas,records,2\n") && csv.contains("\nanalytics,network,keys,1\n"), "{csv}");
    let url = server.url.clone();
    assert!(server.interrupt().success());
    let output = run(folder.path(), &["top", "--once", "--server", &url]);
    assert_eq!(output.status.code(), Some(5));
    assert!(String::from_utf8_lossy(&output.stderr).contains("is `tidecast run` or `tidecast demo` running there?"));
}
