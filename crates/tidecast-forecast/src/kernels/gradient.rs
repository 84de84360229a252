//! Gradients of weights: sums over all windows and steps of what went in times the gradient of what came out.

use super::ALIGNMENT;
use super::buffer::Buffer;
use super::dispatch::dispatch;
use super::matrix::{Grouped, by_height, tiles};
use super::vector::Vector;
use std::ops::Range;

/// Rows of gradients of some steps, turned: for each step and window the gradients of all rows, in panels of two
/// registers, the last rows in smaller ones.
#[derive(Clone, Debug, Default)]
pub(crate) struct Transposed {
    values: Buffer,
    columns: usize,
    steps: usize,
}

impl Transposed {
    /// Makes room for `steps` steps of `rows` rows of `width`.
    pub(crate) fn start(&mut self, width: usize, rows: usize, steps: usize) {
        self.columns = rows.next_multiple_of(EIGHT);
        self.steps = steps;
        self.values.resize(self.columns * steps * width);
    }

    /// Takes over the rows of one step.
    pub(crate) fn put(&mut self, instructions: super::Instructions, width: usize, rows: &[f32], step: usize) {
        transpose(instructions, width, rows, step, self);
    }
}

dispatch! {
    fn transpose(width: usize, rows: &[f32], step: usize, to: &mut Transposed) = turn
}

#[inline(always)]
fn turn<V: Vector>(width: usize, rows: &[f32], step: usize, to: &mut Transposed) {
    let count = rows.len() / width;
    let deep = to.steps * width;
    assert!(step < to.steps && width.is_multiple_of(ALIGNMENT), "a step of the batch is put");
    assert!(count <= to.columns && to.values.len() >= to.columns * deep, "there is room for the rows");
    for (panel, panel_width) in panels::<V>(to.columns) {
        #[expect(unsafe_code, reason = "squares are turned in registers")]
        // SAFETY: of the rows read `count - panel` exist, each `width` long. Written is within the panel, which holds
        // `deep` rows of `panel_width`, all inside the vector.
        unsafe {
            let panel = Panel {
                rows: count.saturating_sub(panel),
                panel_width,
                from: rows.as_ptr().wrapping_add(panel * width),
                to: to.values.as_mut_ptr().add(panel * deep + step * width * panel_width),
            };
            if panel_width < V::LANES { panel.turn::<V::Eight>(width) } else { panel.turn::<V>(width) }
        }
    }
}

/// First column and width of each panel: two registers, then what is left in one register, then in a smaller one.
fn panels<V: Vector>(columns: usize) -> impl Iterator<Item = (usize, usize)> {
    let mut first = 0;
    std::iter::from_fn(move || {
        let width = [2 * V::LANES, V::LANES, EIGHT].into_iter().find(|width| *width <= columns - first)?;
        first += width;
        Some((first - width, width))
    })
}

/// Some rows of one step that are to become one panel.
struct Panel {
    /// Those that exist.
    rows: usize,
    panel_width: usize,
    from: *const f32,
    to: *mut f32,
}

impl Panel {
    /// # Safety
    /// The rows that exist must be readable, `width` apart, and `width` rows of the panel writable.
    #[expect(unsafe_code, reason = "squares are turned in registers")]
    #[inline(always)]
    unsafe fn turn<V: Vector>(&self, width: usize) {
        for column in (0..self.panel_width).step_by(V::LANES) {
            for window in (0..width).step_by(V::LANES) {
                // SAFETY: the caller vouches for the rows; a square ends within the width and within the panel.
                unsafe {
                    let from = self.from.wrapping_add(column * width + window);
                    let there = self.rows.saturating_sub(column).min(V::LANES);
                    V::transpose(from, width, there, self.to.add(window * self.panel_width + column), self.panel_width);
                }
            }
        }
    }
}

/// Gradients of some rows of a matrix of weights.
pub(crate) struct Gradients<'a> {
    /// The shape of all.
    pub(crate) matrix: Grouped,
    /// The rows of the inputs.
    pub(crate) rows: Range<usize>,
    /// Whether to add to what is there.
    pub(crate) add: bool,
    /// Those of the whole matrix.
    pub(crate) values: &'a mut [f32],
}

dispatch! {
    /// Sums inputs times gradients of outputs over all windows and steps. Inputs have rows of `width`; those of a
    /// step begin `stride` after those of the step before. The steps are those put from `first` on.
    ///
    /// # Panics
    /// When the shapes do not agree or the width is neither 16 nor 32, which is a mistake of the caller.
    pub(crate) fn weight_gradient(
        width: usize,
        inputs: &[f32],
        stride: usize,
        transposed: &Transposed,
        first: usize,
        gradients: Gradients<'_>,
    ) = accumulate
}

#[inline(always)]
fn accumulate<V: Vector>(
    width: usize,
    inputs: &[f32],
    stride: usize,
    transposed: &Transposed,
    first: usize,
    gradients: Gradients<'_>,
) {
    let Gradients { matrix, rows, add, values: gradients } = gradients;
    let (steps, columns) = (transposed.steps, transposed.columns);
    let deep = steps * width;
    assert!(matches!(width, 16 | 32) && steps > first, "a batch is 16 or 32 wide");
    assert!(transposed.values.len() >= columns * deep, "all steps were put");
    let steps = steps - first;
    assert!(inputs.len() >= (steps - 1) * stride + rows.len() * width, "shapes of a gradient disagree");
    assert!(columns == matrix.columns.next_multiple_of(EIGHT) && rows.end <= matrix.rows, "the rows are there");
    assert!(gradients.len() >= matrix.length(), "a matrix holds all gradients");
    for (panel, panel_width) in panels::<V>(columns) {
        for (row, height) in tiles(rows.len(), V::ROWS / 2) {
            #[expect(unsafe_code, reason = "a bounds check for each number would cost more than the sums")]
            // SAFETY: rows `row` to `row + height` of the inputs exist at every step; the panel holds `deep` rows of
            // `panel_width`, the first `first * width` of which are skipped; the gradients hold all groups of columns,
            // in each all rows of the matrix.
            unsafe {
                let tile = Tile {
                    steps,
                    stride,
                    inputs: inputs.as_ptr().add(row * width),
                    transposed: transposed.values.as_ptr().add(panel * deep + first * width * panel_width),
                    gradients: gradients.as_mut_ptr().add(matrix.at(rows.start + row, panel)),
                    // Two registers are one group, or one and its neighbour.
                    apart: if V::LANES == ALIGNMENT { matrix.rows * ALIGNMENT } else { V::LANES },
                    add,
                };
                match (width, panel_width / V::LANES) {
                    (32, 0) => by_height!(height, V::ROWS / 2, sum_eight::<V, _, FULL>(&tile)),
                    (_, 0) => by_height!(height, V::ROWS / 2, sum_eight::<V, _, HALF>(&tile)),
                    (32, 2) => by_height!(height, V::ROWS / 2, sum::<V, _, TWO, FULL>(&tile)),
                    (32, _) => by_height!(height, V::ROWS / 2, sum::<V, _, ONE, FULL>(&tile)),
                    (_, 2) => by_height!(height, V::ROWS / 2, sum::<V, _, TWO, HALF>(&tile)),
                    _ => by_height!(height, V::ROWS / 2, sum::<V, _, ONE, HALF>(&tile)),
                }
            }
        }
    }
}

/// Panels are at least that wide.
const EIGHT: usize = 8;
const ONE: usize = 1;
const TWO: usize = 2;
const HALF: usize = 16;
const FULL: usize = 32;

/// A part of the gradients whose sums stay in registers.
struct Tile {
    steps: usize,
    stride: usize,
    inputs: *const f32,
    transposed: *const f32,
    gradients: *mut f32,
    apart: usize,
    add: bool,
}

/// # Safety
/// As for [`sum`].
#[expect(unsafe_code, reason = "as for the sums")]
#[inline(always)]
unsafe fn sum_eight<V: Vector, const ROWS: usize, const WIDTH: usize>(tile: &Tile) {
    // SAFETY: the caller vouches for the tile.
    unsafe { sum::<V::Eight, ROWS, ONE, WIDTH>(tile) }
}

/// The width is a constant, so that the rows of a tile are at constant distances.
///
/// # Safety
/// The pointers of the tile hold what its sizes say.
#[expect(unsafe_code, reason = "a bounds check for each number would cost more than the sums")]
#[inline(always)]
unsafe fn sum<V: Vector, const ROWS: usize, const VECTORS: usize, const WIDTH: usize>(tile: &Tile) {
    // SAFETY: the caller vouches for the tile.
    unsafe {
        let mut sums = [[V::splat(0.0); VECTORS]; ROWS];
        for row in 0..ROWS {
            for vector in 0..VECTORS {
                V::announce(tile.gradients.add(row * ALIGNMENT + vector * tile.apart));
            }
        }
        if tile.add {
            for (row, sums) in sums.iter_mut().enumerate() {
                for (vector, sum) in sums.iter_mut().enumerate() {
                    *sum = V::load(tile.gradients.add(row * ALIGNMENT + vector * tile.apart));
                }
            }
        }
        let mut transposed = tile.transposed;
        for step in 0..tile.steps {
            let mut inputs = tile.inputs.add(step * tile.stride);
            for _ in 0..WIDTH {
                let columns: [V; VECTORS] = std::array::from_fn(|vector| V::load(transposed.add(vector * V::LANES)));
                for (row, sums) in sums.iter_mut().enumerate() {
                    let input = V::splat(inputs.add(row * WIDTH).read());
                    for (sum, column) in sums.iter_mut().zip(columns) {
                        *sum = input.multiply_add(column, *sum);
                    }
                }
                inputs = inputs.add(1);
                transposed = transposed.add(VECTORS * V::LANES);
            }
        }
        for (row, sums) in sums.iter().enumerate() {
            for (vector, sum) in sums.iter().enumerate() {
                sum.store(tile.gradients.add(row * ALIGNMENT + vector * tile.apart));
            }
        }
    }
}
