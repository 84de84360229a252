//! A real Kafka for a test: a running one named by `TIDECAST_TEST_KAFKA`, else one of our own, from Maven, on ports of its own.

use crate::process::end_within;
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;

const PROJECT: &str = "
<project xmlns='http://maven.apache.org/POM/4.0.0'>
  <modelVersion>4.0.0</modelVersion>
  <groupId>tidecast</groupId><artifactId>kafka</artifactId><version>1</version>
  <dependencies>
    <dependency><groupId>org.apache.kafka</groupId><artifactId>kafka_2.13</artifactId><version>3.9.1</version></dependency>
  </dependencies>
</project>";
/// Some fifty files the first time.
const DOWNLOAD_LIMIT: Duration = Duration::from_secs(300);
const START_LIMIT: Duration = Duration::from_secs(120);

/// Killed by its own process id when dropped.
pub(crate) struct Kafka {
    /// `127.0.0.1:PORT`
    pub(crate) servers: String,
    own: Option<(Child, TempDir)>,
}

impl Kafka {
    /// `None`, and a message, where there is no Kafka and none can be had.
    pub(crate) fn start() -> Option<Self> {
        if let Ok(servers) = std::env::var("TIDECAST_TEST_KAFKA") {
            return Some(Self { servers, own: None });
        }
        let directory = tempfile::tempdir().unwrap();
        let Some(classes) = download(directory.path()) else {
            eprintln!(
                "skipped: no Kafka. Name one in TIDECAST_TEST_KAFKA (HOST:PORT), or install Maven and Java 17, \
                 which get one where Maven Central can be reached"
            );
            return None;
        };
        let ports = [(); 2].map(|()| TcpListener::bind("127.0.0.1:0").unwrap());
        let [port, control] = ports.map(|listener| listener.local_addr().unwrap().port());
        let properties = format!(
            "process.roles=broker,controller\nnode.id=1\ncontroller.quorum.voters=1@127.0.0.1:{control}\n\
             listeners=PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{control}\n\
             controller.listener.names=CONTROLLER\n\
             listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT\nlog.dirs=data\n\
             offsets.topic.replication.factor=1\ntransaction.state.log.replication.factor=1\n\
             transaction.state.log.min.isr=1\n"
        );
        std::fs::write(directory.path().join("kafka.properties"), properties).unwrap();
        let java = |arguments: &[&str]| {
            let mut java = Command::new("java");
            java.args(["-Xmx512m", "-cp", &classes]).args(arguments).current_dir(directory.path());
            java.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
        };
        let cluster = "MkU3OEVBNTcwNTJENDM2Qg";
        let mut format = java(&["kafka.tools.StorageTool", "format", "-t", cluster, "-c", "kafka.properties"]);
        assert!(end_within(&mut format, START_LIMIT).success(), "Kafka could not format its storage");
        let broker = java(&["kafka.Kafka", "kafka.properties"]);
        let kafka = Self { servers: format!("127.0.0.1:{port}"), own: Some((broker, directory)) };
        let begun = Instant::now();
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            assert!(begun.elapsed() < START_LIMIT, "Kafka does not listen");
            std::thread::sleep(Duration::from_millis(100));
        }
        Some(kafka)
    }
}

/// Its class path.
fn download(directory: &Path) -> Option<String> {
    std::fs::write(directory.join("pom.xml"), PROJECT).unwrap();
    let mut maven = Command::new("mvn")
        .args(["-q", "-B", "dependency:build-classpath", "-DincludeScope=runtime", "-Dmdep.outputFile=classes"])
        .current_dir(directory)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .ok()?;
    end_within(&mut maven, DOWNLOAD_LIMIT)
        .success()
        .then(|| std::fs::read_to_string(directory.join("classes")).unwrap())
}

impl Drop for Kafka {
    fn drop(&mut self) {
        if let Some((broker, _directory)) = &mut self.own {
            let _gone_already = broker.kill();
            let _reaped = broker.wait();
        }
    }
}
