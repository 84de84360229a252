//! Real servers for the tests: those that the environment names, or own ones on random loopback ports.

use std::fmt::Write as _;
use std::io::Write as _;
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

const DEADLINE: Duration = Duration::from_secs(60);

/// The password whose hash is in [`Prometheus`]' configuration, and of VictoriaMetrics.
pub(crate) const USER: &str = "ann";
pub(crate) const PASSWORD: &str = "test";
/// What Prometheus wants to have instead of the password, bcrypt.
const PASSWORD_HASH: &str = "$2b$12$hNf2lSsxfm0.i4a.1kVpSOVyBCfIB51VRjgBUyv6kdnyTlgWj81Ay";

/// A server that runs; an own one is stopped when dropped.
pub(crate) struct Server {
    /// Its address, as the connector takes it.
    pub(crate) address: String,
    own: Option<(Child, tempfile::TempDir)>,
}

/// A sample of a recording: series with its labels, value, ms since the Unix epoch.
pub(crate) type Recorded = (String, f64, i64);

impl Server {
    /// The Prometheus that the environment names, or an own one; a message and `None` if there is neither.
    pub(crate) fn prometheus() -> Option<Self> {
        Self::named("TIDECAST_TEST_PROMETHEUS").or_else(|| Self::prometheus_with(&[], false))
    }

    /// An own Prometheus with these samples from its past, which asks for a password if so said.
    pub(crate) fn prometheus_with(samples: &[Recorded], asks_password: bool) -> Option<Self> {
        let program = program("prometheus", "TIDECAST_TEST_PROMETHEUS", "prometheus")?;
        let directory = tempfile::tempdir().unwrap();
        let [config, web, data] = ["prometheus.yml", "web.yml", "data"].map(|name| directory.path().join(name));
        std::fs::write(&config, "global: {}\n").unwrap();
        let users =
            if asks_password { format!("basic_auth_users: {{{USER}: '{PASSWORD_HASH}'}}\n") } else { String::new() };
        std::fs::write(&web, users).unwrap();
        if !samples.is_empty() {
            create_blocks(samples, directory.path(), &data);
        }
        let port = free_port();
        let mut command = Command::new(program);
        command.arg(format!("--config.file={}", config.display()));
        command.arg(format!("--web.config.file={}", web.display()));
        command.arg(format!("--storage.tsdb.path={}", data.display()));
        command.args(["--storage.tsdb.retention.time=10y", "--web.external-url=http://localhost/prometheus"]);
        command.arg(format!("--web.listen-address=127.0.0.1:{port}"));
        Some(Self::run(&mut command, directory, port, "prometheus://127.0.0.1:PORT/prometheus", "/prometheus/-/ready"))
    }

    /// The VictoriaMetrics that the environment names, or an own one; a message and `None` if there is neither.
    pub(crate) fn victoria_metrics() -> Option<Self> {
        Self::named("TIDECAST_TEST_VICTORIAMETRICS").or_else(|| Self::victoria_metrics_with(&[]))
    }

    /// An own VictoriaMetrics with further arguments.
    pub(crate) fn victoria_metrics_with(arguments: &[&str]) -> Option<Self> {
        let program = program("victoria-metrics", "TIDECAST_TEST_VICTORIAMETRICS", "victoria-metrics")?;
        let directory = tempfile::tempdir().unwrap();
        let port = free_port();
        let mut command = Command::new(program);
        command.arg(format!("-storageDataPath={}", directory.path().join("data").display()));
        command.arg(format!("-httpListenAddr=127.0.0.1:{port}")).arg("-retentionPeriod=10y").args(arguments);
        Some(Self::run(&mut command, directory, port, "prometheus://127.0.0.1:PORT", "/health"))
    }

    fn named(variable: &str) -> Option<Self> {
        std::env::var(variable).ok().map(|address| Self { address, own: None })
    }

    /// Starts a server and waits until it says that it is ready.
    fn run(command: &mut Command, directory: tempfile::TempDir, port: u16, address: &str, ready: &str) -> Self {
        let child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        let address = address.replace("PORT", &port.to_string());
        let server = Self { address, own: Some((child, directory)) };
        let start = Instant::now();
        while !is_ready(port, ready) {
            assert!(start.elapsed() < DEADLINE, "{command:?} is not ready on port {port}");
            std::thread::sleep(Duration::from_millis(50));
        }
        server
    }

    /// Brings samples to a VictoriaMetrics, so that they can be queried.
    pub(crate) async fn import(&self, samples: &[Recorded]) {
        let base = self.address.replacen("prometheus://", "http://", 1);
        let mut lines = String::new();
        for (series, value, time_ms) in samples {
            writeln!(lines, "{series} {value} {time_ms}").unwrap();
        }
        let http = reqwest::Client::new();
        let post = http.post(format!("{base}/api/v1/import/prometheus")).body(lines);
        assert!(post.send().await.unwrap().status().is_success());
        assert!(http.get(format!("{base}/internal/force_flush")).send().await.unwrap().status().is_success());
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Some((child, _)) = &mut self.own {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// Whether a server answers this path at all well; one that wants a password is up as well.
fn is_ready(port: u16, path: &str) -> bool {
    let Ok(mut stream) = TcpStream::connect(("127.0.0.1", port)) else { return false };
    let asked = write!(stream, "GET {path} HTTP/1.0\r\n\r\n");
    let answer = asked.and_then(|()| std::io::read_to_string(stream)).unwrap_or_default();
    [" 200 ", " 401 "].iter().any(|status| answer.lines().next().is_some_and(|line| line.contains(status)))
}

/// Blocks as Prometheus itself would have written them, since it takes no old samples over the network.
fn create_blocks(samples: &[Recorded], directory: &Path, data: &Path) {
    let mut text = String::new();
    for (series, value, time_ms) in samples {
        writeln!(text, "{series} {value} {}", time_ms / 1_000).unwrap();
    }
    text.push_str("# EOF\n");
    let input = directory.join("samples.txt");
    std::fs::write(&input, text).unwrap();
    let mut command = Command::new("promtool");
    command.args(["tsdb", "create-blocks-from", "--max-block-duration=128h", "openmetrics"]).arg(input).arg(data);
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

fn program(name: &str, variable: &str, package: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let program = std::env::split_paths(&path).map(|folder| folder.join(name)).find(|program| program.is_file());
    if program.is_none() {
        // Straight to the stream: the test harness hides what `eprintln` says in tests that pass.
        let _ = writeln!(
            std::io::stderr(),
            "skipped: no {name}. Set {variable} to the address of one, or apt-get install {package}"
        );
    }
    program
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}
