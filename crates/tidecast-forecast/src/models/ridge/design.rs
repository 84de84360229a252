//! The inputs of the regressions, computed from scaled values.

use super::layout::{Layout, Reach, WEEK};
use super::regression::Sample;
use crate::conformal::phase;

/// Most origins of one group that a series contributes to a regression.
const MOST_ORIGINS: usize = 1_000;

/// Scaled, filled values of one series, prepared for quick means.
pub(super) struct Design {
    layout: Layout,
    values: Vec<f64>,
    /// `sums[i]` is the sum of the first `i` values.
    sums: Vec<f64>,
    first_step: i64,
}

impl Design {
    /// Values on the grid, the first at `first_step`.
    pub(super) fn new(layout: Layout, values: &[f64], first_step: i64) -> Self {
        let mut design = Self { layout, values: Vec::with_capacity(values.len()), sums: vec![0.0], first_step };
        design.extend(values);
        design
    }

    /// Appends values.
    pub(super) fn extend(&mut self, values: &[f64]) {
        let mut sum = self.sums.last().copied().unwrap_or(0.0);
        for &value in values {
            sum += value;
            self.sums.push(sum);
        }
        self.values.extend_from_slice(values);
    }

    /// How many values there are.
    pub(super) fn len(&self) -> usize {
        self.values.len()
    }

    /// Number of the step at `index`.
    pub(super) fn step(&self, index: usize) -> i64 {
        self.first_step.saturating_add(i64::try_from(index).unwrap_or(i64::MAX))
    }

    /// Origins (index of the first value not known) of a group, oldest first, evenly thinned.
    pub(super) fn origins(&self, group: usize) -> Vec<usize> {
        let season = self.layout.cycle.short;
        let mut origins: Vec<usize> = (self.layout.memory()..self.len())
            .filter(|origin| self.layout.group(phase(self.step(*origin), season)) == group)
            .collect();
        let stride = origins.len().div_ceil(MOST_ORIGINS).max(1);
        if stride > 1 {
            let newest = origins.len() - 1;
            let mut index = 0;
            origins.retain(|_| {
                index += 1;
                (newest + 1 - index).is_multiple_of(stride)
            });
        }
        origins
    }

    /// Adds the rows of a stretch of the horizon: one step ahead per origin, taking turns within the stretch.
    /// `actual` has the values as observed: a target that is missing (NaN) gives no row.
    pub(super) fn fill(&self, sample: &mut Sample, origins: &[usize], block: usize, actual: &[f64]) {
        let steps = self.layout.steps_of(block);
        let width = self.layout.width();
        for (turn, &origin) in origins.iter().enumerate() {
            let ahead = steps.start + turn % steps.len().max(1);
            if !actual.get(origin + ahead).is_some_and(|value| value.is_finite()) {
                continue;
            }
            let start = sample.inputs.len();
            sample.inputs.resize(start + width, 0.0);
            let level = self.row(origin, ahead, &mut sample.inputs[start..]);
            sample.targets.push(self.values[origin + ahead] - level);
        }
    }

    /// Mean of the values from `from` steps before the origin back to `to` steps before it.
    fn mean(&self, origin: usize, from: usize, to: usize) -> f64 {
        let to = to.max(from + 1);
        (self.sums[origin - from] - self.sums[origin - to]) / (to - from) as f64
    }

    /// Writes the inputs for `ahead` steps after `origin` and returns the level that they, and the target, are
    /// relative to. `origin` is at least the layout's memory.
    pub(super) fn row(&self, origin: usize, ahead: usize, row: &mut [f64]) -> f64 {
        let layout = &self.layout;
        let season = layout.cycle.short;
        let week = WEEK * season;
        let level = self.mean(origin, 0, layout.reach.means() * season);
        let mut columns = row.iter_mut();
        let mut put = |value: f64| {
            if let Some(column) = columns.next() {
                *column = value;
            }
        };
        let before_target = |steps: usize| self.values[(origin + ahead - steps).min(origin - 1)] - level;
        let first = layout.first_daily(ahead);
        for day in first..first + layout.reach.daily() {
            put(before_target(day * season));
        }
        if layout.has_weeks() {
            let first = layout.first_weekly(ahead);
            for further in 1..=layout.reach.weekly() {
                put(before_target((first + further) * week));
            }
            put(before_target(first * week + 1));
            put(before_target(first * week - 1));
        }
        let relative_mean = |from: usize, to: usize| self.mean(origin, from, to) - level;
        for back in 1..=3 {
            put(self.values[origin - back] - level);
        }
        for day in 0..layout.reach.means() {
            put(relative_mean(day * season, (day + 1) * season));
        }
        for part in [8, 4, 2] {
            put(relative_mean(0, season / part));
        }
        put(self.values[origin - season - 1] - level);
        if layout.has_weeks() {
            put(self.values[origin - week - 1] - level);
            put(relative_mean(week, week + season / 4));
            put(relative_mean(week, week + season));
            put(relative_mean(week, 2 * week));
        }
        if layout.reach == Reach::Month {
            put(relative_mean(2 * week, 4 * week));
        }
        if layout.cycle.long.is_some() {
            let day = phase(self.step(origin + ahead), week) / season;
            for weekday in 0..WEEK {
                put(if weekday == day { 1.0 } else { 0.0 });
            }
        } else {
            put(1.0);
        }
        level
    }
}
