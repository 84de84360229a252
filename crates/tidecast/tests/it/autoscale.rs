//! `tidecast autoscale`: recorded decisions against ours, and what is printed where they differ.

use crate::process::{run, succeed};
use flate2::read::MultiGzDecoder;
use std::fs;
use std::io::Read;
use std::path::Path;

/// Decisions of upstream's own code; a README beside them tells how they were made.
const VECTORS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../tidecast-autoscale/tests/fixtures/hpa_vectors.jsonl.gz");

/// The first vectors of the fixture, one a line.
fn vectors(count: usize) -> String {
    let mut text = String::new();
    MultiGzDecoder::new(fs::File::open(VECTORS).unwrap()).read_to_string(&mut text).unwrap();
    text.split_inclusive('\n').take(count).collect()
}

/// What is printed, what is complained about, and the exit code.
fn judge(folder: &Path, text: &[u8]) -> (String, String, Option<i32>) {
    fs::write(folder.join("vectors.jsonl"), text).unwrap();
    let output = run(folder, &["autoscale", "vectors", "vectors.jsonl"]);
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (text(output.stdout), text(output.stderr), output.status.code())
}

#[test]
fn recorded_decisions_agree_plain_and_compressed() {
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(succeed(folder.path(), &["autoscale", "vectors", VECTORS]), "500/500\n");
    let text = vectors(3) + "\n";
    assert_eq!(judge(folder.path(), text.as_bytes()), ("3/3\n".to_owned(), String::new(), Some(0)));
}

#[test]
fn differences_are_counted_and_the_first_ones_shown() {
    let folder = tempfile::tempdir().unwrap();
    let unknown = r#"{"id":"w-1","kind":"weather","sky":"grey"}"#.to_owned() + "\n";
    let (printed, error, code) = judge(folder.path(), (vectors(2) + &unknown).as_bytes());
    let expected = ["2/3", "id   kind     field  expected  got", "w-1  weather  kind   weather     -"];
    assert_eq!(printed.lines().collect::<Vec<_>>(), expected);
    assert_eq!((error.as_str(), code), ("error: 1 of 3 decisions differ\n", Some(1)));

    let (printed, _, code) = judge(folder.path(), unknown.repeat(12).as_bytes());
    assert_eq!((printed.lines().next(), printed.lines().count(), code), (Some("0/12"), 12, Some(1)));
}

#[test]
fn what_is_no_vector_is_named_by_file_and_line() {
    let folder = tempfile::tempdir().unwrap();
    let good = vectors(1);
    let cases: [(Vec<u8>, &str); 6] = [
        (format!("{good}{{\"id\":").into_bytes(), "vectors.jsonl:2:6: EOF while parsing"),
        (format!("{good}\n{{\"kind\":\"behavior\"}}\n").into_bytes(), "vectors.jsonl:3:19: missing field `id`"),
        ([good.as_bytes(), &[0xff, b'\n']].concat(), "vectors.jsonl:2: this is no text"),
        (b"\n".to_vec(), "there are no decisions in it"),
        (Vec::new(), "there are no decisions in it"),
        (fs::read(VECTORS).unwrap().split_off(100_000), "vectors.jsonl:1: this is no text"),
    ];
    for (text, expected) in cases {
        let (printed, error, code) = judge(folder.path(), &text);
        assert!(error.contains(expected), "{expected}: {error}");
        assert_eq!((printed.as_str(), code), ("", Some(3)), "{expected}");
    }
    let cut = fs::read(VECTORS).unwrap();
    let (_, error, code) = judge(folder.path(), cut.get(..100_000).unwrap());
    assert!(error.contains("cannot be read"), "{error}");
    assert_eq!(code, Some(3), "{error}");
    let absent = run(folder.path(), &["autoscale", "vectors", "absent.jsonl"]);
    assert_eq!(absent.status.code(), Some(3));
    assert!(String::from_utf8_lossy(&absent.stderr).contains("absent.jsonl cannot be read"));
}
