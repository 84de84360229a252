//! Ridge regression on lags, direct for every step ahead, in closed form.
//!
//! For each time of day of the origin and each step ahead there is one linear regression of the value on the same
//! hour of earlier days and weeks, the newest values and means of days and weeks, all relative to the mean of the
//! last seven seasons (as in RLinear: Li et al., *Revisiting long-term time series forecasting*, 2023). Series of a
//! panel share strength: one regression over all of them, scaled, is the point towards which each series' own
//! coefficients shrink. Large errors count by their size and not by its square (Huber's modified residuals), which
//! is close to minimising absolute errors at the cost of least squares.

pub(crate) mod cholesky;
mod design;
mod layout;
mod regression;

use super::{Control, Fit, FitError, FitResult, FitSettings, Fitted, Model, seasonal_naive};
use crate::artifact::{Artifact, LoadError};
use crate::conformal::phase;
use crate::history::{Past, filled};
use crate::parallel;
use crate::scale::deviation;
use crate::season::Cycle;
use design::Design;
use layout::Layout;
use regression::Sample;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use tidecast_core::series::RegularSeries;

/// The model.
#[derive(Clone, Copy, Debug)]
pub struct Ridge;

const NAME: &str = "ridge";
/// Series that are regressed together, at most: bounds the memory of a fit.
const PANEL: usize = 32;

impl Model for Ridge {
    fn name(&self) -> &'static str {
        NAME
    }

    fn is_iterative(&self) -> bool {
        false
    }

    fn minimum_history(&self, cycle: Cycle) -> usize {
        Layout::minimum_history(cycle)
    }

    fn fit(&self, panel: &[RegularSeries], settings: &FitSettings, control: &Control<'_>) -> Vec<FitResult> {
        let mut results: Vec<Option<FitResult>> = Vec::with_capacity(panel.len());
        let mut alike: Vec<(Layout, Vec<usize>)> = Vec::new();
        for (index, series) in panel.iter().enumerate() {
            let cycle = Cycle::of(series, settings.season);
            match Layout::new(cycle, settings.horizon, series.len()) {
                Some(layout) => {
                    results.push(None);
                    match alike.iter_mut().find(|(have, members)| *have == layout && members.len() < PANEL) {
                        Some((_, members)) => members.push(index),
                        None => alike.push((layout, vec![index])),
                    }
                }
                None => {
                    let needed = (NAME, Layout::minimum_history(cycle));
                    results.push(Some(Ok(seasonal_naive::fit_one(series, settings, Some(needed)))));
                }
            }
        }
        let mut done = 0;
        for (layout, members) in &alike {
            let group: Vec<&RegularSeries> = members.iter().map(|index| &panel[*index]).collect();
            let fitted = fit_alike(*layout, &group, control);
            for (index, fitted) in members.iter().zip(fitted) {
                results[*index] = Some(fitted.map(|fitted| Fit { fitted: Arc::new(fitted), note: None }));
            }
            done += members.len();
            (control.progress)(done as f64 / panel.len() as f64);
        }
        results.into_iter().map(|result| result.unwrap_or(Err(FitError::Cancelled))).collect()
    }

    fn load(&self, artifact: &Artifact) -> Result<Arc<dyn Fitted>, LoadError> {
        let Parameters { layout, scale } = artifact.get(NAME)?;
        if !(layout.is_sound() && scale.is_finite() && scale > 0.0) {
            return Err(LoadError::Damaged("its layout is impossible".to_owned()));
        }
        let coefficients = artifact.get_f32("ridge.coefficients", layout.regressions() * layout.width())?;
        Ok(Arc::new(FittedRidge { layout, scale, coefficients }))
    }
}

/// Small parameters as saved.
#[derive(Serialize, Deserialize)]
struct Parameters {
    layout: Layout,
    scale: f64,
}

/// Coefficients of one series: a row of `layout.width()` for each regression, times of day outermost.
struct FittedRidge {
    layout: Layout,
    scale: f64,
    coefficients: Vec<f32>,
}

/// Fits series of one layout together, on all processors.
fn fit_alike(layout: Layout, panel: &[&RegularSeries], control: &Control<'_>) -> Vec<Result<FittedRidge, FitError>> {
    let series: Vec<(Design, f64)> = panel
        .iter()
        .map(|series| {
            let mut values = filled(series, layout.cycle);
            let scale = deviation(&values);
            values.iter_mut().for_each(|value| *value /= scale);
            let first_step = series.start_ms.div_euclid(series.step_ms.max(1));
            (Design::new(layout, &values, first_step), scale)
        })
        .collect();
    let groups: Vec<usize> = (0..layout.groups).collect();
    let by_group: Vec<Option<Vec<Vec<f32>>>> = parallel::map(&groups, |group| {
        if control.stopped() {
            return None;
        }
        let origins: Vec<Vec<usize>> = series.iter().map(|(design, _)| design.origins(*group)).collect();
        let mut coefficients = vec![Vec::with_capacity(layout.blocks * layout.width()); series.len()];
        let mut samples: Vec<Sample> = panel.iter().map(|_| Sample::default()).collect();
        for block in 0..layout.blocks {
            for (index, sample) in samples.iter_mut().enumerate() {
                sample.clear();
                series[index].0.fill(sample, &origins[index], block, &panel[index].values);
            }
            for (own, row) in coefficients.iter_mut().zip(regression::fit(&samples, layout.width())) {
                own.extend(row.into_iter().map(|value| value as f32));
            }
        }
        Some(coefficients)
    });
    let Some(by_group) = by_group.into_iter().collect::<Option<Vec<_>>>() else {
        return panel.iter().map(|_| Err(FitError::Cancelled)).collect();
    };
    series
        .iter()
        .enumerate()
        .map(|(index, (_, scale))| {
            let coefficients = by_group.iter().flat_map(|group| group[index].iter().copied()).collect();
            Ok(FittedRidge { layout, scale: *scale, coefficients })
        })
        .collect()
}

impl Fitted for FittedRidge {
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
        let memory = self.layout.memory();
        let known = past.values;
        let recent = &known[known.len().saturating_sub(memory)..];
        // A history shorter than the memory only arises from a damaged file: what is missing is taken as the first.
        let padding = std::iter::repeat_n(recent.first().copied().unwrap_or(0.0), memory - recent.len());
        let values: Vec<f64> = padding.chain(recent.iter().copied()).map(|value| value / self.scale).collect();
        let first_step = past.next_step - i64::try_from(memory).unwrap_or(0);
        let mut design = Design::new(self.layout, &values, first_step);
        let mut forecast = Vec::with_capacity(horizon);
        let mut row = vec![0.0; self.layout.width()];
        while forecast.len() < horizon {
            let ahead = self.layout.horizon.min(horizon - forecast.len());
            let origin = design.len();
            let group = self.layout.group(phase(design.step(origin), self.layout.cycle.short));
            let chunk: Vec<f64> = (0..ahead)
                .map(|ahead| {
                    let level = design.row(origin, ahead, &mut row);
                    let regression = group * self.layout.blocks + self.layout.block(ahead);
                    let start = regression * row.len();
                    let coefficients = &self.coefficients[start..start + row.len()];
                    level + row.iter().zip(coefficients).map(|(x, b)| x * f64::from(*b)).sum::<f64>()
                })
                .collect();
            forecast.extend(chunk.iter().map(|value| value * self.scale));
            design.extend(&chunk);
        }
        forecast
    }

    fn save(&self, artifact: &mut Artifact) {
        artifact.put(NAME, &Parameters { layout: self.layout, scale: self.scale });
        artifact.put_f32("ridge.coefficients", &self.coefficients);
    }
}
