//! A real S3 server for the tests: the one that the environment names, or an own MinIO on a random loopback port.

use object_store::aws::{AmazonS3, AmazonS3Builder};
use object_store::signer::Signer;
use std::io::Write;
use std::net::TcpListener;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex, Weak};
use std::time::Duration;
use tidecast_connect::files::S3Access;

/// The bucket that the tests write to.
pub(crate) const BUCKET: &str = "tidecast-test";

/// A server that runs, and stops when nobody needs it any more.
pub(crate) struct S3Server {
    /// How to reach it.
    pub(crate) access: S3Access,
    own: Option<(Child, tempfile::TempDir)>,
}

static RUNNING: Mutex<Weak<S3Server>> = Mutex::new(Weak::new());

impl S3Server {
    /// The server, or a message and `None` if there is none to be had.
    pub(crate) async fn running() -> Option<Arc<Self>> {
        let server = {
            let mut running = RUNNING.lock().unwrap();
            let server = running.upgrade().or_else(|| Self::find().map(Arc::new));
            *running = server.as_ref().map_or_else(Weak::new, Arc::downgrade);
            server
        };
        let Some(server) = server else {
            // Straight to the stream: the test harness hides what `eprintln` says in tests that pass.
            let _ = writeln!(
                std::io::stderr(),
                "skipped: no S3 server. Set TIDECAST_TEST_S3_ENDPOINT, TIDECAST_TEST_S3_ACCESS_KEY_ID and \
                 TIDECAST_TEST_S3_SECRET_ACCESS_KEY, or put MinIO on the PATH: \
                 go install github.com/minio/minio@v0.0.0-20260212201848-7aac2a2c5b7c"
            );
            return None;
        };
        server.create_bucket().await;
        Some(server)
    }

    fn find() -> Option<Self> {
        let variable = |name: &str| std::env::var(format!("TIDECAST_TEST_S3_{name}")).ok();
        if let Some(endpoint) = variable("ENDPOINT") {
            let access = S3Access {
                access_key_id: variable("ACCESS_KEY_ID"),
                secret_access_key: variable("SECRET_ACCESS_KEY"),
                endpoint_url: Some(endpoint),
                ..S3Access::default()
            };
            return Some(Self { access, own: None });
        }
        Self::start(&program()?)
    }

    fn start(program: &PathBuf) -> Option<Self> {
        let directory = tempfile::tempdir().unwrap();
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let access = S3Access {
            access_key_id: Some("tidecast".into()),
            secret_access_key: Some("a-secret-of-the-tests".into()),
            endpoint_url: Some(format!("http://127.0.0.1:{port}")),
            ..S3Access::default()
        };
        let child = Command::new(program)
            .args(["server", "--quiet", "--address", &format!("127.0.0.1:{port}"), "--console-address", "127.0.0.1:0"])
            .arg(directory.path().join("data"))
            .env("HOME", directory.path())
            .env("MINIO_ROOT_USER", access.access_key_id.as_deref()?)
            .env("MINIO_ROOT_PASSWORD", access.secret_access_key.as_deref()?)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        Some(Self { access, own: Some((child, directory)) })
    }

    /// A client that writes what the tests read.
    pub(crate) fn client(&self) -> AmazonS3 {
        AmazonS3Builder::new()
            .with_bucket_name(BUCKET)
            .with_endpoint(self.access.endpoint_url.clone().unwrap())
            .with_access_key_id(self.access.access_key_id.clone().unwrap())
            .with_secret_access_key(self.access.secret_access_key.clone().unwrap())
            .with_allow_http(true)
            .build()
            .unwrap()
    }

    /// Creates the bucket, waiting for the server to answer.
    async fn create_bucket(&self) {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let http = reqwest::Client::new();
        let mut last = String::new();
        for _ in 0..150 {
            let url = self
                .client()
                .signed_url(reqwest::Method::PUT, &object_store::path::Path::default(), Duration::from_secs(60))
                .await
                .unwrap();
            match http.put(url).send().await {
                Ok(answer) if answer.status().is_success() || answer.status() == 409 => return,
                Ok(answer) => last = format!("{} {}", answer.status(), answer.text().await.unwrap_or_default()),
                Err(error) => last = error.to_string(),
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        panic!("the S3 server does not create the bucket: {last}");
    }
}

impl Drop for S3Server {
    fn drop(&mut self) {
        if let Some((child, _)) = &mut self.own {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// MinIO, where `go install` puts it or on the PATH.
fn program() -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let go = std::env::var_os("HOME").map(|home| PathBuf::from(home).join("go/bin"));
    std::env::split_paths(&path).chain(go).map(|folder| folder.join("minio")).find(|program| program.is_file())
}
