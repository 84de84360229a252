//! The Adam optimiser (Kingma and Ba, 2015, algorithm 1) with gradient clipping by norm.

const DECAY_MEAN: f32 = 0.9;
const DECAY_SQUARE: f32 = 0.999;
const EPSILON: f32 = 1e-8;
/// Longest gradient taken as it is (Pascanu et al., 2013): a batch with a rare spike must not undo the others.
const LONGEST: f32 = 1.0;

/// Running moments of the gradients.
#[derive(Debug)]
pub(super) struct Adam {
    means: Vec<f32>,
    squares: Vec<f32>,
    steps: i32,
}

impl Adam {
    /// For `count` weights.
    pub(super) fn new(count: usize) -> Self {
        Self { means: vec![0.0; count], squares: vec![0.0; count], steps: 0 }
    }

    /// Moves the weights against their gradients.
    pub(super) fn step(&mut self, weights: &mut [f32], gradients: &[f32], rate: f32) {
        self.steps = self.steps.saturating_add(1);
        let length = gradients.iter().map(|gradient| gradient * gradient).sum::<f32>().sqrt();
        let shrink = if length > LONGEST { LONGEST / length } else { 1.0 };
        let correction = (1.0 - DECAY_SQUARE.powi(self.steps)).sqrt() / (1.0 - DECAY_MEAN.powi(self.steps));
        let moments = self.means.iter_mut().zip(&mut self.squares);
        for ((weight, gradient), (mean, square)) in weights.iter_mut().zip(gradients).zip(moments) {
            let gradient = gradient * shrink;
            *mean = DECAY_MEAN * *mean + (1.0 - DECAY_MEAN) * gradient;
            *square = DECAY_SQUARE * *square + (1.0 - DECAY_SQUARE) * gradient * gradient;
            *weight -= rate * correction * *mean / (square.sqrt() + EPSILON);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_the_minimum_of_a_parabola() {
        let mut adam = Adam::new(2);
        let mut weights = [3.0_f32, -2.0];
        for _ in 0..2_000 {
            let gradients = [2.0 * (weights[0] - 1.0), 20.0 * (weights[1] - 0.5)];
            adam.step(&mut weights, &gradients, 0.01);
        }
        assert!((weights[0] - 1.0).abs() < 1e-3 && (weights[1] - 0.5).abs() < 1e-3, "{weights:?}");
    }
}
