//! One window on its way through a network: what a forecast of one series costs.

use super::Network;
use super::architecture::Activation;
use super::batch::Batch;
use super::blocks::{Block, LayerBlocks};
use crate::kernels::{ALIGNMENT, CellForward, cell_forward, product_of_one, rectify};

/// The outputs for the first window of a batch.
pub(super) fn answer(network: &Network, batch: &Batch) -> Vec<f32> {
    let Network { architecture, blocks, weights, .. } = network;
    let first_of = |values: &[f32]| -> Vec<f32> { values.iter().copied().step_by(batch.width).collect() };
    let mut inputs = first_of(&batch.steps);
    let embedded: Vec<f32> = blocks
        .embedding
        .iter()
        .flat_map(|block| {
            let series = batch.series.first().copied().unwrap_or(0).min(block.rows() - 1);
            (0..block.columns()).map(move |column| weights[block.at(series, column)])
        })
        .collect();
    let mut last = Vec::new();
    for (depth, blocks) in blocks.layers.iter().enumerate() {
        let constant = if depth == 0 { embedded.as_slice() } else { &[] };
        let mut layer = SingleLayer::new(network, blocks, constant);
        let width = inputs.len() / architecture.window;
        let outputs = inputs.chunks_exact(width).flat_map(|inputs| layer.step(inputs).to_vec()).collect();
        inputs = outputs;
        last = layer.output().to_vec();
    }
    last.push(1.0);
    match (&blocks.decoder, blocks.dense.as_slice()) {
        (Some(decoder), [first, second]) => {
            let mut layer = SingleLayer::new(network, decoder, &last);
            let each = (0..architecture.horizon).flat_map(|_| {
                layer.step(&[]);
                let mut units = dense(network, first, layer.output_and_one());
                rectify(&mut units);
                units.push(1.0);
                dense(network, second, &units)
            });
            each.collect()
        }
        (_, dense_layers) => {
            last.extend(first_of(&batch.direct));
            dense_layers.iter().flat_map(|block| dense(network, block, &last)).collect()
        }
    }
}

fn dense(network: &Network, block: &Block, inputs: &[f32]) -> Vec<f32> {
    let mut outputs = vec![0.0; block.columns().next_multiple_of(ALIGNMENT)];
    product_of_one(network.instructions, block.matrix, &network.weights[block.range()], inputs, None, &mut outputs);
    outputs.truncate(block.columns());
    outputs
}

/// One layer, step by step. Rows of units are padded to whole registers.
struct SingleLayer<'a> {
    network: &'a Network,
    blocks: &'a LayerBlocks,
    padded: usize,
    /// Outputs of the step before, one, inputs of the step.
    stack: Vec<f32>,
    start: Option<Vec<f32>>,
    product: Vec<f32>,
    gates: Vec<f32>,
    cell_before: Vec<f32>,
    cell: Vec<f32>,
    squashed: Vec<f32>,
    hidden: Vec<f32>,
}

impl<'a> SingleLayer<'a> {
    fn new(network: &'a Network, blocks: &'a LayerBlocks, constant: &[f32]) -> Self {
        let padded = blocks.hidden.next_multiple_of(ALIGNMENT);
        let mut stack = vec![0.0; blocks.step.rows()];
        stack[blocks.hidden] = 1.0;
        let product = vec![0.0; (4 * blocks.hidden).next_multiple_of(ALIGNMENT)];
        let start = blocks.constant.map(|block| {
            let mut start = product.clone();
            let weights = &network.weights[block.range()];
            product_of_one(network.instructions, block.matrix, weights, constant, None, &mut start);
            start
        });
        let [cell_before, cell, squashed, hidden] = [(); 4].map(|()| vec![0.0; padded]);
        let gates = vec![0.0; 4 * padded];
        Self { network, blocks, padded, stack, start, product, gates, cell_before, cell, squashed, hidden }
    }

    /// Takes one step and returns its outputs.
    fn step(&mut self, inputs: &[f32]) -> &[f32] {
        let (Network { architecture, weights, instructions, .. }, hidden) = (self.network, self.blocks.hidden);
        let block = &self.blocks.step;
        self.stack[hidden + 1..].copy_from_slice(inputs);
        let weights = &weights[block.range()];
        product_of_one(*instructions, block.matrix, weights, &self.stack, self.start.as_deref(), &mut self.product);
        for (gate, product) in self.gates.chunks_exact_mut(self.padded).zip(self.product.chunks_exact(hidden)) {
            gate[..hidden].copy_from_slice(product);
        }
        std::mem::swap(&mut self.cell, &mut self.cell_before);
        let cell = CellForward {
            gates: &mut self.gates,
            cell_before: &self.cell_before,
            cell: &mut self.cell,
            squashed: &mut self.squashed,
            hidden: &mut self.hidden,
        };
        cell_forward(*instructions, cell, architecture.activation == Activation::Relu);
        self.stack[..hidden].copy_from_slice(&self.hidden[..hidden]);
        self.output()
    }

    fn output(&self) -> &[f32] {
        &self.stack[..self.blocks.hidden]
    }

    fn output_and_one(&self) -> &[f32] {
        &self.stack[..=self.blocks.hidden]
    }
}
