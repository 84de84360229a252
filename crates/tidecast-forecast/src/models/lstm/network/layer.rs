//! One LSTM layer over the steps of a batch.
//!
//! Gates and gradients after Hochreiter and Schmidhuber (1997) with forget gates (Gers et al., 2000). What goes into a
//! step is one stack of rows: the outputs of the step before, one (for the bias), the inputs of the step.

use super::architecture::Activation;
use super::blocks::LayerBlocks;
use crate::kernels::{
    Buffer, CellBackward, CellForward, Gradients, Instructions, Transposed, cell_backward, cell_forward, product,
    product_back, weight_gradient,
};

/// Rows of gradients, windows times steps, that are turned and summed together: few enough to stay in the cache.
const TURNED: usize = 256;

/// How a layer is computed.
#[derive(Clone, Copy, Debug)]
pub(super) struct Execution<'a> {
    pub(super) instructions: Instructions,
    pub(super) width: usize,
    /// Of the whole network.
    pub(super) weights: &'a [f32],
}

/// What a layer keeps of a pass for the way back, and what it needs on it.
#[derive(Clone, Debug)]
pub(super) struct LayerPass {
    steps: usize,
    rows: usize,
    hidden: usize,
    /// Inputs of each step and of the one after the last, whose first rows are the last outputs.
    stacks: Buffer,
    /// Gates after activation, of each step.
    gates: Buffer,
    /// Cells before each step and after the last.
    cells: Buffer,
    squashed: Buffer,
    /// Inputs that are the same at every step, and the gates' share of them.
    pub(super) constant: Buffer,
    constant_gates: Buffer,
    backward: Option<Backward>,
}

#[derive(Clone, Debug)]
struct Backward {
    gate_gradients: Buffer,
    constant_gate_gradients: Buffer,
    cell_gradient: Buffer,
    hidden_gradient: Buffer,
    stack_gradient: Buffer,
    constant_gradient: Buffer,
    transposed: Transposed,
}

impl LayerPass {
    pub(super) fn new(blocks: &LayerBlocks, steps: usize, width: usize) -> Self {
        let (hidden, rows) = (blocks.hidden, blocks.step.rows());
        let mut stacks = Buffer::zeros((steps + 1) * rows * width);
        for stack in stacks.chunks_exact_mut(rows * width) {
            stack[hidden * width..(hidden + 1) * width].fill(1.0);
        }
        let constant = blocks.constant.map_or(0, |block| block.rows());
        Self {
            steps,
            rows,
            hidden,
            stacks,
            gates: Buffer::zeros(steps * 4 * hidden * width),
            cells: Buffer::zeros((steps + 1) * hidden * width),
            squashed: Buffer::zeros(steps * hidden * width),
            constant: Buffer::zeros(constant * width),
            constant_gates: Buffer::zeros(if constant > 0 { 4 * hidden * width } else { 0 }),
            backward: None,
        }
    }

    /// The inputs of a step, to be written.
    pub(super) fn inputs_mut(&mut self, step: usize, width: usize) -> &mut [f32] {
        &mut self.stacks[step * self.rows * width..][(self.hidden + 1) * width..self.rows * width]
    }

    /// The outputs of a step, and a row of ones.
    pub(super) fn outputs_and_one(&self, step: usize, width: usize) -> &[f32] {
        &self.stacks[(step + 1) * self.rows * width..][..(self.hidden + 1) * width]
    }

    /// From the outputs of the first step on, and the distance to those of the next.
    pub(super) fn all_outputs(&self, width: usize) -> (&[f32], usize) {
        (&self.stacks[self.rows * width..], self.rows * width)
    }

    /// Goes through all steps; the inputs have been written.
    pub(super) fn forward(&mut self, execution: Execution<'_>, blocks: &LayerBlocks, activation: Activation) {
        let Execution { instructions, width, weights } = execution;
        let units = self.hidden * width;
        let stack = self.rows * width;
        let rectified = activation == Activation::Relu;
        if let Some(block) = &blocks.constant {
            let (constant, gates) = (&self.constant, &mut self.constant_gates);
            product(instructions, width, block.of(weights), constant, 0, None, gates);
        }
        let own = blocks.step.of(weights);
        for step in 0..self.steps {
            let (before, after) = self.stacks.split_at_mut((step + 1) * stack);
            let gates = &mut self.gates[step * 4 * units..(step + 1) * 4 * units];
            let start = blocks.constant.is_some().then_some(&*self.constant_gates);
            // There is no output before the first step.
            let skip = if step == 0 { self.hidden } else { 0 };
            product(instructions, width, own, &before[step * stack..], skip, start, gates);
            let (cells_before, cells_after) = self.cells.split_at_mut((step + 1) * units);
            let cell = CellForward {
                gates,
                cell_before: &cells_before[step * units..],
                cell: &mut cells_after[..units],
                squashed: &mut self.squashed[step * units..(step + 1) * units],
                hidden: &mut after[..units],
            };
            cell_forward(instructions, cell, rectified);
        }
    }

    /// Goes back through all steps and computes the gradients of the weights. `from_above` adds to the gradient of the
    /// outputs of a step; `to_below` takes the gradients of the inputs of a step, where the layer is not the lowest.
    /// Returns the gradients of the constant inputs.
    pub(super) fn backward(
        &mut self,
        execution: Execution<'_>,
        blocks: &LayerBlocks,
        activation: Activation,
        gradients: &mut [f32],
        from_above: &[Option<&[f32]>],
        mut to_below: Option<&mut Vec<f32>>,
    ) -> &[f32] {
        let Execution { instructions, width, weights } = execution;
        let (units, stack) = (self.hidden * width, self.rows * width);
        let rectified = activation == Activation::Relu;
        let constant = blocks.constant.is_some();
        let steps = self.steps;
        let group = (TURNED / width).clamp(1, steps);
        let backward = self.backward.get_or_insert_with(|| Backward {
            gate_gradients: Buffer::zeros(4 * units),
            constant_gate_gradients: Buffer::zeros(if constant { 4 * units } else { 0 }),
            cell_gradient: Buffer::zeros(units),
            hidden_gradient: Buffer::zeros(units),
            stack_gradient: Buffer::zeros(stack),
            constant_gradient: Buffer::zeros(blocks.constant.map_or(0, |block| block.rows() * width)),
            transposed: Transposed::default(),
        });
        backward.cell_gradient.fill(0.0);
        backward.hidden_gradient.fill(0.0);
        backward.constant_gate_gradients.fill(0.0);
        let (matrix, own_weights) = (blocks.step.matrix, blocks.step.of(weights));
        let own_gradients = &mut gradients[blocks.step.range()];
        let mut added = false;
        for step in (0..steps).rev() {
            let first = step / group * group;
            let last = (first + group).min(steps) - 1;
            if step == last {
                backward.transposed.start(width, 4 * self.hidden, last + 1 - first);
            }
            if let Some(above) = from_above.get(step).copied().flatten() {
                add(&mut backward.hidden_gradient, above);
            }
            let cell = CellBackward {
                gates: &self.gates[step * 4 * units..(step + 1) * 4 * units],
                cell_before: &self.cells[step * units..(step + 1) * units],
                squashed: &self.squashed[step * units..(step + 1) * units],
                hidden_gradient: &backward.hidden_gradient,
                cell_gradient: &mut backward.cell_gradient,
                gate_gradients: &mut backward.gate_gradients,
            };
            cell_backward(instructions, cell, rectified);
            backward.transposed.put(instructions, width, &backward.gate_gradients, step - first);
            if constant {
                add(&mut backward.constant_gate_gradients, &backward.gate_gradients);
            }
            if let Some(below) = &mut to_below {
                let gradient = &mut backward.stack_gradient;
                product_back(instructions, width, own_weights, self.rows, &backward.gate_gradients, gradient);
                backward.hidden_gradient.copy_from_slice(&gradient[..units]);
                let inputs = stack - units - width;
                below[step * inputs..(step + 1) * inputs].copy_from_slice(&gradient[units + width..]);
            } else if step > 0 {
                let gradient = &mut backward.hidden_gradient;
                product_back(instructions, width, own_weights, self.hidden, &backward.gate_gradients, gradient);
            }
            if step == first {
                // Of the first step of all there is no output before it: its rows are zero.
                let skip = usize::from(first == 0 && last > 0);
                let (inputs, transposed) = (&self.stacks[first * stack..], &backward.transposed);
                for (rows, skip) in [(0..self.hidden, skip), (self.hidden..self.rows, 0)] {
                    let inputs = &inputs[skip * stack + rows.start * width..];
                    let gradients = Gradients { matrix, rows, add: added, values: own_gradients };
                    weight_gradient(instructions, width, inputs, stack, transposed, skip, gradients);
                }
                added = true;
            }
        }
        if let Some(block) = &blocks.constant {
            let (gate_gradients, transposed) = (&backward.constant_gate_gradients, &mut backward.transposed);
            transposed.start(width, 4 * self.hidden, 1);
            transposed.put(instructions, width, gate_gradients, 0);
            let values = &mut gradients[block.range()];
            let own = Gradients { matrix: block.matrix, rows: 0..block.rows(), add: false, values };
            weight_gradient(instructions, width, &self.constant, 0, transposed, 0, own);
            let gradient = &mut backward.constant_gradient;
            product_back(instructions, width, block.of(weights), block.rows(), gate_gradients, gradient);
        }
        &backward.constant_gradient
    }
}

fn add(sum: &mut [f32], other: &[f32]) {
    sum.iter_mut().zip(other).for_each(|(sum, other)| *sum += other);
}
