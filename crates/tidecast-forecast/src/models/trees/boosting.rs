//! Boosting: one tree after the other, each on what those before it left over (Friedman, *Greedy function
//! approximation: a gradient boosting machine*, 2001), on a part of the rows and inputs drawn anew for each.

use super::growth::grow;
use super::histogram::{MOST_ROWS, SplitRules, packed};
use super::loss::Loss;
use super::random::{choose, draw, happens};
use super::table::{BLOCK, Blocks, Table};
use super::tree::Tree;

/// How trees are boosted.
#[derive(Clone, Copy, Debug)]
pub(super) struct Boosting {
    /// What is minimised.
    pub(super) loss: Loss,
    /// Trees at most.
    pub(super) trees: usize,
    /// Leaves of a tree at most.
    pub(super) leaves: usize,
    /// Share of a tree's answers that is taken.
    pub(super) rate: f64,
    /// Share of the rows that a tree sees.
    pub(super) rows: f64,
    /// Share of the inputs that a tree sees.
    pub(super) inputs: f64,
    /// Fewest rows of a leaf.
    pub(super) least_rows: usize,
    /// Counts as so many further rows without pull in every leaf.
    pub(super) penalty: f64,
    /// Where the drawing starts.
    pub(super) seed: u64,
}

/// Trees without a gain on the newest rows after which boosting stops.
const PATIENCE: usize = 25;

/// What boosting gave: a start, and what the trees add to it.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Boosted {
    pub(super) start: f32,
    pub(super) trees: Vec<Tree>,
}

impl Boosted {
    /// The answers of all trees.
    pub(super) fn answer(&self, rows: &Blocks, answers: &mut Vec<f32>) {
        answers.clear();
        answers.reserve(rows.rows().next_multiple_of(BLOCK));
        for block in 0..rows.rows().div_ceil(BLOCK) {
            let mut sums = [self.start; BLOCK];
            let codes = rows.block(block);
            self.trees.iter().for_each(|tree| tree.add(codes, &mut sums));
            answers.extend_from_slice(&sums);
        }
        answers.truncate(rows.rows());
    }
}

impl Boosting {
    /// Boosts trees on `table`; where there are `newest` rows, stops once these are answered no better, and keeps the
    /// trees up to the best. `None` when `stopped` says so.
    pub(super) fn run(
        &self,
        table: &Table,
        newest: Option<&Table>,
        stopped: &dyn Fn(usize) -> bool,
    ) -> Option<Boosted> {
        let start = self.loss.best(&mut table.targets.clone(), 0.0) as f32;
        let mut boosted = Boosted { start, trees: Vec::with_capacity(self.trees) };
        let mut residuals: Vec<f32> = table.targets.iter().map(|target| target - start).collect();
        let mut newest = newest.filter(|table| table.rows() > 0).map(|table| Watched::new(table, start, self.loss));
        let mut pulls = Vec::new();
        let mut rows = Vec::new();
        let mut members = Vec::new();
        let considered = (self.inputs * table.width as f64).round() as usize;
        for number in 0..self.trees {
            if stopped(number) {
                return None;
            }
            let seed = draw(self.seed, number as u64);
            let inputs = choose(seed, considered, table.width);
            let unit = self.loss.pulls(&residuals, &mut pulls);
            rows.clear();
            let drawn =
                pulls.iter().take(MOST_ROWS).enumerate().filter(|(row, _)| happens(!seed, *row as u64, self.rows));
            rows.extend(drawn.map(|(row, pull)| (row as u32, packed(*pull))));
            let rules = SplitRules { least_rows: self.least_rows.max(1) as i64, penalty: self.penalty, unit };
            let mut grown = grow(table, &mut rows, &inputs, self.leaves, &rules);
            for (value, leaf) in grown.tree.values.iter_mut().zip(&grown.members) {
                members.clear();
                members.extend(rows[leaf.clone()].iter().map(|(row, _)| residuals[*row as usize]));
                *value = (self.rate * self.loss.best(&mut members, self.penalty)) as f32;
            }
            subtract(&grown.tree, &table.blocks, &mut residuals);
            boosted.trees.push(grown.tree);
            if let Some(watched) = &mut newest {
                let Some(tree) = boosted.trees.last() else { break };
                if !watched.improves(tree, number + 1) {
                    break;
                }
            }
        }
        if let Some(watched) = newest {
            boosted.trees.truncate(watched.best_trees);
        }
        Some(boosted)
    }
}

/// Takes a tree's answers off what is left over.
fn subtract(tree: &Tree, rows: &Blocks, residuals: &mut [f32]) {
    for (block, residuals) in residuals.chunks_mut(BLOCK).enumerate() {
        let mut sums = [0.0; BLOCK];
        tree.add(rows.block(block), &mut sums);
        residuals.iter_mut().zip(&sums).for_each(|(residual, sum)| *residual -= sum);
    }
}

/// Rows that trees do not learn from, and how well they are answered.
struct Watched<'a> {
    table: &'a Table,
    residuals: Vec<f32>,
    loss: Loss,
    least: f64,
    best_trees: usize,
}

impl<'a> Watched<'a> {
    fn new(table: &'a Table, start: f32, loss: Loss) -> Self {
        let residuals = table.targets.iter().map(|target| target - start).collect();
        let mut watched = Self { table, residuals, loss, least: f64::INFINITY, best_trees: 0 };
        watched.least = watched.total();
        watched
    }

    fn total(&self) -> f64 {
        self.residuals.iter().map(|residual| self.loss.of(f64::from(*residual))).sum()
    }

    /// Takes in a tree, the `number`th; false once too many were no better.
    fn improves(&mut self, tree: &Tree, number: usize) -> bool {
        subtract(tree, &self.table.blocks, &mut self.residuals);
        let total = self.total();
        if total < self.least {
            (self.least, self.best_trees) = (total, number);
        }
        number < self.best_trees + PATIENCE
    }
}

#[cfg(test)]
mod tests {
    use super::super::bins::Bins;
    use super::*;

    const BOOSTING: Boosting = Boosting {
        loss: Loss::Squared,
        trees: 60,
        leaves: 8,
        rate: 0.1,
        rows: 0.7,
        inputs: 1.0,
        least_rows: 20,
        penalty: 1.0,
        seed: 1,
    };

    /// Uniform in [0, 1).
    fn unit(seed: u64, index: usize) -> f64 {
        (draw(seed, index as u64) >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// A step in the first input, with noise uniform in -1..1 that is three times as wide above it.
    fn noisy_step(rows: usize, seed: u64) -> Table {
        let inputs = |row: usize| [unit(seed, 3 * row) as f32, unit(seed, 3 * row + 1) as f32];
        let all: Vec<f32> = (0..rows).flat_map(inputs).collect();
        let bins = Bins::learn(&all, 2);
        let mut table = Table::new(2);
        for row in 0..rows {
            let noise = 2.0 * unit(seed, 3 * row + 2) - 1.0;
            let target = if inputs(row)[0] > 0.5 { 10.0 + 3.0 * noise } else { noise };
            table.push(&bins, &inputs(row), target as f32);
        }
        table
    }

    fn answers(boosted: &Boosted, table: &Table) -> Vec<f32> {
        let mut answers = Vec::new();
        boosted.answer(&table.blocks, &mut answers);
        answers
    }

    #[test]
    fn quantiles_hold_their_share_on_either_side_of_a_step() {
        let (known, new) = (noisy_step(6_000, 1), noisy_step(3_000, 2));
        for level in [0.1, 0.5, 0.9] {
            let boosting = Boosting { loss: Loss::Quantile(level), ..BOOSTING };
            let boosted = boosting.run(&known, None, &|_| false).unwrap();
            let answers = answers(&boosted, &new);
            for high in [false, true] {
                let side: Vec<bool> = (0..new.rows())
                    .filter(|row| (new.targets[*row] > 5.0) == high)
                    .map(|row| new.targets[row] <= answers[row])
                    .collect();
                let share = side.iter().filter(|below| **below).count() as f64 / side.len() as f64;
                assert!((share - level).abs() < 0.05, "{share} at {level}, high: {high}");
            }
        }
    }

    #[test]
    fn the_mean_of_a_step_is_found() {
        let (known, new) = (noisy_step(6_000, 1), noisy_step(3_000, 2));
        let boosted = BOOSTING.run(&known, None, &|_| false).unwrap();
        for (answer, target) in answers(&boosted, &new).iter().zip(&new.targets) {
            let expected = if *target > 5.0 { 10.0 } else { 0.0 };
            assert!((answer - expected).abs() < 0.7, "{answer} instead of {expected}");
        }
    }

    #[test]
    fn one_leaf_alone_is_the_median() {
        let known = noisy_step(301, 3);
        let boosting = Boosting { loss: Loss::Quantile(0.5), trees: 1, leaves: 1, rate: 1.0, rows: 1.0, ..BOOSTING };
        let boosted = boosting.run(&known, None, &|_| false).unwrap();
        let mut sorted = known.targets.clone();
        sorted.sort_unstable_by(f32::total_cmp);
        assert!((answers(&boosted, &known)[0] - sorted[150]).abs() < 1e-5);
    }

    #[test]
    fn noise_stops_early_and_a_pattern_does_not() {
        let mut noise = noisy_step(500, 4);
        let mut newest = noisy_step(500, 5);
        for table in [&mut noise, &mut newest] {
            let rows = table.rows();
            let seed = table.targets[0].to_bits();
            table.targets = (0..rows).map(|row| unit(u64::from(seed), row) as f32).collect();
        }
        let boosting = Boosting { least_rows: 2, leaves: 31, ..BOOSTING };
        let stopped = boosting.run(&noise, Some(&newest), &|_| false).unwrap();
        assert!(stopped.trees.len() < 20, "{}", stopped.trees.len());
        let kept = BOOSTING.run(&noisy_step(3_000, 1), Some(&noisy_step(1_000, 2)), &|_| false).unwrap();
        assert!(kept.trees.len() > 30, "{}", kept.trees.len());
        assert!(BOOSTING.run(&noise, None, &|number| number > 3).is_none());
    }
}
