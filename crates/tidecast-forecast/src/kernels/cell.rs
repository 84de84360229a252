//! What an LSTM does between its products: gates, cell and output, and their gradients.
//!
//! In the notation of Greff et al., *LSTM: a search space odyssey* (2017), without peepholes: input gate i, candidate g,
//! forget gate f, output gate o, cell c = f * c' + i * g, output h = o * a(c). Gates come in the order of
//! PyTorch: i, f, g, o.

use super::dispatch::dispatch;
use super::vector::Vector;

/// One step of a layer forwards; every slice has units times width numbers, `gates` four times as many.
pub(crate) struct CellForward<'a> {
    /// Before activation; after it when done.
    pub(crate) gates: &'a mut [f32],
    /// The cell before the step.
    pub(crate) cell_before: &'a [f32],
    /// The cell after it.
    pub(crate) cell: &'a mut [f32],
    /// The activation of the cell.
    pub(crate) squashed: &'a mut [f32],
    /// The output.
    pub(crate) hidden: &'a mut [f32],
}

/// One step of a layer backwards; sizes as in [`CellForward`].
pub(crate) struct CellBackward<'a> {
    /// The gates after activation.
    pub(crate) gates: &'a [f32],
    /// The cell before the step.
    pub(crate) cell_before: &'a [f32],
    /// The activation of the cell.
    pub(crate) squashed: &'a [f32],
    /// Gradient of the output.
    pub(crate) hidden_gradient: &'a [f32],
    /// Gradient of the cell after the step; of the cell before it when done.
    pub(crate) cell_gradient: &'a mut [f32],
    /// Gradients of the gates before activation.
    pub(crate) gate_gradients: &'a mut [f32],
}

dispatch! {
    /// Activates gates, and makes cell and output of them; `rectified` cells are activated by ReLU instead of tanh.
    ///
    /// # Panics
    /// When the sizes do not agree, which is a mistake of the caller.
    pub(crate) fn cell_forward(step: CellForward<'_>, rectified: bool) = forward
}

#[inline(always)]
fn forward<V: Vector>(step: CellForward<'_>, rectified: bool) {
    if rectified { forward_with::<V, true>(step) } else { forward_with::<V, false>(step) }
}

#[inline(always)]
fn forward_with<V: Vector, const RECTIFIED: bool>(step: CellForward<'_>) {
    let CellForward { gates, cell_before, cell, squashed, hidden } = step;
    let count = cell.len();
    assert!(count.is_multiple_of(V::LANES) && gates.len() == 4 * count, "sizes of a cell disagree");
    assert!(cell_before.len() == count && squashed.len() == count && hidden.len() == count, "sizes of a cell disagree");
    let gates = gates.as_mut_ptr();
    for at in (0..count).step_by(V::LANES) {
        #[expect(unsafe_code, reason = "a bounds check for each register would cost as much as the arithmetic")]
        // SAFETY: `at` plus a register is within `count`, which all slices hold and the gates four times.
        unsafe {
            let [input, forget, candidate, output] = [0, 1, 2, 3].map(|gate| gates.add(gate * count + at));
            let i = sigmoid(V::load(input));
            let f = sigmoid(V::load(forget));
            let g = activate::<V, RECTIFIED>(V::load(candidate));
            let o = sigmoid(V::load(output));
            let c = f.multiply_add(V::load(cell_before.as_ptr().add(at)), i.multiply(g));
            i.store(input);
            f.store(forget);
            g.store(candidate);
            o.store(output);
            c.store(cell.as_mut_ptr().add(at));
        }
    }
    // In a loop of its own: the activation waits for the cell, and more cells fit what the processor looks ahead at than
    // would together with their gates.
    for at in (0..count).step_by(V::LANES) {
        #[expect(unsafe_code, reason = "a bounds check for each register would cost as much as the arithmetic")]
        // SAFETY: as above.
        unsafe {
            let activated = activate::<V, RECTIFIED>(V::load(cell.as_ptr().add(at)));
            activated.store(squashed.as_mut_ptr().add(at));
            let o = V::load(gates.add(3 * count + at));
            o.multiply(activated).store(hidden.as_mut_ptr().add(at));
        }
    }
}

dispatch! {
    /// Computes the gradients of the gates and of the cell before.
    ///
    /// # Panics
    /// When the sizes do not agree, which is a mistake of the caller.
    pub(crate) fn cell_backward(step: CellBackward<'_>, rectified: bool) = backward
}

#[inline(always)]
fn backward<V: Vector>(step: CellBackward<'_>, rectified: bool) {
    if rectified { backward_with::<V, true>(step) } else { backward_with::<V, false>(step) }
}

#[inline(always)]
fn backward_with<V: Vector, const RECTIFIED: bool>(step: CellBackward<'_>) {
    let CellBackward { gates, cell_before, squashed, hidden_gradient, cell_gradient, gate_gradients } = step;
    let count = cell_gradient.len();
    assert!(
        count.is_multiple_of(V::LANES) && gates.len() == 4 * count && gate_gradients.len() == 4 * count,
        "sizes of a cell disagree"
    );
    assert!(
        cell_before.len() == count && squashed.len() == count && hidden_gradient.len() == count,
        "sizes of a cell disagree"
    );
    let one = V::splat(1.0);
    for at in (0..count).step_by(V::LANES) {
        #[expect(unsafe_code, reason = "a bounds check for each register would cost as much as the arithmetic")]
        // SAFETY: `at` plus a register is within `count`, which all slices hold and those of the gates four times.
        unsafe {
            let [i, f, g, o] = [0, 1, 2, 3].map(|gate| V::load(gates.as_ptr().add(gate * count + at)));
            let activated = V::load(squashed.as_ptr().add(at));
            let hidden = V::load(hidden_gradient.as_ptr().add(at));
            let at_cell_gradient = cell_gradient.as_mut_ptr().add(at);
            let to_cell = slope::<V, RECTIFIED>(hidden.multiply(o), activated).add(V::load(at_cell_gradient));
            let before = V::load(cell_before.as_ptr().add(at));
            let gradients = [
                to_cell.multiply(g).multiply(i.multiply_subtract_from(i, i)),
                to_cell.multiply(before).multiply(f.multiply_subtract_from(f, f)),
                slope::<V, RECTIFIED>(to_cell.multiply(i), g),
                hidden.multiply(activated).multiply(o.multiply(one.subtract(o))),
            ];
            for (gate, gradient) in gradients.into_iter().enumerate() {
                gradient.store(gate_gradients.as_mut_ptr().add(gate * count + at));
            }
            to_cell.multiply(f).store(at_cell_gradient);
        }
    }
}

#[inline(always)]
fn activate<V: Vector, const RECTIFIED: bool>(x: V) -> V {
    if RECTIFIED { x.where_positive(x) } else { tanh(x) }
}

/// `gradient` times the slope of the activation where it gave `activated`.
#[inline(always)]
fn slope<V: Vector, const RECTIFIED: bool>(gradient: V, activated: V) -> V {
    if RECTIFIED {
        gradient.where_positive(activated)
    } else {
        gradient.multiply(activated.multiply_subtract_from(activated, V::splat(1.0)))
    }
}

/// The logistic function, 1 / (1 + e^-x).
#[inline(always)]
fn sigmoid<V: Vector>(x: V) -> V {
    exponential_of_two(x.multiply(V::splat(-std::f32::consts::LOG2_E))).add(V::splat(1.0)).reciprocal()
}

/// The hyperbolic tangent.
#[inline(always)]
fn tanh<V: Vector>(x: V) -> V {
    let share =
        exponential_of_two(x.multiply(V::splat(2.0 * std::f32::consts::LOG2_E))).add(V::splat(1.0)).reciprocal();
    V::splat(-2.0).multiply_add(share, V::splat(1.0))
}

/// `2^x`, for x limited to +-100: the power of the nearest integer times a polynomial on [-1/2, 1/2] (minimax, relative
/// error 1.1e-7).
#[inline(always)]
fn exponential_of_two<V: Vector>(x: V) -> V {
    const COEFFICIENTS: [f32; 4] = [9.669_691e-3, 5.550_558_5e-2, 2.402_228_3e-1, std::f32::consts::LN_2];
    let x = x.limit(100.0);
    let nearest = x.nearest();
    let rest = x.subtract(nearest);
    let mut polynomial = V::splat(1.330_060_4e-3);
    for coefficient in COEFFICIENTS {
        polynomial = polynomial.multiply_add(rest, V::splat(coefficient));
    }
    polynomial.multiply_add(rest, V::splat(1.0)).times_power_of_two(nearest)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernels::Instructions;

    /// Gates over a wide range against the standard library, at every level.
    #[test]
    fn as_the_standard_library() {
        let count = 16 * 64;
        for instructions in Instructions::available() {
            let x: Vec<f32> = (0..count).map(|index| (index as f32 - 512.0) / 16.0).collect();
            let mut gates: Vec<f32> = x.iter().copied().cycle().take(4 * count).collect();
            let zeros = vec![0.0; count];
            let [mut cell, mut squashed, mut hidden] = [(); 3].map(|()| zeros.clone());
            let step = CellForward {
                gates: &mut gates,
                cell_before: &zeros,
                cell: &mut cell,
                squashed: &mut squashed,
                hidden: &mut hidden,
            };
            cell_forward(instructions, step, false);
            for (index, x) in x.iter().enumerate() {
                let sigmoid = 1.0 / (1.0 + f64::from(-x).exp());
                let (i, g) = (f64::from(gates[index]), f64::from(gates[2 * count + index]));
                assert!((i - sigmoid).abs() < 3e-7 && (i / sigmoid - 1.0).abs() < 3e-6, "{instructions:?} at {x}: {i}");
                assert!((g - f64::from(*x).tanh()).abs() < 3e-7, "{instructions:?} at {x}: {g}");
                let c = f64::from(cell[index]);
                assert!((c - i * g).abs() < 3e-7);
                assert!((f64::from(hidden[index]) - c.tanh() * sigmoid).abs() < 5e-7);
            }
        }
    }
}
