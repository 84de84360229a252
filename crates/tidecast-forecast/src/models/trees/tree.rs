//! One tree, laid out so that a block of rows is answered without branches.
//!
//! Every row starts with all leaves possible, one bit each; every condition that a row fails strikes out the leaves on
//! its left. The lowest bit left is the leaf (QuickScorer: Lucchese et al., *QuickScorer: a fast algorithm to rank
//! documents with additive ensembles of regression trees*, 2015), and the compiler does many rows at once.

use super::table::BLOCK;

/// Leaves of a tree at most: a bit each.
pub(super) const MOST_LEAVES: usize = 32;

/// One division of a tree: rows whose code of `input` is above `code` leave the leaves of its left side.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Condition {
    pub(super) input: u8,
    pub(super) code: u8,
    /// First leaf on the left side.
    pub(super) from: u8,
    /// First leaf after the left side.
    pub(super) to: u8,
}

impl Condition {
    /// The leaves that remain possible for a row that fails it.
    fn others(self) -> u32 {
        let below = |leaf: u8| 1_u32.checked_shl(u32::from(leaf)).map_or(u32::MAX, |bit| bit - 1);
        !(below(self.to) & !below(self.from))
    }
}

/// Conditions in any order, and the value of every leaf from left to right.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Tree {
    pub(super) conditions: Vec<Condition>,
    pub(super) values: Vec<f32>,
}

impl Tree {
    /// Whether a tree read from a file can be answered from rows of `width` inputs.
    pub(super) fn is_sound(&self, width: usize) -> bool {
        let leaves = self.values.len();
        let within = |condition: &Condition| {
            usize::from(condition.input) < width && condition.from < condition.to && usize::from(condition.to) < leaves
        };
        (1..=MOST_LEAVES).contains(&leaves) && self.conditions.iter().all(within)
    }

    /// Adds the tree's answers for a block of rows.
    pub(super) fn add(&self, block: &[[u8; BLOCK]], sums: &mut [f32; BLOCK]) {
        let mut possible = [u32::MAX; BLOCK];
        for condition in &self.conditions {
            let Some(codes) = block.get(usize::from(condition.input)) else { continue };
            let (others, bound) = (condition.others(), condition.code);
            for (possible, code) in possible.iter_mut().zip(codes) {
                *possible &= if *code > bound { others } else { u32::MAX };
            }
        }
        let mut values = [0.0; MOST_LEAVES];
        values.iter_mut().zip(&self.values).for_each(|(to, value)| *to = *value);
        for (sum, possible) in sums.iter_mut().zip(&possible) {
            *sum += values[possible.trailing_zeros() as usize % MOST_LEAVES];
        }
    }
}
