//! The inputs of the trees, computed from scaled values.
//!
//! All values are relative to the mean of the newest week: a series that has grown looks as it did before.

use super::layout::{DAILY, Layout, PARTS, WEEK};
use super::series::Character;
use crate::conformal::phase;

/// Similar days that are looked at.
const KIN: usize = 5;

/// Scaled, filled values of one series, prepared for quick means.
pub(super) struct Design {
    layout: Layout,
    character: Character,
    values: Vec<f64>,
    /// `sums[i]` is the sum of the first `i` values.
    sums: Vec<f64>,
    first_step: i64,
}

/// Writes inputs one after the other.
struct Columns<'a>(std::slice::IterMut<'a, f32>);

impl Columns<'_> {
    fn put(&mut self, value: f64) {
        if let Some(column) = self.0.next() {
            *column = value as f32;
        }
    }
}

impl Design {
    /// Values on the grid, the first at `first_step`.
    pub(super) fn new(layout: Layout, character: Character, values: &[f64], first_step: i64) -> Self {
        let mut design =
            Self { layout, character, values: Vec::with_capacity(values.len()), sums: vec![0.0], first_step };
        design.extend(values);
        design
    }

    /// Appends values.
    pub(super) fn extend(&mut self, values: &[f64]) {
        let mut sum = self.sums.last().copied().unwrap_or(0.0);
        self.sums.extend(values.iter().map(|value| {
            sum += value;
            sum
        }));
        self.values.extend_from_slice(values);
    }

    /// How many values there are.
    pub(super) fn len(&self) -> usize {
        self.values.len()
    }

    /// A value.
    pub(super) fn value(&self, index: usize) -> f64 {
        self.values[index]
    }

    fn place(&self, index: usize, season: usize) -> usize {
        phase(self.first_step.saturating_add(i64::try_from(index).unwrap_or(i64::MAX)), season)
    }

    /// Mean of the values from `from` up to but without `to`, at least one of them.
    fn mean(&self, from: usize, to: usize) -> f64 {
        let from = from.min(to.saturating_sub(1));
        (self.sums[to] - self.sums[from]) / (to - from).max(1) as f64
    }

    /// Mean of the values from `from` steps before `origin` back to `to` steps before it.
    fn before(&self, origin: usize, from: usize, to: usize) -> f64 {
        self.mean(origin - to.max(from + 1), origin - from)
    }

    /// The nearest days before that of `target`, from `first` on, that are like it; where there are fewer, the
    /// furthest of them again. No further back than the memory from `ahead` steps after the origin.
    fn kin(&self, target: usize, ahead: usize, first: usize) -> [usize; KIN] {
        let season = self.layout.cycle.short;
        let step = self.first_step.saturating_add(i64::try_from(target).unwrap_or(i64::MAX));
        let furthest = (self.layout.memory() + ahead - season) / season;
        let mut alike =
            (first..=furthest.min(first + 4 * WEEK)).filter(|days| self.character.kinship.alike(step, season, *days));
        let mut last = first;
        std::array::from_fn(|_| {
            last = alike.next().unwrap_or(last);
            last
        })
    }

    /// The mean of the newest week, which inputs and targets are relative to.
    pub(super) fn level(&self, origin: usize) -> f64 {
        self.before(origin, 0, WEEK * self.layout.cycle.short)
    }

    /// Writes the inputs that depend on the origin alone. `origin` is at least the layout's memory.
    pub(super) fn write_shared(&self, origin: usize, row: &mut [f32]) {
        let mut columns = Columns(row.iter_mut());
        let season = self.layout.cycle.short;
        let week = WEEK * season;
        let level = self.level(origin);
        let mean = |from: usize, to: usize| self.before(origin, from, to);
        columns.put(self.values[origin - 1] - level);
        for day in 0..WEEK {
            columns.put(mean(day * season, (day + 1) * season) - level);
        }
        for part in PARTS {
            columns.put(mean(0, season / part) - level);
        }
        // The newest values against the same time of day before.
        columns.put(self.values[origin - 1] - self.values[origin - 1 - season]);
        columns.put(mean(0, season / 4) - mean(season, season + season / 4));
        let days = 1..=3;
        let same_time: f64 = days.clone().map(|day| self.values[origin - 1 - day * season]).sum();
        columns.put(self.values[origin - 1] - same_time / days.count() as f64);
        if self.layout.weeks > 0 {
            // And against the same time of the week before.
            columns.put(self.values[origin - 1] - self.values[origin - 1 - week]);
            columns.put(mean(0, season / 4) - mean(week, week + season / 4));
            columns.put(mean(0, season) - mean(week, week + season));
            let weeks = 1..self.layout.weeks;
            let others = |length: usize| -> f64 {
                weeks.clone().map(|back| mean(back * week, back * week + length)).sum::<f64>() / weeks.len() as f64
            };
            columns.put(mean(0, season) - others(season));
            columns.put(mean(0, season / 4) - others(season / 4));
            columns.put(mean(0, self.layout.weeks * week) - level);
        }
        let kin = self.kin(origin - 1, 0, 1);
        for length in [1, season / 4, season] {
            let before = kin[..3].iter().map(|days| mean(days * season, days * season + length)).sum::<f64>() / 3.0;
            columns.put(mean(0, length) - before);
        }
        columns.put(self.place(origin, season) as f64);
        self.character.statistics.iter().for_each(|value| columns.put(f64::from(*value)));
    }

    /// Writes the inputs for `ahead` steps after `origin`, which follow those of the origin.
    pub(super) fn write_ahead(&self, origin: usize, ahead: usize, row: &mut [f32]) {
        let mut columns = Columns(row.iter_mut());
        let season = self.layout.cycle.short;
        let week = WEEK * season;
        let level = self.level(origin);
        let target = origin + ahead;
        let known = |back: usize| self.values[(target - back).min(origin - 1)] - level;
        // The season around that time of an earlier day: how the day was.
        let around = |days: usize| {
            let middle = target - days * season;
            self.mean(middle - season / 2, (middle + season / 2 + 1).min(origin)) - level
        };
        let first = self.layout.first_daily(ahead);
        let mut daily = [0.0; DAILY];
        for (day, value) in daily.iter_mut().enumerate() {
            *value = known((first + day) * season);
            columns.put(*value);
        }
        let recent = &daily[..WEEK];
        let mean = recent.iter().sum::<f64>() / WEEK as f64;
        columns.put(mean);
        columns.put((recent.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / WEEK as f64).sqrt());
        columns.put(median(daily[..WEEK].try_into().unwrap_or([0.0; WEEK])));
        columns.put(recent.iter().copied().fold(f64::INFINITY, f64::min));
        columns.put(recent.iter().copied().fold(f64::NEG_INFINITY, f64::max));
        columns.put(known(first * season + 1));
        columns.put(known(first * season - 1));
        if self.layout.weeks > 0 {
            let nearest = self.layout.first_weekly(ahead);
            let mut sum = 0.0;
            for back in nearest..nearest + self.layout.weeks {
                let value = known(back * week);
                sum += value;
                columns.put(value);
                if back == nearest {
                    columns.put(value - around(nearest * WEEK));
                    columns.put(known(back * week + 1));
                    columns.put(known(back * week - 1));
                }
            }
            let mean = sum / self.layout.weeks as f64;
            columns.put(mean);
            columns.put(mean - known(nearest * week));
            columns.put(mean - daily[0]);
        }
        let kin = self.kin(target, ahead, first);
        let mut values = kin.map(|days| known(days * season));
        columns.put(values[0]);
        columns.put(values[1]);
        columns.put(values[..3].iter().sum::<f64>() / 3.0);
        columns.put(values.iter().sum::<f64>() / KIN as f64);
        columns.put(kin[..3].iter().map(|days| around(*days)).sum::<f64>() / 3.0);
        values.sort_unstable_by(f64::total_cmp);
        columns.put(values[KIN / 2]);
        columns.put(ahead as f64);
        columns.put(self.place(target, season) as f64);
        columns.put((self.place(target, week) / season) as f64);
    }
}

/// The one in the middle.
fn median(mut values: [f64; WEEK]) -> f64 {
    values.sort_unstable_by(f64::total_cmp);
    values[WEEK / 2]
}
