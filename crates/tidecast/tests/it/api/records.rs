//! Records that clients bring to a push source.

use super::fixture::{NOW_MS, Server};
use reqwest::StatusCode;
use serde_json::{Value, json};
use tidecast_core::ports::RecordSource;

const PATH: &str = "/api/v1/sources/antennas/records";

fn message(packets: u32) -> String {
    json!({"antenna_id": "a", "timestamp": NOW_MS / 1_000, "packets": packets}).to_string()
}

#[tokio::test]
async fn records_are_answered_once_they_are_durable() {
    let server = Server::start().await;
    let body = format!("{}\n{}\nnonsense\n{{\"antenna_id\":\"b\"}}\n", message(1), message(2));
    let answer = tokio::spawn(server.post(PATH, body).header("content-type", "application/x-ndjson").send());
    let mut source = server.push_source.lock().await;
    let delivery = loop {
        let delivery = source.next_records().await.unwrap();
        if !delivery.records.is_empty() {
            break delivery;
        }
    };
    assert_eq!(delivery.records.numbers("packets"), Some(&[1.0, 2.0][..]));
    assert!(!answer.is_finished());
    source.acknowledge().await.unwrap();
    let response = answer.await.unwrap().unwrap();
    assert_eq!(response.status(), StatusCode::OK);
    let answer: Value = serde_json::from_str(&response.text().await.unwrap()).unwrap();
    assert_eq!(answer, json!({"accepted": 2, "refused": {"malformed": 1, "missing_field": 1}}));
}

#[tokio::test]
async fn a_source_that_does_not_move_sends_the_client_away_for_a_while() {
    let server = Server::start().await;
    let response = server.post(PATH, message(1)).send().await.unwrap();
    assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(response.headers()["retry-after"], "1");
    assert!(response.text().await.unwrap().contains("antennas does not keep up"));
    // What the client was told to send again is not taken as well.
    let mut source = server.push_source.lock().await;
    assert!(source.next_records().await.unwrap().records.is_empty());
}

#[tokio::test]
async fn wrong_requests_say_what_is_wrong() {
    let server = Server::start().await;
    let too_large = " ".repeat((4 << 20) + 1);
    let cases = [
        ("/api/v1/sources/meters/records", message(1), 404, "not_found", "those that take records: antennas"),
        ("/api/v1/sources/%FF/records", message(1), 400, "bad_request", "UTF-8"),
        (PATH, too_large, 413, "payload_too_large", "4 MiB"),
    ];
    for (path, body, status, code, message) in cases {
        let response = server.post(path, body).send().await.unwrap();
        assert_eq!(response.status().as_u16(), status, "{path}");
        let error: Value = serde_json::from_str(&response.text().await.unwrap()).unwrap();
        assert_eq!(error["error"]["code"], code, "{path}");
        assert!(error["error"]["message"].as_str().unwrap().contains(message), "{error}");
    }
}
