//! The binary under test: runs to its end, or serves until the test is over.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::time::{Duration, Instant};

/// Nothing here takes longer, on a slow machine under load.
const LIMIT: Duration = Duration::from_secs(180);

pub(crate) fn command(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tidecast"));
    command.args(arguments).current_dir(folder).stdin(Stdio::null());
    for variable in [
        "TIDECAST_STORE",
        "TIDECAST_SERVER",
        "TIDECAST_TOKEN",
        "RUST_LOG",
        "AWS_ACCESS_KEY_ID",
        "TIDECAST_REGISTRY",
        "TIDECAST_TO",
        "TIDECAST_PROMETHEUS_TOKEN",
        "TIDECAST_PROMETHEUS_PASSWORD",
    ] {
        command.env_remove(variable);
    }
    command
}

/// Runs a verb to its end.
pub(crate) fn run(folder: &Path, arguments: &[&str]) -> Output {
    command(folder, arguments).output().unwrap()
}

/// Starts a verb that is not waited for.
pub(crate) fn spawn(folder: &Path, arguments: &[&str]) -> Child {
    command(folder, arguments).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
}

/// Runs a verb that must succeed, and returns what it printed.
#[track_caller]
pub(crate) fn succeed(folder: &Path, arguments: &[&str]) -> String {
    let output = run(folder, arguments);
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// A verb that serves. Killed by its own process id when dropped.
pub(crate) struct Server {
    child: Child,
    /// Where it listens: `http://127.0.0.1:PORT`.
    pub(crate) url: String,
}

impl Server {
    /// Starts a verb and waits until it says where its console is.
    pub(crate) fn start(folder: &Path, arguments: &[&str]) -> Self {
        Self::start_command(command(folder, arguments))
    }

    /// As [`Self::start`], with an environment of its own.
    pub(crate) fn start_command(mut command: Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let url = lines.by_ref().find_map(|line| {
            let line = line.unwrap();
            let url = line.strip_prefix("Console: ")?.split_whitespace().next()?;
            Some(url.trim_end_matches('/').to_owned())
        });
        // Whatever else it prints must not block it.
        std::thread::spawn(move || lines.for_each(drop));
        Self { child, url: url.expect("it ended before it listened") }
    }

    /// Kills it at once, as the kernel does when memory runs out.
    pub(crate) fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Asks it to stop, as Ctrl-C does, and waits.
    pub(crate) fn interrupt(mut self) -> ExitStatus {
        let id = self.child.id().to_string();
        assert!(Command::new("kill").args(["-INT", &id]).status().unwrap().success());
        wait_for("the end of the process", || self.child.try_wait().unwrap())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _gone_already = self.child.kill();
        let _reaped = self.child.wait();
    }
}

/// Asks again and again until there is an answer.
#[track_caller]
pub(crate) fn wait_for<T>(what: &str, mut ask: impl FnMut() -> Option<T>) -> T {
    let started = Instant::now();
    loop {
        if let Some(answer) = ask() {
            return answer;
        }
        assert!(started.elapsed() < LIMIT, "{what} did not come");
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// Waits for the end of a process, and kills it when that takes too long.
pub(crate) fn end_within(child: &mut Child, limit: Duration) -> ExitStatus {
    let started = Instant::now();
    loop {
        if let Some(status) = child.try_wait().unwrap() {
            return status;
        }
        if started.elapsed() > limit {
            child.kill().unwrap();
        }
        std::thread::sleep(Duration::from_millis(100));
    }
}

/// The JSON at a path of a server. HTTP/1.0, so that the answer is what comes after the head, whole.
pub(crate) fn get(server: &Server, path: &str) -> serde_json::Value {
    let address = server.url.trim_start_matches("http://");
    let mut stream = TcpStream::connect(address).unwrap();
    write!(stream, "GET {path} HTTP/1.0\r\nHost: {address}\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let (_head, body) = answer.split_once("\r\n\r\n").unwrap();
    serde_json::from_str(body).unwrap_or_else(|error| panic!("{path}: {error}: {answer}"))
}
