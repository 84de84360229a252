//! `tidecast autoscale vectors`: do our decisions agree with those recorded from the Kubernetes HPA's own code?

use super::lines::Lines;
use crate::commands::format::print;
use crate::commands::table::Table;
use crate::exit::InputError;
use std::path::{Path, PathBuf};
use tidecast_autoscale::hpa::vectors::{Verdict, check};

const EXAMPLES: &str = "Example:
  tidecast autoscale vectors decisions.jsonl.gz

The first line printed is AGREED/TOTAL; the first ten differences follow. Exit code 1: some decisions differ.";

/// How many differences are shown: the first ones tell what is wrong.
const SHOWN_MAX: usize = 10;

/// Make recorded decisions of the Kubernetes HPA again, and compare
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    /// Decisions, one JSON object a line, plain or gzip
    file: PathBuf,
}

pub(crate) fn run(args: &Args) -> anyhow::Result<()> {
    let Tally { agreed, total, shown } = judge(&args.file)?;
    if total == 0 {
        return Err(InputError(format!("{}: there are no decisions in it", args.file.display())).into());
    }
    let mut text = format!("{agreed}/{total}\n");
    if !shown.is_empty() {
        let mut table = Table::new(&["id", "kind", "field", "expected", "got"]);
        shown.into_iter().for_each(|row| table.row(row));
        text += &table.to_string();
    }
    print(&text)?;
    anyhow::ensure!(agreed == total, "{} of {total} decisions differ", total - agreed);
    Ok(())
}

/// What was found in a file.
#[derive(Default)]
struct Tally {
    agreed: usize,
    total: usize,
    /// The first differences, as rows of the table.
    shown: Vec<Vec<String>>,
}

fn judge(path: &Path) -> Result<Tally, InputError> {
    let mut tally = Tally::default();
    let mut lines = Lines::open(path)?;
    while let Some(line) = lines.next()? {
        // An empty line, at the end of the file for one, holds nothing.
        if line.trim().is_empty() {
            continue;
        }
        let verdict = check(&line).map_err(|error| lines.error(&error.to_string(), error.column()))?;
        tally.add(verdict);
    }
    Ok(tally)
}

impl Tally {
    fn add(&mut self, Verdict { id, kind, differences }: Verdict) {
        self.total += 1;
        self.agreed += usize::from(differences.is_empty());
        for difference in differences.into_iter().take(SHOWN_MAX - self.shown.len()) {
            self.shown.push(vec![id.clone(), kind.clone(), difference.field, difference.expected, difference.got]);
        }
    }
}
