//! `tidecast autoscale replay` and `explain`: figures, sentences, the page, and what is said about odd recordings.

use crate::process::{run, succeed};
use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::Value;
use std::fmt::Write as _;
use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpListener;
use std::path::Path;

const START_S: i64 = 1_633_564_800;

/// The demand of a minute: a daily wave with noise, about 20 to 220.
fn demand(minute: i64) -> f64 {
    let phase = (minute % 1_440) as f64 / 1_440.0 * std::f64::consts::TAU;
    let noise = ((minute * 7_919 + minute * minute % 101 * 31) % 97) as f64 / 97.0 - 0.5;
    120.0 - 85.0 * phase.cos() + 24.0 * noise
}

/// Minutes as rows: `row` gives the cells, or leaves the minute out.
pub(crate) fn csv(minutes: i64, row: impl Fn(i64) -> Option<String>) -> String {
    let mut text = String::from("ts,requests\n");
    for line in (0..minutes).filter_map(row) {
        writeln!(text, "{line}").unwrap();
    }
    text
}

pub(crate) fn plain(minute: i64) -> Option<String> {
    Some(format!("{},{:.3}", START_S + 60 * minute, demand(minute)))
}

/// A folder with `trace.csv`.
pub(crate) fn folder(text: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("trace.csv"), text).unwrap();
    folder
}

pub(crate) const REPLAY: [&str; 4] = ["autoscale", "replay", "--input", "trace.csv"];

pub(crate) fn json(folder: &Path, more: &[&str]) -> Value {
    let text = succeed(folder, &[&REPLAY[..], &["--format", "json"], more].concat());
    assert_eq!(text.lines().count(), 1, "{text}");
    serde_json::from_str(&text).unwrap()
}

/// What is complained about, and the exit code.
pub(crate) fn refused(folder: &Path, arguments: &[&str]) -> (String, Option<i32>) {
    let output = run(folder, arguments);
    assert!(output.stdout.is_empty(), "{}", String::from_utf8_lossy(&output.stdout));
    (String::from_utf8(output.stderr).unwrap(), output.status.code())
}

/// Every number in a document.
fn numbers(value: &Value, found: &mut Vec<f64>) {
    match value {
        Value::Number(number) => found.push(number.as_f64().unwrap()),
        Value::Array(list) => list.iter().for_each(|one| numbers(one, found)),
        Value::Object(map) => map.values().for_each(|one| numbers(one, found)),
        _ => {}
    }
}

#[test]
fn the_json_has_every_contender_and_the_page_every_chart() {
    let folder = folder(&csv(4 * 1_440, plain));
    let report = json(folder.path(), &["--capacity", "10", "--report", "replay.html"]);
    for key in ["trace", "conditions", "gap_closed", "gap_closed_reason", "cost_vs_hpa_equal_violation"] {
        assert!(report.get(key).is_some(), "{key}");
    }
    assert!(report.get("violation_vs_hpa_equal_cost").is_some() && report["notes"].is_array());
    assert!(report["gap_closed"].is_number() != report["gap_closed_reason"].is_string(), "{report}");
    let contenders = report["contenders"].as_array().unwrap();
    let names: Vec<&str> = contenders.iter().map(|one| one["name"].as_str().unwrap()).collect();
    for name in ["hpa_cpu", "hpa_rate", "keda_cron", "seasonal_naive", "holt_winters", "threshold", "ours", "oracle"] {
        assert!(names.contains(&name), "{name}: {names:?}");
    }
    for one in contenders {
        assert!(one["label"].is_string() && one["setting"].is_string(), "{one}");
        for field in ["cost_replica_minutes", "violation_share", "unserved_share", "scale_events"] {
            assert!(one[field].as_f64().is_some_and(|value| value.is_finite() && value >= 0.0), "{field}: {one}");
        }
    }
    let mut found = Vec::new();
    numbers(&report, &mut found);
    assert!(found.len() > 300 && found.iter().all(|number| number.is_finite()));
    let oracle = contenders.iter().find(|one| one["name"] == "oracle").unwrap();
    assert_eq!(oracle["violation_share"].as_f64(), Some(0.0));
    let least = contenders.iter().map(|one| one["cost_replica_minutes"].as_f64().unwrap()).fold(f64::MAX, f64::min);
    let ours = contenders.iter().find(|one| one["name"] == "ours").unwrap();
    assert!(least > 0.0 && ours["cost_replica_minutes"].as_f64() > oracle["cost_replica_minutes"].as_f64());
    assert_eq!(report["trace"]["name"], "trace.csv");
    assert_eq!(report["conditions"]["capacity"].as_f64(), Some(10.0));

    let page = fs::read_to_string(folder.path().join("replay.html")).unwrap();
    // Three contenders twice, the curve, the cost.
    assert_eq!(page.matches("<svg").count(), 8);
    for id in ["contenders", "courses", "pareto", "cost", "changes", "protocol"] {
        assert!(page.contains(&format!("<h2 id=\"{id}\"")), "{id}");
    }
    assert!(page.contains("The first half learns, the second half is scored"));
    assert!(!page.contains("NaN") && !page.contains("inf\""), "a figure is none");
    for outside in ["http:", "https:", "src=", "href=", "@import", "url("] {
        assert!(!page.contains(outside), "{outside}");
    }
}

#[test]
fn the_table_says_what_to_do() {
    let text = csv(1_440, plain);
    let folder = folder(&text);
    let table = succeed(folder.path(), &REPLAY);
    assert!(table.starts_with("trace.csv: 1 day of demand, a value every 1m, from "), "{table}");
    assert!(table.contains("\n* Tidecast ") && table.contains("  Oracle "), "{table}");
    assert!(
        table.contains("contender") && table.contains("replica-hours") && table.contains("gap closed %"),
        "{table}"
    );
    let sentences = ["of the gap", "At equal violation", "At equal cost"];
    assert!(sentences.iter().all(|sentence| table.contains(sentence)), "{table}");
    assert!(
        ["rediction would", "rediction on would", "With prediction"].iter().any(|words| table.contains(words)),
        "{table}"
    );
    assert!(table.contains("only 12h to learn from"), "{table}");
    // Nothing is written that was not asked for.
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);

    // What a file holds tells whether it is compressed, not its name.
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(text.as_bytes()).unwrap();
    fs::write(folder.path().join("trace.csv"), encoder.finish().unwrap()).unwrap();
    assert_eq!(succeed(folder.path(), &REPLAY), table);
}

#[test]
fn decisions_are_explained_in_sentences() {
    let folder = folder(&csv(2 * 1_440, plain));
    let explain = |more: &[&str]| {
        succeed(folder.path(), &[&["autoscale", "explain", "--input", "trace.csv", "--capacity", "10"], more].concat())
    };
    let table = explain(&["--last", "3"]);
    assert!(table.contains("Present demand fills ") && table.contains("\nThe last 3 of "), "{table}");
    let document: Value = serde_json::from_str(&explain(&["--format", "json", "--last", "1000"])).unwrap();
    let decisions = document["decisions"].as_array().unwrap();
    assert!(decisions.len() > 5);
    for one in decisions {
        assert!(one["reason"].as_str().is_some_and(|reason| reason.ends_with('.')), "{one}");
        assert!(one["from"] != one["to"] && one["rule"].is_string() && one["reactive"].is_i64(), "{one}");
    }
    let noon = START_S + 36 * 3_600;
    let at = explain(&["--at", "2021-10-08T12:00:00Z", "--format", "json"]);
    let at: Value = serde_json::from_str(&at).unwrap();
    assert_eq!(at["decisions"].as_array().unwrap().len(), 1);
    let newest = decisions.iter().rfind(|one| one["time_ms"].as_i64().unwrap() <= noon * 1_000).unwrap();
    assert_eq!(&at["decisions"][0], newest);
    assert!(explain(&["--at", "2021-10-08T12:00:00Z"]).contains("At 2021-10-08T12:00:00Z there were "));
    let arguments = ["autoscale", "explain", "--input", "trace.csv", "--at", "2021-10-01"];
    let (error, code) = refused(folder.path(), &arguments);
    assert!(error.contains("not within the part that is scored; give a time from 2021-10-08T00:00:00Z"), "{error}");
    assert_eq!(code, Some(2));
}

#[test]
fn the_policy_measures_what_a_replica_serves() {
    let folder = folder(&csv(2 * 1_440, plain));
    let measured = |text: &str| -> Option<f64> {
        let (_, told) = text.split_once("Tidecast measures what a replica serves: at the end ")?;
        told.split([',', ' ']).next()?.parse().ok()
    };
    for verb in ["replay", "explain"] {
        let arguments = ["autoscale", verb, "--input", "trace.csv", "--capacity", "10"];
        assert_eq!(measured(&succeed(folder.path(), &arguments)), None, "{verb}");
        let text = succeed(folder.path(), &[&arguments[..], &["--measure-capacity"]].concat());
        assert!(measured(&text).is_some_and(|capacity| (capacity / 10.0 - 1.0).abs() < 0.02), "{verb}: {text}");
    }
}

#[test]
fn odd_recordings_are_replayed_and_what_is_odd_is_told() {
    let cases: [(&str, String, &[&str], &str); 6] = [
        (
            "gaps",
            csv(720, |minute| plain(minute).filter(|_| !(300..340).contains(&minute))),
            &[],
            "have no value; the longest gap is 40m",
        ),
        (
            "negative",
            csv(
                720,
                |minute| if minute % 90 == 0 { Some(format!("{},-5", START_S + 60 * minute)) } else { plain(minute) },
            ),
            &[],
            "negative",
        ),
        (
            "spike",
            csv(720, |minute| Some(format!("{},{}", START_S + 60 * minute, if minute == 600 { 500 } else { 10 }))),
            &[],
            "of the gap",
        ),
        ("constant", csv(720, |minute| Some(format!("{},50", START_S + 60 * minute))), &[], "of the gap"),
        (
            "backwards",
            csv(720, |minute| {
                plain(if minute == 100 {
                    101
                } else if minute == 101 {
                    100
                } else {
                    minute
                })
            }),
            &[],
            "the samples were sorted",
        ),
        (
            "unit",
            csv(720, plain),
            &["--capacity", "12000"],
            "is the capacity in requests a minute and the trace in requests a second?",
        ),
    ];
    for (name, text, more, expected) in cases {
        let folder = folder(&text);
        let table = succeed(folder.path(), &[&REPLAY[..], more].concat());
        assert!(table.contains(expected), "{name}: {table}");
        assert!(!table.contains("NaN") && !table.contains("inf "), "{name}: {table}");
    }
}

#[test]
fn what_cannot_be_replayed_says_what_to_do() {
    let fine = folder(&csv(720, plain));
    let usage: [(&[&str], &str); 12] = [
        (&["--budget", "1.5"], "a budget lies between 0 and 1"),
        (&["--budget", "-1%"], "unexpected argument"),
        (&["--budget=-1%"], "a budget lies between 0 and 1"),
        (&["--budget", "much"], "`much` is not a share; write it as 70% or 0.7"),
        (&["--target", "70"], "a target utilisation lies above 0, up to 1"),
        (&["--capacity", "0"], "a capacity is above 0"),
        (&["--min-replicas", "5", "--max-replicas", "3"], "the least must not exceed the most"),
        (&["--startup", "2h"], "between 0 s and 1 h"),
        (&["--startup", "soon"], "soon"),
        (&["--capacity", "0.001"], "is the demand in requests a minute, and the capacity in requests a second?"),
        (&["--report", "absent/replay.html"], "there is no absent"),
        (&["--query", "up"], "cannot be used with"),
    ];
    for (more, expected) in usage {
        let (error, code) = refused(fine.path(), &[&REPLAY[..], more].concat());
        assert!(error.contains(expected), "{more:?}: {error}");
        assert_eq!(code, Some(2), "{more:?}: {error}");
    }
    let (error, code) = refused(fine.path(), &["autoscale", "replay"]);
    assert!(error.contains("--input") && code == Some(2), "{error}");

    let cut: String = csv(720, plain).lines().take(40).map(|line| line.to_owned() + "\n").collect();
    let input = [
        (
            csv(720, |minute| plain(minute).map(|row| row + ",1")).replace("ts,requests", "ts,a,b"),
            "`a`, `b`, and one value column is needed",
        ),
        ("ts,requests\nyesterday,many\n".repeat(400), "A trace looks like this"),
        (cut, "at least 60 are needed; record for longer"),
        (csv(90, plain), "at least 2h is needed"),
        (String::new(), "the trace has 0 samples"),
        (csv(720, |minute| Some(format!("{},0", START_S + 60 * minute))), "the demand is 0 in all"),
        (
            csv(720, |minute| {
                Some(format!("{},1", START_S + 60 * minute + if minute > 300 { 2_000_000_000 } else { 0 }))
            }),
            "clock jumps",
        ),
    ];
    for (text, expected) in input {
        let folder = folder(&text);
        let (error, code) = refused(folder.path(), &REPLAY);
        assert!(error.contains(expected) && error.contains("trace.csv"), "{expected}: {error}");
        assert_eq!(code, Some(3), "{error}");
    }
    let (error, code) = refused(fine.path(), &["autoscale", "replay", "--input", "absent.csv"]);
    assert!(error.contains("absent.csv cannot be read") && code == Some(3), "{error}");
}

/// Answers one request for a range as Prometheus does, and returns its head and body.
fn answer_once(listener: &TcpListener) -> String {
    let (mut stream, _) = listener.accept().unwrap();
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    let (mut head, mut length) = (String::new(), 0);
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).unwrap();
        if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().unwrap();
        }
        head += &line;
        if line.trim().is_empty() {
            break;
        }
    }
    let mut form = vec![0; length];
    reader.read_exact(&mut form).unwrap();
    let form = String::from_utf8(form).unwrap();
    let value = |name: &str| {
        let pair = form.split('&').find_map(|pair| pair.strip_prefix(name)).unwrap();
        pair.parse::<f64>().unwrap() as i64
    };
    let times = (value("start=")..=value("end=")).step_by(60);
    let values: Vec<String> = times.map(|time| format!("[{time},\"{}\"]", demand(time / 60))).collect();
    let body = format!(
        "{{\"status\":\"success\",\"data\":{{\"resultType\":\"matrix\",\"result\":[{{\"metric\":{{}},\"values\":[{}]}}]}}}}",
        values.join(",")
    );
    write!(
        stream,
        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
        body.len()
    )
    .unwrap();
    head + &form
}

#[test]
fn demand_comes_from_prometheus() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("prometheus://{}", listener.local_addr().unwrap());
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("token"), "s3cret\n").unwrap();
    let query = ["--query", "sum(rate(http_requests_total[1m]))", "--days", "1", "--until", "2021-10-08"];
    let more = ["--format", "json", "--token-file", "token"];
    let arguments = [&["autoscale", "replay", "--from", &address][..], &query, &more].concat();
    let server = std::thread::spawn(move || answer_once(&listener));
    let report: Value = serde_json::from_str(&succeed(folder.path(), &arguments)).unwrap();
    let request = server.join().unwrap();
    assert!(request.to_ascii_lowercase().contains("authorization: bearer s3cret"), "{request}");
    assert!(request.contains("query=sum%28rate%28http_requests_total%5B1m%5D%29%29"), "{request}");
    assert_eq!(report["trace"]["name"], "sum(rate(http_requests_total[1m]))");
    assert_eq!(report["trace"]["samples"], 1_441);
    assert!(report["contenders"].as_array().unwrap().len() >= 8);
}

#[test]
fn a_prometheus_that_is_not_there_or_not_told_enough() {
    let folder = tempfile::tempdir().unwrap();
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let address = format!("prometheus://{free}");
    let ask =
        |more: &[&str]| refused(folder.path(), &[&["autoscale", "replay", "--query", "up", "--from"], more].concat());
    let (error, code) = ask(&[&address]);
    assert!(error.contains("cannot be reached") && error.contains("is Prometheus running there"), "{error}");
    assert_eq!(code, Some(5), "{error}");
    let usage: [(&[&str], &str); 5] = [
        (&["prometheus://ann:s3cret@localhost"], "apart from it"),
        (&["ftp://localhost"], "prometheus://host:9090"),
        (&[&address, "--user", "ann"], "set TIDECAST_PROMETHEUS_PASSWORD, or give --password-file"),
        (&[&address, "--token-file", "absent"], "--token-file absent cannot be read"),
        (&[&address, "--step", "1ms", "--days", "700"], "take a step of at least"),
    ];
    for (more, expected) in usage {
        let (error, code) = ask(more);
        assert!(error.contains(expected) && !error.contains("s3cret"), "{more:?}: {error}");
        assert_eq!(code, Some(2), "{more:?}: {error}");
    }
    let (error, code) = refused(folder.path(), &["autoscale", "replay", "--from", &address]);
    assert!(error.contains("--query") && code == Some(2), "{error}");
}
