//! What a fitted forecaster looks like as bytes: a safetensors file whose metadata says which model can read it.
//!
//! Safetensors holds numbers only, never code, and other tools can open it. The small parameters of a model travel as
//! JSON in the file's metadata, the large ones as tensors.

use safetensors::tensor::{Dtype, SafeTensors, TensorView};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::collections::{BTreeMap, HashMap};

/// The layout of the tensors and parameters below; a change that older builds cannot read counts it up.
pub const FORMAT: u32 = 1;

/// Why bytes are not a forecaster.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum LoadError {
    /// The bytes are cut off or altered.
    #[error("the model is damaged: {0}; train it again, or promote another version")]
    Damaged(String),
    /// A build with another artifact format wrote it.
    #[error("the model has format {found}, this build reads {FORMAT}; train it again, or use the build that wrote it")]
    Version {
        /// What the artifact says.
        found: String,
    },
    /// No model of that name is known.
    #[error(transparent)]
    Unknown(#[from] crate::models::UnknownModel),
}

/// Tensors and parameters of one forecaster, on their way to or from bytes.
#[derive(Debug, Default, PartialEq)]
pub struct Artifact {
    model: String,
    parameters: BTreeMap<String, String>,
    tensors: BTreeMap<String, (Dtype, Vec<u8>)>,
}

impl Artifact {
    /// An artifact that `model` will be able to read.
    #[must_use]
    pub fn new(model: &str) -> Self {
        Self { model: model.to_owned(), ..Self::default() }
    }

    /// The model that wrote it.
    #[must_use]
    pub fn model(&self) -> &str {
        &self.model
    }

    /// Adds small parameters under a name.
    pub fn put<T: Serialize>(&mut self, name: &str, parameters: &T) {
        // Plain structs of numbers and strings always serialise; were one not to, reading it back says so.
        let text = serde_json::to_string(parameters).unwrap_or_default();
        self.parameters.insert(name.to_owned(), text);
    }

    /// Adds a vector of 64-bit numbers.
    pub fn put_f64(&mut self, name: &str, values: &[f64]) {
        let bytes = values.iter().flat_map(|value| value.to_le_bytes()).collect();
        self.tensors.insert(name.to_owned(), (Dtype::F64, bytes));
    }

    /// Adds a vector of 32-bit numbers.
    pub fn put_f32(&mut self, name: &str, values: &[f32]) {
        let bytes = values.iter().flat_map(|value| value.to_le_bytes()).collect();
        self.tensors.insert(name.to_owned(), (Dtype::F32, bytes));
    }

    /// Small parameters by name.
    ///
    /// # Errors
    /// When they are absent or of another shape.
    pub fn get<T: DeserializeOwned>(&self, name: &str) -> Result<T, LoadError> {
        let text = self.parameters.get(name).ok_or_else(|| LoadError::Damaged(format!("it has no `{name}`")))?;
        serde_json::from_str(text).map_err(|error| LoadError::Damaged(format!("`{name}` does not read: {error}")))
    }

    /// A vector of 64-bit numbers, all finite.
    ///
    /// # Errors
    /// When it is absent, of another type or holds NaN.
    pub fn get_f64(&self, name: &str) -> Result<Vec<f64>, LoadError> {
        let values: Vec<f64> =
            self.bytes(name, Dtype::F64)?.as_chunks().0.iter().map(|chunk| f64::from_le_bytes(*chunk)).collect();
        if values.iter().all(|value| value.is_finite()) { Ok(values) } else { Err(not_finite(name)) }
    }

    /// A vector of 32-bit numbers, all finite.
    ///
    /// # Errors
    /// When it is absent, of another type, of another length than `length` or holds NaN.
    pub fn get_f32(&self, name: &str, length: usize) -> Result<Vec<f32>, LoadError> {
        let values: Vec<f32> =
            self.bytes(name, Dtype::F32)?.as_chunks().0.iter().map(|chunk| f32::from_le_bytes(*chunk)).collect();
        if values.len() != length {
            return Err(LoadError::Damaged(format!("`{name}` has {} values instead of {length}", values.len())));
        }
        if values.iter().all(|value| value.is_finite()) { Ok(values) } else { Err(not_finite(name)) }
    }

    fn bytes(&self, name: &str, dtype: Dtype) -> Result<&[u8], LoadError> {
        match self.tensors.get(name) {
            Some((have, bytes)) if *have == dtype => Ok(bytes),
            Some((have, _)) => Err(LoadError::Damaged(format!("`{name}` is {have:?} instead of {dtype:?}"))),
            None => Err(LoadError::Damaged(format!("it has no `{name}`"))),
        }
    }

    /// The artifact as a safetensors file.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut metadata: HashMap<String, String> =
            self.parameters.iter().map(|(name, text)| (format!("parameters.{name}"), text.clone())).collect();
        metadata.insert("tidecast.format".to_owned(), FORMAT.to_string());
        metadata.insert("tidecast.model".to_owned(), self.model.clone());
        let views = self.tensors.iter().filter_map(|(name, (dtype, bytes))| {
            let length = bytes.len() * 8 / dtype.bitsize();
            TensorView::new(*dtype, vec![length], bytes).ok().map(|view| (name.as_str(), view))
        });
        safetensors::serialize(views, Some(metadata)).unwrap_or_default()
    }

    /// Reads a safetensors file written by [`Artifact::encode`].
    ///
    /// # Errors
    /// When it is truncated, altered in structure or of another format.
    pub fn decode(bytes: &[u8]) -> Result<Self, LoadError> {
        let damaged = |error: safetensors::SafeTensorError| LoadError::Damaged(error.to_string());
        let (_, header) = SafeTensors::read_metadata(bytes).map_err(damaged)?;
        let metadata = header.metadata().clone().unwrap_or_default();
        let format = metadata.get("tidecast.format").map_or("none", String::as_str);
        if format != FORMAT.to_string() {
            return Err(LoadError::Version { found: format.to_owned() });
        }
        let model = metadata.get("tidecast.model").cloned().unwrap_or_default();
        let parameters = metadata
            .into_iter()
            .filter_map(|(name, text)| Some((name.strip_prefix("parameters.")?.to_owned(), text)))
            .collect();
        let tensors = SafeTensors::deserialize(bytes).map_err(damaged)?;
        let tensors =
            tensors.iter().map(|(name, view)| (name.to_owned(), (view.dtype(), view.data().to_vec()))).collect();
        Ok(Self { model, parameters, tensors })
    }
}

fn not_finite(name: &str) -> LoadError {
    LoadError::Damaged(format!("`{name}` holds values that are not numbers"))
}
