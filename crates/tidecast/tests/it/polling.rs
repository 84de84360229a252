//! The network of a service of another make, which is polled, on the API that the console reads.

use crate::process::{Server, get, wait_for};
use crate::streams::request;
use serde_json::json;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};

const START: u64 = 1_700_000_000;

/// Answers every request with new figures.
fn serve(listener: &TcpListener) {
    for (second, stream) in (START..).zip(listener.incoming()) {
        let mut stream = stream.unwrap();
        let _request = stream.read(&mut [0; 4096]).unwrap();
        let stats = json!({"total_packets": 1000, "total_loss": 50, "loss_rate": 0.05, "avg_latency": 20.5, "active_antennas": 3});
        let body = json!({"last_update": second, "service_stats": stats}).to_string();
        let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\nConnection: close", body.len());
        write!(stream, "{head}\r\n\r\n{body}").unwrap();
    }
}

/// Reads server-sent events until one of a name comes; its data.
fn next_event(server: &Server, name: &str) -> serde_json::Value {
    let address = server.url.trim_start_matches("http://");
    let mut stream = TcpStream::connect(address).unwrap();
    write!(stream, "GET /api/v1/events HTTP/1.0\r\nHost: {address}\r\n\r\n").unwrap();
    let mut lines = BufReader::new(stream).lines().map(Result::unwrap);
    lines.by_ref().find(|line| *line == format!("event: {name}")).unwrap();
    serde_json::from_str(lines.next().unwrap().strip_prefix("data: ").unwrap()).unwrap()
}

#[test]
fn the_network_of_another_service_is_shown() {
    let folder = tempfile::tempdir().unwrap();
    let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let url = format!("http://{address}/metrics?key=hunter2");
    let text = format!(
        "store: embedded:store\nsources: {{theirs: {{type: http_poll, url: \"{url}\", every: 100ms, prefix: other}}}}\n\
         server: {{listen: 127.0.0.1:0}}\n"
    );
    std::fs::write(folder.path().join("tidecast.yaml"), text).unwrap();
    let server = Server::start(folder.path(), &["run", "-f", "tidecast.yaml"]);
    let status = wait_for("the trouble", || {
        let status = get(&server, "/api/v1/status");
        (status["phase"] == "live" && !status["sources"][0]["error"].is_null()).then_some(status)
    });
    assert_eq!((&status["sources"][0]["state"], &status["series"]), (&json!("waiting"), &json!(0)), "{status}");
    assert_eq!(status["message"], "Reading the sources; nothing is forecast");
    assert!(status["sources"][0]["error"].as_str().unwrap().contains("cannot be reached"), "{status}");
    assert!(!status.to_string().contains("hunter2"), "{status}");
    let analytics = &status["analytics"][0];
    assert_eq!((&analytics["name"], &analytics["input"]), (&json!("other"), &json!("theirs")));
    assert_eq!((&analytics["is_network"], &analytics["window_ms"]), (&json!(true), &json!(100)));
    let network = get(&server, "/api/v1/network");
    assert_eq!((&network["window_ms"], &network["end_ms"]), (&json!(100), &json!(null)));

    let listener = TcpListener::bind(address).unwrap();
    std::thread::spawn(move || serve(&listener));
    let window = next_event(&server, "window");
    assert_eq!(window["analytics"], "other");
    let end_ms = window["end_ms"].as_u64().unwrap();
    // It makes figures a second of its time apart, which is how charts join them.
    let network = wait_for("the pace", || {
        let network = get(&server, "/api/v1/network");
        let length_ms = network["end_ms"].as_u64()? - network["start_ms"].as_u64()?;
        (network["window_ms"] == 1_000 && length_ms == 1_000).then_some(network)
    });
    assert_eq!((&network["antennas"], &network["antennas_total"]), (&json!([]), &json!(0)));
    let overall = json!({
        "total_packets": 1000.0, "total_loss": 50.0, "delivered_packets": 950.0, "loss_rate": 0.05, "success_rate": 0.95,
        "avg_latency": 20.5, "active_antennas": 3.0,
    });
    assert_eq!(network["overall"], overall);
    for (figure, value) in overall.as_object().unwrap() {
        assert_eq!(network["series"][figure], format!("other_{figure}"));
        let points = get(&server, &format!("/api/v1/range?series=other_{figure}"));
        assert!(points["timestamps_ms"].as_array().unwrap().contains(&json!(end_ms)), "{points}");
        assert_eq!(points["values"][0], *value);
    }
    let figures = get(&server, "/metrics");
    assert_eq!(figures["service_stats"]["total_packets"], 1000.0);
    wait_for("the count", || (get(&server, "/api/v1/status")["series"] == 7).then_some(()));
    let (_, page) = request(&server, "GET /metrics HTTP/1.0\r\nAccept: text/*\r\nX:", "");
    assert!(page.contains("\ntidecast_series 7\n") && page.contains("\nother_success_rate 0.95\n"), "{page}");
    assert!(page.contains("\ntidecast_source_up{source=\"theirs\"} 1\n"), "{page}");
}
