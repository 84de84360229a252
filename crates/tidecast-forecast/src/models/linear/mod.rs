//! Linear regression of every step ahead on a long lookback, in closed form.
//!
//! Inputs and targets are taken relative to the newest value of a window, so that a series may drift (NLinear: Zeng et
//! al., *Are transformers effective for time series forecasting?*, 2023); the regression over all series of a panel is
//! where each series' own coefficients shrink to (pooling: Montero-Manso and Hyndman, *Principles and algorithms for
//! forecasting groups of time series*, 2021). Lags far back are held to zero more strongly than near ones, and the
//! coefficients of several lookbacks are averaged: they err differently. A level of each time of day, as
//! in CycleNet (Lin et al., 2024), is not among the inputs: it is a combination of lags once these span several days.
//!
//! [`products`] makes the normal equations in time that hardly depends on the lookback, [`windows`] finds the large
//! errors that then count by their size instead of their square, [`fitted`] forecasts.

pub(super) mod factor;
mod fitted;
mod layout;
mod products;
mod regression;
mod windows;

use super::{Control, Fit, FitError, FitResult, FitSettings, Fitted, Model, seasonal_naive};
use crate::artifact::{Artifact, LoadError};
use crate::history::filled;
use crate::parallel;
use crate::scale::deviation;
use crate::season::Cycle;
use crate::tuned::Knob;
use fitted::FittedLinear;
use layout::Layout;
use regression::Moments;
use std::sync::Arc;
use tidecast_core::series::RegularSeries;
use windows::Windows;

/// The model.
#[derive(Clone, Copy, Debug)]
pub struct Linear;

const NAME: &str = "linear";
/// Newest values of a series that are learned from: bounds the time of a fit.
const MOST_VALUES: usize = 262_144;
const KNOBS: [Knob; 4] = [
    Knob { name: "linear.lookback", values: &[1_536.0, 768.0, 384.0] },
    // Penalty per window on the coefficients of all series, in units of the scaled series' variance.
    Knob { name: "linear.penalty", values: &[3e-3, 1e-3, 3e-2] },
    // Penalty per window on a series' distance from them.
    Knob { name: "linear.own_penalty", values: &[0.1, 0.03, 0.3] },
    // Power of the age of a lag, in seasons, by which its penalty grows.
    Knob { name: "linear.decay", values: &[2.0, 0.0, 4.0] },
];

impl Model for Linear {
    fn name(&self) -> &'static str {
        NAME
    }

    fn is_iterative(&self) -> bool {
        false
    }

    /// Its systems of equations are large: it takes longer than all quick models together.
    fn is_slow(&self) -> bool {
        true
    }

    fn minimum_history(&self, cycle: Cycle) -> usize {
        Layout::minimum_history(cycle)
    }

    fn knobs(&self) -> &'static [Knob] {
        &KNOBS
    }

    fn fit(&self, panel: &[RegularSeries], settings: &FitSettings, control: &Control<'_>) -> Vec<FitResult> {
        let mut results: Vec<Option<FitResult>> = Vec::with_capacity(panel.len());
        let mut alike: Vec<(Layout, Vec<usize>)> = Vec::new();
        for (index, series) in panel.iter().enumerate() {
            let cycle = Cycle::of(series, settings.season);
            match Layout::new(cycle, series.len(), settings) {
                Some(layout) => {
                    results.push(None);
                    match alike.iter_mut().find(|(have, _)| *have == layout) {
                        Some((_, members)) => members.push(index),
                        None => alike.push((layout, vec![index])),
                    }
                }
                None => {
                    let needed = (NAME, Layout::minimum_history(cycle));
                    let mut fit = seasonal_naive::fit_one(series, settings, Some(needed));
                    if series.len() >= needed.1 {
                        let season = cycle.short;
                        fit.note = Some(format!(
                            "{NAME} does not look back over a season of {season} steps: {} forecasts",
                            fit.fitted.model()
                        ));
                    }
                    results.push(Some(Ok(fit)));
                }
            }
        }
        let mut done = 0;
        for (layout, members) in alike {
            let group: Vec<&RegularSeries> = members.iter().map(|index| &panel[*index]).collect();
            let fitted = Regressions::new(layout, settings).fit(&group, control);
            for (index, fitted) in members.iter().zip(fitted) {
                results[*index] = fitted.map(|fitted| Ok(Fit { fitted: Arc::new(fitted), note: None }));
            }
            done += members.len();
            (control.progress)(done as f64 / panel.len() as f64);
        }
        results.into_iter().map(|result| result.unwrap_or(Err(FitError::Cancelled))).collect()
    }

    fn load(&self, artifact: &Artifact) -> Result<Arc<dyn Fitted>, LoadError> {
        Ok(Arc::new(FittedLinear::load(artifact)?))
    }
}

/// What is to be fitted to series of one layout.
struct Regressions {
    layout: Layout,
    penalty: f64,
    own_penalty: f64,
    decay: f64,
}

impl Regressions {
    fn new(layout: Layout, settings: &FitSettings) -> Self {
        let [_, penalty, own_penalty, decay] = KNOBS.map(|knob| settings.knob(knob.name, knob.values[0]));
        Self { layout, penalty: penalty.max(1e-9), own_penalty: own_penalty.max(1e-9), decay }
    }

    /// Fits series together, on all processors; `None` for those left when stopped.
    fn fit(&self, panel: &[&RegularSeries], control: &Control<'_>) -> Vec<Option<FittedLinear>> {
        let series: Vec<Vec<f64>> = parallel::map(panel, |series| self.scaled(series));
        let Some(shared) = self.shared(&series, control) else { return panel.iter().map(|_| None).collect() };
        parallel::map(&series, |values| (!control.stopped()).then(|| self.own(values, &shared)).flatten())
    }

    /// The newest values, filled, in units of their deviation and around their mean: what sums of squares bear.
    fn scaled(&self, series: &RegularSeries) -> Vec<f64> {
        let mut values = filled(series, self.layout.cycle);
        values.drain(..values.len().saturating_sub(MOST_VALUES));
        let scale = deviation(&values);
        values.iter_mut().for_each(|value| *value /= scale);
        let mean = values.iter().sum::<f64>() / values.len().max(1) as f64;
        values.iter_mut().for_each(|value| *value -= mean);
        values
    }

    /// The coefficients of each lookback that are best for all series together.
    fn shared(&self, series: &[Vec<f64>], control: &Control<'_>) -> Option<Vec<Vec<f64>>> {
        let (memory, horizon) = (self.layout.memory(), self.layout.horizon);
        let threads = std::thread::available_parallelism().map_or(1, usize::from);
        let shares: Vec<&[Vec<f64>]> = series.chunks(series.len().div_ceil(threads).max(1)).collect();
        let parts = parallel::map(&shares, |share| {
            let mut total: Option<Vec<f64>> = None;
            for values in share.iter().take_while(|_| !control.stopped()) {
                let sums = products::sums(values, memory + horizon)?;
                total = Some(total.map_or_else(|| sums.clone(), |total| added(total, &sums)));
            }
            total
        });
        if control.stopped() {
            return None;
        }
        let sums = parts.into_iter().flatten().reduce(|total, part| added(total, &part))?;
        let windows: usize = series.iter().map(|values| self.windows(values)).sum();
        Some(parallel::map(&self.layout.lookbacks, |lookback| {
            let penalties = self.penalties(*lookback, self.penalty * windows as f64);
            Moments::new(&sums, memory, *lookback, horizon).solve(&penalties, None, None)
        }))
    }

    /// The coefficients of one series, near those of all.
    fn own(&self, values: &[f64], shared: &[Vec<f64>]) -> Option<FittedLinear> {
        let (memory, horizon) = (self.layout.memory(), self.layout.horizon);
        let sums = products::sums(values, memory + horizon)?;
        let narrow: Vec<f32> = values.iter().map(|value| *value as f32).collect();
        let together = self.layout.lookbacks.iter().zip(shared);
        let members: Vec<Vec<f64>> = together
            .map(|(lookback, shared)| {
                let penalties = self.penalties(*lookback, self.own_penalty * self.windows(values) as f64);
                let windows = Windows::new(&narrow, memory, *lookback, horizon);
                Moments::new(&sums, memory, *lookback, horizon).solve(&penalties, Some(shared), Some(&windows))
            })
            .collect();
        Some(FittedLinear::new(self.layout.clone(), &members))
    }

    fn windows(&self, values: &[f64]) -> usize {
        (values.len() + 1).saturating_sub(self.layout.memory() + self.layout.horizon)
    }

    fn penalties(&self, lookback: usize, newest: f64) -> Vec<f64> {
        layout::penalties(&self.layout, lookback, self.decay).into_iter().map(|growth| growth * newest).collect()
    }
}

fn added(mut total: Vec<f64>, part: &[f64]) -> Vec<f64> {
    total.iter_mut().zip(part).for_each(|(total, value)| *total += value);
    total
}
