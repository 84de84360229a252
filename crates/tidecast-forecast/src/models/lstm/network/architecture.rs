//! What a network is made of.

use super::loss::Loss;
use serde::{Deserialize, Serialize};

/// Largest size of anything in a network: keeps damaged files from asking for all memory.
const LARGEST: usize = 1 << 16;
/// Most weights of a network.
const MOST_WEIGHTS: usize = 1 << 26;

/// A network over windows: LSTM layers, then dense ones.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Architecture {
    /// Numbers that go in at each step of the window.
    pub inputs: usize,
    /// Steps of the window.
    pub window: usize,
    /// Steps ahead that are answered.
    pub horizon: usize,
    /// LSTM layers over the window, each over the outputs of the one before.
    pub layers: usize,
    /// Units of every LSTM layer.
    pub hidden: usize,
    /// Activation of candidates and cells; gates are logistic.
    pub activation: Activation,
    /// Numbers learned for each series, which go into the first layer at every step.
    pub embedding: Option<Embedding>,
    /// What makes the answer of the last layer's outputs.
    pub head: Head,
    /// What is minimised, which decides what the outputs mean.
    pub loss: Loss,
}

/// Activation of candidates and cells.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Activation {
    /// Hyperbolic tangent.
    Tanh,
    /// max(0, x).
    Relu,
}

/// Numbers learned for each of a panel's series.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Embedding {
    /// Series in the panel.
    pub series: usize,
    /// Numbers for each.
    pub size: usize,
}

/// How the answer is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Head {
    /// A dense layer on the last output, which gives all steps ahead at once.
    Last {
        /// Numbers of the window that go to the dense layer directly.
        direct: usize,
    },
    /// The last output, repeated for each step ahead, goes through another LSTM layer, whose every output goes through
    /// the same two dense layers.
    Decoder {
        /// Units of the first dense layer, which is rectified.
        dense: usize,
    },
}

/// A network cannot be made so.
#[derive(Clone, Debug, thiserror::Error, PartialEq, Eq)]
pub enum ArchitectureError {
    /// A size is zero or absurd.
    #[error("a network's {what} is {size}; it must be from 1 to {LARGEST}")]
    Size {
        /// Which size.
        what: &'static str,
        /// What it is.
        size: usize,
    },
    /// Too many weights in all.
    #[error("the network would have more than {MOST_WEIGHTS} weights; make its layers smaller")]
    Weights,
    /// A quantile that is none.
    #[error("the quantile levels {levels} must rise and lie between 0 and 1")]
    Levels {
        /// All of them.
        levels: String,
    },
    /// Weights for another network.
    #[error("the network has {expected} weights and {found} were given")]
    Count {
        /// As the sizes say.
        expected: usize,
        /// As given.
        found: usize,
    },
}

impl Architecture {
    /// The network of the smart meters: `LSTM(50)` over 60 values, then a dense layer that gives the next one.
    #[must_use]
    pub fn meter() -> Self {
        Self {
            inputs: 1,
            window: 60,
            horizon: 1,
            layers: 1,
            hidden: 50,
            activation: Activation::Tanh,
            embedding: None,
            head: Head::Last { direct: 0 },
            loss: Loss::SquaredError,
        }
    }

    /// The network of predictive autoscaling: `LSTM(200)` over 10 values, repeated 10 times into another `LSTM(200)`,
    /// then `Dense(100, relu)` and `Dense(1)` at each of 10 steps ahead.
    #[must_use]
    pub fn pas() -> Self {
        Self { window: 10, horizon: 10, hidden: 200, head: Head::Decoder { dense: 100 }, ..Self::meter() }
    }

    /// Outputs for each window: for each step ahead one number for each of the loss's levels.
    #[must_use]
    pub fn outputs(&self) -> usize {
        self.horizon * self.loss.levels()
    }

    /// Numbers that go to the dense layer directly.
    pub(super) fn direct(&self) -> usize {
        match self.head {
            Head::Last { direct } => direct,
            Head::Decoder { .. } => 0,
        }
    }

    /// Whether such a network can be made.
    ///
    /// # Errors
    /// When a size is zero or absurd, or a quantile level is none.
    pub fn validate(&self) -> Result<(), ArchitectureError> {
        let Embedding { series, size } = self.embedding.unwrap_or(Embedding { series: 1, size: 1 });
        let (direct, dense) = match self.head {
            Head::Last { direct } => (direct.max(1), 1),
            Head::Decoder { dense } => (1, dense),
        };
        for (what, size) in [
            ("number of inputs", self.inputs),
            ("window", self.window),
            ("horizon", self.horizon),
            ("number of layers", self.layers),
            ("hidden size", self.hidden),
            ("number of series", series),
            ("size of the embedding", size),
            ("number of direct inputs", direct),
            ("dense layer", dense),
            ("number of outputs", self.outputs()),
        ] {
            if !(1..=LARGEST).contains(&size) {
                return Err(ArchitectureError::Size { what, size });
            }
        }
        let largest_layer = 4 * self.hidden * (2 * self.hidden + self.inputs + size + 1);
        let dense_layers = (self.hidden + direct + dense) * (self.outputs() + dense);
        if (self.layers + 1).saturating_mul(largest_layer) + dense_layers + series * size > MOST_WEIGHTS {
            return Err(ArchitectureError::Weights);
        }
        self.loss.validate()
    }
}
