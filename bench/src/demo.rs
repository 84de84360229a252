//! The main job as a newcomer meets it: `tidecast demo` from a built binary, in an empty folder.
//!
//! Peak memory is the kernel's own high-water mark, read while the process runs: the last reading misses at most what
//! is allocated in its final milliseconds.

use crate::report::{Better, Figure, Report};
use anyhow::{Context as _, Result, bail};
use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// How often the running process is looked at.
const POLL: Duration = Duration::from_millis(5);

/// No run takes longer; one that does is ended and fails.
const LIMIT: Duration = Duration::from_secs(120);

/// The console is timed this many times, the first start from an empty store.
const STARTS: usize = 3;

/// Times `demo --once` to the first forecasts, and `demo` to the console's first answer.
pub(crate) fn run(report: &mut Report) -> Result<()> {
    let binary = build()?;
    once(&binary, report)?;
    console(&binary, report)
}

/// Builds the binary beside this one, untimed.
pub(crate) fn build() -> Result<PathBuf> {
    let status = Command::new("cargo").args(["build", "--release", "--package", "tidecast"]).status()?;
    if !status.success() {
        bail!("tidecast does not build");
    }
    let folder = std::env::current_exe()?;
    Ok(folder.with_file_name("tidecast"))
}

fn once(binary: &Path, report: &mut Report) -> Result<()> {
    let folder = tempfile::tempdir()?;
    let started = Instant::now();
    let mut child = Command::new(binary)
        .args(["demo", "--once", "--format", "json"])
        .current_dir(folder.path())
        .stdout(Stdio::piped())
        .spawn()
        .with_context(|| format!("{} cannot be started", binary.display()))?;
    let mut pipe = child.stdout.take().context("a piped standard output")?;
    let reader = std::thread::spawn(move || {
        let mut text = String::new();
        pipe.read_to_string(&mut text).map(|_| text)
    });
    let mut peak_bytes = 0;
    let status = loop {
        peak_bytes = high_water_bytes(child.id()).unwrap_or(peak_bytes);
        if let Some(status) = child.try_wait()? {
            break status;
        }
        if started.elapsed() > LIMIT {
            end(&mut child);
            bail!("`tidecast demo --once` is not over after {} s", LIMIT.as_secs());
        }
        std::thread::sleep(POLL);
    };
    let wall_s = started.elapsed().as_secs_f64();
    if !status.success() {
        bail!("`tidecast demo --once` failed: {status}");
    }
    let Ok(text) = reader.join() else { bail!("its output cannot be read") };
    let output: serde_json::Value = serde_json::from_str(&text?).context("its output is not one JSON object")?;
    let forecasts = output["forecasts"].as_array().map_or(0, Vec::len);
    report.add(Figure {
        what: format!("demo --once, {} rows, {forecasts} forecasts", output["rows"]),
        ours: wall_s,
        unit: "s",
        bar: Some(5.0),
        peer: None,
        better: Better::Lower,
    });
    for (stage, seconds) in output["stages"].as_object().context("no `stages` in its output")? {
        let ours = seconds.as_f64().with_context(|| format!("stage {stage} is no number of seconds"))?;
        report.add(Figure {
            what: format!("  {stage}"),
            ours,
            unit: "s",
            bar: None,
            peer: None,
            better: Better::Lower,
        });
    }
    report.add(Figure {
        what: "  peak resident memory".to_owned(),
        ours: peak_bytes as f64 / 1e6,
        unit: "MB",
        bar: None,
        peer: None,
        better: Better::Lower,
    });
    Ok(())
}

fn console(binary: &Path, report: &mut Report) -> Result<()> {
    let folder = tempfile::tempdir()?;
    for start in 1..=STARTS {
        let address = free_address()?;
        let started = Instant::now();
        let mut child = Command::new(binary)
            .args(["demo", "--no-open", "--store", "embedded:store", "--listen", &address.to_string()])
            .current_dir(folder.path())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()?;
        let answered = await_page(&mut child, address, started);
        end(&mut child);
        report.add(Figure {
            what: format!("console answers, start {start}{}", if start == 1 { " (empty store)" } else { "" }),
            ours: answered?.as_secs_f64(),
            unit: "s",
            bar: Some(1.0),
            peer: None,
            better: Better::Lower,
        });
    }
    Ok(())
}

/// Asks for `/` until it is served.
fn await_page(child: &mut Child, address: SocketAddr, started: Instant) -> Result<Duration> {
    while started.elapsed() < LIMIT {
        if let Some(status) = child.try_wait()? {
            bail!("`tidecast demo` ended before it served: {status}");
        }
        if page_status(address).is_some_and(|status| (200..400).contains(&status)) {
            return Ok(started.elapsed());
        }
        std::thread::sleep(POLL);
    }
    bail!("http://{address}/ does not answer after {} s", LIMIT.as_secs())
}

/// The status of `GET /`; `None` while nothing listens.
fn page_status(address: SocketAddr) -> Option<u16> {
    let mut stream = TcpStream::connect_timeout(&address, Duration::from_secs(1)).ok()?;
    stream.set_read_timeout(Some(Duration::from_secs(5))).ok()?;
    write!(stream, "GET / HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n").ok()?;
    let mut answer = [0; 64];
    let read = stream.read(&mut answer).ok()?;
    std::str::from_utf8(&answer[..read]).ok()?.split_whitespace().nth(1)?.parse().ok()
}

/// A loopback address that was free a moment ago.
pub(crate) fn free_address() -> Result<SocketAddr> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?)
}

/// `VmHWM` of a process, on Linux.
pub(crate) fn high_water_bytes(process: u32) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kibibytes: u64 = line.split_whitespace().next()?.parse().ok()?;
    Some(kibibytes * 1024)
}

pub(crate) fn end(child: &mut Child) {
    // It may have ended by itself.
    let _ = child.kill();
    let _ = child.wait();
}
