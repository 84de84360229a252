//! Every recorded decision of upstream's code must come out the same, in every field.

use flate2::read::MultiGzDecoder;
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use tidecast_autoscale::hpa::vectors::{Verdict, check};

/// Names the folder of data that do not ship with the project; all vectors lie beside it.
const SHARED_DATA: &str = "TIDECAST_SHARED_DATA";

/// How many vectors of the file agree, and the differences of those that do not.
fn judge(path: &Path) -> (usize, Vec<String>) {
    let lines = BufReader::new(MultiGzDecoder::new(File::open(path).unwrap())).lines();
    let (mut agreed, mut differences) = (0, Vec::new());
    for line in lines {
        let Verdict { id, differences: found, .. } = check(&line.unwrap()).unwrap();
        agreed += usize::from(found.is_empty());
        differences.extend(found.iter().map(|difference| format!("{id}: {difference}")));
    }
    (agreed, differences)
}

#[test]
fn a_sample_of_the_vectors_agrees() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/hpa_vectors.jsonl.gz");
    let (agreed, differences) = judge(&path);
    assert_eq!(differences, [""; 0]);
    assert_eq!(agreed, 500);
}

#[test]
fn all_vectors_agree() {
    let Some(shared) = std::env::var_os(SHARED_DATA) else {
        eprintln!("skipped: {SHARED_DATA} names no folder");
        return;
    };
    let path = PathBuf::from(shared).join("../hpa-vectors/dev.jsonl.gz");
    if !path.exists() {
        eprintln!("skipped: {} is not there", path.display());
        return;
    }
    let (agreed, differences) = judge(&path);
    assert_eq!(differences.get(..differences.len().min(10)).unwrap_or_default(), [""; 0]);
    assert_eq!(agreed, 6_000);
}
