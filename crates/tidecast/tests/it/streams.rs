//! Streams from end to end: records in, windows out, over a real Redis and over HTTP, with processes killed in between.

use crate::process::{Server, command, get, wait_for};
use crate::redis_server::Redis;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Stdio};
use std::time::Duration;

/// A time in the past, at the beginning of a window, s.
const START: u64 = 1_700_000_000;
const WINDOW: u64 = 10;

/// SplitMix64 (Steele, Lea and Flood, 2014).
pub(crate) struct Random(pub(crate) u64);

impl Random {
    pub(crate) fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % bound
    }
}

/// A message of an antenna.
struct Message {
    antenna: u64,
    /// ms since the Unix epoch.
    timestamp_ms: u64,
    packets: u64,
    loss: u64,
    latency: f64,
}

impl Message {
    fn xadd(&self, stream: &str) -> Vec<String> {
        let fields = [
            ("antenna_id", format!("antenna-{}", self.antenna)),
            ("timestamp", format!("{}", self.timestamp_ms as f64 / 1e3)),
            ("packets", self.packets.to_string()),
            ("loss", self.loss.to_string()),
            ("latency", self.latency.to_string()),
        ];
        let fields = fields.into_iter().flat_map(|(name, value)| [name.to_owned(), value]);
        ["XADD", stream, "*"].map(str::to_owned).into_iter().chain(fields).collect()
    }

    fn json(&self) -> Value {
        json!({
            "antenna_id": format!("antenna-{}", self.antenna), "timestamp": self.timestamp_ms as f64 / 1e3,
            "packets": self.packets, "loss": self.loss, "latency": self.latency,
        })
    }
}

/// Messages of some antennas over some windows, in order of time but for half a second, and one that closes the last window.
fn messages(count: u64, antennas: u64, windows: u64, random: &mut Random) -> Vec<Message> {
    let span_ms = windows * WINDOW * 1_000;
    let mut messages: Vec<Message> = (0..count)
        .map(|number| {
            let packets = 100 + random.below(401);
            Message {
                antenna: random.below(antennas),
                timestamp_ms: START * 1_000 + (number * span_ms / count + random.below(500)).min(span_ms - 1),
                packets,
                loss: random.below(51),
                latency: 10.0 + random.below(9_000) as f64 / 100.0,
            }
        })
        .collect();
    messages.push(Message {
        antenna: 0,
        timestamp_ms: START * 1_000 + span_ms + 2_000,
        packets: 1,
        loss: 0,
        latency: 1.0,
    });
    messages
}

/// Packets, mean latency and messages by end of window (ms) and antenna; `None` is all of them.
type Results = BTreeMap<(u64, Option<u64>), (f64, f64, f64)>;

/// What a computation that has all messages at hand finds.
fn batch_results(messages: &[Message]) -> Results {
    let mut sums = Results::new();
    for message in &messages[..messages.len() - 1] {
        let end_ms = (message.timestamp_ms / (WINDOW * 1_000) + 1) * WINDOW * 1_000;
        for key in [Some(message.antenna), None] {
            let sum = sums.entry((end_ms, key)).or_default();
            *sum = (sum.0 + message.packets as f64, sum.1 + message.latency, sum.2 + 1.0);
        }
    }
    sums.values_mut().for_each(|(_, latency, count)| *latency /= *count);
    sums
}

/// What the server has stored.
fn stored_results(server: &Server, antennas: u64) -> Results {
    let mut results = Results::new();
    for antenna in (0..antennas).map(Some).chain([None]) {
        let labels = antenna.map_or_else(String::new, |antenna| format!("%7Bantenna_id%3D%22antenna-{antenna}%22%7D"));
        let mut of = |measure: &str, place: usize| {
            let path = format!("/api/v1/range?series=network_{measure}{labels}");
            let points = get(server, &path);
            for (time, value) in
                points["timestamps_ms"].as_array().unwrap().iter().zip(points["values"].as_array().unwrap())
            {
                let result = results.entry((time.as_u64().unwrap(), antenna)).or_default();
                *[&mut result.0, &mut result.1, &mut result.2][place] = value.as_f64().unwrap();
            }
        };
        of("total_packets", 0);
        of("avg_latency", 1);
        of("messages", 2);
    }
    results
}

#[track_caller]
fn assert_equal(stored: &Results, expected: &Results, seed: u64) {
    assert_eq!(stored.keys().collect::<Vec<_>>(), expected.keys().collect::<Vec<_>>(), "seed {seed}");
    for (key, expected) in expected {
        let stored = stored[key];
        assert_eq!((stored.0, stored.2), (expected.0, expected.2), "seed {seed}, {key:?}");
        assert!((stored.1 - expected.1).abs() < 1e-9 * expected.1, "seed {seed}, {key:?}: {} {}", stored.1, expected.1);
    }
}

fn write_configuration(folder: &Path, source: &str, more: &str) {
    let text = format!(
        "store: embedded:store\nsources:\n  antennas: {source}\nanalytics:\n  network: {{preset: network-monitoring, input: antennas{more}}}\n\
         server: {{listen: 127.0.0.1:0}}\n"
    );
    std::fs::write(folder.join("tidecast.yaml"), text).unwrap();
}

/// When the newest window ended whose results are stored.
fn last_window(server: &Server) -> Option<u64> {
    get(server, "/api/v1/latest?selector=network_messages")["samples"]
        .as_array()?
        .iter()
        .filter_map(|row| row["timestamp_ms"].as_u64())
        .max()
}

fn seed() -> u64 {
    std::env::var("TIDECAST_STREAM_SEED").map_or(1, |seed| seed.parse().unwrap())
}

/// The answer to a request, head and body.
pub(crate) fn request(server: &Server, head: &str, body: &str) -> (String, String) {
    let address = server.url.trim_start_matches("http://");
    let mut stream = TcpStream::connect(address).unwrap();
    write!(stream, "{head} HTTP/1.0\r\nHost: {address}\r\nContent-Length: {}\r\n\r\n{body}", body.len()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    (head.to_owned(), body.to_owned())
}

#[test]
fn pushed_records_become_figures() {
    let folder = tempfile::tempdir().unwrap();
    write_configuration(folder.path(), "{type: push}", ", idle_after: 1h");
    let server = Server::start(folder.path(), &["run", "-f", "tidecast.yaml"]);
    assert_eq!(get(&server, "/metrics")["last_update"], 0.0);
    let messages = messages(500, 5, 3, &mut Random(seed()));
    let mut lines: String = messages.iter().map(|message| format!("{}\n", message.json())).collect();
    lines += "{\"antenna_id\":\"a\",\"timestamp\":1700000030,\"packets\":1}\nnonsense\n";
    lines += "{\"antenna_id\":\"a\",\"timestamp\":1700000030,\"packets\":1,\"loss\":2,\"latency\":1}\n";
    let answer = wait_for("the push source", || {
        let (head, body) = request(&server, "POST /api/v1/sources/antennas/records", &lines);
        head.contains(" 200 ").then_some(body)
    });
    let answer: Value = serde_json::from_str(&answer).unwrap();
    assert_eq!(answer, json!({"accepted": 502, "refused": {"malformed": 1, "missing_field": 1}, "noted": {}}));

    wait_for("the last window", || last_window(&server).filter(|&end_ms| end_ms == (START + 3 * WINDOW) * 1_000));
    let expected = batch_results(&messages);
    assert_equal(&stored_results(&server, 5), &expected, seed());
    let (packets, latency, _) = expected[&((START + 3 * WINDOW) * 1_000, None)];
    let figures = get(&server, "/metrics");
    assert_eq!(
        (figures["last_update"].as_f64(), figures["service_stats"]["total_packets"].as_f64()),
        (Some((START + 3 * WINDOW) as f64), Some(packets))
    );
    assert!((figures["service_stats"]["avg_latency"].as_f64().unwrap() - latency).abs() < 1e-9);
    assert_eq!(figures["service_stats"]["active_antennas"], 5.0);

    let (head, text) = request(&server, "GET /metrics HTTP/1.0\r\nAccept: text/plain; version=0.0.4\r\nX:", "");
    assert!(head.contains("text/plain; version=0.0.4"), "{head}");
    assert!(text.contains(&format!("\nnetwork_total_packets {packets}\n")), "{text}");
    let broken = wait_for("the refused one in the status", || {
        let status = get(&server, "/api/v1/status");
        let refused = &status["analytics"][0]["refused"];
        refused["rule_broken"].as_u64()
    });
    assert_eq!(broken, 1);
    let network = get(&server, "/api/v1/network?limit=2");
    assert_eq!((network["antennas_total"].as_u64(), network["antennas"].as_array().unwrap().len()), (Some(5), 2));
    let loss = |place: usize| network["antennas"][place]["figures"]["total_loss"].as_f64().unwrap();
    assert!(loss(0) >= loss(1), "the worst first");
    assert_eq!(network["worst"][0], network["antennas"][0]["antenna_id"]);
    assert!(server.interrupt().success());
}

/// More results than one commit takes.
#[test]
fn the_results_of_very_many_antennas_are_all_stored() {
    const ANTENNAS: u64 = 24_500;
    let folder = tempfile::tempdir().unwrap();
    write_configuration(folder.path(), "{type: push}", "");
    let server = Server::start(folder.path(), &["run", "-f", "tidecast.yaml"]);
    let message = |antenna, second| Message {
        antenna,
        timestamp_ms: (START + second) * 1_000,
        packets: 100,
        loss: antenna % 7,
        latency: 20.0,
    };
    let all = (0..ANTENNAS).map(|antenna| message(antenna, 1)).chain([message(0, WINDOW + 1)]);
    let lines: String = all.map(|message| format!("{}\n", message.json())).collect();
    wait_for("the push source", || {
        request(&server, "POST /api/v1/sources/antennas/records", &lines).0.contains(" 200 ").then_some(())
    });
    wait_for("the window", || last_window(&server));
    // At once: when nothing comes for a while, the window of the last message closes too.
    assert_eq!(get(&server, "/metrics")["service_stats"]["active_antennas"], ANTENNAS as f64);
    let status = wait_for("all series in the status", || {
        let status = get(&server, "/api/v1/status");
        (status["series"].as_u64()? > 11 * ANTENNAS).then_some(status)
    });
    assert_eq!(status["sources"][0]["state"], "reading", "{status}");
    let last = format!("/api/v1/latest?selector=network_total_loss%7Bantenna_id%3D%22antenna-{}%22%7D", ANTENNAS - 1);
    assert_eq!(get(&server, &last)["samples"][0]["value"], ((ANTENNAS - 1) % 7) as f64);
}

#[test]
fn antennas_that_all_fall_silent_are_told() {
    let folder = tempfile::tempdir().unwrap();
    write_configuration(folder.path(), "{type: push}", ", window: 1s, lateness: 0s, idle_after: 1s, silent_after: 3s");
    let server = Server::start(folder.path(), &["run", "-f", "tidecast.yaml"]);
    let lines: String =
        messages(30, 3, 1, &mut Random(seed())).iter().map(|message| format!("{}\n", message.json())).collect();
    wait_for("the push source", || {
        request(&server, "POST /api/v1/sources/antennas/records", &lines).0.contains(" 200 ").then_some(())
    });
    let silent = |network: &Value| network["silent"].as_u64().unwrap_or_default();
    wait_for("silence", || Some(get(&server, "/api/v1/network")).filter(|network| silent(network) == 3));
    wait_for("silence in the status", || {
        Some(get(&server, "/api/v1/status")).filter(|status| silent(&status["analytics"][0]) == 3)
    });
}

#[test]
fn killed_at_any_moment_the_results_are_those_of_a_batch() {
    const KILLS: u64 = 30;
    let Some(redis) = Redis::start() else { return };
    let folder = tempfile::tempdir().unwrap();
    let seed = seed();
    let mut random = Random(seed);
    let stream = format!("antennas-{}", random.below(u64::MAX));
    let source = format!("{{type: redis_stream, url: \"{}\", stream: {stream}}}", redis.url);
    write_configuration(folder.path(), &source, ", idle_after: 1h");
    let messages = messages(30_000, 20, 60, &mut random);
    let mut parts = messages.chunks(messages.len().div_ceil(KILLS as usize));
    for _ in 0..KILLS {
        let server = Server::start(folder.path(), &["run", "-f", "tidecast.yaml"]);
        if let Some(part) = parts.next() {
            redis.send(&part.iter().map(|message| message.xadd(&stream)).collect::<Vec<_>>());
        }
        std::thread::sleep(Duration::from_millis(random.below(150)));
        server.kill();
    }
    parts.for_each(|part| redis.send(&part.iter().map(|message| message.xadd(&stream)).collect::<Vec<_>>()));
    let server = Server::start(folder.path(), &["run", "-f", "tidecast.yaml"]);
    wait_for("the last window", || last_window(&server).filter(|&end_ms| end_ms == (START + 60 * WINDOW) * 1_000));
    assert_equal(&stored_results(&server, 20), &batch_results(&messages), seed);
    redis.send(&[vec!["DEL".to_owned(), stream]]);
}

/// A worker, killed by its own process id when dropped.
struct Worker(Child);

impl Worker {
    fn start(folder: &Path) -> Self {
        let arguments = ["run", "-f", "tidecast.yaml", "--role", "analyze"];
        Self(command(folder, &arguments).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap())
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        let _gone_already = self.0.kill();
        let _reaped = self.0.wait();
    }
}

#[test]
fn three_workers_one_of_them_killed_find_the_same_totals() {
    let Some(redis) = Redis::start() else { return };
    let folder = tempfile::tempdir().unwrap();
    let seed = seed();
    let mut random = Random(seed + 1);
    let stream = format!("antennas-{}", random.below(u64::MAX));
    let source = format!("{{type: redis_stream, url: \"{}\", stream: {stream}, group: g, claim_after: 1s}}", redis.url);
    write_configuration(folder.path(), &source, ", idle_after: 1h");
    let messages = messages(40_000, 20, 60, &mut random);
    let server = Server::start(folder.path(), &["run", "-f", "tidecast.yaml", "--role", "serve"]);
    let mut workers: Vec<Worker> = (0..3).map(|_| Worker::start(folder.path())).collect();
    for (number, part) in messages.chunks(2_000).enumerate() {
        redis.send(&part.iter().map(|message| message.xadd(&stream)).collect::<Vec<_>>());
        if number == 9 {
            workers.pop();
        }
    }
    wait_for("the last window", || last_window(&server).filter(|&end_ms| end_ms == (START + 60 * WINDOW) * 1_000));
    assert_equal(&stored_results(&server, 20), &batch_results(&messages), seed);
    redis.send(&[vec!["DEL".to_owned(), stream.clone(), format!("{{{stream}}}:partials:network")]]);
}
