//! Solving many right-hand sides at once: Cholesky factorisation in blocks, so that nearly all of the work is matrix
//! products.

use crate::matrix::{Matrix, multiply_f64};

/// Rows and columns worked on at once.
const BLOCK: usize = 64;

/// Lower triangle of the factor of a symmetric positive definite matrix.
pub(crate) struct Factor {
    size: usize,
    lower: Vec<f64>,
}

impl Factor {
    /// Factorises a matrix (row-major, only its lower triangle is read). Pivots that rounding made too small are
    /// lifted, which pulls the directions they stand for to zero.
    pub(crate) fn new(mut matrix: Vec<f64>, size: usize) -> Self {
        let largest = (0..size).map(|i| matrix[i * size + i]).fold(0.0, f64::max);
        let least = (largest * 1e-13).max(f64::MIN_POSITIVE);
        let mut product = vec![0.0; size * BLOCK.min(size)];
        for start in (0..size).step_by(BLOCK) {
            let end = (start + BLOCK).min(size);
            let width = end - start;
            // What the columns before take away from these.
            let below = Matrix::part(&matrix[start * size..], size, size - start, start);
            let beside = Matrix::part(&matrix[start * size..], size, width, start);
            multiply_f64(below, beside.transposed(), 0.0, &mut product);
            for i in start..size {
                let taken = &product[(i - start) * width..(i - start + 1) * width];
                let row = &mut matrix[i * size + start..i * size + end];
                row.iter_mut().zip(taken).for_each(|(value, taken)| *value -= taken);
            }
            for i in start..size {
                let (above, from_i) = matrix.split_at_mut(i * size);
                let row_i = &mut from_i[start..end];
                for j in 0..width.min(i + 1 - start) {
                    let pivot = start + j == i;
                    let row_j = if pivot { &[] } else { &above[(start + j) * size + start..(start + j) * size + end] };
                    if pivot {
                        let rest = row_i[j] - row_i[..j].iter().map(|value| value * value).sum::<f64>();
                        row_i[j] = rest.max(least).sqrt();
                    } else {
                        let sum: f64 = row_i[..j].iter().zip(row_j).map(|(a, b)| a * b).sum();
                        row_i[j] = (row_i[j] - sum) / row_j[j];
                    }
                }
            }
        }
        Self { size, lower: matrix }
    }

    /// Solves in place for `columns` right-hand sides at once: `values` has a row for each unknown.
    pub(crate) fn solve(&self, values: &mut [f64], columns: usize) {
        let size = self.size;
        let mut product = vec![0.0; BLOCK.min(size) * columns];
        let starts = (0..size).step_by(BLOCK);
        for start in starts.clone() {
            let end = (start + BLOCK).min(size);
            let (known, rest) = values.split_at_mut(start * columns);
            let left = Matrix::part(&self.lower[start * size..], size, end - start, start);
            multiply_f64(left, Matrix::part(known, columns, start, columns), 0.0, &mut product);
            rest.iter_mut().zip(&product[..(end - start) * columns]).for_each(|(value, taken)| *value -= taken);
            for i in start..end {
                let (known, rest) = values.split_at_mut(i * columns);
                let row = &mut rest[..columns];
                for j in start..i {
                    subtract(row, self.lower[i * size + j], &known[j * columns..(j + 1) * columns]);
                }
                row.iter_mut().for_each(|value| *value /= self.lower[i * size + i]);
            }
        }
        for start in starts.rev() {
            let end = (start + BLOCK).min(size);
            let (rest, known) = values.split_at_mut(end * columns);
            if end < size {
                let below = Matrix::part(&self.lower[end * size + start..], size, size - end, end - start);
                multiply_f64(below.transposed(), Matrix::part(known, columns, size - end, columns), 0.0, &mut product);
                let block = &mut rest[start * columns..];
                block.iter_mut().zip(&product[..(end - start) * columns]).for_each(|(value, taken)| *value -= taken);
            }
            for i in (start..end).rev() {
                let (before, known) = values.split_at_mut((i + 1) * columns);
                let row = &mut before[i * columns..];
                for j in i + 1..end {
                    subtract(row, self.lower[j * size + i], &known[(j - i - 1) * columns..(j - i) * columns]);
                }
                row.iter_mut().for_each(|value| *value /= self.lower[i * size + i]);
            }
        }
    }
}

/// `row -= factor * other`.
fn subtract(row: &mut [f64], factor: f64, other: &[f64]) {
    row.iter_mut().zip(other).for_each(|(value, other)| *value -= factor * other);
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A positive definite matrix of many blocks, its solution known.
    #[test]
    fn solves_what_was_multiplied() {
        for (size, columns) in [(1, 1), (3, 2), (64, 1), (65, 3), (150, 5)] {
            let entry = |i: usize, j: usize| ((i * 37 + j * 101) % 19) as f64 / 19.0 - 0.5;
            let root: Vec<f64> = (0..size * size).map(|at| entry(at / size, at % size)).collect();
            let mut matrix = vec![0.0; size * size];
            multiply_f64(Matrix::new(&root, size), Matrix::new(&root, size).transposed(), 0.0, &mut matrix);
            (0..size).for_each(|i| matrix[i * size + i] += 1.0);
            let expected: Vec<f64> = (0..size * columns).map(|at| entry(at, 7)).collect();
            let mut values = vec![0.0; size * columns];
            multiply_f64(Matrix::new(&matrix, size), Matrix::new(&expected, columns), 0.0, &mut values);
            Factor::new(matrix, size).solve(&mut values, columns);
            for (value, expected) in values.iter().zip(&expected) {
                assert!((value - expected).abs() < 1e-9, "{size}: {value} {expected}");
            }
        }
    }

    #[test]
    fn a_singular_matrix_gives_finite_answers() {
        let mut values = vec![2.0, 2.0];
        Factor::new(vec![1.0, 1.0, 1.0, 1.0], 2).solve(&mut values, 1);
        assert!(values.iter().all(|value| value.is_finite()), "{values:?}");
    }
}
