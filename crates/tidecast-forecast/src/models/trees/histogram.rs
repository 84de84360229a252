//! Histograms: for every bin of every input, how many rows fall in it and how they pull together.

use super::bins::BINS;
use super::table::Table;

/// Bits of the count in a packed cell; the pull has those above.
const COUNT_BITS: u32 = 24;

/// Most rows of a histogram, so that counts fit their bits.
pub(super) const MOST_ROWS: usize = 1 << 22;

/// A row's pull and a count of one in one number: one addition does both, and sums stay exact.
pub(super) fn packed(pull: i32) -> i64 {
    (i64::from(pull) << COUNT_BITS) + 1
}

/// The number of rows in a sum.
pub(super) fn count(sum: i64) -> i64 {
    sum & ((1 << COUNT_BITS) - 1)
}

/// The pull of a sum.
pub(super) fn pull(sum: i64) -> i64 {
    sum >> COUNT_BITS
}

/// A sum for each bin of each input considered.
pub(super) struct Histogram(Vec<[i64; BINS]>);

/// Where rows are divided: those whose code of `input` is above `code` go right.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Split {
    pub(super) input: usize,
    pub(super) code: u8,
    /// How much the square of the pulls over their count grows.
    pub(super) gain: f64,
}

/// What a split must satisfy.
#[derive(Clone, Copy, Debug)]
pub(super) struct SplitRules {
    /// Fewest rows on either side.
    pub(super) least_rows: i64,
    /// Added to the count of either side.
    pub(super) penalty: f64,
    /// The size of a unit of pull.
    pub(super) unit: f64,
}

impl Histogram {
    /// Sums over rows, given with their packed pulls, of the inputs considered.
    pub(super) fn of(table: &Table, rows: &[(u32, i64)], inputs: &[usize]) -> Self {
        let mut cells = vec![[0; BINS]; inputs.len()];
        for &(row, packed) in rows {
            let codes = table.row(row as usize);
            for (cells, input) in cells.iter_mut().zip(inputs) {
                // The mask tells the compiler that the code is within bounds; codes are below BINS already.
                cells[usize::from(codes[*input]) & (BINS - 1)] += packed;
            }
        }
        Self(cells)
    }

    /// What is left of this, a parent's, without one of its children: the other child's.
    pub(super) fn without(mut self, child: &Self) -> Self {
        for (cells, other) in self.0.iter_mut().zip(&child.0) {
            cells.iter_mut().zip(other).for_each(|(cell, other)| *cell -= other);
        }
        self
    }

    /// The best split; `None` where none is allowed or worth anything.
    pub(super) fn best_split(&self, inputs: &[usize], rules: &SplitRules) -> Option<Split> {
        let all: i64 = self.0.first()?.iter().sum();
        let worth = |sum: i64| {
            let pull = pull(sum) as f64 * rules.unit;
            pull * pull / (count(sum) as f64 + rules.penalty)
        };
        let whole = worth(all);
        let mut best: Option<Split> = None;
        for (cells, &input) in self.0.iter().zip(inputs) {
            let mut left = 0;
            for (code, cell) in cells[..BINS - 1].iter().enumerate() {
                left += cell;
                let right = all - left;
                if count(right) < rules.least_rows {
                    break;
                }
                if count(left) < rules.least_rows || *cell == 0 {
                    continue;
                }
                let gain = worth(left) + worth(right) - whole;
                if gain > best.map_or(1e-9 * whole.max(f64::MIN_POSITIVE), |best| best.gain) {
                    best = Some(Split { input, code: code as u8, gain });
                }
            }
        }
        best
    }
}
