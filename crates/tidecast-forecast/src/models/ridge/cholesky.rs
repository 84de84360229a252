//! Solving the normal equations: Cholesky factorisation of small, dense, positive definite matrices.

/// Lower triangle of the factor, row-major.
pub(crate) struct Cholesky {
    size: usize,
    lower: Vec<f64>,
}

impl Cholesky {
    /// Factorises a symmetric positive definite matrix (row-major, only its lower triangle is read). Pivots that
    /// rounding made too small are lifted, which pulls the directions they stand for to zero.
    pub(crate) fn new(mut matrix: Vec<f64>, size: usize) -> Self {
        let largest = (0..size).map(|i| matrix[i * size + i]).fold(0.0, f64::max);
        let least = (largest * 1e-13).max(f64::MIN_POSITIVE);
        for i in 0..size {
            for j in 0..=i {
                let (row_i, row_j) = (&matrix[i * size..i * size + j], &matrix[j * size..j * size + j]);
                let rest = matrix[i * size + j] - super::regression::dot(row_i, row_j);
                matrix[i * size + j] = if i == j { rest.max(least).sqrt() } else { rest / matrix[j * size + j] };
            }
        }
        Self { size, lower: matrix }
    }

    /// Solves for one right-hand side, in place.
    pub(crate) fn solve(&self, values: &mut [f64]) {
        let size = self.size;
        for i in 0..size {
            let row = &self.lower[i * size..i * size + i];
            values[i] = (values[i] - super::regression::dot(row, &values[..i])) / self.lower[i * size + i];
        }
        for i in (0..size).rev() {
            values[i] /= self.lower[i * size + i];
            let solved = values[i];
            for (value, factor) in values[..i].iter_mut().zip(&self.lower[i * size..i * size + i]) {
                *value -= solved * factor;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn solves_what_was_multiplied() {
        let matrix = vec![4.0, 2.0, 1.0, 2.0, 5.0, 3.0, 1.0, 3.0, 6.0];
        let expected = [1.0, -2.0, 0.5];
        let mut values: Vec<f64> =
            matrix.chunks(3).map(|row| row.iter().zip(expected).map(|(a, x)| a * x).sum()).collect();
        Cholesky::new(matrix, 3).solve(&mut values);
        for (value, expected) in values.iter().zip(expected) {
            assert!((value - expected).abs() < 1e-12, "{values:?}");
        }
    }

    #[test]
    fn a_singular_matrix_gives_finite_answers() {
        let mut values = vec![2.0, 2.0];
        Cholesky::new(vec![1.0, 1.0, 1.0, 1.0], 2).solve(&mut values);
        assert!(values.iter().all(|value| value.is_finite()), "{values:?}");
    }
}
