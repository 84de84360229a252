//! Forecasting with fitted coefficients: one product of a matrix with the newest values.

use super::NAME;
use super::layout::Layout;
use crate::artifact::{Artifact, LoadError};
use crate::history::Past;
use crate::matrix::{Matrix, multiply_f32};
use crate::models::Fitted;
use crate::season::Cycle;

/// Origins forecast at once.
const BLOCK: usize = 256;
/// From this many origins on, a matrix product that rearranges its operands first is quicker than inner products.
const MANY: usize = 4;

/// Coefficients of one series: of all lookbacks together, since their average is linear too.
pub(super) struct FittedLinear {
    layout: Layout,
    /// A row of `memory - 1` for each step ahead.
    coefficients: Vec<f32>,
}

impl FittedLinear {
    /// Averages the coefficients of every lookback, each with a row of `horizon` for each input.
    pub(super) fn new(layout: Layout, members: &[Vec<f64>]) -> Self {
        let (inputs, horizon) = (layout.memory() - 1, layout.horizon);
        let mut coefficients = vec![0.0_f32; inputs * horizon];
        for member in members {
            let missing = inputs - member.len() / horizon;
            for (input, row) in member.chunks_exact(horizon).enumerate() {
                for (ahead, value) in row.iter().enumerate() {
                    coefficients[ahead * inputs + missing + input] += (value / members.len() as f64) as f32;
                }
            }
        }
        Self { layout, coefficients }
    }

    pub(super) fn load(artifact: &Artifact) -> Result<Self, LoadError> {
        let layout: Layout = artifact.get(NAME)?;
        if !layout.is_sound() {
            return Err(LoadError::Damaged("its layout is impossible".to_owned()));
        }
        let coefficients = artifact.get_f32("linear.coefficients", (layout.memory() - 1) * layout.horizon)?;
        Ok(Self { layout, coefficients })
    }

    /// The next steps of many origins; `recent` has at least `memory` values of each.
    fn ahead(&self, recent: &[&[f64]]) -> Vec<Vec<f64>> {
        let (inputs, horizon) = (self.layout.memory() - 1, self.layout.horizon);
        let mut rows = Vec::with_capacity(BLOCK.min(recent.len()) * inputs);
        let mut product = vec![0.0_f32; BLOCK.min(recent.len()) * horizon];
        let mut forecasts = Vec::with_capacity(recent.len());
        for block in recent.chunks(BLOCK) {
            rows.clear();
            let mut levels = Vec::with_capacity(block.len());
            for values in block {
                let (newest, older) = values[values.len() - inputs - 1..].split_last().unwrap_or((&0.0, &[]));
                let size = older.iter().map(|value| (value - newest).abs()).fold(0.0, f64::max);
                let size = if size > 0.0 && size.is_finite() { size } else { 1.0 };
                rows.extend(older.iter().map(|value| ((value - newest) / size) as f32));
                levels.push((*newest, size));
            }
            self.multiply(&rows, &mut product);
            for ((newest, size), row) in levels.iter().zip(product.chunks_exact(horizon)) {
                forecasts.push(row.iter().map(|value| newest + size * f64::from(*value)).collect());
            }
        }
        forecasts
    }
}

impl FittedLinear {
    /// Products of rows of inputs with the coefficients of each step ahead.
    fn multiply(&self, rows: &[f32], product: &mut [f32]) {
        let inputs = self.layout.memory() - 1;
        if rows.len() >= MANY * inputs {
            let coefficients = Matrix::new(&self.coefficients, inputs).transposed();
            multiply_f32(Matrix::new(rows, inputs), coefficients, 0.0, product);
            return;
        }
        for (row, product) in rows.chunks_exact(inputs).zip(product.chunks_exact_mut(self.layout.horizon)) {
            for (coefficients, value) in self.coefficients.chunks_exact(inputs).zip(product) {
                *value = dot(row, coefficients);
            }
        }
    }
}

/// Inner product, summed in sixteen lanes so that it vectorises.
fn dot(a: &[f32], b: &[f32]) -> f32 {
    let (chunks_a, rest_a) = a.as_chunks::<16>();
    let (chunks_b, rest_b) = b.as_chunks::<16>();
    let mut lanes = [0.0; 16];
    for (a, b) in chunks_a.iter().zip(chunks_b) {
        for lane in 0..16 {
            lanes[lane] += a[lane] * b[lane];
        }
    }
    lanes.iter().sum::<f32>() + rest_a.iter().zip(rest_b).map(|(a, b)| a * b).sum::<f32>()
}

impl Fitted for FittedLinear {
    fn model(&self) -> &'static str {
        NAME
    }

    fn cycle(&self) -> Cycle {
        self.layout.cycle
    }

    fn memory(&self) -> usize {
        self.layout.memory()
    }

    fn point(&self, past: Past<'_>, horizon: usize) -> Vec<f64> {
        self.points(&[past], horizon).pop().unwrap_or_default()
    }

    fn points(&self, pasts: &[Past<'_>], horizon: usize) -> Vec<Vec<f64>> {
        let memory = self.layout.memory();
        // Histories shorter than the memory only arise from damaged files: what is missing is taken as the first.
        let padded: Vec<Vec<f64>> = pasts
            .iter()
            .map(|past| {
                let missing = memory.saturating_sub(past.values.len());
                let first = past.values.first().copied().unwrap_or(0.0);
                if missing == 0 { Vec::new() } else { [vec![first; missing], past.values.to_vec()].concat() }
            })
            .collect();
        let whole = pasts.iter().zip(&padded);
        let recent: Vec<&[f64]> =
            whole.map(|(past, padded)| if padded.is_empty() { past.values } else { padded }).collect();
        let mut forecasts = self.ahead(&recent);
        if horizon > self.layout.horizon {
            for (forecast, recent) in forecasts.iter_mut().zip(recent) {
                self.go_on(recent, forecast, horizon);
            }
        }
        forecasts.iter_mut().for_each(|forecast| forecast.truncate(horizon));
        forecasts
    }

    fn save(&self, artifact: &mut Artifact) {
        artifact.put(NAME, &self.layout);
        artifact.put_f32("linear.coefficients", &self.coefficients);
    }
}

impl FittedLinear {
    /// Forecasts further from what was forecast.
    fn go_on(&self, recent: &[f64], forecast: &mut Vec<f64>, horizon: usize) {
        let mut values = recent[recent.len() - self.layout.memory()..].to_vec();
        let mut used = 0;
        while forecast.len() < horizon {
            values.extend(&forecast[used..]);
            used = forecast.len();
            forecast.extend(self.ahead(&[&values]).into_iter().flatten());
        }
    }
}
