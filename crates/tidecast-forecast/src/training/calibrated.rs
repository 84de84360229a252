//! A forecaster as it serves: fitted parameters, the recent values they forecast from, and the intervals learned
//! from the errors they make.

use crate::artifact::{Artifact, LoadError};
use crate::bounds::Bounds;
use crate::conformal::Conformal;
use crate::history::History;
use crate::models::{self, Fitted};
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use tidecast_core::ports::Forecaster;
use tidecast_core::series::RegularSeries;

/// Reads a forecaster back from what [`Forecaster::save`] gave.
///
/// # Errors
/// When the bytes are damaged, of another format, or of a model that this build does not know.
pub fn load(bytes: &[u8]) -> Result<Box<dyn Forecaster>, LoadError> {
    let artifact = Artifact::decode(bytes)?;
    let fitted = models::by_name(artifact.model())?.load(&artifact)?;
    let state: State = artifact.get("state")?;
    let values = artifact.get_f64("history")?;
    if values.is_empty() || !state.bounds.is_sound() || state.step_ms < 1 {
        return Err(LoadError::Damaged("its recent values are missing or impossible".to_owned()));
    }
    let history = History::restore(values, state.next_step, state.step_ms, fitted.cycle(), fitted.memory());
    let conformal = Conformal::load(&artifact)?;
    Ok(Box::new(Calibrated { fitted, history, conformal, bounds: state.bounds }))
}

/// Fitted parameters with the recent values they forecast from and the errors they are known to make.
pub(super) struct Calibrated {
    fitted: Arc<dyn Fitted>,
    history: History,
    conformal: Conformal,
    bounds: Bounds,
}

/// What is saved beside parameters, recent values and intervals.
#[derive(Serialize, Deserialize)]
struct State {
    next_step: i64,
    step_ms: i64,
    bounds: Bounds,
}

impl Calibrated {
    /// A forecaster that has seen all of a series.
    pub(super) fn new(fitted: Arc<dyn Fitted>, series: &RegularSeries, conformal: Conformal, bounds: Bounds) -> Self {
        let history = History::new(series, fitted.cycle(), fitted.memory());
        Self { fitted, history, conformal, bounds }
    }
}

impl Forecaster for Calibrated {
    fn model(&self) -> &str {
        self.fitted.model()
    }

    fn update(&mut self, values: &[f64]) {
        for &value in values {
            self.history.push(self.bounds.believe(value));
        }
    }

    fn predict(&self, horizon: usize, levels: &[f64]) -> Vec<Vec<f64>> {
        let mut point = self.fitted.point(self.history.past(), horizon);
        let mut last = self.history.values().last().copied().unwrap_or(0.0);
        for value in &mut point {
            last = if value.is_finite() { self.bounds.say(*value) } else { last };
            *value = last;
        }
        let origin = self.history.next_step();
        let row = |level: &f64| {
            let quantile =
                |(ahead, value): (usize, &f64)| self.bounds.say(value + self.conformal.offset(origin, ahead, *level));
            point.iter().enumerate().map(quantile).collect()
        };
        levels.iter().map(row).collect()
    }

    fn save(&self) -> Vec<u8> {
        let past = self.history.past();
        let mut artifact = Artifact::new(self.fitted.model());
        self.fitted.save(&mut artifact);
        self.conformal.save(&mut artifact);
        artifact.put("state", &State { next_step: past.next_step, step_ms: past.step_ms, bounds: self.bounds });
        let values = past.values;
        let needed = self.fitted.memory().max(self.fitted.cycle().longest());
        artifact.put_f64("history", &values[values.len().saturating_sub(needed)..]);
        artifact.encode()
    }
}
