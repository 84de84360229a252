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
    let body =
        format!("{}\n{}\nnonsense\n{{\"antenna_id\":\"b\"}}\n", message(1), message(2).replace('{', "{\"site\": 1,"));
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
    assert_eq!(
        answer,
        json!({"accepted": 2, "refused": {"malformed": 1, "missing_field": 1}, "noted": {"unknown_field": 1}})
    );
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

#[tokio::test]
async fn bodies_that_cannot_be_read_are_not_taken() {
    let server = Server::start().await;
    let cases = [
        ("content-encoding", "gzip", "without Content-Encoding"),
        ("content-encoding", "br", "without Content-Encoding"),
        ("content-type", "text/csv", "application/x-ndjson"),
        ("content-type", "application/x-protobuf", "application/x-ndjson"),
        ("content-type", "multipart/form-data; boundary=x", "application/x-ndjson"),
    ];
    for (name, value, expected) in cases {
        let request = server.request(reqwest::Method::POST, PATH).header(name, value).body(message(1));
        let response = request.send().await.unwrap();
        assert_eq!(response.status(), StatusCode::UNSUPPORTED_MEDIA_TYPE, "{value}");
        let text = response.text().await.unwrap();
        assert!(text.contains(expected), "{text}");
    }
    let response = server.post("/api/v1/samples", "x").header("content-encoding", "gzip").send().await.unwrap();
    assert_eq!(response.status(), StatusCode::UNSUPPORTED_MEDIA_TYPE);
    for media in ["application/x-www-form-urlencoded", "Application/JSON; charset=utf-8", "application/x-ndjson"] {
        let request = server.request(reqwest::Method::POST, PATH).header("content-type", media).body("nonsense");
        let request = request.header("content-encoding", "identity");
        let answer = tokio::spawn(request.send());
        let mut source = server.push_source.lock().await;
        while !answer.is_finished() {
            source.next_records().await.unwrap();
        }
        assert_eq!(answer.await.unwrap().unwrap().status(), StatusCode::OK, "{media}");
    }
}
