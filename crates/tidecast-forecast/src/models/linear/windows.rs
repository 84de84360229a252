//! Windows of a series one by one, for what sums of products cannot tell: which errors are large.

use crate::matrix::{Matrix, multiply_f32};

/// Windows looked at, at most, evenly spread: neighbours differ little.
const MOST: usize = 4_096;
/// Windows multiplied at once.
const BLOCK: usize = 256;

/// Windows of a lookback and what follows it.
pub(super) struct Windows<'a> {
    /// Scaled so that squares and sums fit 32 bits.
    values: &'a [f32],
    /// First value of the first window.
    first: usize,
    lookback: usize,
    horizon: usize,
    stride: usize,
    count: usize,
    /// Windows of the series for each one looked at.
    weight: f64,
}

impl<'a> Windows<'a> {
    /// The windows of the newest `lookback` of `memory` values and the `horizon` values after them.
    pub(super) fn new(values: &'a [f32], memory: usize, lookback: usize, horizon: usize) -> Self {
        let all = (values.len() + 1).saturating_sub(memory + horizon);
        let stride = all.div_ceil(MOST).max(1);
        let count = all.div_ceil(stride);
        let weight = all as f64 / count.max(1) as f64;
        Self { values, first: memory - lookback, lookback, horizon, stride, count, weight }
    }

    /// What the errors of the coefficients exceed `limit` times their median size by, at each step ahead, times the
    /// inputs, summed over all windows of the series: a row of `horizon` for each input.
    pub(super) fn excess(&self, coefficients: &[f64], limit: f32) -> Vec<f64> {
        let (inputs, horizon) = (self.lookback - 1, self.horizon);
        let narrow: Vec<f32> = coefficients.iter().map(|value| *value as f32).collect();
        let mut errors = vec![0.0_f32; self.count * horizon];
        let mut rows = Vec::with_capacity(BLOCK * inputs);
        for (block, errors) in errors.chunks_mut(BLOCK * horizon).enumerate() {
            let range = block * BLOCK..(block * BLOCK + errors.len() / horizon);
            self.inputs(range.clone(), &mut rows);
            multiply_f32(Matrix::new(&rows, inputs), Matrix::new(&narrow, horizon), 0.0, errors);
            for (index, row) in range.zip(errors.chunks_exact_mut(horizon)) {
                let window = self.window(index);
                let newest = window[self.lookback - 1];
                for (error, actual) in row.iter_mut().zip(&window[self.lookback..]) {
                    *error = actual - newest - *error;
                }
            }
        }
        let limits = self.median_sizes(&errors);
        let mut sum = vec![0.0_f32; inputs * horizon];
        for (block, errors) in errors.chunks_mut(BLOCK * horizon).enumerate() {
            for row in errors.chunks_exact_mut(horizon) {
                for (error, median) in row.iter_mut().zip(&limits) {
                    *error -= error.clamp(-limit * median, limit * median);
                }
            }
            self.inputs(block * BLOCK..(block * BLOCK + errors.len() / horizon), &mut rows);
            multiply_f32(Matrix::new(&rows, inputs).transposed(), Matrix::new(errors, horizon), 1.0, &mut sum);
        }
        sum.iter().map(|value| f64::from(*value) * self.weight).collect()
    }

    fn window(&self, index: usize) -> &[f32] {
        let start = self.first + index * self.stride;
        &self.values[start..start + self.lookback + self.horizon]
    }

    /// The inputs of a range of windows, relative to their newest values.
    fn inputs(&self, range: std::ops::Range<usize>, rows: &mut Vec<f32>) {
        rows.clear();
        for index in range {
            let (newest, older) = self.window(index)[..self.lookback].split_last().unwrap_or((&0.0, &[]));
            rows.extend(older.iter().map(|value| value - newest));
        }
    }

    /// Median of the absolute errors at each step ahead.
    fn median_sizes(&self, errors: &[f32]) -> Vec<f32> {
        let mut sizes = Vec::with_capacity(self.count);
        let median = |ahead: usize| {
            sizes.clear();
            sizes.extend(errors.iter().skip(ahead).step_by(self.horizon).map(|error| error.abs()));
            let middle = sizes.len() / 2;
            if sizes.is_empty() { 0.0 } else { *sizes.select_nth_unstable_by(middle, f32::total_cmp).1 }
        };
        (0..self.horizon).map(median).collect()
    }
}
