//! Through a real Redis on loopback: how many messages a second `tidecast run` takes from a stream, analyses and makes durable,
//! and how long a window takes from the message that closes it to its result on the API.
//!
//! Redis, this program and the one that is measured share the machine.

use super::messages::Random;
use crate::demo::{build, end, free_address};
use crate::report::{Better, Figure, Report};
use anyhow::{Context as _, Result, bail, ensure};
use std::fmt::Write as _;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use tidecast::runtime::clock::SystemClock;
use tidecast_core::ports::Clock as _;

const MESSAGES: usize = 1_000_000;
const ANTENNAS: usize = 1_000;
const AT_ONCE: usize = 10_000;
/// Messages a second while windows are timed, sent every few ms.
const PACED: usize = 20_000;
const PACE: Duration = Duration::from_millis(5);
const PACED_FOR: Duration = Duration::from_secs(40);
/// The first windows are not timed: everything is cold.
const WARM_UP: usize = 3;
const LIMIT: Duration = Duration::from_secs(120);
const LATENESS_MS: u64 = 1_000;

/// Measures both; skipped with a message where there is no Redis.
pub(super) fn run(report: &mut Report) -> Result<()> {
    let binary = build()?;
    let folder = tempfile::tempdir()?;
    let address = free_address()?;
    let port = address.port().to_string();
    let started = Command::new("redis-server")
        .args(["--port", &port, "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir"])
        .arg(folder.path())
        .stdout(Stdio::null())
        .spawn();
    let Ok(mut redis) = started else {
        eprintln!("skipped: no redis-server here; apt-get install redis-server");
        return Ok(());
    };
    let measured = Bus::connect(address).and_then(|mut bus| {
        throughput(&binary, folder.path(), address, &mut bus, report)?;
        latency(&binary, folder.path(), address, &mut bus, report)
    });
    end(&mut redis);
    measured
}

/// A connection to Redis that sends many commands at once.
struct Bus {
    replies: BufReader<TcpStream>,
    random: Random,
}

impl Bus {
    fn connect(address: SocketAddr) -> Result<Self> {
        let started = Instant::now();
        loop {
            if let Ok(stream) = TcpStream::connect(address) {
                stream.set_nodelay(true)?;
                return Ok(Self { replies: BufReader::new(stream), random: Random(3) });
            }
            ensure!(started.elapsed() < LIMIT, "redis-server does not listen");
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Appends messages with these times, ms since the Unix epoch, and waits for the replies.
    fn append(&mut self, stream: &str, times_ms: impl Iterator<Item = u64>) -> Result<()> {
        let mut wire = String::new();
        let mut count = 0;
        for time_ms in times_ms {
            let antenna = format!("ant-{:04}", self.random.below(ANTENNAS));
            let time = format!("{}.{:03}", time_ms / 1_000, time_ms % 1_000);
            let packets = (100 + self.random.below(401)).to_string();
            let loss = self.random.below(51).to_string();
            let latency = format!("{:.2}", 10.0 + 90.0 * self.random.uniform());
            let fields =
                ["antenna_id", &antenna, "timestamp", &time, "packets", &packets, "loss", &loss, "latency", &latency];
            wire.push_str("*13\r\n$4\r\nXADD\r\n");
            for argument in [stream, "*"].iter().chain(&fields) {
                write!(wire, "${}\r\n{argument}\r\n", argument.len())?;
            }
            count += 1;
        }
        self.replies.get_mut().write_all(wire.as_bytes())?;
        let mut line = String::new();
        for _ in 0..2 * count {
            line.clear();
            self.replies.read_line(&mut line)?;
            ensure!(!line.starts_with('-'), "Redis refuses: {line}");
        }
        Ok(())
    }
}

/// Starts the program over a stream; gives it and where it answers.
fn start(binary: &Path, folder: &Path, redis: SocketAddr, stream: &str, more: &str) -> Result<(Child, SocketAddr)> {
    let address = free_address()?;
    let text = format!(
        "store: embedded:{stream}\nsources: {{antennas: {{type: redis_stream, url: 'redis://{redis}', stream: {stream}}}}}\n\
         analytics: {{network: {{preset: network-monitoring, input: antennas{more}}}}}\nserver: {{listen: '{address}'}}\n"
    );
    let file = folder.join(format!("{stream}.yaml"));
    std::fs::write(&file, text)?;
    let child = Command::new(binary)
        .arg("run")
        .arg("-f")
        .arg(&file)
        .current_dir(folder)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()?;
    Ok((child, address))
}

/// The JSON at a path.
fn get(address: SocketAddr, path: &str) -> Result<serde_json::Value> {
    let mut stream = TcpStream::connect(address)?;
    write!(stream, "GET {path} HTTP/1.0\r\nHost: {address}\r\n\r\n")?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    let (_head, body) = answer.split_once("\r\n\r\n").context("no HTTP answer")?;
    Ok(serde_json::from_str(body)?)
}

/// A stream that is full before the program starts: all of it read, analysed and durable.
fn throughput(binary: &Path, folder: &Path, redis: SocketAddr, bus: &mut Bus, report: &mut Report) -> Result<()> {
    let start_ms = 1_700_000_000_000;
    for part in 0..MESSAGES / AT_ONCE {
        // A message every 5 ms.
        let times_ms = (part * AT_ONCE..(part + 1) * AT_ONCE).map(|number| start_ms + number as u64 * 5);
        bus.append("full", times_ms)?;
    }
    let (mut child, address) = start(binary, folder, redis, "full", ", window: 1m")?;
    let result = drained(&mut child, address);
    let memory_bytes = crate::demo::high_water_bytes(child.id()).unwrap_or_default();
    end(&mut child);
    let elapsed = result?;
    report.add(Figure {
        what: format!("{MESSAGES} messages of a Redis stream, read to durable"),
        ours: MESSAGES as f64 / elapsed.as_secs_f64(),
        unit: "messages/s",
        bar: Some(250_000.0),
        peer: None,
        better: Better::Higher,
    });
    report.add(super::lower("  resident memory, at most", memory_bytes as f64 / 1e6, "MB", None, None));
    Ok(())
}

/// How long it took from the start of the program until the last message was durable.
fn drained(child: &mut Child, address: SocketAddr) -> Result<Duration> {
    let started = Instant::now();
    loop {
        let rows = get(address, "/api/v1/status").ok().and_then(|status| status["sources"][0]["rows"].as_u64());
        if rows == Some(MESSAGES as u64) {
            return Ok(started.elapsed());
        }
        if let Some(status) = child.try_wait()? {
            bail!("`tidecast run` ended: {status}");
        }
        ensure!(started.elapsed() < LIMIT, "only {rows:?} messages were read");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// From the answer to the `XADD` of the message that closes a window to the event that its result is there.
fn latency(binary: &Path, folder: &Path, redis: SocketAddr, bus: &mut Bus, report: &mut Report) -> Result<()> {
    let (mut child, address) = start(binary, folder, redis, "paced", ", window: 250ms, silent_after: 1h")?;
    let result = windows(&mut child, address, bus);
    end(&mut child);
    let mut delays_ms = result?;
    ensure!(delays_ms.len() > 100, "only {} windows were closed", delays_ms.len());
    delays_ms.sort_by(f64::total_cmp);
    let quantile = |level: f64| delays_ms[((delays_ms.len() - 1) as f64 * level).ceil() as usize];
    let what = format!("window closed to result at {PACED} messages/s, {} windows: p99", delays_ms.len());
    report.add(super::lower(&what, quantile(0.99), "ms", Some(100.0), None));
    report.add(super::lower("  median", quantile(0.5), "ms", None, None));
    Ok(())
}

fn windows(child: &mut Child, address: SocketAddr, bus: &mut Bus) -> Result<Vec<f64>> {
    let started = Instant::now();
    let events = loop {
        if let Ok(stream) = TcpStream::connect(address) {
            break stream;
        }
        ensure!(started.elapsed() < LIMIT && child.try_wait()?.is_none(), "`tidecast run` does not listen");
        std::thread::sleep(Duration::from_millis(20));
    };
    events.set_read_timeout(Some(LIMIT))?;
    let heard = std::thread::spawn(move || hear(events, address));
    // When the message was in Redis that closes the window with this end.
    let mut closed: Vec<(u64, Instant)> = Vec::new();
    let started = Instant::now();
    let start_ms = SystemClock.now_ms().unsigned_abs();
    let (mut sent, mut next_end_ms) = (0, start_ms.next_multiple_of(250));
    while started.elapsed() < PACED_FOR {
        let due = (started.elapsed().as_secs_f64() * PACED as f64) as usize;
        let newest_ms = start_ms + (due * 1_000 / PACED) as u64;
        bus.append("paced", (sent..due).map(|number| start_ms + (number * 1_000 / PACED) as u64))?;
        sent = due;
        while newest_ms >= next_end_ms + LATENESS_MS {
            closed.push((next_end_ms, Instant::now()));
            next_end_ms += 250;
        }
        std::thread::sleep(PACE);
    }
    end(child);
    let Ok(heard) = heard.join() else { bail!("events cannot be read") };
    let heard = heard?;
    let delay = |(end_ms, at): &(u64, Instant)| {
        let (_, heard_at) = heard.iter().find(|(heard_ms, _)| heard_ms == end_ms)?;
        Some(heard_at.saturating_duration_since(*at).as_secs_f64() * 1e3)
    };
    Ok(closed.iter().skip(WARM_UP).filter_map(delay).collect())
}

/// The ends of windows, and when each was told, until the connection ends.
fn hear(mut stream: TcpStream, address: SocketAddr) -> Result<Vec<(u64, Instant)>> {
    write!(stream, "GET /api/v1/events HTTP/1.0\r\nHost: {address}\r\n\r\n")?;
    let mut heard = Vec::new();
    for line in BufReader::new(stream).lines() {
        let Ok(line) = line else { break };
        if let Some((_, rest)) = line.split_once("\"end_ms\":") {
            let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
            heard.push((digits.parse()?, Instant::now()));
        }
    }
    Ok(heard)
}
