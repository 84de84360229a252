//! One step of the Adam optimiser (Kingma and Ba, 2015, algorithm 1).

use super::dispatch::dispatch;
use super::vector::Vector;

const DECAY_MEAN: f32 = 0.9;
const DECAY_SQUARE: f32 = 0.999;
const EPSILON: f32 = 1e-8;

/// What a step changes and by what; the slices are equally long.
pub(crate) struct AdamStep<'a> {
    /// The weights.
    pub(crate) weights: &'a mut [f32],
    /// Their gradients.
    pub(crate) gradients: &'a [f32],
    /// Running means of the gradients.
    pub(crate) means: &'a mut [f32],
    /// Running means of their squares.
    pub(crate) squares: &'a mut [f32],
    /// The gradients are multiplied by it first.
    pub(crate) shrink: f32,
    /// Learning rate.
    pub(crate) rate: f32,
    /// Number of the step, the first being 1.
    pub(crate) number: i32,
}

dispatch! {
    /// Moves the weights against their gradients.
    ///
    /// # Panics
    /// When the slices differ in length or do not fill registers, which is a mistake of the caller.
    pub(crate) fn adam(step: AdamStep<'_>) = move_weights
}

#[inline(always)]
fn move_weights<V: Vector>(step: AdamStep<'_>) {
    let AdamStep { weights, gradients, means, squares, shrink, rate, number } = step;
    let count = weights.len();
    assert!(
        count.is_multiple_of(V::LANES) && gradients.len() == count && means.len() == count && squares.len() == count,
        "a step changes all weights"
    );
    let rate = V::splat(rate / (1.0 - DECAY_MEAN.powi(number)));
    let correction = V::splat((1.0 - DECAY_SQUARE.powi(number)).sqrt().recip());
    let shrink = V::splat(shrink);
    for at in (0..count).step_by(V::LANES) {
        #[expect(unsafe_code, reason = "a bounds check for each register would cost as much as the arithmetic")]
        // SAFETY: `at` plus a register is within `count`, which all slices hold.
        unsafe {
            let gradient = V::load(gradients.as_ptr().add(at)).multiply(shrink);
            let mean = V::load(means.as_ptr().add(at));
            let mean = gradient.subtract(mean).multiply_add(V::splat(1.0 - DECAY_MEAN), mean);
            let square = V::load(squares.as_ptr().add(at)).multiply(V::splat(DECAY_SQUARE));
            let square = gradient.multiply(V::splat(1.0 - DECAY_SQUARE)).multiply_add(gradient, square);
            let root = square.square_root().multiply_add(correction, V::splat(EPSILON));
            let weight = V::load(weights.as_ptr().add(at)).subtract(rate.multiply(mean).multiply(root.reciprocal()));
            mean.store(means.as_mut_ptr().add(at));
            square.store(squares.as_mut_ptr().add(at));
            weight.store(weights.as_mut_ptr().add(at));
        }
    }
}
