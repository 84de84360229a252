//! Samples and forecasts that clients send.

use super::fixture::{HOUR_MS, NOW_MS, Server, forecast};
use reqwest::StatusCode;
use serde_json::{Value, json};
use tidecast::runtime::live::Event;

#[tokio::test]
async fn samples_are_stored_with_their_position_and_announced() {
    let server = Server::start().await;
    let mut events = server.live.subscribe();
    assert_eq!(server.get("/api/v1/cursor?source=meters").await, json!({"cursor": null}));
    let body = json!({
        "runs": [
            {"series": "power", "timestamps_ms": [NOW_MS, NOW_MS - HOUR_MS], "values": [2.5, 1]},
            {"series": "load", "timestamps_ms": [NOW_MS], "values": [0.1]},
        ],
        "position": {"source": "meters", "cursor": "row 3"},
    });
    for _sent_again in 0..2 {
        let response = server.post("/api/v1/samples", body.to_string()).send().await.unwrap();
        assert_eq!(response.status(), StatusCode::OK);
        assert_eq!(response.text().await.unwrap(), r#"{"samples":3}"#);
    }
    assert_eq!(server.get("/api/v1/cursor?source=meters").await, json!({"cursor": "row 3"}));
    let range = server.get("/api/v1/range?series=power").await;
    assert_eq!(range["timestamps_ms"], json!([NOW_MS - HOUR_MS, NOW_MS]));
    assert_eq!(range["values"], json!([1.0, 2.5]));
    let Ok(Event::Samples { now_ms, samples }) = events.try_recv() else { panic!("samples were not announced") };
    let announced: Vec<(&str, i64, f64)> =
        samples.iter().map(|sample| (sample.series.name(), sample.timestamp_ms, sample.value)).collect();
    assert_eq!((now_ms, announced), (NOW_MS, vec![("power", NOW_MS, 2.5), ("load", NOW_MS, 0.1)]));
}

#[tokio::test]
async fn a_position_may_come_alone_or_not_at_all() {
    let server = Server::start().await;
    let bodies = [r#"{"runs":[],"position":{"source":"meters","cursor":"end"}}"#, r#"{"runs":[]}"#];
    for body in bodies {
        let response = server.post("/api/v1/samples", body).send().await.unwrap();
        assert_eq!(response.text().await.unwrap(), r#"{"samples":0}"#);
    }
    assert_eq!(server.get("/api/v1/cursor?source=meters").await, json!({"cursor": "end"}));
}

#[tokio::test]
async fn forecasts_are_stored_and_announced() {
    let server = Server::start().await;
    let mut events = server.live.subscribe();
    let body = json!({"forecasts": [forecast("power", "ridge", NOW_MS)]}).to_string();
    for _sent_again in 0..2 {
        let response = server.post("/api/v1/forecasts", body.clone()).send().await.unwrap();
        assert_eq!(response.text().await.unwrap(), r#"{"forecasts":1}"#);
    }
    let found = server.get("/api/v1/forecasts?series=power").await;
    assert_eq!(found, serde_json::from_str::<Value>(&body).unwrap());
    let Ok(Event::Forecasts(notices)) = events.try_recv() else { panic!("forecasts were not announced") };
    assert_eq!((notices[0].series.name(), notices[0].origin_ms), ("power", NOW_MS));
}

#[tokio::test]
async fn a_body_beyond_the_limit_is_refused() {
    let server = Server::start().await;
    let body = vec![b' '; (32 << 20) + 1];
    let response = server.post("/api/v1/samples", body).send().await.unwrap();
    assert_eq!(response.status(), StatusCode::PAYLOAD_TOO_LARGE);
    let error: Value = serde_json::from_str(&response.text().await.unwrap()).unwrap();
    assert_eq!(error["error"]["code"], "payload_too_large");
    assert!(error["error"]["message"].as_str().unwrap().contains("32 MiB"), "{error}");
}
