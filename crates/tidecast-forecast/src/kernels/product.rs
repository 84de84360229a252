//! Weights times a batch: what a network does forwards, and with the transposed weights backwards.

use super::ALIGNMENT;
use super::dispatch::dispatch;
use super::matrix::{Grouped, Weights, by_height, tiles};
use super::vector::{Vector, prefetch};

dispatch! {
    /// `product = start + weights^T * batch`, from zero without a start: a row of `width` for each output, of such
    /// rows for each input. The first `skip` rows of the batch are known to be zero and not looked at.
    ///
    /// # Panics
    /// When the shapes do not agree or the width is neither 16 nor 32, which is a mistake of the caller.
    pub(crate) fn product(
        width: usize,
        weights: Weights<'_>,
        batch: &[f32],
        skip: usize,
        start: Option<&[f32]>,
        product: &mut [f32],
    ) = multiply
}

#[inline(always)]
fn multiply<V: Vector>(
    width: usize,
    weights: Weights<'_>,
    batch: &[f32],
    skip: usize,
    start: Option<&[f32]>,
    product: &mut [f32],
) {
    let Weights { matrix, values: weights } = weights;
    let Grouped { rows, columns } = matrix;
    assert!(matches!(width, 16 | 32), "a batch is 16 or 32 wide");
    assert!(weights.len() >= matrix.length() && skip <= rows, "a matrix holds all weights");
    assert!(batch.len() >= rows * width && product.len() >= columns * width, "shapes of a product disagree");
    assert!(start.is_none_or(|start| start.len() >= columns * width), "a product starts from as many numbers");
    let vectors = if width >= 2 * V::LANES { 2 } else { 1 };
    for group in (0..columns).step_by(ALIGNMENT) {
        for (first, height) in tiles(ALIGNMENT.min(columns - group), V::ROWS / vectors) {
            for lane in (0..width).step_by(vectors * V::LANES) {
                let offset = (group + first) * width + lane;
                #[expect(unsafe_code, reason = "a bounds check for each number would cost more than the sums")]
                // SAFETY: the group holds `rows` times 16 weights, of which `first + height` are looked at; the batch
                // `rows` rows; product and start more than `group + first + height` rows. A tile ends within the
                // width, which is a multiple of it.
                unsafe {
                    let tile = Forward {
                        depth: rows - skip,
                        width,
                        weights: weights.as_ptr().add((group * rows) + skip * ALIGNMENT + first),
                        batch: batch.as_ptr().add(skip * width + lane),
                        start: start.map(|start| start.as_ptr().add(offset)),
                        product: product.as_mut_ptr().add(offset),
                    };
                    if vectors == 2 {
                        by_height!(height, V::ROWS / 2, sum_forward::<V, _, TWO>(&tile));
                    } else {
                        by_height!(height, V::ROWS, sum_forward::<V, _, ONE>(&tile));
                    }
                }
            }
        }
    }
}

const ONE: usize = 1;
const TWO: usize = 2;

/// A part of a product whose sums stay in registers.
struct Forward {
    depth: usize,
    width: usize,
    weights: *const f32,
    batch: *const f32,
    start: Option<*const f32>,
    product: *mut f32,
}

/// # Safety
/// The pointers of the tile hold what its sizes say.
#[expect(unsafe_code, reason = "a bounds check for each number would cost more than the sums")]
#[inline(always)]
unsafe fn sum_forward<V: Vector, const ROWS: usize, const VECTORS: usize>(tile: &Forward) {
    // SAFETY: the caller vouches for the tile.
    unsafe {
        let mut sums = [[V::splat(0.0); VECTORS]; ROWS];
        for (row, sums) in sums.iter_mut().enumerate() {
            for (vector, sum) in sums.iter_mut().enumerate() {
                let at = row * tile.width + vector * V::LANES;
                V::announce(tile.product.add(at));
                if let Some(start) = tile.start {
                    *sum = V::load(start.add(at));
                }
            }
        }
        let (mut weights, mut batch) = (tile.weights, tile.batch);
        for _ in 0..tile.depth {
            let columns: [V; VECTORS] = std::array::from_fn(|vector| V::load(batch.add(vector * V::LANES)));
            for (row, sums) in sums.iter_mut().enumerate() {
                let weight = V::splat(weights.add(row).read());
                for (sum, column) in sums.iter_mut().zip(columns) {
                    *sum = weight.multiply_add(column, *sum);
                }
            }
            weights = weights.add(ALIGNMENT);
            batch = batch.add(tile.width);
        }
        for (row, sums) in sums.iter().enumerate() {
            for (vector, sum) in sums.iter().enumerate() {
                sum.store(tile.product.add(row * tile.width + vector * V::LANES));
            }
        }
    }
}

dispatch! {
    /// `product = weights * batch` for the first `rows` inputs: a row of `width` for each input, of such rows for each
    /// output.
    ///
    /// # Panics
    /// When the shapes do not agree or the width is neither 16 nor 32, which is a mistake of the caller.
    pub(crate) fn product_back(
        width: usize,
        weights: Weights<'_>,
        rows: usize,
        batch: &[f32],
        product: &mut [f32],
    ) = multiply_back
}

#[inline(always)]
fn multiply_back<V: Vector>(width: usize, weights: Weights<'_>, rows: usize, batch: &[f32], product: &mut [f32]) {
    let Weights { matrix, values: weights } = weights;
    assert!(matches!(width, 16 | 32), "a batch is 16 or 32 wide");
    assert!(weights.len() >= matrix.length() && rows <= matrix.rows, "a matrix holds all weights");
    assert!(batch.len() >= matrix.columns * width && product.len() >= rows * width, "shapes of a product disagree");
    let vectors = if width >= 2 * V::LANES { 2 } else { 1 };
    for (first, height) in tiles(rows, V::ROWS / vectors) {
        for lane in (0..width).step_by(vectors * V::LANES) {
            #[expect(unsafe_code, reason = "a bounds check for each number would cost more than the sums")]
            // SAFETY: the matrix holds all groups, in each the rows up to `first + height`; the batch a row for each
            // column; the product `rows` rows. A tile ends within the width, which is a multiple of it.
            unsafe {
                let tile = Backward {
                    matrix,
                    width,
                    weights: weights.as_ptr().add(first * ALIGNMENT),
                    batch: batch.as_ptr().add(lane),
                    product: product.as_mut_ptr().add(first * width + lane),
                };
                if vectors == 2 {
                    by_height!(height, V::ROWS / 2, sum_backward::<V, _, TWO>(&tile));
                } else {
                    by_height!(height, V::ROWS, sum_backward::<V, _, ONE>(&tile));
                }
            }
        }
    }
}

/// A part of a product backwards whose sums stay in registers.
struct Backward {
    matrix: Grouped,
    width: usize,
    weights: *const f32,
    batch: *const f32,
    product: *mut f32,
}

/// # Safety
/// The pointers of the tile hold what its sizes say.
#[expect(unsafe_code, reason = "a bounds check for each number would cost more than the sums")]
#[inline(always)]
unsafe fn sum_backward<V: Vector, const ROWS: usize, const VECTORS: usize>(tile: &Backward) {
    // SAFETY: the caller vouches for the tile.
    unsafe {
        let mut sums = [[V::splat(0.0); VECTORS]; ROWS];
        for row in 0..ROWS {
            for vector in 0..VECTORS {
                V::announce(tile.product.add(row * tile.width + vector * V::LANES));
            }
        }
        let mut batch = tile.batch;
        for group in (0..tile.matrix.columns).step_by(ALIGNMENT) {
            let mut weights = tile.weights.add(group * tile.matrix.rows);
            // Rows of the next group lie apart from these, so that no processor would fetch them by itself.
            let next = tile.weights.wrapping_add((group + ALIGNMENT) * tile.matrix.rows);
            for row in 0..ROWS {
                prefetch(next.wrapping_add(row * ALIGNMENT));
            }
            for _ in 0..ALIGNMENT.min(tile.matrix.columns - group) {
                let columns: [V; VECTORS] = std::array::from_fn(|vector| V::load(batch.add(vector * V::LANES)));
                for (row, sums) in sums.iter_mut().enumerate() {
                    let weight = V::splat(weights.add(row * ALIGNMENT).read());
                    for (sum, column) in sums.iter_mut().zip(columns) {
                        *sum = weight.multiply_add(column, *sum);
                    }
                }
                weights = weights.add(1);
                batch = batch.add(tile.width);
            }
        }
        for (row, sums) in sums.iter().enumerate() {
            for (vector, sum) in sums.iter().enumerate() {
                sum.store(tile.product.add(row * tile.width + vector * V::LANES));
            }
        }
    }
}
