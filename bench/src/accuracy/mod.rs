//! Accuracy on three sets of recorded series, each by the protocol of those who published figures on it.
//!
//! The bundled meters ship with the project. ETTm1 and M4-hourly do not, for their licences: they are measured where
//! `TIDECAST_SHARED_DATA` names a folder that has them. Every choice in the models was made on data before the parts
//! that are measured here.

mod ett;
mod intervals;
mod m4;
mod meters;

use crate::report::{Better, Figure, Report};
use anyhow::Context;
use std::path::{Path, PathBuf};

const SHARED_DATA: &str = "TIDECAST_SHARED_DATA";

/// Measures all three.
pub(crate) fn run(report: &mut Report) -> anyhow::Result<()> {
    meters::run(report)?;
    let files = ["ett/ETTm1.csv.gz", "m4/Hourly-train.csv.gz", "m4/Hourly-test.csv.gz"];
    let Some(files) = shared(files) else {
        eprintln!("ETTm1 and M4-hourly are left out: name the folder that has {} in {SHARED_DATA}", files.join(", "));
        return Ok(());
    };
    let [ett, train, test] = &files;
    ett::run(ett, report)?;
    m4::run(train, test, report)
}

/// The files in the folder of data that does not ship; `None` where one of them is missing.
fn shared<const COUNT: usize>(files: [&str; COUNT]) -> Option<[PathBuf; COUNT]> {
    let folder = PathBuf::from(std::env::var_os(SHARED_DATA)?);
    let paths = files.map(|file| folder.join(file));
    paths.iter().all(|path| path.is_file()).then_some(paths)
}

/// The lines of a compressed table, without its header.
fn rows(path: &Path) -> anyhow::Result<Vec<String>> {
    let file = std::fs::File::open(path).with_context(|| format!("{} cannot be opened", path.display()))?;
    let text = std::io::read_to_string(flate2::read::GzDecoder::new(file))?;
    Ok(text.lines().skip(1).map(str::to_owned).collect())
}

/// A figure that is better when lower; the peer is `("name", figure)`.
fn lower(what: &str, ours: f64, unit: &'static str, bar: Option<f64>, peer: Option<(&str, f64)>) -> Figure {
    let peer = peer.map(|(name, value)| (name.to_owned(), value));
    Figure { what: what.to_owned(), ours, unit, bar, peer, better: Better::Lower }
}
