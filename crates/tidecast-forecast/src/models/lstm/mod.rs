//! LSTM(50) with a dense layer: one network for all series of a panel, which forecasts the whole horizon at once.
//!
//! The values of every series are scaled; the network answers the change against the same hour one week before. It
//! trains with Adam on mean squared error over windows drawn at random, and keeps the weights that did best on the newest
//! windows, which it does not train on.

pub mod network;
mod random;
mod training;
mod windows;

use super::{Control, Fit, FitError, FitResult, FitSettings, Fitted, Model, ridge};
use crate::artifact::{Artifact, LoadError};
use crate::history::Past;
use crate::season::Cycle;
use network::{Batch, Network, Pass};
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use tidecast_core::series::RegularSeries;
use windows::Framing;

/// The model.
#[derive(Clone, Copy, Debug)]
pub struct Lstm;

const NAME: &str = "lstm";
/// Units of the layer.
const HIDDEN: usize = 50;
/// Furthest step ahead with an output of its own.
const LONGEST_HORIZON: usize = 288;
/// Windows of a series that make training worthwhile.
const WINDOWS_NEEDED: usize = 500;

impl Model for Lstm {
    fn name(&self) -> &'static str {
        NAME
    }

    fn is_iterative(&self) -> bool {
        true
    }

    fn minimum_history(&self, cycle: Cycle) -> usize {
        Framing::new(cycle, cycle.short).memory() + WINDOWS_NEEDED
    }

    fn fit(&self, panel: &[RegularSeries], settings: &FitSettings, control: &Control<'_>) -> Vec<FitResult> {
        let mut results: Vec<Option<FitResult>> = panel.iter().map(|_| None).collect();
        let mut alike: Vec<(Framing, Vec<usize>)> = Vec::new();
        let mut simpler = Vec::new();
        for (index, series) in panel.iter().enumerate() {
            let framing = Framing::new(Cycle::of(series, settings.season), settings.horizon.min(LONGEST_HORIZON));
            if series.len() < framing.memory() + framing.horizon + WINDOWS_NEEDED {
                simpler.push((index, framing));
            } else {
                match alike.iter_mut().find(|(have, _)| *have == framing) {
                    Some((_, members)) => members.push(index),
                    None => alike.push((framing, vec![index])),
                }
            }
        }
        let groups = alike.len().max(1) as f64;
        for (done, (framing, members)) in alike.iter().enumerate() {
            let group: Vec<&RegularSeries> = members.iter().map(|index| &panel[*index]).collect();
            let trained = control.within(done as f64 / groups..(done + 1) as f64 / groups, |control| {
                training::train(*framing, HIDDEN, &group, settings.seed, control)
            });
            for (index, scale) in members.iter().zip(training::scales(&group, framing.cycle)) {
                results[*index] = Some(match &trained {
                    Some(network) => {
                        let network = Arc::clone(network);
                        Ok(Fit { fitted: Arc::new(FittedLstm { framing: *framing, scale, network }), note: None })
                    }
                    None => Err(FitError::Cancelled),
                });
            }
        }
        let quiet = Control { stop: control.stop, progress: &|_| () };
        for (index, framing) in simpler {
            let series = std::slice::from_ref(&panel[index]);
            let needed = framing.memory() + framing.horizon + WINDOWS_NEEDED;
            let length = panel[index].len();
            let fit = ridge::Ridge.fit(series, settings, &quiet).pop().unwrap_or(Err(FitError::Cancelled));
            results[index] = Some(fit.map(|fit| {
                let note = format!(
                    "{NAME} needs {needed} values and the series has {length}: {} forecasts until there are more",
                    fit.fitted.model()
                );
                Fit { note: Some(note), ..fit }
            }));
        }
        results.into_iter().map(|result| result.unwrap_or(Err(FitError::Cancelled))).collect()
    }

    fn load(&self, artifact: &Artifact) -> Result<Arc<dyn Fitted>, LoadError> {
        let Parameters { framing, scale } = artifact.get(NAME)?;
        let expected = Framing::new(framing.cycle, framing.horizon);
        let sound = framing == expected
            && (1..=LONGEST_HORIZON).contains(&framing.horizon)
            && (1..=1 << 20).contains(&framing.cycle.short)
            && scale.is_finite()
            && scale > 0.0;
        if !sound {
            return Err(LoadError::Damaged("the shape of its network is impossible".to_owned()));
        }
        let architecture = framing.architecture(HIDDEN);
        let weights = artifact.get_f32("lstm.weights", Network::weight_count(&architecture))?;
        let network = Network::with_weights(architecture, &weights);
        let network = network.map_err(|error| LoadError::Damaged(error.to_string()))?;
        Ok(Arc::new(FittedLstm { framing, scale, network: Arc::new(network) }))
    }
}

/// Small parameters as saved.
#[derive(Serialize, Deserialize)]
struct Parameters {
    framing: Framing,
    scale: f64,
}

/// The network of a panel, and the scale of one of its series.
struct FittedLstm {
    framing: Framing,
    scale: f64,
    network: Arc<Network>,
}

impl Fitted for FittedLstm {
    fn model(&self) -> &'static str {
        NAME
    }

    fn cycle(&self) -> Cycle {
        self.framing.cycle
    }

    fn memory(&self) -> usize {
        self.framing.memory()
    }

    fn point(&self, past: Past<'_>, horizon: usize) -> Vec<f64> {
        let memory = self.memory();
        let known = past.values;
        let recent = &known[known.len().saturating_sub(memory)..];
        // A history shorter than the memory only arises from a damaged file: what is missing is taken as the first.
        let padding = std::iter::repeat_n(recent.first().copied().unwrap_or(0.0), memory - recent.len());
        let mut values: Vec<f64> = padding.chain(recent.iter().copied()).map(|value| value / self.scale).collect();
        let first_step = past.next_step - i64::try_from(memory).unwrap_or(0);
        let mut batch = Batch::new(self.network.architecture(), 1);
        let mut pass = Pass::default();
        while values.len() < memory + horizon {
            let origin = values.len();
            self.framing.write(&mut batch, 0, &values, first_step, origin);
            pass.answer(&self.network, &batch);
            for ahead in 0..self.framing.horizon {
                let baseline = self.framing.baseline(&values, origin, ahead);
                values.push(baseline + f64::from(pass.output(0, ahead)));
            }
        }
        values[memory..memory + horizon].iter().map(|value| value * self.scale).collect()
    }

    fn save(&self, artifact: &mut Artifact) {
        artifact.put(NAME, &Parameters { framing: self.framing, scale: self.scale });
        artifact.put_f32("lstm.weights", &self.network.weights());
    }
}
