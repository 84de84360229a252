//! Where each matrix of weights lies in the one vector that the optimiser sees.

use super::architecture::{Architecture, Head};
use crate::kernels::Grouped;
use std::ops::Range;

/// One matrix: a row for each input, a column for each output.
#[derive(Clone, Copy, Debug)]
pub(super) struct Block {
    start: usize,
    pub(super) matrix: Grouped,
}

impl Block {
    pub(super) fn rows(&self) -> usize {
        self.matrix.rows
    }

    pub(super) fn columns(&self) -> usize {
        self.matrix.columns
    }

    pub(super) fn range(&self) -> Range<usize> {
        self.start..self.start + self.matrix.length()
    }

    /// Index of a weight.
    pub(super) fn at(&self, row: usize, column: usize) -> usize {
        self.start + self.matrix.at(row, column)
    }
}

/// The weights of an LSTM layer.
#[derive(Clone, Copy, Debug)]
pub(super) struct LayerBlocks {
    /// Rows: the layer's own outputs, one, the inputs of a step. Columns: gates i, f, g, o of all units.
    pub(super) step: Block,
    /// Inputs that are the same at every step.
    pub(super) constant: Option<Block>,
    /// Units.
    pub(super) hidden: usize,
}

/// All matrices of a network.
#[derive(Clone, Debug)]
pub(super) struct Blocks {
    /// Layers over the window.
    pub(super) layers: Vec<LayerBlocks>,
    /// The layer over the steps ahead.
    pub(super) decoder: Option<LayerBlocks>,
    /// Dense layers; rows: outputs of the layer before, one, direct inputs.
    pub(super) dense: Vec<Block>,
    /// A row for each series.
    pub(super) embedding: Option<Block>,
    /// Length of the vector.
    pub(super) length: usize,
}

impl Blocks {
    pub(super) fn new(architecture: &Architecture) -> Self {
        let mut length = 0;
        let mut block = |rows, columns| {
            let block = Block { start: length, matrix: Grouped { rows, columns } };
            length = block.range().end;
            block
        };
        let hidden = architecture.hidden;
        let mut layer = |inputs: usize, constant: usize| LayerBlocks {
            step: block(hidden + 1 + inputs, 4 * hidden),
            constant: (constant > 0).then(|| block(constant, 4 * hidden)),
            hidden,
        };
        let embedded = architecture.embedding.map_or(0, |embedding| embedding.size);
        let layers = (0..architecture.layers)
            .map(|depth| if depth == 0 { layer(architecture.inputs, embedded) } else { layer(hidden, 0) })
            .collect();
        let decoder = matches!(architecture.head, Head::Decoder { .. }).then(|| layer(0, hidden));
        let dense = match architecture.head {
            Head::Last { direct } => vec![block(hidden + 1 + direct, architecture.outputs())],
            Head::Decoder { dense } => vec![block(hidden + 1, dense), block(dense + 1, architecture.loss.levels())],
        };
        let embedding = architecture.embedding.map(|embedding| block(embedding.series, embedding.size));
        Self { layers, decoder, dense, embedding, length }
    }

    /// Where each weight lies, in the order in which networks are saved: for each LSTM layer the weights of a step's
    /// inputs, of its own outputs, the bias, and those of constant inputs; the dense layers' weights and biases; the
    /// embedding. Matrices have a row for each output, as in PyTorch.
    pub(super) fn saved_order(&self) -> Vec<usize> {
        let mut order = Vec::new();
        let mut matrix = |block: &Block, rows: &[Range<usize>]| {
            for column in 0..block.columns() {
                order.extend(rows.iter().cloned().flatten().map(|row| block.at(row, column)));
            }
        };
        for layer in self.layers.iter().chain(&self.decoder) {
            matrix(&layer.step, &[layer.hidden + 1..layer.step.rows()]);
            matrix(&layer.step, &[0..layer.hidden]);
            matrix(&layer.step, &[layer.hidden..layer.hidden + 1]);
            if let Some(constant) = &layer.constant {
                matrix(constant, &[0..constant.rows()]);
            }
        }
        let hidden = self.layers.first().map_or(0, |layer| layer.hidden);
        for (depth, block) in self.dense.iter().enumerate() {
            let one = if depth == 0 { hidden } else { block.rows() - 1 };
            matrix(block, &[0..one, one + 1..block.rows()]);
            matrix(block, &[one..one + 1]);
        }
        if let Some(block) = &self.embedding {
            for row in 0..block.rows() {
                order.extend((0..block.columns()).map(|column| block.at(row, column)));
            }
        }
        order
    }
}
