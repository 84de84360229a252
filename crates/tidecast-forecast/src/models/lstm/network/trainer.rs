//! Learning from batches: gradients, clipping, Adam.

use super::Network;
use super::batch::Batch;
use super::pass::Pass;
use crate::kernels::{AdamStep, Buffer, adam};
use crate::parallel;
use std::sync::{Mutex, PoisonError};

/// A network that learns.
#[derive(Debug)]
pub struct Trainer {
    network: Network,
    /// One for each batch that is learned from at once.
    shares: Vec<Mutex<Share>>,
    gradients: Buffer,
    means: Buffer,
    squares: Buffer,
    longest: Option<f32>,
    steps: i32,
}

/// What one thread needs for its batch.
#[derive(Debug, Default)]
struct Share {
    pass: Pass,
    gradients: Buffer,
    loss: f64,
}

impl Trainer {
    /// Starts to train. Gradients longer than `longest` are shortened to that
    /// (Pascanu et al., 2013): a batch with a rare spike must not undo the others.
    #[must_use]
    pub fn new(network: Network, longest: Option<f32>) -> Self {
        let zeros = Buffer::zeros(network.weights.len());
        Self {
            shares: Vec::new(),
            gradients: zeros.clone(),
            means: zeros.clone(),
            squares: zeros,
            network,
            longest,
            steps: 0,
        }
    }

    /// The network as trained so far.
    #[must_use]
    pub fn network(&self) -> &Network {
        &self.network
    }

    /// Gives the network back.
    #[must_use]
    pub fn into_network(self) -> Network {
        self.network
    }

    /// Learns from batches, each on a thread of its own where there are several, as if they were one; returns the mean
    /// of their losses before. Empty when there is none.
    pub fn learn(&mut self, batches: &[Batch], rate: f32) -> f64 {
        let loss = self.accumulate(batches);
        // Nothing can be learned from inputs so large that the loss is infinite; the weights must not break.
        let Some(shrink) = self.shrink().filter(|_| loss.is_finite()) else { return loss };
        self.steps = self.steps.saturating_add(1);
        let step = AdamStep {
            weights: &mut self.network.weights,
            gradients: &self.gradients,
            means: &mut self.means,
            squares: &mut self.squares,
            shrink,
            rate,
            number: self.steps,
        };
        adam(self.network.instructions, step);
        loss
    }

    /// Mean loss of batches, and its gradients in the order of [`Network::weights`], without learning.
    pub fn gradients(&mut self, batches: &[Batch]) -> (f64, Vec<f32>) {
        let loss = self.accumulate(batches);
        (loss, self.network.saved(&self.gradients))
    }

    /// What shortens the gradients to the longest allowed; `None` when they are infinite.
    fn shrink(&self) -> Option<f32> {
        let Some(longest) = self.longest else { return Some(1.0) };
        // Eight sums, so that the compiler may add in parallel.
        let mut sums = [0.0_f32; 8];
        for chunk in self.gradients.as_chunks::<8>().0 {
            sums.iter_mut().zip(chunk).for_each(|(sum, gradient)| *sum += gradient * gradient);
        }
        let length = sums.iter().sum::<f32>().sqrt();
        length.is_finite().then(|| (longest / length).min(1.0))
    }

    fn accumulate(&mut self, batches: &[Batch]) -> f64 {
        while self.shares.len() < batches.len().max(1) {
            self.shares.push(Mutex::default());
        }
        let network = &self.network;
        let learn = |(share, batch): &(&Mutex<Share>, &Batch)| {
            let mut share = share.lock().unwrap_or_else(PoisonError::into_inner);
            let Share { pass, gradients, loss } = &mut *share;
            gradients.resize(network.weights.len());
            pass.forward(network, batch);
            *loss = pass.backward(network, batch, gradients);
        };
        let pairs: Vec<(&Mutex<Share>, &Batch)> = self.shares.iter().zip(batches).collect();
        match pairs.as_slice() {
            [one] => learn(one),
            several => {
                parallel::map(several, learn);
            }
        }
        let mut loss = 0.0;
        let count = batches.len().max(1) as f32;
        for (index, share) in self.shares.iter_mut().take(batches.len()).enumerate() {
            let share = share.get_mut().unwrap_or_else(PoisonError::into_inner);
            loss += share.loss / f64::from(count);
            if batches.len() == 1 {
                // The only gradients are the sum.
                std::mem::swap(&mut self.gradients, &mut share.gradients);
            } else if index == 0 {
                self.gradients.iter_mut().zip(share.gradients.iter()).for_each(|(sum, own)| *sum = own / count);
            } else {
                self.gradients.iter_mut().zip(share.gradients.iter()).for_each(|(sum, own)| *sum += own / count);
            }
        }
        loss
    }
}
