//! The recent past of one series as a model sees it: a value for every step, gaps filled from what came before.

use crate::season::Cycle;
use tidecast_core::series::RegularSeries;

/// What a model sees of one series at an origin: a value for every step before it, gaps filled.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Past<'a> {
    /// The newest values, oldest first, all finite; the last is at `next_step - 1`.
    pub values: &'a [f64],
    /// Number of the first step not known: its time divided by the length of a step.
    pub next_step: i64,
    /// Length of a step, ms.
    pub step_ms: i64,
}

impl Past<'_> {
    /// Number of the step of the first value.
    #[must_use]
    pub fn first_step(&self) -> i64 {
        self.next_step.saturating_sub(i64::try_from(self.values.len()).unwrap_or(i64::MAX))
    }
}

/// The newest values of one series, filled causally, on the grid of steps since the Unix epoch.
#[derive(Clone, Debug, PartialEq)]
pub struct History {
    cycle: Cycle,
    capacity: usize,
    next_step: i64,
    step_ms: i64,
    values: Vec<f64>,
}

impl History {
    /// Takes over a series that starts with a known value; keeps at least `capacity` of the newest values.
    #[must_use]
    pub fn new(series: &RegularSeries, cycle: Cycle, capacity: usize) -> Self {
        let step_ms = series.step_ms.max(1);
        let first_step = series.start_ms.div_euclid(step_ms);
        let mut history = Self { cycle, capacity: capacity.max(1), next_step: first_step, step_ms, values: Vec::new() };
        // Filling looks one week back at most, so older values need not pass through.
        let needed = history.capacity.saturating_add(2 * cycle.longest());
        let skipped = series.len().saturating_sub(needed);
        history.next_step += i64::try_from(skipped).unwrap_or(0);
        let mut last_known = series.values[..skipped].iter().rev().copied().find(|value| value.is_finite());
        for &value in &series.values[skipped..] {
            let value = if value.is_finite() || !history.values.is_empty() { value } else { last_known.unwrap_or(0.0) };
            last_known = None;
            history.push(value);
        }
        history
    }

    /// Goes on from saved values, the last of which is at `next_step - 1`.
    #[must_use]
    pub fn restore(values: Vec<f64>, next_step: i64, step_ms: i64, cycle: Cycle, capacity: usize) -> Self {
        Self { cycle, capacity: capacity.max(1), next_step, step_ms, values }
    }

    /// Appends the value of the next step. A missing one (NaN) is taken from a week before, else a day, else the
    /// value before it.
    pub fn push(&mut self, value: f64) {
        let value = if value.is_finite() { value } else { self.substitute() };
        if self.values.len() >= self.capacity.saturating_mul(2).max(self.cycle.longest() + 1) {
            let keep = self.capacity.max(self.cycle.longest());
            self.values.drain(..self.values.len() - keep);
        }
        self.values.push(value);
        self.next_step += 1;
    }

    fn substitute(&self) -> f64 {
        let back = |steps: usize| self.values.len().checked_sub(steps).map(|index| self.values[index]);
        self.cycle.long.and_then(back).or_else(|| back(self.cycle.short)).or_else(|| back(1)).unwrap_or(0.0)
    }

    /// The values, oldest first, all finite; the last is at `next_step() - 1`.
    #[must_use]
    pub fn values(&self) -> &[f64] {
        &self.values
    }

    /// What a model sees of it now.
    #[must_use]
    pub fn past(&self) -> Past<'_> {
        Past { values: &self.values, next_step: self.next_step, step_ms: self.step_ms }
    }

    /// Number of the first step not yet seen: its time divided by the step.
    #[must_use]
    pub fn next_step(&self) -> i64 {
        self.next_step
    }

    /// The seasons used for filling.
    #[must_use]
    pub fn cycle(&self) -> Cycle {
        self.cycle
    }
}

/// All values of a series that starts with a known one, filled as [`History`] fills them.
#[must_use]
pub(crate) fn filled(series: &RegularSeries, cycle: Cycle) -> Vec<f64> {
    History::new(series, cycle, series.len().max(1)).values
}

#[cfg(test)]
mod tests {
    use super::*;

    const NAN: f64 = f64::NAN;

    #[track_caller]
    fn check(values: &[f64], cycle: Cycle, expected: &[f64]) {
        let series = RegularSeries { start_ms: 0, step_ms: 10, values: values.to_vec() };
        assert_eq!(filled(&series, cycle), expected);
    }

    #[test]
    fn fills_from_the_longest_season_known() {
        let daily = Cycle { short: 2, long: None };
        check(&[1.0, NAN, NAN, 4.0], daily, &[1.0, 1.0, 1.0, 4.0]);
        check(&[1.0, 2.0, NAN, NAN], daily, &[1.0, 2.0, 1.0, 2.0]);
        check(&[1.0, 2.0, 3.0, 9.0, NAN], Cycle { short: 2, long: Some(4) }, &[1.0, 2.0, 3.0, 9.0, 1.0]);
    }

    #[test]
    fn keeps_the_newest_and_counts_on() {
        let cycle = Cycle { short: 2, long: None };
        let series = RegularSeries { start_ms: 100, step_ms: 10, values: (0..50).map(f64::from).collect() };
        let mut history = History::new(&series, cycle, 5);
        assert_eq!(history.next_step(), 60);
        for value in 50..100 {
            history.push(f64::from(value));
        }
        assert_eq!(history.next_step(), 110);
        assert!(history.values().len() <= 11);
        assert_eq!(history.values().last_chunk(), Some(&[95.0, 96.0, 97.0, 98.0, 99.0]));
    }
}
