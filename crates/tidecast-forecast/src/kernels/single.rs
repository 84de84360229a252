//! Weights times one window: outputs lie in the lanes instead of windows, so that none stay idle.

use super::ALIGNMENT;
use super::dispatch::dispatch;
use super::matrix::{Grouped, by_height, tiles};
use super::vector::Vector;

dispatch! {
    /// `product = start + weights^T * inputs`, from zero without a start; one number for each output, padded to whole
    /// groups.
    ///
    /// # Panics
    /// When the shapes do not agree, which is a mistake of the caller.
    pub(crate) fn product_of_one(
        matrix: Grouped,
        weights: &[f32],
        inputs: &[f32],
        start: Option<&[f32]>,
        product: &mut [f32],
    ) = multiply
}

#[inline(always)]
fn multiply<V: Vector>(matrix: Grouped, weights: &[f32], inputs: &[f32], start: Option<&[f32]>, product: &mut [f32]) {
    let columns = matrix.columns.next_multiple_of(ALIGNMENT);
    assert!(weights.len() >= matrix.length() && inputs.len() >= matrix.rows, "shapes of a product disagree");
    assert!(product.len() >= columns, "a product has room for whole groups");
    assert!(start.is_none_or(|start| start.len() >= columns), "a product starts from as many numbers");
    for (group, height) in tiles(columns / ALIGNMENT, V::ROWS.min(8)) {
        for lane in (0..ALIGNMENT).step_by(V::LANES) {
            let first = group * ALIGNMENT;
            #[expect(unsafe_code, reason = "a bounds check for each number would cost more than the sums")]
            // SAFETY: the matrix holds `group + height` groups of `rows` times 16 weights; start and product as many
            // times 16 numbers; the inputs `rows`. A register ends within its group.
            unsafe {
                let tile = Tile {
                    rows: matrix.rows,
                    weights: weights.as_ptr().add(first * matrix.rows + lane),
                    inputs: inputs.as_ptr(),
                    start: start.map(|start| start.as_ptr().add(first + lane)),
                    product: product.as_mut_ptr().add(first + lane),
                };
                by_height!(height, V::ROWS.min(8), sum::<V, _>(&tile));
            }
        }
    }
}

/// Some groups of outputs, whose sums stay in registers.
struct Tile {
    rows: usize,
    weights: *const f32,
    inputs: *const f32,
    start: Option<*const f32>,
    product: *mut f32,
}

/// # Safety
/// The pointers of the tile hold what its sizes say.
#[expect(unsafe_code, reason = "a bounds check for each number would cost more than the sums")]
#[inline(always)]
unsafe fn sum<V: Vector, const GROUPS: usize>(tile: &Tile) {
    // SAFETY: the caller vouches for the tile.
    unsafe {
        let mut sums = [V::splat(0.0); GROUPS];
        if let Some(start) = tile.start {
            for (group, sum) in sums.iter_mut().enumerate() {
                *sum = V::load(start.add(group * ALIGNMENT));
            }
        }
        for row in 0..tile.rows {
            let input = V::splat(tile.inputs.add(row).read());
            for (group, sum) in sums.iter_mut().enumerate() {
                let weights = V::load(tile.weights.add((group * tile.rows + row) * ALIGNMENT));
                *sum = input.multiply_add(weights, *sum);
            }
        }
        for (group, sum) in sums.iter().enumerate() {
            sum.store(tile.product.add(group * ALIGNMENT));
        }
    }
}
