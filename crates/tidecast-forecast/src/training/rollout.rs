//! How a fit forecast the held-back part of its series, origin by origin.

use super::prepared::Prepared;
use super::weights::Weighted;
use crate::conformal::Residual;
use crate::history::Past;
use crate::models::{FitSettings, Fitted};

/// Errors of forecasts of one series from several origins.
#[derive(Clone)]
pub(super) struct Rollout {
    /// Index of the first value forecast, ascending.
    pub(super) origins: Vec<usize>,
    /// Steps forecast from each.
    pub(super) horizon: usize,
    /// Actual minus forecast: a row of `horizon` per origin, NaN where the actual value is missing or still to come.
    pub(super) errors: Vec<f32>,
}

impl Rollout {
    /// Forecasts the held-back part as it would have been live.
    pub(super) fn new(one: &Prepared, fitted: &dyn Fitted, settings: &FitSettings) -> Self {
        let horizon = settings.horizon;
        let origins = one.origins(horizon);
        let (view, first_step) = (&one.judged, one.first_step());
        let memory = fitted.memory().max(1);
        let pasts: Vec<Past<'_>> = origins
            .iter()
            .map(|&origin| Past {
                values: &view.filled[origin.saturating_sub(memory)..origin],
                next_step: first_step.saturating_add(i64::try_from(origin).unwrap_or(i64::MAX)),
                step_ms: view.series.step_ms,
            })
            .collect();
        let mut errors = vec![f32::NAN; origins.len() * horizon];
        let rows = origins.iter().zip(errors.chunks_exact_mut(horizon));
        for ((&origin, row), forecast) in rows.zip(fitted.points(&pasts, horizon)) {
            let effects = view.effects_of_steps(origin, horizon);
            let actual = view.series.values[origin..].iter().zip(&effects);
            for ((error, (value, effect)), forecast) in row.iter_mut().zip(actual).zip(forecast) {
                *error = (value + effect - one.bounds.say(forecast + effect)) as f32;
            }
        }
        Self { origins, horizon, errors }
    }

    /// The errors of a weighted mean of several fits; those of either half of the origins with the weights learned on
    /// the other half, so that the combination is judged on what it has not seen. `None` without a member.
    pub(super) fn combined(members: &[Option<&Self>], weighted: &Weighted) -> Option<Self> {
        let first = members.iter().flatten().next()?;
        let half = first.origins.len() / 2 * first.horizon;
        let mut errors = vec![0.0; first.errors.len()];
        for (index, member) in members.iter().enumerate() {
            let Some(member) = member else { continue };
            let [early, late] = weighted.by_half.each_ref().map(|weights| weights[index] as f32);
            let pairs = errors.iter_mut().zip(&member.errors).enumerate();
            pairs.for_each(|(cell, (sum, error))| *sum += if cell < half { early } else { late } * error);
        }
        Some(Self { origins: first.origins.clone(), horizon: first.horizon, errors })
    }

    /// The known errors, with their place.
    pub(super) fn residuals(&self, one: &Prepared) -> Vec<Residual> {
        let first_step = one.first_step();
        let rows = self.origins.iter().zip(self.errors.chunks_exact(self.horizon));
        let cells = rows.flat_map(|(&origin, row)| {
            let origin_step = first_step.saturating_add(i64::try_from(origin).unwrap_or(i64::MAX));
            row.iter().enumerate().map(move |(ahead, error)| Residual { origin_step, ahead, error: f64::from(*error) })
        });
        cells.filter(|residual| residual.error.is_finite()).collect()
    }

    /// Errors of the seasonal naive forecast in the same places.
    pub(super) fn naive_errors<'a>(&'a self, one: &'a Prepared, season: usize) -> impl Iterator<Item = f64> + 'a {
        let rows = self.origins.iter().zip(self.errors.chunks_exact(self.horizon));
        let cells = rows.flat_map(move |(&origin, row)| {
            let known = row.iter().enumerate().filter(|(_, error)| error.is_finite());
            known.map(move |(ahead, _)| (origin, ahead))
        });
        cells.filter_map(move |(origin, ahead)| {
            let before = (origin + ahead).checked_sub((ahead / season + 1) * season)?;
            Some(one.actual(origin + ahead) - one.actual_filled(before))
        })
    }
}
