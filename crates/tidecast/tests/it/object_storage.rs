//! Models in an object storage: trained, killed, served and promoted there.

#[path = "../../../tidecast-connect/tests/it/csv/s3_server.rs"]
mod s3_server;

use crate::process::{self, Server, get, wait_for};
use s3_server::{BUCKET, S3Server};
use std::fs;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

const METER: &str = r#"power{device_id="m1"}"#;

/// Where everything of one test is.
struct Place<'a> {
    folder: &'a Path,
    server: &'a S3Server,
    registry: String,
}

impl Place<'_> {
    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = process::command(self.folder, arguments);
        self.with_access(&mut command);
        command
    }

    fn with_access(&self, command: &mut Command) {
        let access = &self.server.access;
        command.env("AWS_ACCESS_KEY_ID", access.access_key_id.as_deref().unwrap());
        command.env("AWS_SECRET_ACCESS_KEY", access.secret_access_key.as_deref().unwrap());
        command.env("AWS_ENDPOINT_URL", access.endpoint_url.as_deref().unwrap());
    }

    fn verb(&self, arguments: &[&str]) -> Command {
        self.command(&[arguments, &["--store", "embedded:data", "--registry", &self.registry]].concat())
    }

    #[track_caller]
    fn succeed(&self, arguments: &[&str]) -> String {
        let output = self.verb(arguments).output().unwrap();
        assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }

    fn training(&self) -> Child {
        let mut command = self.verb(&["train", "power", "--model", "ridge"]);
        command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
    }

    fn champions(&self) -> Vec<String> {
        let listed = self.succeed(&["models", "--format", "csv"]);
        listed.lines().filter(|row| row.contains(",true,")).map(str::to_owned).collect()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn models_live_in_a_bucket() {
    let Some(server) = S3Server::running().await else { return };
    let folder = tempfile::tempdir().unwrap();
    let rows: String =
        (0..24 * 60).map(|hour: i64| format!("{};{}\n", 1_700_006_400 + 3_600 * hour, hour % 24)).collect();
    fs::write(folder.path().join("meters.csv"), format!("time;m1\n{rows}")).unwrap();
    process::succeed(folder.path(), &["ingest", "meters.csv", "--store", "embedded:data"]);
    let registry = format!("s3://{BUCKET}/models/of a test");
    let place = Place { folder: folder.path(), server: &server, registry };
    place.succeed(&["train", "power", "--model", "ridge"]);
    assert!(!folder.path().join("data/models").exists(), "nothing beside the store");
    assert_eq!(place.champions().len(), 1);

    for attempt in 0..6 {
        let mut training = place.training();
        std::thread::sleep(Duration::from_millis(40 * attempt));
        let _ended_before = training.kill();
        training.wait().unwrap();
        assert_eq!(place.champions().len(), 1, "attempt {attempt}");
        place.succeed(&["forecast", "power"]);
    }
    place.succeed(&["train", "power", "--model", "ridge"]);

    let text = format!(
        "store: embedded:data\nregistry: '{}'\nforecasts: {{next_day: {{series: power, horizon: 1d, every: 1d, model: \
         ridge}}}}\nserver: {{listen: 127.0.0.1:0}}\n",
        place.registry
    );
    fs::write(folder.path().join("tidecast.yaml"), text).unwrap();
    let running = Server::start_command(place.command(&["run", "-f", "tidecast.yaml"]));
    let champion = || get(&running, "/api/v1/models")["models"][0]["champion"]["version"].as_u64();
    let newest = wait_for("the champion", champion);
    let promoted = place.succeed(&["models", "promote", METER, &format!("ridge/{}", newest - 1)]);
    assert!(promoted.contains(&format!("after ridge/{newest}")), "{promoted}");
    wait_for("the promoted version", || (champion() == Some(newest - 1)).then_some(()));
    assert_eq!(running.interrupt().code(), Some(0));

    place.succeed(&["models", "gc", "--keep", "1"]);
    assert_eq!(place.champions().len(), 1);
    let again = place.succeed(&["models", "gc", "--keep", "1"]);
    assert!(again.starts_with("0 versions of 0.0 MB and 0 remains"), "{again}");

    let mut wrong = place.verb(&["models"]);
    wrong.env("AWS_SECRET_ACCESS_KEY", "not-the-secret");
    let output = wrong.output().unwrap();
    let error = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(5), "{error}");
    assert!(error.contains("check AWS_ACCESS_KEY_ID") && !error.contains("not-the-secret"), "{error}");
}
