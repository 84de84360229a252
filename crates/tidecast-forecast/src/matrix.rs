//! Matrix products over slices: the one place that hands pointers to `matrixmultiply`, which picks AVX or FMA kernels
//! at run time.

/// A dense matrix over a slice: row-major, or a row-major one seen transposed.
#[derive(Clone, Copy)]
pub(crate) struct Matrix<'a, T> {
    values: &'a [T],
    rows: usize,
    columns: usize,
    row_stride: usize,
    column_stride: usize,
}

impl<'a, T> Matrix<'a, T> {
    /// As many rows of `columns` as the slice holds.
    pub(crate) fn new(values: &'a [T], columns: usize) -> Self {
        let rows = values.len() / columns.max(1);
        Self { values, rows, columns, row_stride: columns, column_stride: 1 }
    }

    /// Part of a row-major matrix: the slice starts at the part's first value, and rows are `row_stride` values apart.
    pub(crate) fn part(values: &'a [T], row_stride: usize, rows: usize, columns: usize) -> Self {
        Self { values, rows, columns, row_stride, column_stride: 1 }
    }

    /// The transpose, without moving anything.
    pub(crate) fn transposed(self) -> Self {
        Self {
            rows: self.columns,
            columns: self.rows,
            row_stride: self.column_stride,
            column_stride: self.row_stride,
            ..self
        }
    }

    /// Whether every element addressed lies in the slice.
    fn is_inside(&self) -> bool {
        let last = self.rows.saturating_sub(1) * self.row_stride + self.columns.saturating_sub(1) * self.column_stride;
        self.rows == 0 || self.columns == 0 || last < self.values.len()
    }
}

fn stride(value: usize) -> isize {
    isize::try_from(value).unwrap_or(isize::MAX)
}

/// Whether the shapes agree and nothing lies outside its slice: what makes the calls below sound.
fn fits<T>(a: &Matrix<'_, T>, b: &Matrix<'_, T>, product: &[T]) -> bool {
    a.columns == b.rows && a.is_inside() && b.is_inside() && product.len() >= a.rows * b.columns
}

/// Defines a product for one type of number: the library has one function a type.
macro_rules! multiply {
    ($name:ident, $number:ty, $gemm:path) => {
        /// `product = keep * product + a * b`, row-major.
        ///
        /// # Panics
        /// When the shapes do not agree, which is a mistake of the caller.
        pub(crate) fn $name(a: Matrix<'_, $number>, b: Matrix<'_, $number>, keep: $number, product: &mut [$number]) {
            assert!(fits(&a, &b, product), "shapes of a matrix product disagree");
            let (left, right, out) = (a.values.as_ptr(), b.values.as_ptr(), product.as_mut_ptr());
            let (m, k, n) = (a.rows, a.columns, b.columns);
            let ([a_rows, a_columns], [b_rows, b_columns]) =
                ([a.row_stride, a.column_stride].map(stride), [b.row_stride, b.column_stride].map(stride));
            #[expect(unsafe_code, reason = "matrixmultiply takes pointers; many times faster than a plain loop")]
            // SAFETY: `fits` has checked that every element addressed lies inside its slice, and `product` is borrowed
            // alone.
            unsafe {
                $gemm(m, k, n, 1.0, left, a_rows, a_columns, right, b_rows, b_columns, keep, out, stride(n), 1);
            }
        }
    };
}

multiply!(multiply_f32, f32, matrixmultiply::sgemm);
multiply!(multiply_f64, f64, matrixmultiply::dgemm);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn multiplies_and_transposes() {
        let a = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0];
        let mut product = vec![1.0; 4];
        multiply_f64(Matrix::new(&a, 3), Matrix::new(&a, 3).transposed(), 0.0, &mut product);
        assert_eq!(product, [14.0, 32.0, 32.0, 77.0]);
        let mut product = vec![1.0; 9];
        multiply_f64(Matrix::new(&a, 3).transposed(), Matrix::new(&a, 3), 1.0, &mut product);
        assert_eq!(product, [18.0, 23.0, 28.0, 23.0, 30.0, 37.0, 28.0, 37.0, 46.0]);
        let a = a.map(|value| value as f32);
        let mut product = vec![1.0; 9];
        multiply_f32(Matrix::new(&a, 3).transposed(), Matrix::new(&a, 3), 1.0, &mut product);
        assert_eq!(product, [18.0, 23.0, 28.0, 23.0, 30.0, 37.0, 28.0, 37.0, 46.0]);
    }
}
