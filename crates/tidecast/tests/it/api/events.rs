//! Event streams: what they carry, what a slow client costs, and how they end.

use super::fixture::{NOW_MS, Server};
use reqwest::{Method, Response, StatusCode};
use serde_json::{Value, json};
use std::time::{Duration, Instant};
use tidecast::runtime::live::{ChampionChange, Event, ForecastNotice};
use tidecast_connect::http::wire::SeriesSample;
use tidecast_core::forecast::ModelVersion;

/// Nothing here takes longer, on a slow machine under load.
const LIMIT: Duration = Duration::from_secs(30);

struct Stream {
    response: Response,
    text: String,
}

impl Stream {
    async fn open(server: &Server) -> Self {
        let response = server.request(Method::GET, "/api/v1/events").send().await.unwrap();
        assert_eq!(response.status(), StatusCode::OK);
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        Self { response, text: String::new() }
    }

    /// The next event; `None` at the end of the stream.
    async fn next(&mut self) -> Option<(String, Value)> {
        loop {
            if let Some((block, rest)) = self.text.split_once("\n\n") {
                let field = |name: &str| block.lines().find_map(|line| line.strip_prefix(name)).map(str::trim);
                let event = field("event:").zip(field("data:"));
                let event = event.map(|(name, data)| (name.to_owned(), serde_json::from_str(data).unwrap()));
                self.text = rest.to_owned();
                if event.is_some() {
                    return event;
                }
                continue;
            }
            let chunk = tokio::time::timeout(LIMIT, self.response.chunk()).await.expect("no event came");
            self.text.push_str(std::str::from_utf8(&chunk.ok()??).unwrap());
        }
    }
}

fn samples(value: f64) -> Event {
    let sample = SeriesSample { series: "power".parse().unwrap(), timestamp_ms: NOW_MS, value };
    Event::Samples { now_ms: NOW_MS, samples: vec![sample] }
}

#[tokio::test]
async fn a_stream_carries_every_kind() {
    let server = Server::start().await;
    let mut stream = Stream::open(&server).await;
    let status = serde_json::to_value(server.live.status()).unwrap();
    assert_eq!(stream.next().await, Some(("status".to_owned(), status)));
    let ridge = ModelVersion { model: "ridge".into(), version: 2 };
    server.live.publish(samples(1.5));
    server.live.publish(Event::Forecasts(vec![ForecastNotice {
        series: "power".parse().unwrap(),
        origin_ms: NOW_MS,
        model: ridge.clone(),
    }]));
    server.live.publish(Event::Champion(ChampionChange {
        series: "power".parse().unwrap(),
        from: None,
        to: ridge,
        mase_before: None,
        mase_after: Some(0.75),
    }));
    let model = json!({"model": "ridge", "version": 2});
    let expected = [
        ("samples", json!({"now_ms": NOW_MS, "samples": [{"series": "power", "timestamp_ms": NOW_MS, "value": 1.5}]})),
        ("forecasts", json!({"forecasts": [{"series": "power", "origin_ms": NOW_MS, "model": model}]})),
        ("champion", json!({"series": "power", "from": null, "to": model, "mase_before": null, "mase_after": 0.75})),
    ];
    for (name, data) in expected {
        assert_eq!(stream.next().await, Some((name.to_owned(), data)));
    }
}

#[tokio::test]
async fn a_burst_of_changes_is_one_status_with_the_newest() {
    let server = Server::start().await;
    let mut stream = Stream::open(&server).await;
    let _at_connect = stream.next().await;
    for number in 0..100 {
        server.live.update_status(|status| status.message = format!("row {number}"));
    }
    let (name, status) = stream.next().await.unwrap();
    assert_eq!((name.as_str(), &status["message"]), ("status", &json!("row 99")));
    server.live.publish(samples(1.0));
    assert_eq!(stream.next().await.unwrap().0, "samples");
}

#[tokio::test]
async fn a_client_that_missed_events_is_told() {
    let server = Server::start().await;
    let mut stream = Stream::open(&server).await;
    let _at_connect = stream.next().await;
    // Server and test share a thread: nothing is sent in between, as if the client did not read.
    for number in 0..5_000 {
        server.live.publish(samples(f64::from(number)));
    }
    assert_eq!(stream.next().await, Some(("resync".to_owned(), json!({}))));
    assert_eq!(stream.next().await.unwrap().0, "status");
    let (name, data) = stream.next().await.unwrap();
    assert_eq!(name, "samples");
    assert!(data["samples"][0]["value"].as_f64().unwrap() >= 1_000.0, "{data}");
}

#[tokio::test]
async fn streams_are_limited_in_number() {
    let server = Server::start().await;
    let mut streams = Vec::new();
    let refused = loop {
        assert!(streams.len() < 1_000, "there is no limit");
        let response = server.request(Method::GET, "/api/v1/events").send().await.unwrap();
        match response.status() {
            StatusCode::OK => streams.push(response),
            _ => break response,
        }
    };
    assert_eq!(refused.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert!(refused.text().await.unwrap().contains("event streams are open"));
    drop(streams);
    let deadline = Instant::now() + LIMIT;
    while server.request(Method::GET, "/api/v1/events").send().await.unwrap().status() != StatusCode::OK {
        assert!(Instant::now() < deadline, "closed streams still count");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

#[tokio::test]
async fn stopping_closes_open_streams() {
    let server = Server::start().await;
    let mut stream = Stream::open(&server).await;
    let _at_connect = stream.next().await;
    tokio::time::timeout(LIMIT, server.stop()).await.expect("the server did not stop");
    assert_eq!(stream.next().await, None);
}
