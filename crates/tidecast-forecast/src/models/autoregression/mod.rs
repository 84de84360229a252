//! Autoregression on seasonal lags: the next value is a linear combination of the last hours, and of the same hours of
//! the days and of the week before; further steps go on from the forecast.
//!
//! Where a series is positive its logarithm is explained, so that changes are shares. Each series' own coefficients shrink
//! to those of all series of the panel (global autoregressions: Montero-Manso and Hyndman, *Principles and algorithms for
//! forecasting groups of time series*, 2021). With one equation instead of one for each step ahead it needs much less
//! history than `linear`, and is the better of the two for many short series.

mod fitted;
mod lags;
mod regression;
mod scale;

use super::{Control, Fit, FitError, FitResult, FitSettings, Fitted, Model, seasonal_naive};
use crate::artifact::{Artifact, LoadError};
use crate::history::filled;
use crate::parallel;
use crate::season::Cycle;
use crate::tuned::Knob;
use fitted::{FittedAutoregression, Parameters};
use regression::Sample;
use scale::Scale;
use std::sync::Arc;
use tidecast_core::series::RegularSeries;

/// The model.
#[derive(Clone, Copy, Debug)]
pub struct Autoregression;

const NAME: &str = "autoregression";
/// Penalty per row on the distance of a series' coefficients from those of all.
const PENALTY: Knob = Knob { name: "autoregression.penalty", values: &[0.03, 0.01, 0.1, 0.3] };

impl Model for Autoregression {
    fn name(&self) -> &'static str {
        NAME
    }

    fn is_iterative(&self) -> bool {
        false
    }

    fn minimum_history(&self, cycle: Cycle) -> usize {
        lags::minimum_history(&lags::lags(cycle))
    }

    fn knobs(&self) -> &'static [Knob] {
        &[PENALTY]
    }

    fn fit(&self, panel: &[RegularSeries], settings: &FitSettings, control: &Control<'_>) -> Vec<FitResult> {
        let prepared: Vec<Option<(Cycle, Scale, Sample)>> = parallel::map(panel, |series| prepare(series, settings));
        let mut alike: Vec<((Cycle, bool), Vec<usize>)> = Vec::new();
        for (index, prepared) in prepared.iter().enumerate() {
            let Some((cycle, scale, _)) = prepared else { continue };
            let key = (*cycle, scale.floor.is_some());
            match alike.iter_mut().find(|(have, _)| *have == key) {
                Some((_, members)) => members.push(index),
                None => alike.push((key, vec![index])),
            }
        }
        let mut prepared = prepared;
        let mut results: Vec<FitResult> = panel
            .iter()
            .zip(&prepared)
            .map(|(series, prepared)| {
                let needed = (NAME, self.minimum_history(Cycle::of(series, settings.season)));
                if prepared.is_some() {
                    Err(FitError::Cancelled)
                } else {
                    Ok(seasonal_naive::fit_one(series, settings, Some(needed)))
                }
            })
            .collect();
        let mut done = 0;
        for ((cycle, _), members) in alike {
            let (scales, samples): (Vec<Scale>, Vec<Sample>) = members
                .iter()
                .filter_map(|index| prepared[*index].take())
                .map(|(_, scale, sample)| (scale, sample))
                .unzip();
            let fitted = fit_alike(cycle, &scales, &samples, settings, control);
            for (index, fitted) in members.iter().zip(fitted) {
                let fit = |fitted| Fit { fitted: Arc::new(fitted) as Arc<dyn Fitted>, note: None };
                results[*index] = fitted.map(fit).ok_or(FitError::Cancelled);
            }
            done += members.len();
            (control.progress)(done as f64 / panel.len() as f64);
        }
        results
    }

    fn load(&self, artifact: &Artifact) -> Result<Arc<dyn Fitted>, LoadError> {
        Ok(Arc::new(FittedAutoregression::load(artifact)?))
    }
}

/// Seasons, scale and scaled values of a series; `None` where it is too short.
fn prepare(series: &RegularSeries, settings: &FitSettings) -> Option<(Cycle, Scale, Sample)> {
    let cycle = Cycle::of(series, settings.season);
    if series.len() < lags::minimum_history(&lags::lags(cycle)) {
        return None;
    }
    let mut values = filled(series, cycle);
    let scale = Scale::of(&values, cycle.short);
    values.iter_mut().for_each(|value| *value = scale.shrink(*value));
    let known = series.values.iter().map(|value| value.is_finite()).collect();
    Some((cycle, scale, Sample { values, known }))
}

/// Fits series of the same lags together; `None` for those left when stopped.
fn fit_alike(
    cycle: Cycle,
    scales: &[Scale],
    samples: &[Sample],
    settings: &FitSettings,
    control: &Control<'_>,
) -> Vec<Option<FittedAutoregression>> {
    let lags = lags::lags(cycle);
    if control.stopped() {
        return samples.iter().map(|_| None).collect();
    }
    let shared = regression::shared(samples, &lags);
    let penalty = settings.knob(PENALTY.name, PENALTY.values[0]).max(1e-9);
    let pairs: Vec<(&Scale, &Sample)> = scales.iter().zip(samples).collect();
    parallel::map(&pairs, |(scale, sample)| {
        if control.stopped() {
            return None;
        }
        let coefficients = regression::own(sample, &lags, &shared, penalty);
        let extent = (f64::INFINITY, f64::NEG_INFINITY);
        let range = sample.values.iter().fold(extent, |(low, high), value| (low.min(*value), high.max(*value)));
        let parameters = Parameters { cycle, scale: **scale, lags: lags.clone(), range };
        Some(FittedAutoregression { parameters, coefficients })
    })
}
