//! An exported job under Spark finds the windows that Tidecast finds, and Tidecast reads its results.
//!
//! Needs `TIDECAST_PEERS_PYTHON`, a Python with `pyspark` (and a Java for it).

use crate::kafka_server::Kafka;
use crate::process::{Server, command, end_within, get, run, succeed, wait_for};
use crate::streams::{Random, request};
use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

const CONFIGURATION: &str = "
store: embedded:store
sources:
  antennas:
    type: push
    transforms:
      - rename: {pkts: packets}
      - fill: {loss: 0}
      - require: loss <= packets
      - scale: {weight: 0.1}
analytics:
  net-work:
    input: antennas
    window: 10s
    slide: 5s
    lateness: 1s
    idle_after: 1h
    by: [antenna_id]
    transforms:
      - filter: not (packets == 0 and loss == 0) or latency > 99
      - derive: {share: loss / packets}
      - derive: {slow: (latency > 50) + (share >= 0.1)}
    measures:
      messages: count()
      packets: sum(packets)
      slow: sum(slow)
      share: mean(share)
      shares: sum(share)
      least: min(latency)
      greatest: max(latency)
      newest: last(latency)
      rate: rate()
      packet_rate: rate(packets)
      loss_rate: sum(loss) / sum(packets)
      weight: mean(weight)
      antennas: distinct(antenna_id)
      models: distinct(model)
      losses: distinct(loss)
      latency_p95: quantile(latency, 0.95)
server: {listen: 127.0.0.1:0}
";

/// A time in the past, at the beginning of a window, ms.
const START_MS: u64 = 1_700_000_000_000;
const EVENTS: u64 = 3_000;
const STEP_MS: u64 = 17;
/// A quantile of Tidecast is within this of the value at its rank, as `core::window::Sketch` says.
const SKETCH_ERROR: f64 = 1.0 / 129.0;
/// Under load Spark takes a minute; this is for one that hangs.
const LIMIT: Duration = Duration::from_secs(900);

/// What counts of an event for quantiles: its antenna, time and latency.
type Event = (String, u64, f64);

/// Messages with all that may be wrong with them, one a line, each with a time of its own and somewhat out of order; the last
/// closes all windows before it. And those that count.
fn events(random: &mut Random) -> (Vec<String>, Vec<Event>) {
    let mut counting = Vec::new();
    let mut lines = Vec::new();
    for number in 0..EVENTS {
        // Backwards within each ten, so that none is late and none is at the time of another.
        let timestamp_ms = START_MS + (number - number % 10 + 9 - number % 10) * STEP_MS;
        let antenna = format!("antenna \\\"{}\\\"", random.below(6));
        let (packets, loss) = (random.below(4) * random.below(100), random.below(40));
        let latency = random.below(10_000) as f64 / 100.0;
        let mut line = format!("{{\"antenna_id\":\"{antenna}\",\"timestamp\":{}", timestamp_ms as f64 / 1e3);
        let packets_text = if number % 7 == 0 { format!("\" {packets}e0 \"") } else { packets.to_string() };
        let _infallible =
            write!(line, ",\"pkts\":{packets_text},\"model\":\"m{}\",\"weight\":{}", random.below(3), random.below(9));
        let has_loss = number % 3 > 0;
        if has_loss {
            let _infallible = write!(line, ",\"loss\":{loss}");
        }
        let has_latency = number % 50 > 0;
        if has_latency {
            let _infallible = write!(line, ",\"latency\":{latency}");
        }
        lines.push(line + "}");
        let loss = if has_loss { loss } else { 0 };
        if has_latency && loss <= packets && ((packets, loss) != (0, 0) || latency > 99.0) {
            counting.push((antenna, timestamp_ms, latency));
        }
    }
    let wrong = [
        "nonsense",
        "{\"antenna_id\":\"a\",\"timestamp\":1700000001,\"pkts\":\"inf\",\"latency\":1,\"weight\":1,\"model\":\"m\"}",
    ];
    lines.extend(wrong.map(str::to_owned));
    let end_s = (START_MS + EVENTS * STEP_MS) / 1_000 + 30;
    lines.push(format!(
        "{{\"antenna_id\":\"last\",\"timestamp\":{end_s},\"pkts\":1,\"latency\":1,\"weight\":1,\"model\":\"m\"}}"
    ));
    (lines, counting)
}

/// Values by series and time, as `tidecast query --format csv` prints them.
type Results = BTreeMap<(String, String), f64>;

fn results(csv: &str) -> Results {
    let row = |line: &str| {
        let (rest, value) = line.rsplit_once(',').unwrap();
        let (series, time) = rest.rsplit_once(',').unwrap();
        let series = series.trim_start_matches('"').trim_end_matches('"').replace("\"\"", "\"");
        ((series.clone(), time.to_owned()), value.parse().unwrap())
    };
    csv.lines().skip(1).map(row).collect()
}

fn computed_by_tidecast(folder: &Path, lines: &[String]) -> Results {
    let server = Server::start(folder, &["run", "-f", "tidecast.yaml"]);
    for part in lines.chunks(500) {
        wait_for("the push source", || {
            let (head, _) = request(&server, "POST /api/v1/sources/antennas/records", &(part.join("\n") + "\n"));
            head.contains(" 200 ").then_some(())
        });
    }
    let last_end_ms = (START_MS + (EVENTS - 1) * STEP_MS) / 5_000 * 5_000 + 10_000;
    wait_for("the last window", || {
        (get(&server, "/api/v1/status")["analytics"][0]["last_window_ms"] == last_end_ms).then_some(())
    });
    results(&succeed(folder, &["query", "{}", "--server", &server.url, "--format", "csv"]))
}

/// Runs a program under Spark, and returns what Spark logged, as an error if it failed. `packages` are from Maven Central.
fn run_spark(folder: &Path, python: &str, packages: &str, arguments: &[&str]) -> Result<String, String> {
    let packages = if packages.is_empty() { String::new() } else { format!("--packages {packages}") };
    let options = format!(
        "--master local[1] --conf spark.ui.enabled=false --conf spark.sql.shuffle.partitions=1 {packages} pyspark-shell"
    );
    let log = folder.join("spark.log");
    let mut spark = Command::new(python)
        .args(arguments)
        .current_dir(folder)
        .env("PYSPARK_SUBMIT_ARGS", options)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(std::fs::File::create(&log).unwrap())
        .spawn()
        .unwrap();
    let status = end_within(&mut spark, LIMIT);
    let log = std::fs::read_to_string(log).unwrap();
    if status.success() { Ok(log) } else { Err(log) }
}

fn export_job(folder: &Path, input: &str, output: &str) {
    let arguments = ["analytics", "export", "--engine", "spark", "-f", "tidecast.yaml"];
    let job = succeed(folder, &[&arguments[..], &["--input", input, "--output", output]].concat());
    std::fs::write(folder.join("job.py"), job).unwrap();
}

/// What Tidecast reads from the CSV files of a job.
fn read_back(folder: &Path, parts: &[&str], store: &str) -> Results {
    for part in parts {
        for file in std::fs::read_dir(folder.join(part)).unwrap().map(|entry| entry.unwrap().path()) {
            // A part without results is a header only.
            let has_rows = |file: &Path| std::fs::read_to_string(file).unwrap().lines().count() > 1;
            if file.extension().is_some_and(|extension| extension == "csv") && has_rows(&file) {
                succeed(folder, &["ingest", file.to_str().unwrap(), "--layout", "long", "--store", store]);
            }
        }
    }
    results(&succeed(folder, &["query", "{}", "--store", store, "--format", "csv"]))
}

fn python() -> Option<String> {
    let python = std::env::var("TIDECAST_PEERS_PYTHON").ok();
    if python.is_none() {
        eprintln!("skipped: set TIDECAST_PEERS_PYTHON to a Python with pyspark");
    }
    python
}

#[test]
fn the_exported_job_finds_the_same_windows() {
    let Some(python) = python() else { return };
    let seed = 1;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path();
    std::fs::write(path.join("tidecast.yaml"), CONFIGURATION).unwrap();
    let (lines, counting) = events(&mut Random(seed));
    std::fs::create_dir(path.join("events")).unwrap();
    // Two files, read one after the other: state is carried from one to the next.
    for (number, part) in lines.chunks(lines.len().div_ceil(2)).enumerate() {
        let name = path.join(format!("events/{number}.jsonl"));
        std::fs::write(&name, part.join("\n") + "\n").unwrap();
        let modified = std::time::UNIX_EPOCH + Duration::from_secs(1_700_000_000 + number as u64);
        std::fs::File::options().write(true).open(&name).unwrap().set_modified(modified).unwrap();
    }
    let expected = computed_by_tidecast(path, &lines);
    for output in ["csv", "parquet", "json-lines"] {
        export_job(path, "files", output);
        let (results, checkpoint, csv) =
            (format!("results-{output}"), format!("checkpoint-{output}"), format!("csv-{output}"));
        let job = ["job.py", "--input", "events", "--output", &results, "--checkpoint", &checkpoint];
        let run = |more: &[&str]| run_spark(path, &python, "", &[&job[..], more].concat()).unwrap();
        run(&["--files-at-once", "1", "--once"]);
        let folder = if output == "csv" {
            results
        } else {
            run(&["--to-csv", &csv]);
            csv
        };
        let parts = ["totals", "keys"].map(|part| format!("{folder}/{part}"));
        let found = read_back(path, &parts.each_ref().map(String::as_str), &format!("embedded:spark-{output}"));
        assert_same(&expected, &found, &counting, seed);
    }
}

/// Messages of a file into a topic, in their order.
const PRODUCE: &str = "
import sys
from pyspark.sql import SparkSession
file, servers, topic = sys.argv[1:]
messages = SparkSession.builder.getOrCreate().read.text(file).coalesce(1).selectExpr('value', '0 AS partition')
messages.write.format('kafka').option('kafka.bootstrap.servers', servers).option('topic', topic).save()
";

#[test]
fn the_exported_job_finds_the_same_windows_over_kafka() {
    let Some(python) = python() else { return };
    let Some(kafka) = Kafka::start() else { return };
    let seed = 2;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path();
    std::fs::write(path.join("tidecast.yaml"), CONFIGURATION).unwrap();
    std::fs::write(path.join("produce.py"), PRODUCE).unwrap();
    let (lines, counting) = events(&mut Random(seed));
    std::fs::write(path.join("events.jsonl"), lines.join("\n")).unwrap();
    let topic = format!("tidecast-{}-{}", std::process::id(), kafka.servers.replace([':', ','], "-"));
    let results = format!("{topic}-results");

    let version = Command::new(&python).args(["-c", "import pyspark; print(pyspark.__version__)"]).output().unwrap();
    let version = String::from_utf8(version.stdout).unwrap();
    // Spark may be on PyPI before its packages are on Maven Central.
    let produced = [version.trim(), "4.2.0"].into_iter().find_map(|version| {
        let package = format!("org.apache.spark:spark-sql-kafka-0-10_2.13:{version}");
        match run_spark(path, &python, &package, &["produce.py", "events.jsonl", &kafka.servers, &topic]) {
            Ok(_) => Some(package),
            Err(log) if log.contains("unresolved dependency") => None,
            Err(log) => panic!("{log}"),
        }
    });
    let Some(package) = produced else {
        eprintln!("skipped: Spark's package for Kafka does not come from Maven Central");
        return;
    };
    let expected = computed_by_tidecast(path, &lines);
    export_job(path, "kafka", "kafka");
    let job = ["job.py", "--bootstrap-servers", &kafka.servers, "--topic", &topic, "--checkpoint", "checkpoint"];
    let output = ["--output-bootstrap-servers", &kafka.servers, "--output-topic", &results];
    let run = |more: &[&str]| run_spark(path, &python, &package, &[&job[..], &output, more].concat()).unwrap();
    // Several batches: state is carried from one to the next.
    run(&["--records-at-once", "1000", "--once"]);
    run(&["--to-csv", "csv"]);
    assert_same(&expected, &read_back(path, &["csv/all"], "embedded:spark"), &counting, seed);
}

/// Sketches within their bounds, means to rounding, all else exactly.
fn assert_same(expected: &Results, found: &Results, counting: &[Event], seed: u64) {
    assert!(expected.len() > 1_000, "seed {seed}: only {} values", expected.len());
    assert_eq!(found.keys().collect::<Vec<_>>(), expected.keys().collect::<Vec<_>>(), "seed {seed}");
    for (key, &expected) in expected {
        let (found, metric) = (found[key], key.0.split('{').next().unwrap());
        match metric.trim_start_matches("net_work_") {
            "messages" | "packets" | "slow" | "least" | "greatest" | "newest" | "antennas" => {
                assert_eq!(found, expected, "seed {seed}, {key:?}");
            }
            // Of few values two may fall on one place of the sketch.
            "models" | "losses" => {
                let bound = f64::max(0.05 * expected, 1.0);
                assert!((found - expected).abs() <= bound, "seed {seed}, {key:?}: {found} {expected}");
            }
            "latency_p95" => {
                let (low, high) = around(counting, key, 0.95);
                assert!((low..=high).contains(&found), "seed {seed}, {key:?}: {found} not in {low} to {high}");
                assert!((expected - low).abs() <= SKETCH_ERROR * low, "seed {seed}, {key:?}: {expected} {low}");
            }
            _ => assert!((found - expected).abs() <= 1e-9 * expected.abs(), "seed {seed}, {key:?}: {found} {expected}"),
        }
    }
}

/// The latencies of a window at the nearest rank of a quantile, and one above.
fn around(events: &[Event], (series, end): &(String, String), level: f64) -> (f64, f64) {
    let end_ms = tidecast::commands::instant::parse(end, 0).unwrap().unsigned_abs();
    let is_in = |(antenna, ms, _): &&Event| {
        let is_key = !series.contains('{') || series.contains(antenna.as_str());
        is_key && (end_ms - 10_000..end_ms).contains(ms)
    };
    let mut values: Vec<f64> = events.iter().filter(is_in).map(|(_, _, latency)| *latency).collect();
    values.sort_by(f64::total_cmp);
    let rank = ((level * values.len() as f64 - 1e-9).ceil() as usize).max(1) - 1;
    (values[rank], values[(rank + 1).min(values.len() - 1)])
}

#[test]
fn an_export_names_one_of_the_analytics() {
    let folder = tempfile::tempdir().unwrap();
    let two = "sources: {a: {type: push}}\nanalytics:\n  x: {input: a, window: 1s, measures: {n: count()}}\n  \
        y: {input: a, window: 1s, measures: {n: count()}}\n";
    std::fs::write(folder.path().join("tidecast.yaml"), two).unwrap();
    let arguments = ["analytics", "export", "--engine", "spark", "-f", "tidecast.yaml"];
    let output = run(folder.path(), &arguments);
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("say which with --analytics NAME; there are x, y"));
    for output in ["csv", "json-lines", "parquet", "kafka"] {
        let job = command(folder.path(), &arguments).args(["--analytics", "y", "--output", output]).output().unwrap();
        let job = String::from_utf8(job.stdout).unwrap();
        assert!(job.contains("\"y_n\"") && !job.contains("@"), "{output}");
    }
}
