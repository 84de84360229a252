//! LSTM networks of several kinds, by our own kernels: general ones, and those of the systems that Tidecast replaces.
//!
//! A [`Network`] is an [`Architecture`] with weights. A [`Batch`] holds windows; [`Trainer`] learns from batches,
//! [`Pass`] answers them.

mod architecture;
mod batch;
mod blocks;
mod head;
mod layer;
mod loss;
mod pass;
mod single;
#[cfg(test)]
mod tests;
mod trainer;

pub use crate::kernels::Instructions;
pub use architecture::{Activation, Architecture, ArchitectureError, Embedding, Head};
pub use batch::Batch;
pub use loss::Loss;
pub use pass::Pass;
pub use trainer::Trainer;

use super::random::Random;
use crate::kernels::Buffer;
use blocks::Blocks;

/// A network: its architecture and its weights.
#[derive(Clone, Debug)]
pub struct Network {
    architecture: Architecture,
    blocks: Blocks,
    weights: Buffer,
    instructions: Instructions,
}

impl Network {
    /// A network with random weights, the same for the same seed: uniform within the square root of 1 / units. Forget
    /// gates start open (Jozefowicz et al., 2015), and the last layer at zero, so that training starts from the answer
    /// zero, the baseline of whoever made the targets.
    ///
    /// # Errors
    /// When a size of the architecture is zero or absurd.
    pub fn new(architecture: Architecture, seed: u64) -> Result<Self, ArchitectureError> {
        let mut network = Self::empty(architecture)?;
        let mut random = Random::new(seed);
        let Self { blocks, weights, .. } = &mut network;
        let mut draw = |block: &blocks::Block, units: usize| {
            let bound = 1.0 / (units as f32).sqrt();
            for row in 0..block.rows() {
                for column in 0..block.columns() {
                    weights[block.at(row, column)] = (2.0 * random.unit() - 1.0) * bound;
                }
            }
        };
        let layers = || blocks.layers.iter().chain(&blocks.decoder);
        for layer in layers() {
            draw(&layer.step, layer.hidden);
            if let Some(constant) = &layer.constant {
                draw(constant, layer.hidden);
            }
        }
        let last = blocks.dense.len().saturating_sub(1);
        blocks.dense[..last].iter().for_each(|block| draw(block, block.rows()));
        blocks.embedding.iter().for_each(|block| draw(block, 100));
        for layer in layers() {
            for gate in 0..4 * layer.hidden {
                let is_forget = (layer.hidden..2 * layer.hidden).contains(&gate);
                weights[layer.step.at(layer.hidden, gate)] = if is_forget { 1.0 } else { 0.0 };
            }
        }
        Ok(network)
    }

    /// A network with the weights that [`Network::weights`] gave.
    ///
    /// # Errors
    /// When a size of the architecture is zero or absurd, or the number of weights is not what it says.
    pub fn with_weights(architecture: Architecture, weights: &[f32]) -> Result<Self, ArchitectureError> {
        let mut network = Self::empty(architecture)?;
        let order = network.blocks.saved_order();
        if order.len() != weights.len() {
            return Err(ArchitectureError::Count { expected: order.len(), found: weights.len() });
        }
        order.into_iter().zip(weights).for_each(|(at, weight)| network.weights[at] = *weight);
        Ok(network)
    }

    fn empty(architecture: Architecture) -> Result<Self, ArchitectureError> {
        architecture.validate()?;
        let blocks = Blocks::new(&architecture);
        let weights = Buffer::zeros(blocks.length);
        Ok(Self { architecture, blocks, weights, instructions: Instructions::best() })
    }

    /// The same network, computed with other instructions; portable ones where the processor has not got them.
    #[must_use]
    pub fn with_instructions(self, instructions: Instructions) -> Self {
        Self { instructions, ..self }
    }

    /// What the network is made of.
    #[must_use]
    pub fn architecture(&self) -> &Architecture {
        &self.architecture
    }

    /// The weights in the order in which networks are saved: for each LSTM layer, the decoder last, weights of the
    /// inputs (4 units x inputs), of its own outputs (4 units x units), bias (4 units), weights of inputs that are the same
    /// at every step (4 units x embedding; of a decoder: x units); then weights (outputs x inputs) and bias of each
    /// dense layer; then the embedding (series x size). Gates are in PyTorch's order: input, forget, candidate, output.
    #[must_use]
    pub fn weights(&self) -> Vec<f32> {
        self.saved(&self.weights)
    }

    /// How many weights that are.
    #[must_use]
    pub fn weight_count(architecture: &Architecture) -> usize {
        Blocks::new(architecture).saved_order().len()
    }

    /// Brings a vector that lies as the weights do into the order in which networks are saved.
    fn saved(&self, values: &[f32]) -> Vec<f32> {
        self.blocks.saved_order().into_iter().map(|at| values[at]).collect()
    }
}
