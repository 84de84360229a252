//! One regression for all steps ahead: they share a matrix, which is factorised once.

use super::factor::Factor;
use super::products;
use super::windows::Windows;

/// Passes of Huber's modified residuals; more change little.
const PASSES: usize = 3;
/// Residuals count by their size, not by their square, from this many times their median size.
const LIMIT: f32 = 1.0;

/// Sums of products of a lookback's inputs, with each other and with the targets, over some windows.
pub(super) struct Moments {
    /// Inputs: a lookback less the newest value, to which all others are relative.
    pub(super) inputs: usize,
    pub(super) horizon: usize,
    /// `inputs` squared.
    gram: Vec<f64>,
    /// A row of `horizon` for each input.
    cross: Vec<f64>,
}

impl Moments {
    /// Takes the newest `lookback` places of windows of `memory + horizon` values out of their sums of products.
    pub(super) fn new(sums: &[f64], memory: usize, lookback: usize, horizon: usize) -> Self {
        let (width, base) = (memory + horizon, memory - 1);
        let inputs = memory - lookback..base;
        Self {
            inputs: lookback - 1,
            horizon,
            gram: products::relative(sums, width, base, inputs.clone(), inputs.clone()),
            cross: products::relative(sums, width, base, inputs, memory..width),
        }
    }

    /// The coefficients that minimise the squared errors plus `penalties` times the squared distance from `prior`
    /// (zero where there is none): a row of `horizon` for each input. With `windows`, large errors there then count by
    /// their size instead of their square, by modified residuals (Huber, *Robust Statistics*, 1981, section 7.8).
    pub(super) fn solve(&self, penalties: &[f64], prior: Option<&[f64]>, windows: Option<&Windows<'_>>) -> Vec<f64> {
        let mut matrix = self.gram.clone();
        for (i, penalty) in penalties.iter().enumerate() {
            matrix[i * self.inputs + i] += penalty;
        }
        let factor = Factor::new(matrix, self.inputs);
        let mut targets = self.cross.clone();
        if let Some(prior) = prior {
            let rows = targets.chunks_exact_mut(self.horizon).zip(prior.chunks_exact(self.horizon)).zip(penalties);
            for ((row, prior), penalty) in rows {
                row.iter_mut().zip(prior).for_each(|(value, prior)| *value += penalty * prior);
            }
        }
        let mut coefficients = targets.clone();
        factor.solve(&mut coefficients, self.horizon);
        if let Some(windows) = windows {
            for _ in 0..PASSES {
                // Least squares again, with targets less what the limit cuts off the errors.
                let excess = windows.excess(&coefficients, LIMIT);
                coefficients.iter_mut().zip(targets.iter().zip(&excess)).for_each(|(c, (t, e))| *c = t - e);
                factor.solve(&mut coefficients, self.horizon);
            }
        }
        coefficients
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::matrix::{Matrix, multiply_f64};

    const MEMORY: usize = 12;
    const HORIZON: usize = 3;

    /// Noise that remembers a little, with a spike of a given size at the end, where it is a target and no input.
    fn values(spike: f64) -> Vec<f64> {
        let (mut state, mut value) = (1_u64, 0.0);
        let mut values: Vec<f64> = (0..400)
            .map(|_| {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                value = 0.7 * value + (state >> 40) as f64 / f64::from(1 << 24) - 0.5;
                value
            })
            .collect();
        values[399] += spike;
        values
    }

    fn solve(values: &[f64], lookback: usize, prior: Option<&[f64]>, robust: bool) -> Vec<f64> {
        let sums = products::sums(values, MEMORY + HORIZON).unwrap();
        let narrow: Vec<f32> = values.iter().map(|value| *value as f32).collect();
        let windows = Windows::new(&narrow, MEMORY, lookback, HORIZON);
        let penalties: Vec<f64> = (1..lookback).map(|lag| lag as f64).collect();
        Moments::new(&sums, MEMORY, lookback, HORIZON).solve(&penalties, prior, robust.then_some(&windows))
    }

    /// The normal equations hold, with sums over windows one by one.
    #[test]
    fn agrees_with_windows_one_by_one() {
        let values = values(0.0);
        for lookback in [MEMORY, 7] {
            let inputs = lookback - 1;
            let prior: Vec<f64> = (0..inputs * HORIZON).map(|at| (at % 5) as f64 / 10.0).collect();
            let coefficients = solve(&values, lookback, Some(&prior), false);
            let mut gradient: Vec<f64> =
                (0..inputs * HORIZON).map(|at| (1 + at / HORIZON) as f64 * (prior[at] - coefficients[at])).collect();
            for window in values.windows(MEMORY + HORIZON) {
                let newest = window[MEMORY - 1];
                let row: Vec<f64> = window[MEMORY - lookback..MEMORY - 1].iter().map(|value| value - newest).collect();
                let mut errors = [0.0; HORIZON];
                multiply_f64(Matrix::new(&row, inputs), Matrix::new(&coefficients, HORIZON), 0.0, &mut errors);
                for (ahead, forecast) in errors.iter().enumerate() {
                    let error = window[MEMORY + ahead] - newest - forecast;
                    (0..inputs).for_each(|input| gradient[input * HORIZON + ahead] += error * row[input]);
                }
            }
            assert!(gradient.iter().all(|value| value.abs() < 1e-8), "{lookback}: {gradient:?}");
        }
    }

    #[test]
    fn one_spike_counts_for_little() {
        let distance = |robust: bool| -> f64 {
            let (clean, spiked) = (solve(&values(0.0), 7, None, robust), solve(&values(20.0), 7, None, robust));
            clean.iter().zip(&spiked).map(|(a, b)| (a - b).powi(2)).sum()
        };
        assert!(distance(true) < 0.5 * distance(false), "{} {}", distance(true), distance(false));
    }
}
