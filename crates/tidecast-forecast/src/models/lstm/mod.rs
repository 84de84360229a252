//! LSTM(50) with a dense layer: one network for all series of a panel, which forecasts the whole horizon at once.
//!
//! The values of every series are scaled, and a few numbers learned for each tell the network which it is. It answers
//! the change against the same hour one week before. It trains with Adam on absolute errors over windows drawn at
//! random, and keeps the weights that did best on the newest windows, which it does not train on.

pub mod network;
mod random;
mod training;
mod windows;

use super::{Control, Fit, FitError, FitResult, FitSettings, Fitted, Model, ridge};
use crate::artifact::{Artifact, LoadError};
use crate::history::Past;
use crate::season::Cycle;
use crate::tuned::Knob;
use network::{Batch, Network, Pass};
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use tidecast_core::series::RegularSeries;
use training::Choices;
use windows::Framing;

/// The model.
#[derive(Clone, Copy, Debug)]
pub struct Lstm;

const NAME: &str = "lstm";
/// Units of the layer.
const HIDDEN: f64 = 50.0;
/// Most units of the layer.
const LARGEST_HIDDEN: usize = 512;
/// Short seasons that a window covers.
const SEASONS: f64 = 2.0;
/// Learning rate at the start.
const RATE: f64 = 3e-3;
const KNOBS: &[Knob] = &[
    Knob { name: "lstm.hidden", values: &[HIDDEN, 32.0, 100.0] },
    Knob { name: "lstm.seasons", values: &[SEASONS, 1.0, 4.0] },
    Knob { name: "lstm.rate", values: &[RATE, 1e-3, 6e-3] },
];
/// Series that one network learns, at most: what each of them is shown shrinks with their number.
const TOGETHER: usize = 256;
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
        Framing::new(cycle, cycle.short, SEASONS).memory() + WINDOWS_NEEDED
    }

    fn knobs(&self) -> &'static [Knob] {
        KNOBS
    }

    fn fit(&self, panel: &[RegularSeries], settings: &FitSettings, control: &Control<'_>) -> Vec<FitResult> {
        let knob = |name: &str, default: f64| Some(settings.knob(name, default)).filter(|value| value.is_finite());
        let hidden = knob("lstm.hidden", HIDDEN).map_or(1, |hidden| (hidden as usize).clamp(1, LARGEST_HIDDEN));
        let rate = knob("lstm.rate", RATE).unwrap_or(RATE).clamp(0.0, 1.0) as f32;
        let seasons = knob("lstm.seasons", SEASONS).unwrap_or(SEASONS);
        let choices = Choices { hidden, rate };
        let mut results: Vec<Option<FitResult>> = panel.iter().map(|_| None).collect();
        let mut alike: Vec<(Framing, Vec<usize>)> = Vec::new();
        let mut simpler = Vec::new();
        for (index, series) in panel.iter().enumerate() {
            let framing = Framing::new(Cycle::of(series, settings.season), settings.horizon, seasons);
            if series.len() < framing.memory() + framing.horizon + WINDOWS_NEEDED {
                simpler.push((index, framing));
            } else {
                match alike.iter_mut().find(|(have, members)| *have == framing && members.len() < TOGETHER) {
                    Some((_, members)) => members.push(index),
                    None => alike.push((framing, vec![index])),
                }
            }
        }
        let groups = alike.len().max(1) as f64;
        for (done, (framing, members)) in alike.iter().enumerate() {
            let group: Vec<&RegularSeries> = members.iter().map(|index| &panel[*index]).collect();
            let trained = control.within(done as f64 / groups..(done + 1) as f64 / groups, |control| {
                training::train(*framing, choices, &group, settings.seed, control)
            });
            for (member, (index, scale)) in members.iter().zip(training::scales(&group, framing.cycle)).enumerate() {
                results[*index] = Some(match &trained {
                    Some(network) => {
                        let network = Arc::clone(network);
                        Ok(Fit {
                            fitted: Arc::new(FittedLstm { framing: *framing, scale, network, series: member }),
                            note: None,
                        })
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
        let Parameters { framing, scale, hidden, series } = artifact.get(NAME)?;
        let [member, count] = series;
        let sound = framing.is_sound()
            && (1..=LARGEST_HIDDEN).contains(&hidden)
            && member < count
            && scale.is_finite()
            && scale > 0.0;
        if !sound {
            return Err(LoadError::Damaged("the shape of its network is impossible".to_owned()));
        }
        let architecture = framing.architecture(hidden, count);
        architecture.validate().map_err(|error| LoadError::Damaged(error.to_string()))?;
        let weights = artifact.get_f32("lstm.weights", Network::weight_count(&architecture))?;
        let network = Network::with_weights(architecture, &weights);
        let network = network.map_err(|error| LoadError::Damaged(error.to_string()))?;
        Ok(Arc::new(FittedLstm { framing, scale, network: Arc::new(network), series: member }))
    }
}

/// Small parameters as saved.
#[derive(Serialize, Deserialize)]
struct Parameters {
    framing: Framing,
    scale: f64,
    hidden: usize,
    /// Which of how many series that were trained together.
    series: [usize; 2],
}

/// The network of a panel, and the scale of one of its series.
struct FittedLstm {
    framing: Framing,
    scale: f64,
    network: Arc<Network>,
    /// Which of the series that were trained together.
    series: usize,
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
        self.together(&[past], horizon).pop().unwrap_or_default()
    }

    fn points(&self, pasts: &[Past<'_>], horizon: usize) -> Vec<Vec<f64>> {
        pasts.chunks(Batch::WIDEST).flat_map(|pasts| self.together(pasts, horizon)).collect()
    }

    fn save(&self, artifact: &mut Artifact) {
        let architecture = self.network.architecture();
        let count = architecture.embedding.map_or(1, |embedding| embedding.series);
        let (framing, scale, hidden) = (self.framing, self.scale, architecture.hidden);
        artifact.put(NAME, &Parameters { framing, scale, hidden, series: [self.series, count] });
        artifact.put_f32("lstm.weights", &self.network.weights());
    }
}

impl FittedLstm {
    /// Forecasts from a few origins in one batch.
    fn together(&self, pasts: &[Past<'_>], horizon: usize) -> Vec<Vec<f64>> {
        let memory = self.memory();
        let mut rows: Vec<Vec<f64>> = pasts
            .iter()
            .map(|past| {
                let recent = &past.values[past.values.len().saturating_sub(memory)..];
                // A past shorter than the memory only arises from a damaged file: what is missing is taken as the first.
                let padding = std::iter::repeat_n(recent.first().copied().unwrap_or(0.0), memory - recent.len());
                padding.chain(recent.iter().copied()).map(|value| value / self.scale).collect()
            })
            .collect();
        let mut batch = Batch::new(self.network.architecture(), pasts.len());
        let mut pass = Pass::default();
        for origin in (memory..memory + horizon).step_by(self.framing.horizon) {
            for (slot, (past, values)) in pasts.iter().zip(&rows).enumerate() {
                let first_step = past.next_step.saturating_sub(i64::try_from(memory).unwrap_or(0));
                batch.set_series(slot, self.series);
                self.framing.write(&mut batch, slot, values, first_step, origin);
            }
            pass.answer(&self.network, &batch);
            for (slot, values) in rows.iter_mut().enumerate() {
                for ahead in 0..self.framing.horizon {
                    let baseline = self.framing.baseline(values, origin, ahead);
                    values.push(baseline + f64::from(pass.output(slot, ahead)));
                }
            }
        }
        let own = |values: Vec<f64>| values[memory..memory + horizon].iter().map(|value| value * self.scale).collect();
        rows.into_iter().map(own).collect()
    }
}
