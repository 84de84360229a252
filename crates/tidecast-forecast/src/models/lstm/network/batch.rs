//! Windows that go through a network together.

use super::architecture::Architecture;
use crate::kernels::ALIGNMENT;

/// At most [`Batch::WIDEST`] windows, side by side: a row of numbers is one input for all of them.
#[derive(Clone, Debug)]
pub struct Batch {
    size: usize,
    inputs: usize,
    /// `window` x `inputs` rows.
    pub(super) steps: Vec<f32>,
    /// A row for each direct input.
    pub(super) direct: Vec<f32>,
    /// A row for each step ahead; NaN where not known.
    pub(super) targets: Vec<f32>,
    pub(super) series: Vec<usize>,
    pub(super) width: usize,
}

impl Batch {
    /// Most windows of a batch.
    pub const WIDEST: usize = 32;

    /// A batch of `size` windows, at most [`Batch::WIDEST`], all inputs zero and no target known.
    #[must_use]
    pub fn new(architecture: &Architecture, size: usize) -> Self {
        let size = size.min(Self::WIDEST);
        let width = size.next_multiple_of(ALIGNMENT).max(ALIGNMENT);
        Self {
            size,
            inputs: architecture.inputs,
            steps: vec![0.0; architecture.window * architecture.inputs * width],
            direct: vec![0.0; architecture.direct() * width],
            targets: vec![f32::NAN; architecture.horizon * width],
            series: vec![0; size],
            width,
        }
    }

    /// Windows in it.
    #[must_use]
    pub fn size(&self) -> usize {
        self.size
    }

    /// Sets an input of window `slot` at a step of the window.
    pub fn set_input(&mut self, slot: usize, step: usize, input: usize, value: f32) {
        self.steps[(step * self.inputs + input) * self.width + slot] = value;
    }

    /// Sets a number of window `slot` that goes to the dense layer directly.
    pub fn set_direct(&mut self, slot: usize, index: usize, value: f32) {
        self.direct[index * self.width + slot] = value;
    }

    /// Sets what window `slot` should answer for a step ahead; NaN where it is not known.
    pub fn set_target(&mut self, slot: usize, ahead: usize, value: f32) {
        self.targets[ahead * self.width + slot] = value;
    }

    /// Says which series window `slot` is of, for the embedding.
    pub fn set_series(&mut self, slot: usize, series: usize) {
        self.series[slot] = series;
    }
}
