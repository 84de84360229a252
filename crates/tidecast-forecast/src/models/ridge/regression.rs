//! Ridge regressions of a panel: one over all series, then one per series that shrinks towards it.

use super::cholesky::Cholesky;
use crate::matrix::{Matrix, multiply_f64};

/// Penalty per row on the shared coefficients, in units of the scaled series' variance.
const SHARED_PENALTY: f64 = 1e-3;
/// Penalty per row on a series' distance from the shared coefficients.
const OWN_PENALTY: f64 = 0.05;
/// Passes of Huber's modified residuals; more change little.
const PASSES: usize = 3;

/// Rows of one series: inputs row-major, and one target per row.
#[derive(Default)]
pub(super) struct Sample {
    /// `targets.len()` rows.
    pub(super) inputs: Vec<f64>,
    /// What to explain.
    pub(super) targets: Vec<f64>,
}

impl Sample {
    /// Forgets all rows, keeps the memory.
    pub(super) fn clear(&mut self) {
        self.inputs.clear();
        self.targets.clear();
    }
}

/// Coefficients of every series of the panel, `width` each.
pub(super) fn fit(samples: &[Sample], width: usize) -> Vec<Vec<f64>> {
    let grams: Vec<Vec<f64>> = samples.iter().map(|sample| gram(sample, width)).collect();
    let rows: usize = samples.iter().map(|sample| sample.targets.len()).sum();
    let mut sum = vec![0.0; width * width];
    for gram in &grams {
        sum.iter_mut().zip(gram).for_each(|(sum, value)| *sum += value);
    }
    let everyone: Vec<&Sample> = samples.iter().collect();
    let shared = solve(&everyone, sum, &vec![0.0; width], SHARED_PENALTY * rows.max(1) as f64);
    samples
        .iter()
        .zip(grams)
        .map(|(sample, gram)| {
            let penalty = OWN_PENALTY * sample.targets.len().max(1) as f64;
            solve(&[sample], gram, &shared, penalty)
        })
        .collect()
}

/// Minimises the Huber loss of the residuals plus `penalty` times the squared distance from `prior`, by Huber's
/// modified residuals (Huber, *Robust Statistics*, 1981, section 7.8): the matrix is factorised once.
fn solve(samples: &[&Sample], mut gram: Vec<f64>, prior: &[f64], penalty: f64) -> Vec<f64> {
    let width = prior.len();
    for i in 0..width {
        gram[i * width + i] += penalty;
    }
    let factor = Cholesky::new(gram, width);
    let mut coefficients = prior.to_vec();
    let mut residuals = Vec::new();
    let mut sizes = Vec::new();
    for pass in 0..=PASSES {
        residuals.clear();
        for sample in samples {
            let rows = sample.inputs.chunks_exact(width).zip(&sample.targets);
            residuals.extend(rows.map(|(row, target)| target - dot(row, &coefficients)));
        }
        if pass > 0 {
            let limit = median_size(&residuals, &mut sizes);
            residuals.iter_mut().for_each(|residual| *residual = residual.clamp(-limit, limit));
        }
        let mut step: Vec<f64> =
            coefficients.iter().zip(prior).map(|(value, prior)| penalty * (prior - value)).collect();
        let mut residual = residuals.iter();
        for sample in samples {
            for (row, residual) in sample.inputs.chunks_exact(width).zip(&mut residual) {
                step.iter_mut().zip(row).for_each(|(sum, input)| *sum += residual * input);
            }
        }
        factor.solve(&mut step);
        coefficients.iter_mut().zip(&step).for_each(|(value, step)| *value += step);
    }
    coefficients
}

/// Median of the absolute values.
fn median_size(residuals: &[f64], sizes: &mut Vec<f64>) -> f64 {
    sizes.clear();
    sizes.extend(residuals.iter().map(|residual| residual.abs()));
    let middle = sizes.len() / 2;
    if sizes.is_empty() { 0.0 } else { *sizes.select_nth_unstable_by(middle, f64::total_cmp).1 }
}

/// Inner products of all pairs of columns.
fn gram(sample: &Sample, width: usize) -> Vec<f64> {
    let mut gram = vec![0.0; width * width];
    let inputs = Matrix::new(&sample.inputs, width);
    multiply_f64(inputs.transposed(), inputs, 0.0, &mut gram);
    gram
}

/// Inner product, summed in eight lanes so that it vectorises.
pub(super) fn dot(a: &[f64], b: &[f64]) -> f64 {
    let (chunks_a, rest_a) = a.as_chunks::<8>();
    let (chunks_b, rest_b) = b.as_chunks::<8>();
    let mut lanes = [0.0; 8];
    for (a, b) in chunks_a.iter().zip(chunks_b) {
        for lane in 0..8 {
            lanes[lane] += a[lane] * b[lane];
        }
    }
    lanes.iter().sum::<f64>() + rest_a.iter().zip(rest_b).map(|(a, b)| a * b).sum::<f64>()
}
