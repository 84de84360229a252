//! What makes the answer of an LSTM's outputs: dense layers, once or at every step ahead.

use super::blocks::Block;
use super::layer::{Execution, LayerPass};
use crate::kernels::{Transposed, product, product_back, rectify, rectify_gradient, weight_gradient};

/// What the dense layers keep of a pass.
#[derive(Clone, Debug, Default)]
pub(super) struct HeadPass {
    /// Last outputs, one, direct inputs; or for each step ahead the units of the first dense layer and one.
    features: Vec<f32>,
    /// A row for each output.
    pub(super) outputs: Vec<f32>,
    /// Their gradients.
    pub(super) output_gradients: Vec<f32>,
    /// Gradients of the outputs of the layer below: of the last step, or of each.
    pub(super) below: Vec<f32>,
    feature_gradients: Vec<f32>,
    transposed: [Transposed; 2],
}

impl HeadPass {
    /// One dense layer on the last outputs and direct inputs.
    pub(super) fn forward_last(&mut self, execution: Execution<'_>, block: &Block, last: &[f32], direct: &[f32]) {
        self.features.clear();
        self.features.extend_from_slice(last);
        self.features.extend_from_slice(direct);
        self.outputs.resize(block.columns() * execution.width, 0.0);
        forward(execution, block, &self.features, &mut self.outputs);
    }

    /// After `output_gradients` have been set; `hidden` inputs are outputs of the layer below.
    pub(super) fn backward_last(
        &mut self,
        execution: Execution<'_>,
        block: &Block,
        hidden: usize,
        gradients: &mut [f32],
    ) {
        let transposed = &mut self.transposed[0];
        transposed.start(execution.width, block.columns(), 1);
        transposed.put(execution.instructions, execution.width, &self.output_gradients, 0);
        learn(execution, block, &self.features, 0, transposed, gradients);
        self.below.resize(hidden * execution.width, 0.0);
        back(execution, block, &self.output_gradients, &mut self.below);
    }

    /// Two dense layers, the first rectified, on the outputs of every one of `steps` steps.
    pub(super) fn forward_each(
        &mut self,
        execution: Execution<'_>,
        [first, second]: [&Block; 2],
        layer: &LayerPass,
        steps: usize,
    ) {
        let width = execution.width;
        let (features, outputs) = (second.rows() * width, second.columns() * width);
        self.features.resize(steps * features, 0.0);
        self.outputs.resize(steps * outputs, 0.0);
        for step in 0..steps {
            let features = &mut self.features[step * features..(step + 1) * features];
            let (units, one) = features.split_at_mut(first.columns() * width);
            forward(execution, first, layer.outputs_and_one(step, width), units);
            rectify(units);
            one.fill(1.0);
            forward(execution, second, features, &mut self.outputs[step * outputs..(step + 1) * outputs]);
        }
    }

    /// After `output_gradients` have been set; `hidden` inputs are outputs of the layer below.
    pub(super) fn backward_each(
        &mut self,
        execution: Execution<'_>,
        [first, second]: [&Block; 2],
        layer: &LayerPass,
        hidden: usize,
        gradients: &mut [f32],
    ) {
        let Execution { instructions, width, .. } = execution;
        let (units, outputs) = (first.columns() * width, second.columns() * width);
        let (features, below) = (units + width, hidden * width);
        let steps = self.output_gradients.len() / outputs;
        self.below.resize(steps * below, 0.0);
        self.feature_gradients.resize(units, 0.0);
        let [turned_units, turned_outputs] = &mut self.transposed;
        turned_units.start(width, first.columns(), steps);
        turned_outputs.start(width, second.columns(), steps);
        for step in 0..steps {
            let own = &self.output_gradients[step * outputs..(step + 1) * outputs];
            turned_outputs.put(instructions, width, own, step);
            back(execution, second, own, &mut self.feature_gradients);
            rectify_gradient(&mut self.feature_gradients, &self.features[step * features..][..units]);
            turned_units.put(instructions, width, &self.feature_gradients, step);
            back(execution, first, &self.feature_gradients, &mut self.below[step * below..(step + 1) * below]);
        }
        learn(execution, second, &self.features, features, turned_outputs, gradients);
        let (inputs, stride) = layer.all_outputs(width);
        learn(execution, first, inputs, stride, turned_units, gradients);
    }
}

fn forward(execution: Execution<'_>, block: &Block, inputs: &[f32], outputs: &mut [f32]) {
    let weights = &execution.weights[block.range()];
    product(execution.instructions, execution.width, block.matrix, weights, inputs, 0, None, outputs);
}

/// Gradients of as many inputs as `to_inputs` has room for.
fn back(execution: Execution<'_>, block: &Block, gradients: &[f32], to_inputs: &mut [f32]) {
    let weights = &execution.weights[block.range()];
    let rows = to_inputs.len() / execution.width;
    product_back(execution.instructions, execution.width, block.matrix, weights, rows, gradients, to_inputs);
}

/// Gradients of the weights.
fn learn(
    execution: Execution<'_>,
    block: &Block,
    inputs: &[f32],
    stride: usize,
    transposed: &Transposed,
    gradients: &mut [f32],
) {
    let Execution { instructions, width, .. } = execution;
    let own = &mut gradients[block.range()];
    weight_gradient(instructions, width, inputs, stride, transposed, 0, block.matrix, 0..block.rows(), false, own);
}
