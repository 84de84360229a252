//! Several boosted sets of trees and their mean: each learns from rows of its own on a thread of its own, so that the
//! result does not depend on how many threads there are, and the mean errs less than each.

use super::bins::Bins;
use super::boosting::{Boosted, Boosting};
use super::layout::Layout;
use super::random::draw;
use super::sample::{self, Cell, Source};
use super::table::Blocks;
use super::tree::{Condition, Tree};
use crate::artifact::{Artifact, LoadError};
use crate::models::Control;
use crate::parallel;
use serde::{Deserialize, Serialize};
use std::sync::atomic::{AtomicUsize, Ordering};

/// Sets of trees: as many as threads are used.
const SETS: usize = 2;
/// Rows drawn of a series at most.
const ROWS_OF_SERIES: usize = 20_000;
/// Rows drawn in all at most, which bounds memory: a row takes about 130 bytes.
const MOST_ROWS: usize = 500_000;
/// Rows from which bins are learned.
const BINNED_ROWS: usize = 20_000;

/// Rows that the number of trees is found with.
const PILOT_ROWS: usize = 50_000;
/// Share of the past, its newest part, on which the number of trees is judged.
const JUDGED: f64 = 0.1;

/// All trees of a panel.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Forest {
    pub(super) bins: Bins,
    pub(super) sets: Vec<Boosted>,
}

impl Forest {
    /// Learns from the series of a panel. `None` when stopped.
    pub(super) fn fit(
        sources: &[Source<'_>],
        layout: &Layout,
        boosting: &Boosting,
        control: &Control<'_>,
    ) -> Option<Self> {
        let most = MOST_ROWS.min(ROWS_OF_SERIES * sources.len());
        let cells = sample::cells(sources, layout, most, boosting.seed);
        let bins = sample::bins(sources, layout, &cells, BINNED_ROWS);
        let trees = control.within(0.0..0.2, |control| enough(sources, layout, &bins, &cells, boosting, control))?;
        let sets: Vec<usize> = (0..SETS).collect();
        let done = AtomicUsize::new(0);
        let fitted = control.within(0.2..1.0, |control| {
            parallel::map(&sets, |&set| {
                let mine = cells.iter().copied().skip(set).step_by(SETS);
                let table = sample::table(sources, layout, &bins, mine);
                let boosting = Boosting { trees, seed: draw(boosting.seed, set as u64), ..*boosting };
                boosting.run(&table, None, &|_| {
                    let done = done.fetch_add(1, Ordering::Relaxed);
                    (control.progress)(done as f64 / (SETS * trees).max(1) as f64);
                    control.stopped()
                })
            })
        });
        Some(Self { bins, sets: fitted.into_iter().collect::<Option<Vec<_>>>()? })
    }

    /// The mean answers of the sets.
    pub(super) fn answer(&self, rows: &Blocks) -> Vec<f32> {
        let mut mean = vec![0.0; rows.rows()];
        let mut answers = Vec::new();
        let share = 1.0 / self.sets.len().max(1) as f32;
        for set in &self.sets {
            set.answer(rows, &mut answers);
            mean.iter_mut().zip(&answers).for_each(|(mean, answer)| *mean += share * answer);
        }
        mean
    }

    /// Writes the trees: everything but the leaves' values is small whole numbers, which 32-bit floats hold exactly.
    pub(super) fn save(&self, artifact: &mut Artifact) {
        let trees = || self.sets.iter().flat_map(|set| &set.trees);
        let edges: Vec<usize> = self.bins.edges().iter().map(Vec::len).collect();
        let sets: Vec<(f32, usize)> = self.sets.iter().map(|set| (set.start, set.trees.len())).collect();
        artifact.put("trees.shape", &Shape { edges, sets });
        artifact.put_f32("trees.edges", &self.bins.edges().concat());
        let leaves: Vec<f32> = trees().map(|tree| tree.values.len() as f32).collect();
        artifact.put_f32("trees.leaves", &leaves);
        let numbers = |c: &Condition| [c.input, c.code, c.from, c.to].map(f32::from);
        let conditions: Vec<f32> = trees().flat_map(|tree| &tree.conditions).flat_map(numbers).collect();
        artifact.put_f32("trees.conditions", &conditions);
        let values: Vec<f32> = trees().flat_map(|tree| tree.values.iter().copied()).collect();
        artifact.put_f32("trees.values", &values);
    }

    /// Reads what [`Forest::save`] wrote, for rows of `width` inputs.
    pub(super) fn load(artifact: &Artifact, width: usize) -> Result<Self, LoadError> {
        let damaged = || LoadError::Damaged("its trees are impossible".to_owned());
        let Shape { edges, sets } = artifact.get("trees.shape")?;
        let all = artifact.get_f32("trees.edges", total(edges.iter().copied()).ok_or_else(damaged)?)?;
        let mut rest = all.as_slice();
        let mut take = |count: &usize| rest.split_off(..*count).map(<[f32]>::to_vec);
        let edges: Option<Vec<Vec<f32>>> = edges.iter().map(&mut take).collect();
        let bins = edges.and_then(Bins::restore).filter(|bins| bins.width() == width).ok_or_else(damaged)?;
        let count = total(sets.iter().map(|(_, trees)| *trees)).ok_or_else(damaged)?;
        // A damaged number becomes one that no tree allows.
        let byte = |value: f32| if (0.0..256.0).contains(&value) { value as u8 } else { u8::MAX };
        let leaves: Vec<usize> =
            artifact.get_f32("trees.leaves", count)?.into_iter().map(|value| usize::from(byte(value))).collect();
        let values = artifact.get_f32("trees.values", leaves.iter().sum())?;
        let divisions: usize = leaves.iter().map(|leaves| leaves.saturating_sub(1)).sum();
        let conditions = artifact.get_f32("trees.conditions", 4 * divisions)?;
        let (mut values, mut conditions) = (values.as_slice(), conditions.as_chunks::<4>().0);
        let mut trees = leaves.iter().map(|&leaves| {
            let values = values.split_off(..leaves)?.to_vec();
            let numbers = conditions.split_off(..leaves.saturating_sub(1))?;
            let condition = |numbers: &[f32; 4]| {
                let [input, code, from, to] = numbers.map(byte);
                Condition { input, code, from, to }
            };
            let tree = Tree { conditions: numbers.iter().map(condition).collect(), values };
            tree.is_sound(width).then_some(tree)
        });
        let set = |(start, count): (f32, usize)| {
            let trees: Option<Vec<Tree>> = trees.by_ref().take(count).collect();
            trees.filter(|_| start.is_finite()).map(|trees| Boosted { start, trees })
        };
        let sets: Option<Vec<Boosted>> = sets.into_iter().map(set).collect();
        sets.filter(|sets| !sets.is_empty()).map(|sets| Self { bins, sets }).ok_or_else(damaged)
    }
}

/// How many trees are enough: after how many those grown on a part of the older rows answer the newest best. Those
/// to forecast with learn from the newest, too.
fn enough(
    sources: &[Source<'_>],
    layout: &Layout,
    bins: &Bins,
    cells: &[Cell],
    boosting: &Boosting,
    control: &Control<'_>,
) -> Option<usize> {
    let [newest, older] = sample::apart(sources, layout, cells, JUDGED);
    if newest.is_empty() || older.is_empty() {
        return Some(boosting.trees);
    }
    let part = |cells: Vec<Cell>, most: usize| {
        let stride = cells.len().div_ceil(most).max(1);
        sample::table(sources, layout, bins, cells.into_iter().step_by(stride))
    };
    let (older, newest) = (part(older, PILOT_ROWS), part(newest, PILOT_ROWS / 4));
    let pilot = boosting.run(&older, Some(&newest), &|number| {
        (control.progress)(number as f64 / boosting.trees as f64);
        control.stopped()
    })?;
    Some(pilot.trees.len())
}

/// The sum; `None` where a damaged file makes it too large.
fn total(mut counts: impl Iterator<Item = usize>) -> Option<usize> {
    counts.try_fold(0, usize::checked_add)
}

/// How many edges every input has; where every set starts, and how many trees it has.
#[derive(Serialize, Deserialize)]
struct Shape {
    edges: Vec<usize>,
    sets: Vec<(f32, usize)>,
}
