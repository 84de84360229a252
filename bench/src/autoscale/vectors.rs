//! Decisions recorded from upstream's own code, and how many of them ours equal.

use super::figure;
use crate::report::{Better, Report};
use anyhow::Context as _;
use flate2::read::MultiGzDecoder;
use std::fs::File;
use std::io::{BufRead as _, BufReader};
use tidecast_autoscale::hpa::vectors;

pub(super) fn run(report: &mut Report) -> anyhow::Result<()> {
    let path = super::traces::shared()?.join("../hpa-vectors/dev.jsonl.gz");
    let file = File::open(&path).with_context(|| path.display().to_string())?;
    let (mut agreed, mut total) = (0_u32, 0_u32);
    for line in BufReader::new(MultiGzDecoder::new(file)).lines() {
        total += 1;
        agreed += u32::from(vectors::check(&line?)?.differences.is_empty());
    }
    let share = 100.0 * f64::from(agreed) / f64::from(total);
    report.add(figure(format!("decisions of upstream's HPA, {total}: equal"), share, "%", Some(100.0), Better::Higher));
    Ok(())
}
