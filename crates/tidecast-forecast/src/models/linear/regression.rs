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
