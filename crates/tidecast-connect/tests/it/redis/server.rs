//! Real Redis servers for the tests: the one that the environment names, or own ones on random loopback ports.

use ::redis::aio::MultiplexedConnection;
use ::redis::{AsyncConnectionConfig, Client, Cmd, FromRedisValue};
use std::io::Write;
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, Weak};
use std::time::{Duration, Instant};

/// An own server, stopped when dropped.
pub(crate) struct RedisServer {
    process: Mutex<Option<Child>>,
    pub(crate) directory: tempfile::TempDir,
    pub(crate) port: u16,
    options: Vec<String>,
}

/// The server that most tests share, each with streams of its own.
pub(crate) struct SharedServer {
    pub(crate) url: String,
    _own: Option<RedisServer>,
}

static RUNNING: Mutex<Weak<SharedServer>> = Mutex::new(Weak::new());

impl SharedServer {
    /// The server, or a message and `None` if there is none to be had.
    pub(crate) fn running() -> Option<Arc<Self>> {
        let mut running = RUNNING.lock().unwrap();
        let server = match running.upgrade() {
            Some(server) => server,
            None => Arc::new(match std::env::var("TIDECAST_TEST_REDIS") {
                Ok(url) => Self { url, _own: None },
                Err(_) => {
                    let own = RedisServer::start(&[])?;
                    Self { url: own.url(), _own: Some(own) }
                }
            }),
        };
        *running = Arc::downgrade(&server);
        Some(server)
    }
}

/// A name that no other test has, nor an earlier run on the same server.
pub(crate) fn unique(name: &str) -> String {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let port = free_port();
    format!("tidecast-test-{name}-{}-{port}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed))
}

impl RedisServer {
    /// A server with these options, which answers; or a message and `None`, if there is no `redis-server`.
    pub(crate) fn start(options: &[&str]) -> Option<Self> {
        let options: Vec<String> = options.iter().map(|&option| option.to_owned()).collect();
        Self::start_with(|_, _| options.clone())
    }

    /// The same with options that depend on the directory and the port.
    pub(crate) fn start_with(options: impl Fn(&Path, u16) -> Vec<String>) -> Option<Self> {
        if program("redis-server").is_none() {
            // Straight to the stream: the test harness hides what `eprintln` says in tests that pass.
            let _ = writeln!(
                std::io::stderr(),
                "skipped: no Redis. Set TIDECAST_TEST_REDIS to the URL of one, or apt-get install redis-server"
            );
            return None;
        }
        let server = Self::prepare(options);
        server.run();
        Some(server)
    }

    /// A server that does not run yet.
    pub(crate) fn prepare(options: impl Fn(&Path, u16) -> Vec<String>) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let port = free_port();
        let options = options(directory.path(), port);
        Self { process: Mutex::new(None), directory, port, options }
    }

    /// Starts it, again if it was killed, and waits until it listens.
    pub(crate) fn run(&self) {
        let mut command = Command::new("redis-server");
        if !self.options.iter().any(|option| option == "--sentinel" || option == "--tls-port") {
            command.args(["--port", &self.port.to_string()]);
        }
        let child = command
            .args(&self.options)
            .args(["--bind", "127.0.0.1", "--daemonize", "no", "--dir"])
            .arg(self.directory.path())
            .args(["--save", ""])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        *self.process.lock().unwrap() = Some(child);
        let start = Instant::now();
        while TcpStream::connect(("127.0.0.1", self.port)).is_err() {
            assert!(start.elapsed() < super::DEADLINE, "redis-server does not listen on port {}", self.port);
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Kills it without a warning.
    pub(crate) fn kill(&self) {
        if let Some(mut child) = self.process.lock().unwrap().take() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }

    pub(crate) fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }
}

impl Drop for RedisServer {
    fn drop(&mut self) {
        self.kill();
    }
}

/// A connection of the tests' own.
pub(crate) async fn connect(url: &str) -> MultiplexedConnection {
    let config = AsyncConnectionConfig::new()
        .set_connection_timeout(Some(super::DEADLINE))
        .set_response_timeout(Some(super::DEADLINE));
    let start = Instant::now();
    loop {
        match Client::open(url).unwrap().get_multiplexed_async_connection_with_config(&config).await {
            Ok(connection) => return connection,
            Err(error) => assert!(start.elapsed() < super::DEADLINE, "{url}: {error}"),
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// One command, written as in `redis-cli`: words between spaces.
pub(crate) async fn ask<T: FromRedisValue>(connection: &mut MultiplexedConnection, command: &str) -> T {
    let mut request = Cmd::new();
    command.split_whitespace().for_each(|word| {
        request.arg(word);
    });
    request.query_async(connection).await.unwrap_or_else(|error| panic!("{command}: {error}"))
}

pub(crate) fn program(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).map(|folder| folder.join(name)).find(|program| program.is_file())
}

pub(crate) fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}
