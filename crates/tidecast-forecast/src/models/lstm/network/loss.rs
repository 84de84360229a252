//! What training minimises.

use super::architecture::ArchitectureError;
use serde::{Deserialize, Serialize};

/// A loss, averaged over all outputs whose target is known.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Loss {
    /// Squared error: the outputs are means.
    SquaredError,
    /// Pinball loss (Koenker and Bassett, 1978): the outputs are quantiles of these levels, which rise.
    Pinball(Vec<f32>),
}

impl Loss {
    /// Outputs for each step ahead.
    #[must_use]
    pub fn levels(&self) -> usize {
        match self {
            Self::SquaredError => 1,
            Self::Pinball(levels) => levels.len(),
        }
    }

    pub(super) fn validate(&self) -> Result<(), ArchitectureError> {
        let Self::Pinball(levels) = self else { return Ok(()) };
        let inside = levels.iter().all(|level| *level > 0.0 && *level < 1.0);
        let rising = levels.windows(2).all(|pair| pair[0] < pair[1]);
        if inside && rising { Ok(()) } else { Err(ArchitectureError::Levels { levels: format!("{levels:?}") }) }
    }

    /// The loss of one output, and its slope.
    fn of(&self, level: usize, output: f32, target: f32) -> (f32, f32) {
        let error = output - target;
        match self {
            Self::SquaredError => (error * error, 2.0 * error),
            Self::Pinball(levels) if error < 0.0 => (-levels[level] * error, -levels[level]),
            Self::Pinball(levels) => ((1.0 - levels[level]) * error, 1.0 - levels[level]),
        }
    }

    /// Mean loss, how many outputs have a target, and the gradient of each output. `outputs` has for each step ahead
    /// and level a row of `width`, `targets` for each step ahead, NaN where not known.
    pub(super) fn gradient(
        &self,
        outputs: &[f32],
        targets: &[f32],
        width: usize,
        mut gradient: Option<&mut [f32]>,
    ) -> (f64, usize) {
        let levels = self.levels();
        let known = levels * targets.iter().filter(|target| target.is_finite()).count();
        let share = 1.0 / known.max(1) as f32;
        let mut sum = 0.0;
        for (row, outputs) in outputs.chunks_exact(width).enumerate() {
            let targets = &targets[row / levels * width..][..width];
            for (lane, (output, target)) in outputs.iter().zip(targets).enumerate() {
                let (loss, slope) =
                    if target.is_finite() { self.of(row % levels, *output, *target) } else { (0.0, 0.0) };
                sum += f64::from(loss);
                if let Some(gradient) = &mut gradient {
                    gradient[row * width + lane] = slope * share;
                }
            }
        }
        (sum / known.max(1) as f64, known)
    }
}
