//! The network: one LSTM layer over a window, then a dense layer on its last output beside direct inputs.
//!
//! Gates and gradients after Hochreiter and Schmidhuber (1997) with forget gates (Gers et al., 2000); in the
//! notation of Greff et al., *LSTM: a search space odyssey* (2017), without peepholes. All windows of a batch go
//! through a step together, so that nearly all work is matrix products.

use super::activation::{sigmoid, tanh};
use super::random::Random;
use crate::matrix::{Matrix, multiply_f32};
use serde::{Deserialize, Serialize};

/// Sizes of a network.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Shape {
    /// Inputs per step of the window.
    pub(super) inputs: usize,
    /// Units of the LSTM layer.
    pub(super) hidden: usize,
    /// Steps of the window.
    pub(super) window: usize,
    /// Inputs that go to the dense layer directly.
    pub(super) direct: usize,
    /// Outputs.
    pub(super) outputs: usize,
}

impl Shape {
    const fn gates(&self) -> usize {
        4 * self.hidden
    }

    const fn features(&self) -> usize {
        self.hidden + self.direct + 1
    }

    /// Lengths of the weights: input to gates, hidden to gates, bias of the gates, dense.
    const fn lengths(&self) -> [usize; 4] {
        let gates = self.gates();
        [self.inputs * gates, self.hidden * gates, gates, self.features() * self.outputs]
    }

    /// Number of weights.
    pub(super) fn weights(&self) -> usize {
        self.lengths().iter().sum()
    }

    /// Splits a vector of all weights, or of their gradients, into its parts.
    fn split<'a>(&self, weights: &'a [f32]) -> [&'a [f32]; 4] {
        let [input, hidden, bias, _] = self.lengths();
        let (input, rest) = weights.split_at(input);
        let (hidden, rest) = rest.split_at(hidden);
        let (bias, dense) = rest.split_at(bias);
        [input, hidden, bias, dense]
    }

    fn split_mut<'a>(&self, weights: &'a mut [f32]) -> [&'a mut [f32]; 4] {
        let [input, hidden, bias, _] = self.lengths();
        let (input, rest) = weights.split_at_mut(input);
        let (hidden, rest) = rest.split_at_mut(hidden);
        let (bias, dense) = rest.split_at_mut(bias);
        [input, hidden, bias, dense]
    }

    /// Random weights, uniform within the square root of 1 / hidden; forget gates start open and the dense layer at
    /// zero, so that training starts from the baseline that the outputs are added to.
    pub(super) fn initial(&self, random: &mut Random) -> Vec<f32> {
        let bound = 1.0 / (self.hidden as f32).sqrt();
        let mut weights = vec![0.0; self.weights()];
        let [input, hidden, bias, _] = self.split_mut(&mut weights);
        for weight in input.iter_mut().chain(hidden) {
            *weight = (2.0 * random.unit() - 1.0) * bound;
        }
        bias[self.hidden..2 * self.hidden].fill(1.0);
        weights
    }
}

/// Windows that go through the network together.
#[derive(Clone, Debug, Default)]
pub(super) struct Batch {
    /// How many.
    pub(super) size: usize,
    /// Step by step, then window by window: `window` x `size` x `inputs`.
    pub(super) steps: Vec<f32>,
    /// `size` x `direct`.
    pub(super) direct: Vec<f32>,
    /// `size` x `outputs`; NaN where not known.
    pub(super) targets: Vec<f32>,
}

/// What a pass keeps for the way back; reused from batch to batch.
#[derive(Debug, Default)]
pub(super) struct Pass {
    /// Gates after activation: `window` x `size` x (input, forget, candidate, output).
    gates: Vec<f32>,
    /// Outputs of the layer, the zero before the first step included: `window + 1` x `size` x `hidden`.
    hidden: Vec<f32>,
    /// Cells likewise.
    cells: Vec<f32>,
    /// Inputs of the dense layer: `size` x (`hidden`, `direct`, 1).
    features: Vec<f32>,
    /// `size` x `outputs`.
    pub(super) outputs: Vec<f32>,
    gate_gradients: Vec<f32>,
    hidden_gradients: Vec<f32>,
    cell_gradients: Vec<f32>,
    feature_gradients: Vec<f32>,
}

fn reset(values: &mut Vec<f32>, length: usize) {
    values.clear();
    values.resize(length, 0.0);
}

/// Computes the outputs of a batch into `pass.outputs`.
pub(super) fn forward(shape: &Shape, weights: &[f32], batch: &Batch, pass: &mut Pass) {
    let [input_weights, hidden_weights, bias, dense] = shape.split(weights);
    let (units, gates, size) = (shape.hidden, shape.gates(), batch.size);
    let (row, state) = (size * gates, size * units);
    reset(&mut pass.hidden, (shape.window + 1) * state);
    reset(&mut pass.cells, (shape.window + 1) * state);
    pass.gates.clear();
    pass.gates.extend(bias.iter().copied().cycle().take(shape.window * row));
    multiply_f32(Matrix::new(&batch.steps, shape.inputs), Matrix::new(input_weights, gates), 1.0, &mut pass.gates);
    for step in 0..shape.window {
        let (before, after) = pass.hidden.split_at_mut((step + 1) * state);
        let (cells_before, cells_after) = pass.cells.split_at_mut((step + 1) * state);
        let gate_rows = &mut pass.gates[step * row..(step + 1) * row];
        let last = Matrix::new(&before[step * state..], units);
        multiply_f32(last, Matrix::new(hidden_weights, gates), 1.0, gate_rows);
        for window in 0..size {
            let own = &mut gate_rows[window * gates..(window + 1) * gates];
            activate(own, units);
            let range = window * units..(window + 1) * units;
            let cell_before = &cells_before[step * state..][range.clone()];
            let cell = &mut cells_after[range.clone()];
            let (input, rest) = own.split_at(units);
            let (forget, rest) = rest.split_at(units);
            let (candidate, output) = rest.split_at(units);
            for unit in 0..units {
                cell[unit] = forget[unit] * cell_before[unit] + input[unit] * candidate[unit];
            }
            for ((hidden, cell), output) in after[range].iter_mut().zip(cell.iter()).zip(output) {
                *hidden = output * tanh(*cell);
            }
        }
    }
    pass.features.clear();
    let last = &pass.hidden[shape.window * state..];
    for window in 0..size {
        pass.features.extend_from_slice(&last[window * units..(window + 1) * units]);
        pass.features.extend_from_slice(&batch.direct[window * shape.direct..(window + 1) * shape.direct]);
        pass.features.push(1.0);
    }
    reset(&mut pass.outputs, size * shape.outputs);
    multiply_f32(
        Matrix::new(&pass.features, shape.features()),
        Matrix::new(dense, shape.outputs),
        0.0,
        &mut pass.outputs,
    );
}

/// Activates the gates of one window: input, forget, candidate, output.
fn activate(gates: &mut [f32], units: usize) {
    let (input_and_forget, rest) = gates.split_at_mut(2 * units);
    let (candidate, output) = rest.split_at_mut(units);
    input_and_forget.iter_mut().chain(output).for_each(|gate| *gate = sigmoid(*gate));
    candidate.iter_mut().for_each(|gate| *gate = tanh(*gate));
}

/// Mean squared error over the known targets, and how many there are.
pub(super) fn squared_error(outputs: &[f32], targets: &[f32]) -> (f64, usize) {
    let known = outputs.iter().zip(targets).filter(|(_, target)| target.is_finite());
    let (sum, count) =
        known.fold((0.0, 0), |(sum, count), (output, target)| (sum + f64::from(output - target).powi(2), count + 1));
    (sum / count.max(1) as f64, count)
}

/// Computes the gradients of the batch's mean squared error with respect to all weights, after [`forward`].
pub(super) fn backward(shape: &Shape, weights: &[f32], batch: &Batch, pass: &mut Pass, gradients: &mut [f32]) {
    let [_, hidden_weights, _, dense] = shape.split(weights);
    let [input_gradients, hidden_gradients, bias_gradients, dense_gradients] = shape.split_mut(gradients);
    let (units, gates, size) = (shape.hidden, shape.gates(), batch.size);
    let (row, state) = (size * gates, size * units);
    let (_, known) = squared_error(&pass.outputs, &batch.targets);
    let share = 2.0 / known.max(1) as f32;
    // The outputs are no longer needed: turn them into their gradients.
    for (output, target) in pass.outputs.iter_mut().zip(&batch.targets) {
        *output = if target.is_finite() { share * (*output - target) } else { 0.0 };
    }
    let output_gradients = Matrix::new(&pass.outputs, shape.outputs);
    let features = Matrix::new(&pass.features, shape.features());
    multiply_f32(features.transposed(), output_gradients, 0.0, dense_gradients);
    reset(&mut pass.feature_gradients, size * shape.features());
    multiply_f32(output_gradients, Matrix::new(dense, shape.outputs).transposed(), 0.0, &mut pass.feature_gradients);
    reset(&mut pass.hidden_gradients, state);
    for (own, all) in pass.hidden_gradients.chunks_mut(units).zip(pass.feature_gradients.chunks(shape.features())) {
        own.copy_from_slice(&all[..units]);
    }
    reset(&mut pass.cell_gradients, state);
    reset(&mut pass.gate_gradients, shape.window * row);
    for step in (0..shape.window).rev() {
        let gate_rows = &mut pass.gate_gradients[step * row..(step + 1) * row];
        for window in 0..size {
            let range = window * units..(window + 1) * units;
            let own = &pass.gates[step * row + window * gates..][..gates];
            let (input, rest) = own.split_at(units);
            let (forget, rest) = rest.split_at(units);
            let (candidate, output) = rest.split_at(units);
            let cell_before = &pass.cells[step * state..][range.clone()];
            let cell = &pass.cells[(step + 1) * state..][range.clone()];
            let hidden_gradient = &pass.hidden_gradients[range.clone()];
            let cell_gradient = &mut pass.cell_gradients[range];
            let (to_input, rest) = gate_rows[window * gates..(window + 1) * gates].split_at_mut(units);
            let (to_forget, rest) = rest.split_at_mut(units);
            let (to_candidate, to_output) = rest.split_at_mut(units);
            for unit in 0..units {
                let squashed = tanh(cell[unit]);
                let (i, f, g, o) = (input[unit], forget[unit], candidate[unit], output[unit]);
                let through = cell_gradient[unit] + hidden_gradient[unit] * o * (1.0 - squashed * squashed);
                to_input[unit] = through * g * i * (1.0 - i);
                to_forget[unit] = through * cell_before[unit] * f * (1.0 - f);
                to_candidate[unit] = through * i * (1.0 - g * g);
                to_output[unit] = hidden_gradient[unit] * squashed * o * (1.0 - o);
                cell_gradient[unit] = through * f;
            }
        }
        let back = Matrix::new(hidden_weights, gates).transposed();
        multiply_f32(Matrix::new(gate_rows, gates), back, 0.0, &mut pass.hidden_gradients);
    }
    let gate_gradients = Matrix::new(&pass.gate_gradients, gates);
    multiply_f32(Matrix::new(&batch.steps, shape.inputs).transposed(), gate_gradients, 0.0, input_gradients);
    let before = Matrix::new(&pass.hidden[..shape.window * state], units);
    multiply_f32(before.transposed(), gate_gradients, 0.0, hidden_gradients);
    bias_gradients.fill(0.0);
    for row in pass.gate_gradients.chunks(gates) {
        bias_gradients.iter_mut().zip(row).for_each(|(sum, value)| *sum += value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every gradient against the central difference of the loss.
    #[test]
    fn gradients_agree_with_finite_differences() {
        let shape = Shape { inputs: 3, hidden: 5, window: 4, direct: 2, outputs: 3 };
        let mut random = Random::new(7);
        let mut draw = |count: usize| -> Vec<f32> { (0..count).map(|_| 2.0 * random.unit() - 1.0).collect() };
        let size = 6;
        let mut batch = Batch {
            size,
            steps: draw(shape.window * size * shape.inputs),
            direct: draw(size * shape.direct),
            targets: draw(size * shape.outputs),
        };
        batch.targets[4] = f32::NAN;
        let mut weights = draw(shape.weights());
        let mut pass = Pass::default();
        let mut gradients = vec![0.0; weights.len()];
        forward(&shape, &weights, &batch, &mut pass);
        backward(&shape, &weights, &batch, &mut pass, &mut gradients);
        assert!(gradients.iter().any(|gradient| gradient.abs() > 0.01));
        for index in 0..weights.len() {
            let (kept, small) = (weights[index], 5e-3);
            let mut loss_at = |weight: f32| {
                weights[index] = weight;
                forward(&shape, &weights, &batch, &mut pass);
                squared_error(&pass.outputs, &batch.targets).0
            };
            let difference = (loss_at(kept + small) - loss_at(kept - small)) / (2.0 * f64::from(small));
            weights[index] = kept;
            let gradient = f64::from(gradients[index]);
            assert!(
                (gradient - difference).abs() < 2e-4 + 2e-3 * difference.abs(),
                "weight {index}: {gradient} instead of {difference}"
            );
        }
    }
}
