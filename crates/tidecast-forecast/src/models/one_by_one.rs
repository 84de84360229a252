//! Fitting series one by one: what the models share that learn nothing from other series.

use super::{Control, Fit, FitError, FitResult, FitSettings, Fitted, Model, seasonal_naive};
use crate::history::filled;
use crate::parallel;
use crate::season::Cycle;
use std::sync::Arc;
use tidecast_core::series::RegularSeries;

/// What one series is fitted by.
pub(super) struct Known {
    /// All values, gaps filled.
    pub(super) values: Vec<f64>,
    /// Number of the step of the first: its time divided by the step.
    pub(super) first_step: i64,
    pub(super) cycle: Cycle,
    /// Steps ahead that matter.
    pub(super) horizon: usize,
}

/// Fits every series of a panel with `fit`, on all processors. Where the history is too short for the model, the seasonal naive
/// forecast answers and says so.
pub(super) fn fit(
    model: &dyn Model,
    panel: &[RegularSeries],
    settings: &FitSettings,
    control: &Control<'_>,
    fit: impl Fn(Known) -> Arc<dyn Fitted> + Sync,
) -> Vec<FitResult> {
    parallel::map(panel, |series| {
        if control.stopped() {
            return Err(FitError::Cancelled);
        }
        let cycle = Cycle::of(series, settings.season);
        let needed = model.minimum_history(cycle);
        if series.len() < needed {
            return Ok(seasonal_naive::fit_one(series, settings, Some((model.name(), needed))));
        }
        let first_step = series.start_ms.div_euclid(series.step_ms.max(1));
        let known = Known { values: filled(series, cycle), first_step, cycle, horizon: settings.horizon };
        Ok(Fit { fitted: fit(known), note: None })
    })
}
