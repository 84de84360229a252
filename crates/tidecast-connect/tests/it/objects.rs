//! Artifacts in a real object storage.

use crate::csv::s3_server::{BUCKET, S3Server};
use tidecast_connect::files::S3Access;
use tidecast_connect::objects::ObjectArtifacts;
use tidecast_core::ports::{ArtifactError, ArtifactStorage};

fn open(access: &S3Access, prefix: &str) -> ObjectArtifacts {
    ObjectArtifacts::open(&format!("s3://{BUCKET}/{prefix}/"), access).unwrap()
}

// Calls block: as in the process, they come from the threads of another runtime.
#[tokio::test(flavor = "multi_thread")]
async fn objects_are_there_whole_or_not_at_all() {
    let Some(server) = S3Server::running().await else { return };
    let artifacts = open(&server.access, "some models/here");
    assert!(artifacts.folders().unwrap().is_empty() && artifacts.keys("a").unwrap().is_empty());
    assert_eq!(artifacts.get("a/b.json").unwrap(), None);
    assert!(artifacts.create("a/b-1/x.json", b"one").unwrap());
    assert!(!artifacts.create("a/b-1/x.json", b"two").unwrap(), "only where there is none");
    assert_eq!(artifacts.get("a/b-1/x.json").unwrap().as_deref(), Some(&b"one"[..]));
    artifacts.replace("a/b-1/x.json", b"three").unwrap();
    artifacts.replace("a/y.json", &vec![7; 3 << 20]).unwrap();
    artifacts.replace("ab/z.json", b"").unwrap();
    assert_eq!(artifacts.folders().unwrap(), ["a", "ab"]);
    assert_eq!(artifacts.keys("a").unwrap(), ["a/b-1/x.json", "a/y.json"]);
    let keys: Vec<String> =
        (0..100).map(|index| format!("a/{}.json", if index % 2 == 0 { "y" } else { "n" })).collect();
    for (index, found) in artifacts.get_all(&keys).into_iter().enumerate() {
        assert_eq!(found.unwrap().map(|bytes| bytes.len()), (index % 2 == 0).then_some(3 << 20));
    }
    artifacts.remove("a/y.json").unwrap();
    artifacts.remove("a/y.json").unwrap();
    assert_eq!(artifacts.keys("a").unwrap(), ["a/b-1/x.json"]);
    assert_eq!(artifacts.remove_unfinished("a").unwrap(), 0);
    assert_eq!(artifacts.place("a/b"), format!("s3://{BUCKET}/some models/here/a/b"));
    drop(artifacts);
    let other = open(&server.access, "some models");
    assert_eq!(other.folders().unwrap(), ["here"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_writers_one_creates() {
    let Some(server) = S3Server::running().await else { return };
    let artifacts = open(&server.access, "contested");
    let created = std::thread::scope(|scope| {
        let writers: Vec<_> = (0..8)
            .map(|writer: u8| {
                let artifacts = &artifacts;
                scope.spawn(move || artifacts.create("a/b", &[writer; 1_000]).unwrap())
            })
            .collect();
        writers.into_iter().map(|writer| writer.join().unwrap()).filter(|created| *created).count()
    });
    assert_eq!(created, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn refusals_say_what_to_do() {
    let Some(server) = S3Server::running().await else { return };
    let wrong = S3Access { secret_access_key: Some("not-the-secret".into()), ..server.access.clone() };
    let absent = ObjectArtifacts::open("s3://tidecast-absent/models", &server.access).unwrap();
    let errors = [
        (open(&wrong, "models").get("a/b").unwrap_err(), "check AWS_ACCESS_KEY_ID"),
        (open(&wrong, "models").keys("a").unwrap_err(), "check AWS_ACCESS_KEY_ID"),
        (open(&wrong, "models").folders().unwrap_err(), "check AWS_ACCESS_KEY_ID"),
        (open(&wrong, "models").create("a/b", b"x").unwrap_err(), "check AWS_ACCESS_KEY_ID"),
        (absent.create("a/b", b"x").unwrap_err(), "check the bucket"),
        (ObjectArtifacts::open("s3://bucket/models", &S3Access::default()).unwrap_err(), "AWS_ACCESS_KEY_ID"),
        (ObjectArtifacts::open("models", &server.access).unwrap_err(), "s3://bucket/prefix"),
    ];
    for (error, expected) in errors {
        assert!(matches!(error, ArtifactError::Unavailable { .. }), "{error:?}");
        let message = error.to_string();
        assert!(message.contains(expected) && !message.contains("not-the-secret"), "{message}");
    }
}
