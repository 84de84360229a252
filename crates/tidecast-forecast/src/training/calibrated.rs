//! A forecaster as it serves: fitted parameters, the recent values they forecast from, and intervals that follow the
//! errors they make.

use super::prepared::Prepared;
use crate::artifact::{Artifact, LoadError};
use crate::bounds::Bounds;
use crate::conformal::{Conformal, Tracker};
use crate::effects::Effects;
use crate::history::{History, Past};
use crate::models::{self, FitSettings, Fitted};
use serde::{Deserialize, Serialize};
use std::collections::VecDeque;
use std::sync::Arc;
use tidecast_core::ports::Forecaster;
use tidecast_core::series::RegularSeries;

/// Forecasts per season by which the intervals follow the errors.
const FOLLOWED_PER_SEASON: usize = 8;
/// Most forecasts that wait for their actual values.
const MOST_WAITING: usize = 16;
/// Values taken in at once; their forecasts are made together.
const CHUNK: usize = 64;

/// Fitted parameters with what they work on: values without the effects of holidays and covariates.
pub(super) struct Calibrated {
    fitted: Arc<dyn Fitted>,
    history: History,
    conformal: Conformal,
    tracker: Tracker,
    bounds: Bounds,
    effects: Effects,
    covariates: Arc<[RegularSeries]>,
    waiting: VecDeque<Waiting>,
}

/// A point forecast whose actual values are not all known.
struct Waiting {
    /// First step forecast.
    origin_step: i64,
    /// Its values.
    point: Vec<f64>,
}

/// What is saved beside parameters, recent values and intervals.
#[derive(Serialize, Deserialize)]
struct State {
    next_step: i64,
    step_ms: i64,
    bounds: Bounds,
    /// Origins of the forecasts that wait; their values are a tensor.
    waiting: Vec<i64>,
}

/// Reads a forecaster back from what [`Forecaster::save`] gave.
///
/// # Errors
/// When the bytes are damaged, of another format, or of a model that this build does not know.
pub fn load(bytes: &[u8]) -> Result<Box<dyn Forecaster>, LoadError> {
    let artifact = Artifact::decode(bytes)?;
    let fitted = models::by_name(artifact.model())?.load(&artifact)?;
    let State { next_step, step_ms, bounds, waiting } = artifact.get("state")?;
    let values = artifact.get_f64("history")?;
    if values.is_empty() || !bounds.is_sound() || step_ms < 1 || waiting.len() > MOST_WAITING {
        return Err(LoadError::Damaged("its recent values are missing or impossible".to_owned()));
    }
    let conformal = Conformal::load(&artifact)?;
    let points = artifact.get_f64("waiting")?;
    if points.len() != waiting.len() * conformal.horizon() {
        return Err(LoadError::Damaged("its latest forecasts are incomplete".to_owned()));
    }
    let points = points.chunks_exact(conformal.horizon());
    let waiting =
        waiting.into_iter().zip(points).map(|(origin_step, point)| Waiting { origin_step, point: point.to_vec() });
    let waiting = waiting.collect();
    let capacity = fitted.memory() + CHUNK;
    let history = History::restore(values, next_step, step_ms, fitted.cycle(), capacity);
    let tracker = Tracker::load(&artifact)?;
    let effects = Effects::load(&artifact)?;
    let covariates = Arc::default();
    Ok(Box::new(Calibrated { fitted, history, conformal, tracker, bounds, effects, covariates, waiting }))
}

impl Calibrated {
    /// A forecaster that has seen all of a series.
    pub(super) fn new(
        fitted: Arc<dyn Fitted>,
        one: &Prepared,
        conformal: Conformal,
        tracker: Tracker,
        settings: &FitSettings,
    ) -> Self {
        let history = History::new(&one.used.series, fitted.cycle(), fitted.memory() + CHUNK);
        let (effects, covariates) = (one.used.effects.clone(), Arc::clone(&settings.covariates));
        let waiting = VecDeque::new();
        Self { fitted, history, conformal, tracker, bounds: one.bounds, effects, covariates, waiting }
    }

    /// Steps between forecasts that are followed.
    fn stride(&self) -> i64 {
        let by_season = self.conformal.cycle().short / FOLLOWED_PER_SEASON;
        let by_horizon = self.conformal.horizon().div_ceil(MOST_WAITING);
        i64::try_from(by_season.max(by_horizon).max(1)).unwrap_or(i64::MAX)
    }

    /// Point forecasts that may be shown: finite, and within what is believed of the series.
    fn points(&self, pasts: &[Past<'_>], horizon: usize) -> Vec<Vec<f64>> {
        let mut points = self.fitted.points(pasts, horizon);
        for (point, past) in points.iter_mut().zip(pasts) {
            let mut last = past.values.last().copied().unwrap_or(0.0);
            for value in &mut *point {
                last = if value.is_finite() { *value } else { last };
                *value = last;
            }
            self.add_effects(point, past);
        }
        points
    }

    /// Adds the effects of the steps forecast, and keeps the sum within what is believed.
    fn add_effects(&self, point: &mut [f64], past: &Past<'_>) {
        for (value, step) in point.iter_mut().zip(past.next_step..) {
            let effect = if self.effects.is_empty() { 0.0 } else { self.effect(step, past.step_ms) };
            *value = self.bounds.say(*value + effect);
        }
    }

    /// The effects of the steps that are forecast next; none where nothing is known to have an effect.
    fn effects_ahead(&self) -> Vec<f64> {
        let (past, horizon) = (self.history.past(), if self.effects.is_empty() { 0 } else { self.horizon() });
        (0..horizon).map(|ahead| self.effect(past.next_step.saturating_add(ahead), past.step_ms)).collect()
    }

    fn effect(&self, step: i64, step_ms: i64) -> f64 {
        self.effects.at(step.saturating_mul(step_ms), &self.covariates)
    }

    /// Takes in a few values, none of which is older than those seen.
    fn take(&mut self, values: &[f64]) {
        let believed: Vec<f64> = values.iter().map(|value| self.bounds.believe(*value)).collect();
        let first = self.history.next_step();
        for (step, value) in (first..).zip(&believed) {
            let effect = if self.effects.is_empty() { 0.0 } else { self.effect(step, self.history.past().step_ms) };
            self.history.push(value - effect);
        }
        self.wait_for(first);
        for (step, value) in (first..).zip(&believed) {
            if value.is_finite() {
                self.follow(step, *value);
            }
        }
        let (next, horizon) = (self.history.next_step(), self.horizon());
        self.waiting.retain(|one| one.origin_step.saturating_add(horizon) > next);
    }

    fn horizon(&self) -> i64 {
        i64::try_from(self.conformal.horizon()).unwrap_or(i64::MAX)
    }

    /// Forecasts from each followed origin after `first`, which is a step that was not known before.
    fn wait_for(&mut self, first: i64) {
        let (stride, past) = (self.stride(), self.history.past());
        let origins: Vec<i64> = (first + 1..=past.next_step).filter(|step| step.rem_euclid(stride) == 0).collect();
        let known = |origin: &i64| {
            let later = usize::try_from(past.next_step - origin).unwrap_or(0);
            let values = &past.values[..past.values.len().saturating_sub(later)];
            let values = &values[values.len().saturating_sub(self.fitted.memory().max(1))..];
            Past { values, next_step: *origin, step_ms: past.step_ms }
        };
        let pasts: Vec<Past<'_>> = origins.iter().map(known).filter(|past| !past.values.is_empty()).collect();
        let points = self.points(&pasts, self.conformal.horizon());
        let made = pasts.iter().zip(points).map(|(past, point)| Waiting { origin_step: past.next_step, point });
        let made: Vec<Waiting> = made.collect();
        self.waiting.extend(made);
        let surplus = self.waiting.len().saturating_sub(MOST_WAITING);
        self.waiting.drain(..surplus);
    }

    /// Holds an observed value against what was forecast for it.
    fn follow(&mut self, step: i64, value: f64) {
        let errors: Vec<(i64, usize, f64)> = self
            .waiting
            .iter()
            .filter_map(|one| {
                let ahead = usize::try_from(step - one.origin_step).ok()?;
                Some((one.origin_step, ahead, value - one.point.get(ahead)?))
            })
            .collect();
        let share = 1.0 / self.conformal.cycle().short.max(1) as f64;
        self.tracker.observe(&self.conformal, &errors, share);
    }
}

impl Forecaster for Calibrated {
    fn model(&self) -> &str {
        self.fitted.model()
    }

    fn update(&mut self, values: &[f64]) {
        values.chunks(CHUNK).for_each(|chunk| self.take(chunk));
    }

    fn foresee(&mut self, covariates: Arc<[RegularSeries]>) -> bool {
        let before = self.effects_ahead();
        self.covariates = covariates;
        before != self.effects_ahead()
    }

    fn predict(&self, horizon: usize, levels: &[f64]) -> Vec<Vec<f64>> {
        let past = self.history.past();
        let point = self.points(&[past], horizon).pop().unwrap_or_default();
        let mut rows = vec![Vec::with_capacity(horizon); levels.len()];
        for (ahead, value) in point.iter().enumerate() {
            let offsets = self.tracker.offsets(&self.conformal, past.next_step, ahead, levels);
            rows.iter_mut().zip(offsets).for_each(|(row, offset)| row.push(self.bounds.say(value + offset)));
        }
        rows
    }

    fn save(&self) -> Vec<u8> {
        let past = self.history.past();
        let mut artifact = Artifact::new(self.fitted.model());
        self.fitted.save(&mut artifact);
        self.conformal.save(&mut artifact);
        self.tracker.save(&mut artifact);
        self.effects.save(&mut artifact);
        let waiting = self.waiting.iter().map(|one| one.origin_step).collect();
        let state = State { next_step: past.next_step, step_ms: past.step_ms, bounds: self.bounds, waiting };
        artifact.put("state", &state);
        let points: Vec<f64> = self.waiting.iter().flat_map(|one| one.point.iter().copied()).collect();
        artifact.put_f64("waiting", &points);
        let needed = self.fitted.memory().max(self.fitted.cycle().longest());
        artifact.put_f64("history", &past.values[past.values.len().saturating_sub(needed)..]);
        artifact.encode()
    }
}
