//! A batch on its way through a network and back.

use super::batch::Batch;
use super::head::HeadPass;
use super::layer::{Execution, LayerPass};
use super::{Network, single};

/// What a pass keeps; reused from batch to batch of the same network.
#[derive(Clone, Debug, Default)]
pub struct Pass {
    width: usize,
    layers: Vec<LayerPass>,
    decoder: Option<LayerPass>,
    head: HeadPass,
    /// Gradients of the outputs of each layer but the last.
    between: Vec<Vec<f32>>,
}

impl Pass {
    /// Makes room, where there is none yet, for a network and a width.
    fn prepare(&mut self, network: &Network, width: usize) {
        if self.width == width && !self.layers.is_empty() {
            return;
        }
        let (architecture, blocks) = (&network.architecture, &network.blocks);
        let layers = blocks.layers.iter().map(|layer| LayerPass::new(layer, architecture.window, width));
        *self = Self {
            width,
            layers: layers.collect(),
            decoder: blocks.decoder.as_ref().map(|layer| LayerPass::new(layer, architecture.horizon, width)),
            ..Self::default()
        };
    }

    /// Computes the outputs of a batch, which was made for the architecture of the network.
    pub fn forward(&mut self, network: &Network, batch: &Batch) {
        let (architecture, width) = (&network.architecture, batch.width);
        self.prepare(network, width);
        let execution = Execution { instructions: network.instructions, width, weights: &network.weights };
        let (window, activation) = (architecture.window, architecture.activation);
        if let (Some(block), Some(first)) = (&network.blocks.embedding, self.layers.first_mut()) {
            for (slot, series) in batch.series.iter().enumerate() {
                for column in 0..block.columns() {
                    let own = network.weights[block.at((*series).min(block.rows() - 1), column)];
                    first.constant[column * width + slot] = own;
                }
            }
        }
        let mut below: Option<&LayerPass> = None;
        for (layer, blocks) in self.layers.iter_mut().zip(&network.blocks.layers) {
            for step in 0..window {
                let inputs = layer.inputs_mut(step, width);
                match below {
                    None => inputs.copy_from_slice(&batch.steps[step * inputs.len()..][..inputs.len()]),
                    Some(below) => inputs.copy_from_slice(&below.outputs_and_one(step, width)[..inputs.len()]),
                }
            }
            layer.forward(execution, blocks, activation);
            below = Some(layer);
        }
        let Some(last) = below.map(|layer| layer.outputs_and_one(window - 1, width)) else { return };
        match (&mut self.decoder, &network.blocks.decoder, network.blocks.dense.as_slice()) {
            (Some(decoder), Some(blocks), [first, second]) => {
                decoder.constant.copy_from_slice(&last[..architecture.hidden * width]);
                decoder.forward(execution, blocks, activation);
                self.head.forward_each(execution, [first, second], decoder, architecture.horizon);
            }
            (_, _, dense) => {
                dense.iter().for_each(|block| self.head.forward_last(execution, block, last, &batch.direct));
            }
        }
    }

    /// As [`Pass::forward`], but keeps nothing for a way back; one window alone goes a faster way.
    pub fn answer(&mut self, network: &Network, batch: &Batch) {
        if batch.size() == 1 {
            self.width = 1;
            self.layers.clear();
            self.head.outputs = single::answer(network, batch);
        } else {
            self.forward(network, batch);
        }
    }

    /// Output of window `slot` after [`Pass::forward`] or [`Pass::answer`]: for each step ahead one number for each level of the loss.
    #[must_use]
    pub fn output(&self, slot: usize, index: usize) -> f32 {
        self.head.outputs[index * self.width + slot]
    }

    /// Mean loss of the batch after [`Pass::forward`], and the number of targets it is the mean over.
    #[must_use]
    pub fn loss(&self, network: &Network, batch: &Batch) -> (f64, usize) {
        network.architecture.loss.gradient(&self.head.outputs, &batch.targets, batch.width, None)
    }

    /// Computes the gradients of all weights after [`Pass::forward`] of the same batch, and returns the mean loss.
    pub(super) fn backward(&mut self, network: &Network, batch: &Batch, gradients: &mut [f32]) -> f64 {
        let (architecture, blocks, width) = (&network.architecture, &network.blocks, batch.width);
        let execution = Execution { instructions: network.instructions, width, weights: &network.weights };
        let activation = architecture.activation;
        let units = architecture.hidden * width;
        let Self { layers, decoder, head, between, .. } = self;
        head.output_gradients.resize(head.outputs.len(), 0.0);
        let (loss, _) =
            architecture.loss.gradient(&head.outputs, &batch.targets, width, Some(&mut head.output_gradients));
        let mut from_above: Vec<Option<&[f32]>> = vec![None; architecture.window];
        let last = match (decoder, &blocks.decoder, blocks.dense.as_slice()) {
            (Some(decoder), Some(layer), [first, second]) => {
                head.backward_each(execution, [first, second], decoder, architecture.hidden, gradients);
                let each: Vec<Option<&[f32]>> = head.below.chunks_exact(units).map(Some).collect();
                decoder.backward(execution, layer, activation, gradients, &each, None)
            }
            (_, _, dense) => {
                dense.iter().for_each(|block| head.backward_last(execution, block, architecture.hidden, gradients));
                &head.below
            }
        };
        if let Some(place) = from_above.last_mut() {
            *place = Some(last);
        }
        between.resize(layers.len(), Vec::new());
        let mut above: Option<&[f32]> = None;
        for (depth, (layer, room)) in layers.iter_mut().zip(between).enumerate().rev() {
            if let Some(above) = above {
                from_above = above.chunks_exact(units).map(Some).collect();
            }
            let own = &blocks.layers[depth];
            let below = (depth > 0).then(|| {
                room.resize(architecture.window * units, 0.0);
                &mut *room
            });
            let constant = layer.backward(execution, own, activation, gradients, &from_above, below);
            if let (0, Some(block)) = (depth, &blocks.embedding) {
                gradients[block.range()].fill(0.0);
                for (slot, series) in batch.series.iter().enumerate() {
                    for column in 0..block.columns() {
                        gradients[block.at((*series).min(block.rows() - 1), column)] += constant[column * width + slot];
                    }
                }
            }
            above = Some(room);
        }
        loss
    }
}
