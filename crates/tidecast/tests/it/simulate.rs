//! Simulated antennas, to standard output and to a server that is away at first.

use crate::process::{command, run, succeed, wait_for};
use serde_json::Value;
use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

const SIMULATE: [&str; 4] = ["simulate", "antennas", "--id", "pod"];

/// A simulator in the background, killed by its own process id when dropped.
struct Simulator(Child);

impl Simulator {
    fn start(folder: &Path, arguments: &[&str]) -> Self {
        let arguments = [&SIMULATE[..], arguments].concat();
        Self(command(folder, &arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap())
    }
}

impl Drop for Simulator {
    fn drop(&mut self) {
        let _gone_already = self.0.kill();
        let _reaped = self.0.wait();
    }
}

/// Takes one request, answers it, and gives its head and body.
fn answer(listener: &TcpListener, status: &str, body: &str) -> (String, String) {
    let (mut stream, _) = listener.accept().unwrap();
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        assert!(reader.read_line(&mut head).unwrap() > 0, "{head}");
    }
    let head = head.to_ascii_lowercase();
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")).unwrap().parse().unwrap();
    let mut sent = vec![0; length];
    reader.read_exact(&mut sent).unwrap();
    write!(stream, "HTTP/1.1 {status}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}", body.len()).unwrap();
    (head, String::from_utf8(sent).unwrap())
}

#[test]
fn messages_are_printed_as_json_lines() {
    let folder = tempfile::tempdir().unwrap();
    let arguments = ["--count", "3", "--rate", "1000", "--messages", "90", "--seed", "1", "--loss", "500-500"];
    let lines = succeed(folder.path(), &[&SIMULATE[..], &arguments].concat());
    let messages: Vec<Value> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let antennas: BTreeSet<&str> = messages.iter().map(|message| message["antenna_id"].as_str().unwrap()).collect();
    assert_eq!((messages.len(), antennas), (90, BTreeSet::from(["pod-0001", "pod-0002", "pod-0003"])));
    for message in messages {
        let (packets, loss) = (message["packets"].as_u64().unwrap(), message["loss"].as_u64().unwrap());
        assert!((100..=500).contains(&packets) && loss == packets, "{message}");
        assert!((10.0..=100.0).contains(&message["latency"].as_f64().unwrap()), "{message}");
        assert!(message["timestamp"].as_f64().unwrap() > 1.7e9, "{message}");
    }
}

#[test]
fn the_id_is_the_name_of_the_container() {
    let folder = tempfile::tempdir().unwrap();
    let id = |name: Option<&str>| {
        let mut command = command(folder.path(), &["simulate", "antennas", "--messages", "1", "--rate", "1000"]);
        match name {
            Some(name) => command.env("HOSTNAME", name),
            None => command.env_remove("HOSTNAME"),
        };
        let message: Value = serde_json::from_slice(&command.output().unwrap().stdout).unwrap();
        message["antenna_id"].as_str().unwrap().to_owned()
    };
    assert_eq!(id(Some("simulator-7d4f-x2k9")), "simulator-7d4f-x2k9");
    let generated = [id(None), id(Some(""))];
    assert!(generated.iter().all(|id| id.starts_with("antenna-")) && generated[0] != generated[1], "{generated:?}");
}

#[test]
fn a_server_that_is_away_is_waited_for() {
    let folder = tempfile::tempdir().unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let url = format!("http://{address}");
    let arguments = ["--count", "2", "--rate", "100", "--messages", "5", "--to", &url, "--source", "net"];
    let mut simulator = Simulator::start(folder.path(), &arguments);
    let mut news = BufReader::new(simulator.0.stderr.take().unwrap()).lines().map(Result::unwrap);
    let away = news.next().unwrap();
    assert!(away.contains("trying again") && away.contains(&address.to_string()), "{away}");

    let listener = TcpListener::bind(address).unwrap();
    let _busy = answer(&listener, "503 Service Unavailable", r#"{"error":{"code":"unavailable","message":"busy"}}"#);
    let mut received = 0;
    while received < 5 {
        let (head, lines) = answer(&listener, "200 OK", r#"{"accepted":1,"refused":{}}"#);
        assert!(head.starts_with("post /api/v1/sources/net/records "), "{head}");
        let messages: Vec<Value> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        received += messages.len();
    }
    assert!(wait_for("the end", || simulator.0.try_wait().unwrap()).success());
    let news: Vec<String> = news.collect();
    assert!(news.iter().any(|line| line.contains("busy")), "{news:?}");
    assert!(news.last().unwrap().contains("taken again"), "{news:?}");
}

/// What a Redis says to some commands, as it travels.
fn ask_redis(port: u16, commands: &str) -> Option<String> {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).ok()?;
    write!(stream, "{commands}\r\nQUIT\r\n").unwrap();
    let mut answers = String::new();
    stream.read_to_string(&mut answers).unwrap();
    Some(answers)
}

#[test]
fn messages_reach_a_redis_stream_that_is_away_at_first() {
    let folder = tempfile::tempdir().unwrap();
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let arguments =
        [&SIMULATE[..], &["--rate", "1000", "--messages", "2500", "--seed", "3", "--maxlen", "1000"]].concat();
    let mut simulator = command(folder.path(), &arguments);
    simulator.env("TIDECAST_TO", format!("redis://:hunter2@127.0.0.1:{port}"));
    let mut simulator = Simulator(simulator.stderr(Stdio::piped()).spawn().unwrap());
    let mut news = BufReader::new(simulator.0.stderr.take().unwrap()).lines().map(Result::unwrap);
    let away = news.next().unwrap();
    assert!(away.contains("trying again") && !away.contains("hunter2"), "{away}");

    let options = ["--port", &port.to_string(), "--bind", "127.0.0.1", "--save", "", "--requirepass", "hunter2"];
    let mut redis = std::process::Command::new("redis-server");
    let redis = redis.args(options).current_dir(folder.path()).stdout(Stdio::null()).spawn();
    let Ok(redis) = redis.map(Simulator) else {
        let _ = writeln!(std::io::stderr(), "skipped: no Redis; apt-get install redis-server");
        return;
    };
    assert!(wait_for("the end", || simulator.0.try_wait().unwrap()).success());
    let ask = |command: &str| ask_redis(port, &format!("AUTH hunter2\r\n{command}")).unwrap();
    let length = ask("XLEN antenna_stream");
    let length: usize = length.lines().nth(1).unwrap().trim_start_matches(':').parse().unwrap();
    assert!((1_000..1_200).contains(&length), "{length}");
    let newest = ask("XREVRANGE antenna_stream + - COUNT 1");
    let fields: Vec<&str> = newest.lines().skip(7).step_by(2).map(str::trim).collect();
    assert_eq!(fields[..3], ["antenna_id", "pod", "timestamp"], "{newest}");
    assert_eq!((fields[4], fields[6], fields[8]), ("packets", "loss", "latency"), "{newest}");
    assert!(fields[3].parse::<f64>().unwrap() > 1.7e9 && fields[5].parse::<u32>().unwrap() >= 100, "{newest}");
    drop(redis);
}

#[test]
fn a_wrong_password_ends_it() {
    let folder = tempfile::tempdir().unwrap();
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let options = ["--port", &port.to_string(), "--bind", "127.0.0.1", "--save", "", "--requirepass", "hunter2"];
    let mut redis = std::process::Command::new("redis-server");
    let redis = redis.args(options).current_dir(folder.path()).stdout(Stdio::null()).spawn();
    let Ok(_redis) = redis.map(Simulator) else {
        let _ = writeln!(std::io::stderr(), "skipped: no Redis; apt-get install redis-server");
        return;
    };
    for (login, advice) in [(":letmein@", "check user and password"), ("", "give user and password")] {
        let mut simulator = command(folder.path(), &[&SIMULATE[..], &["--messages", "1"]].concat());
        let output = simulator.env("TIDECAST_TO", format!("redis://{login}127.0.0.1:{port}")).output().unwrap();
        let error = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(5), "{error}");
        assert!(error.contains(advice) && !error.contains("letmein"), "{error}");
    }
}

#[test]
fn it_ends_at_once_when_asked_to() {
    let folder = tempfile::tempdir().unwrap();
    // The backlog of this listener takes the connection, and nobody ever answers.
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", silent.local_addr().unwrap());
    for arguments in [&["--to", &url, "--rate", "1000"][..], &["--interval", "1h"]] {
        let mut simulator = Simulator::start(folder.path(), arguments);
        // It catches the signal before it connects, and before it prints what the second one asks for.
        match arguments[0] {
            "--to" => drop::<TcpStream>(silent.accept().unwrap().0),
            _ => assert!(simulator.0.stdout.as_mut().unwrap().read_exact(&mut [0]).is_ok()),
        }
        let asked = Instant::now();
        let id = simulator.0.id().to_string();
        assert!(std::process::Command::new("kill").args(["-TERM", &id]).status().unwrap().success());
        assert!(wait_for("the end", || simulator.0.try_wait().unwrap()).success());
        assert!(asked.elapsed() < Duration::from_secs(20));
    }
}

#[test]
fn wrong_usage_says_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    let cases: &[(&[&str], i32, &str)] = &[
        (&["--fault", "flood"], 2, "write degraded, outage or drift"),
        (&["--rate", "0"], 2, "--rate must be above 0"),
        (&["--interval", "0s"], 2, "--interval must be longer"),
        (&["--interval", "1s", "--rate", "1"], 2, "cannot be used with"),
        (&["--packets", "500-100"], 2, "LOW-HIGH"),
        (&["--latency", "inf-inf"], 2, "LOW-HIGH"),
        (&["--count", "0"], 2, "--count"),
        (&["--to", "ftp://host"], 2, "its scheme is unknown"),
        (&["--to", "host:6379"], 2, "redis://HOST:6379"),
        (&["--to", "http://host", "--source", "a/b"], 2, "no name of a source"),
    ];
    for (arguments, code, message) in cases {
        let output = run(folder.path(), &[&SIMULATE[..], arguments].concat());
        let error = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(*code), "{arguments:?}: {error}");
        assert!(error.contains(message), "{arguments:?}: {error}");
    }
}

#[test]
fn a_server_without_the_source_ends_it() {
    let folder = tempfile::tempdir().unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let mut simulator = Simulator::start(folder.path(), &["--to", &url]);
    answer(&listener, "404 Not Found", r#"{"error":{"code":"not_found","message":"there is no source `antennas`"}}"#);
    let mut error = String::new();
    simulator.0.stderr.take().unwrap().read_to_string(&mut error).unwrap();
    assert_eq!(simulator.0.wait().unwrap().code(), Some(5), "{error}");
    assert!(error.contains("there is no source `antennas`"), "{error}");
}
