//! Growing one tree: always the leaf that gains most is divided, until there are enough (Ke et al., *LightGBM: a highly
//! efficient gradient boosting decision tree*, 2017).

use super::histogram::{Histogram, Split, SplitRules};
use super::table::Table;
use super::tree::{Condition, MOST_LEAVES, Tree};
use std::ops::Range;

/// A leaf while the tree grows.
struct Leaf {
    /// Its rows' places among the rows of the tree.
    rows: Range<usize>,
    /// Kept as long as the leaf may be divided.
    histogram: Option<Histogram>,
    split: Option<Split>,
}

/// A grown tree, and which rows each of its leaves holds.
pub(super) struct Grown {
    /// Its values are still 0.
    pub(super) tree: Tree,
    /// For each leaf the places of its rows in the rows given, which were reordered.
    pub(super) members: Vec<Range<usize>>,
}

/// Grows a tree of at most `leaves` leaves on rows given with their packed pulls.
pub(super) fn grow(
    table: &Table,
    rows: &mut [(u32, i64)],
    inputs: &[usize],
    leaves: usize,
    rules: &SplitRules,
) -> Grown {
    let leaves = leaves.clamp(1, MOST_LEAVES);
    let mut spare = Vec::with_capacity(rows.len());
    let leaf = |rows: Range<usize>, histogram: Histogram| {
        let split = histogram.best_split(inputs, rules);
        Leaf { rows, histogram: split.is_some().then_some(histogram), split }
    };
    // In order from left to right, so that a leaf's place is its number.
    let mut grown = vec![leaf(0..rows.len(), Histogram::of(table, rows, inputs))];
    let mut conditions: Vec<Condition> = Vec::with_capacity(leaves - 1);
    while grown.len() < leaves {
        let gain = |leaf: &Leaf| leaf.split.map_or(f64::NEG_INFINITY, |split| split.gain);
        let widest = (0..grown.len()).max_by(|a, b| gain(&grown[*a]).total_cmp(&gain(&grown[*b])).then(b.cmp(a)));
        let Some(place) = widest else { break };
        let (Some(split), Some(histogram)) = (grown[place].split, grown[place].histogram.take()) else { break };
        let all = grown[place].rows.clone();
        let middle = all.start + divide(table, &mut rows[all.clone()], split, &mut spare);
        let (left, right) = (all.start..middle, middle..all.end);
        // The smaller side is summed, the larger is what is left of both.
        let (left_histogram, right_histogram) = if left.len() <= right.len() {
            let small = Histogram::of(table, &rows[left.clone()], inputs);
            let large = histogram.without(&small);
            (small, large)
        } else {
            let small = Histogram::of(table, &rows[right.clone()], inputs);
            let large = histogram.without(&small);
            (large, small)
        };
        grown[place] = leaf(left, left_histogram);
        grown.insert(place + 1, leaf(right, right_histogram));
        number_again(&mut conditions, place as u8);
        // An input's number fits: layouts have far fewer than 256.
        let (input, code, from) = (split.input as u8, split.code, place as u8);
        conditions.push(Condition { input, code, from, to: from + 1 });
    }
    let tree = Tree { conditions, values: vec![0.0; grown.len()] };
    Grown { tree, members: grown.into_iter().map(|leaf| leaf.rows).collect() }
}

/// Moves the rows that go left to the front, keeping their order, and returns how many those are.
fn divide(table: &Table, rows: &mut [(u32, i64)], split: Split, spare: &mut Vec<(u32, i64)>) -> usize {
    spare.clear();
    let mut left = 0;
    for at in 0..rows.len() {
        let row = rows[at];
        if table.row(row.0 as usize)[split.input] > split.code {
            spare.push(row);
        } else {
            rows[left] = row;
            left += 1;
        }
    }
    rows[left..].copy_from_slice(spare);
    left
}

/// Makes room for the new leaf after `place`, whose rows were all in that leaf.
fn number_again(conditions: &mut [Condition], place: u8) {
    for condition in conditions {
        condition.from += u8::from(condition.from > place);
        condition.to += u8::from(condition.to > place);
    }
}

#[cfg(test)]
mod tests {
    use super::super::histogram::packed;
    use super::super::random::draw;
    use super::super::table::BLOCK;
    use super::*;

    /// Random codes, with pulls that depend on them.
    fn data(rows: usize, seed: u64) -> (Table, Vec<(u32, i64)>) {
        let width = 4;
        let mut table = Table::new(width);
        let mut pulls = Vec::new();
        for row in 0..rows {
            let codes: Vec<u8> = (0..width).map(|input| (draw(seed, (row * width + input) as u64) % 7) as u8).collect();
            table.codes.extend(&codes);
            table.blocks.push(&codes);
            table.targets.push(0.0);
            let noise = (draw(seed + 1, row as u64) % 11) as i32 - 5;
            pulls.push((row as u32, packed(noise + if codes[1] > 3 { 9 } else { -2 } + i32::from(codes[2]))));
        }
        (table, pulls)
    }

    const RULES: SplitRules = SplitRules { least_rows: 3, penalty: 1.0, unit: 0.5 };

    /// The best gain over all inputs and codes, row by row.
    fn brute_force(table: &Table, rows: &[(u32, i64)]) -> f64 {
        let worth = |side: &[i64]| {
            let pull: f64 = side.iter().map(|packed| super::super::histogram::pull(*packed) as f64 * RULES.unit).sum();
            pull * pull / (side.len() as f64 + RULES.penalty)
        };
        let mut best = 0.0_f64;
        for input in 0..table.width {
            for code in 0..7 {
                let (right, left): (Vec<_>, Vec<_>) =
                    rows.iter().partition(|(row, _)| table.row(*row as usize)[input] > code);
                if left.len() >= 3 && right.len() >= 3 {
                    let sums = |side: &[(u32, i64)]| side.iter().map(|(_, packed)| *packed).collect::<Vec<_>>();
                    let all = worth(&sums(rows));
                    best = best.max(worth(&sums(&left)) + worth(&sums(&right)) - all);
                }
            }
        }
        best
    }

    #[test]
    fn splits_are_the_best_there_are() {
        for seed in 0..20 {
            let (table, rows) = data(40 + seed as usize * 7, seed);
            let inputs = [0, 1, 2, 3];
            let split = Histogram::of(&table, &rows, &inputs).best_split(&inputs, &RULES).unwrap();
            assert!((split.gain - brute_force(&table, &rows)).abs() < 1e-9, "seed {seed}");
        }
    }

    #[test]
    fn a_subtracted_histogram_is_the_one_summed() {
        let (table, rows) = data(100, 1);
        let inputs = [1, 3];
        let left = Histogram::of(&table, &rows[..30], &inputs);
        let right = Histogram::of(&table, &rows[30..], &inputs);
        let rest = Histogram::of(&table, &rows, &inputs).without(&left);
        assert_eq!(rest.best_split(&inputs, &RULES), right.best_split(&inputs, &RULES));
    }

    #[test]
    fn rows_are_answered_by_the_leaf_that_holds_them() {
        for leaves in [1, 2, 5, 32] {
            let (table, mut rows) = data(300, 7);
            let mut grown = grow(&table, &mut rows, &[0, 1, 2, 3], leaves, &RULES);
            assert_eq!(grown.members.len(), leaves);
            grown.tree.values = (0..leaves).map(|leaf| leaf as f32).collect();
            assert!(grown.tree.is_sound(4));
            for (leaf, members) in grown.members.iter().enumerate() {
                for (row, _) in &rows[members.clone()] {
                    let mut sums = [0.0; BLOCK];
                    grown.tree.add(table.blocks.block(*row as usize / BLOCK), &mut sums);
                    assert_eq!(sums[*row as usize % BLOCK], leaf as f32, "row {row} of {leaves} leaves");
                }
            }
        }
    }
}
