//! The regressions of a panel: one over all series, then one per series that shrinks towards it.

use crate::matrix::{Matrix, multiply_f64};
use crate::models::linear::factor::Factor;

/// Passes of Huber's modified residuals; more change little.
const PASSES: usize = 3;
/// Residuals count by their size, not by their square, from this many times their median size.
const LIMIT: f64 = 1.5;
/// Penalty per row on the coefficients of all series.
const SHARED_PENALTY: f64 = 1e-4;
/// Most inputs of one series held at a time, in numbers: bounds the memory and time of a fit.
const MOST_NUMBERS: usize = 4_000_000;

/// One series to learn from.
pub(super) struct Sample {
    /// Filled and scaled.
    pub(super) values: Vec<f64>,
    /// Whether each value was observed.
    pub(super) known: Vec<bool>,
}

/// Rows of a sample: changes from the newest value, explained by the distances of earlier ones from it.
struct Rows {
    width: usize,
    inputs: Vec<f64>,
    targets: Vec<f64>,
}

impl Rows {
    fn new(sample: &Sample, lags: &[usize]) -> Self {
        let longest = lags.last().copied().unwrap_or(1);
        let length = sample.values.len();
        let first = longest.max(length.saturating_sub(MOST_NUMBERS / lags.len().max(1)));
        let mut rows = Self { width: lags.len(), inputs: Vec::new(), targets: Vec::new() };
        for at in (first..length).filter(|at| sample.known[*at]) {
            let newest = sample.values[at - 1];
            rows.inputs.extend(lags.iter().map(|lag| sample.values[at - lag] - newest));
            rows.targets.push(sample.values[at] - newest);
        }
        rows
    }

    /// Inner products of the inputs with each other, and with the targets.
    fn moments(&self) -> (Vec<f64>, Vec<f64>) {
        let mut gram = vec![0.0; self.width * self.width];
        let inputs = Matrix::new(&self.inputs, self.width);
        multiply_f64(inputs.transposed(), inputs, 0.0, &mut gram);
        (gram, self.inputs_times(&self.targets))
    }

    fn inputs_times(&self, column: &[f64]) -> Vec<f64> {
        let mut product = vec![0.0; self.width];
        let inputs = Matrix::new(&self.inputs, self.width).transposed();
        multiply_f64(inputs, Matrix::new(column, 1), 0.0, &mut product);
        product
    }

    /// What the errors exceed their limit by, times the inputs.
    fn excess(&self, coefficients: &[f64]) -> Vec<f64> {
        let mut errors = vec![0.0; self.targets.len()];
        multiply_f64(Matrix::new(&self.inputs, self.width), Matrix::new(coefficients, 1), 0.0, &mut errors);
        errors.iter_mut().zip(&self.targets).for_each(|(error, target)| *error = target - *error);
        let mut sizes: Vec<f64> = errors.iter().map(|error| error.abs()).collect();
        let middle = sizes.len() / 2;
        let median = if sizes.is_empty() { 0.0 } else { *sizes.select_nth_unstable_by(middle, f64::total_cmp).1 };
        let limit = LIMIT * median;
        errors.iter_mut().for_each(|error| *error -= error.clamp(-limit, limit));
        self.inputs_times(&errors)
    }
}

/// The coefficients, one per lag, that are best for all series together.
pub(super) fn shared(samples: &[Sample], lags: &[usize]) -> Vec<f64> {
    let width = lags.len();
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let shares: Vec<&[Sample]> = samples.chunks(samples.len().div_ceil(4 * threads).max(1)).collect();
    // The Gram matrix, the products with the targets and the number of rows, one after the other.
    let total = sum(crate::parallel::map(&shares, |share| {
        sum(share.iter().map(|sample| {
            let rows = Rows::new(sample, lags);
            let (gram, cross) = rows.moments();
            [gram, cross, vec![rows.targets.len() as f64]].concat()
        }))
    }));
    let Some(((gram, cross), [rows])) = total
        .split_at_checked(width * width)
        .and_then(|(gram, rest)| Some((gram, rest.split_at_checked(width)?)))
        .map(|(gram, (cross, rows))| ((gram.to_vec(), cross), rows))
    else {
        return vec![0.0; width];
    };
    let excess = |coefficients: &[f64]| {
        sum(crate::parallel::map(&shares, |share| {
            sum(share.iter().map(|sample| Rows::new(sample, lags).excess(coefficients)))
        }))
    };
    solve(gram, cross, &vec![0.0; width], SHARED_PENALTY * rows, excess)
}

/// The coefficients of one series, near those of all; `penalty` per row on the distance.
pub(super) fn own(sample: &Sample, lags: &[usize], shared: &[f64], penalty: f64) -> Vec<f64> {
    let rows = Rows::new(sample, lags);
    let (gram, cross) = rows.moments();
    solve(gram, &cross, shared, penalty * rows.targets.len().max(1) as f64, |coefficients| rows.excess(coefficients))
}

/// Least squares, then with large errors counted by their size (Huber, *Robust Statistics*, 1981, section 7.8): the
/// matrix is factorised once, and the products with the targets lose what the errors exceed their limit by.
fn solve(
    mut gram: Vec<f64>,
    cross: &[f64],
    prior: &[f64],
    penalty: f64,
    excess: impl Fn(&[f64]) -> Vec<f64>,
) -> Vec<f64> {
    let width = prior.len();
    (0..width).for_each(|i| gram[i * width + i] += penalty);
    let factor = Factor::new(gram, width);
    let targets: Vec<f64> = cross.iter().zip(prior).map(|(value, prior)| value + penalty * prior).collect();
    let mut coefficients = targets.clone();
    factor.solve(&mut coefficients, 1);
    for _ in 0..PASSES {
        let excess = excess(&coefficients);
        coefficients = targets.iter().zip(&excess).map(|(target, excess)| target - excess).collect();
        factor.solve(&mut coefficients, 1);
    }
    coefficients
}

fn sum(parts: impl IntoIterator<Item = Vec<f64>>) -> Vec<f64> {
    let add = |mut total: Vec<f64>, part: Vec<f64>| {
        total.iter_mut().zip(&part).for_each(|(total, value)| *total += value);
        total
    };
    parts.into_iter().reduce(add).unwrap_or_default()
}
