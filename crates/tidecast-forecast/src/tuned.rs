//! Settings of models that tuning may change, and the values it found.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// One setting of a model.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Knob {
    /// Model and setting, such as `ridge.penalty`.
    pub name: &'static str,
    /// The values that tuning tries, the default first.
    pub values: &'static [f64],
}

/// Values found by tuning, by the name of their [`Knob`].
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Tuned(BTreeMap<String, f64>);

impl Tuned {
    /// Nothing tuned: every model keeps its defaults.
    #[must_use]
    pub const fn none() -> Self {
        Self(BTreeMap::new())
    }

    /// Whether nothing is tuned.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The value of a setting, where tuning found one.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<f64> {
        self.0.get(name).copied()
    }

    /// Puts a value in place of the default.
    pub fn set(&mut self, name: &str, value: f64) {
        self.0.insert(name.to_owned(), value);
    }

    /// All values, by name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, f64)> {
        self.0.iter().map(|(name, value)| (name.as_str(), *value))
    }
}
