//! A real Redis for a test: a running one named by `TIDECAST_TEST_REDIS`, else one of our own on a port of its own.

use std::io::Write;
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// Killed by its own process id when dropped.
pub(crate) struct Redis {
    /// `redis://127.0.0.1:PORT`
    pub(crate) url: String,
    own: Option<(Child, TempDir)>,
}

impl Redis {
    /// `None`, and a message, where there is no Redis on this machine.
    pub(crate) fn start() -> Option<Self> {
        if let Ok(url) = std::env::var("TIDECAST_TEST_REDIS") {
            return Some(Self { url, own: None });
        }
        let directory = tempfile::tempdir().unwrap();
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let started = Command::new("redis-server")
            .args(["--port", &port.to_string(), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir"])
            .arg(directory.path())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn();
        let Ok(child) = started else {
            eprintln!(
                "skipped: no redis-server here; `apt-get install redis-server`, or name one in TIDECAST_TEST_REDIS"
            );
            return None;
        };
        let redis = Self { url: format!("redis://127.0.0.1:{port}"), own: Some((child, directory)) };
        let begun = Instant::now();
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            assert!(begun.elapsed() < Duration::from_secs(20), "redis-server does not listen");
            std::thread::sleep(Duration::from_millis(20));
        }
        Some(redis)
    }

    /// Sends commands at once, and waits for their replies.
    pub(crate) fn send(&self, commands: &[Vec<String>]) {
        let mut wire = Vec::new();
        for command in commands {
            write!(wire, "*{}\r\n", command.len()).unwrap();
            for argument in command {
                write!(wire, "${}\r\n{argument}\r\n", argument.len()).unwrap();
            }
        }
        let mut client = Command::new("redis-cli")
            .args(["-u", &self.url, "--pipe"])
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        client.stdin.take().unwrap().write_all(&wire).unwrap();
        assert!(client.wait().unwrap().success());
    }
}

impl Drop for Redis {
    fn drop(&mut self) {
        if let Some((child, _directory)) = &mut self.own {
            let _gone_already = child.kill();
            let _reaped = child.wait();
        }
    }
}
