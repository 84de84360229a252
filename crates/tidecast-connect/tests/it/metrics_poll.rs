//! Figures of a network-monitoring service, fetched from a server that answers, lies, or is away.

use std::sync::Arc;
use std::time::Duration;
use tidecast_connect::http::{MetricsPoll, MetricsPollOptions};
use tidecast_core::duration::DurationMs;
use tidecast_core::ports::{Clock, Source};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::time::timeout;

const NOW_MS: i64 = 1_700_000_060_000;
const LIMIT: Duration = Duration::from_secs(30);

struct FixedClock;

impl Clock for FixedClock {
    fn now_ms(&self) -> i64 {
        NOW_MS
    }
}

fn figures(last_update: &str, total_packets: &str) -> String {
    let stats = r#""total_loss": 75, "loss_rate": 0.05, "avg_latency": 54.25, "active_antennas": 3, "extra": "x""#;
    format!(r#"{{"last_update": {last_update}, "service_stats": {{"total_packets": {total_packets}, {stats}}}}}"#)
}

fn answer(status: &str, body: &str) -> String {
    format!("HTTP/1.1 {status}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}", body.len())
}

/// Gives each request the next answer, and then the last one again and again.
async fn serve(listener: TcpListener, answers: Vec<String>) {
    let mut served = 0;
    loop {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut request = Vec::new();
        while !request.ends_with(b"\r\n\r\n") {
            request.push(stream.read_u8().await.unwrap());
        }
        let request = String::from_utf8(request).unwrap().to_ascii_lowercase();
        assert!(request.starts_with("get /metrics ") && request.contains("accept: application/json"), "{request}");
        stream.write_all(answers[served.min(answers.len() - 1)].as_bytes()).await.unwrap();
        served += 1;
    }
}

fn options(url: String) -> MetricsPollOptions {
    MetricsPollOptions { name: "analytics".to_owned(), url, every: DurationMs(10), prefix: "network".to_owned() }
}

async fn poll(answers: Vec<String>) -> MetricsPoll {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/metrics", listener.local_addr().unwrap());
    tokio::spawn(serve(listener, answers));
    MetricsPoll::new(options(url), Arc::new(FixedClock)).unwrap()
}

#[tokio::test]
async fn figures_become_samples_at_their_time() {
    let unchanged = answer("200 OK", &figures("1700000000.25", "1500"));
    let corrected = answer("200 OK", &figures("1700000000.25", "null"));
    let next = answer("200 OK", &figures("1700000005", "1600"));
    let mut source = poll(vec![unchanged.clone(), unchanged, corrected, next]).await;
    let mut read = async || {
        let batch = timeout(LIMIT, source.next_batch()).await.unwrap().unwrap().unwrap();
        assert_eq!(batch.position.source, "analytics");
        let runs = batch.samples.runs();
        runs.map(|run| (run.series.to_string(), run.timestamps_ms[0], run.values[0])).collect::<Vec<_>>()
    };
    let at = |figure: &str, timestamp_ms, value| (format!("network_{figure}"), timestamp_ms, value);
    let unchanging = |timestamp_ms| {
        vec![
            at("loss_rate", timestamp_ms, 0.05),
            at("success_rate", timestamp_ms, 0.95),
            at("avg_latency", timestamp_ms, 54.25),
            at("active_antennas", timestamp_ms, 3.0),
        ]
    };
    let lost = |timestamp_ms| vec![at("total_loss", timestamp_ms, 75.0)];
    let with_packets = |timestamp_ms, packets: f64| {
        let mut rest = unchanging(timestamp_ms);
        rest[1].2 = (packets - 75.0) / packets;
        let delivered = vec![at("delivered_packets", timestamp_ms, packets - 75.0)];
        [vec![at("total_packets", timestamp_ms, packets)], lost(timestamp_ms), delivered, rest].concat()
    };
    assert_eq!(read().await, with_packets(1_700_000_000_250, 1_500.0));
    assert_eq!(read().await, [lost(1_700_000_000_250), unchanging(1_700_000_000_250)].concat());
    assert_eq!(read().await, with_packets(1_700_000_005_000, 1_600.0));
    assert_eq!(source.progress().rows, 3);
    // The last ones are durable once more is asked for.
    let durable = source.figures().borrow().map(|figures| (figures.at_ms, figures.values[0].is_nan()));
    assert_eq!(durable, Some((1_700_000_000_250, true)));
    assert_eq!(source.health().borrow().trouble, None);
}

#[tokio::test]
async fn trouble_is_told_and_passes() {
    let endless = answer("200 OK", &" ".repeat(1 << 20));
    let cases = [
        (answer("503 Service Unavailable", ""), "503"),
        (answer("200 OK", "<html>"), "figures in JSON"),
        (answer("200 OK", r#"{"last_update": 1}"#), "service_stats"),
        (answer("200 OK", &figures("null", "1")), "no figures yet"),
        (answer("200 OK", &figures("0", "0")), "no figures yet"),
        (answer("200 OK", &figures("1700009999", "1")), "check the clocks"),
        (answer("200 OK", &figures("1e300", "1")), "check the clocks"),
        ("garbage".to_owned(), "cannot be reached"),
        (endless, "64 KiB"),
    ];
    for (answered, expected) in cases {
        let well = answer("200 OK", &figures("1700000000", "1"));
        let mut source = poll(vec![answered, well]).await;
        let mut health = source.health();
        let watching = tokio::spawn(async move {
            let found = health.wait_for(|health| health.trouble.is_some()).await.unwrap().trouble.clone();
            found.unwrap()
        });
        let batch = timeout(LIMIT, source.next_batch()).await.unwrap().unwrap().unwrap();
        assert_eq!(batch.samples.len(), 7);
        let trouble = watching.await.unwrap();
        assert!(trouble.contains(expected), "{trouble}");
        assert_eq!(source.health().borrow().trouble, None);
    }
}

#[tokio::test]
async fn a_server_that_is_away_is_waited_for() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let mut source = MetricsPoll::new(options(format!("http://{address}/metrics")), Arc::new(FixedClock)).unwrap();
    let mut health = source.health();
    let pulling = tokio::spawn(async move { source.next_batch().await.unwrap().unwrap() });
    let trouble =
        timeout(LIMIT, health.wait_for(|health| health.trouble.is_some())).await.unwrap().unwrap().trouble.clone();
    assert!(trouble.unwrap().contains("cannot be reached"));
    let listener = TcpListener::bind(address).await.unwrap();
    tokio::spawn(serve(listener, vec![answer("200 OK", &figures("1700000000", "1"))]));
    assert_eq!(timeout(LIMIT, pulling).await.unwrap().unwrap().samples.len(), 7);
}

#[test]
fn wrong_options_say_what_to_do() {
    let well = options("http://127.0.0.1:8000/metrics".to_owned());
    let cases = [
        (MetricsPollOptions { url: "127.0.0.1:8000".to_owned(), ..well.clone() }, "http://127.0.0.1:8000/metrics"),
        (MetricsPollOptions { url: "http://user:secret@host/".to_owned(), ..well.clone() }, "user or a password"),
        (MetricsPollOptions { url: "http://:secret@host/".to_owned(), ..well.clone() }, "user or a password"),
        (MetricsPollOptions { url: "ftp://host/?key=secret".to_owned(), ..well.clone() }, "neither http:// nor"),
        (MetricsPollOptions { every: DurationMs(0), ..well.clone() }, "for example 5s"),
        (MetricsPollOptions { prefix: "9".to_owned(), ..well }, "is not a metric name"),
    ];
    for (options, expected) in cases {
        let Err(error) = MetricsPoll::new(options, Arc::new(FixedClock)) else { panic!("{expected}") };
        let error = error.to_string();
        assert!(error.contains(expected) && !error.contains("secret"), "{error}");
    }
}
