//! Training: fit on the past, learn the intervals from the days that follow, then fit again on everything.
//!
//! A model is first fitted without the newest part of the history, at most 56 seasons and at most a quarter. It then forecasts that
//! part as it would have live, and its errors there give both the intervals and the score by which models are
//! chosen. Models in closed form are fitted once more on everything; iterative ones keep their first parameters,
//! since another training would cost more than those days are worth. A combination of models shares the fits of its
//! members with every candidate trained beside it.

use crate::artifact::{Artifact, LoadError};
use crate::bounds::Bounds;
use crate::conformal::{Conformal, Residual};
use crate::history::History;
use crate::models::{self, Control, FitError, FitResult, FitSettings, Fitted, Model};
use crate::parallel;
use crate::score::Score;
use crate::season::Cycle;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::Arc;
use tidecast_core::forecast::accuracy;
use tidecast_core::ports::Forecaster;
use tidecast_core::series::RegularSeries;

/// Most seasons held back to learn the intervals from.
const CALIBRATION_SEASONS: usize = 56;
/// Least number of values held back, where the history has enough.
const CALIBRATION_LEAST: usize = 200;
/// Origins per season from which the held-back part is forecast.
const ORIGINS_PER_SEASON: usize = 24;
/// Most origins in all.
const MOST_ORIGINS: usize = 2_048;
/// Levels by which intervals are scored.
const LEVELS: [f64; 3] = [0.1, 0.5, 0.9];

/// A forecaster ready for use, with what is known about it.
pub struct Trained {
    /// Ready to forecast from the end of the series it was trained on.
    pub forecaster: Box<dyn Forecaster>,
    /// Why a simpler model than the one asked for answers, in plain words.
    pub note: Option<String>,
    /// Accuracy on the held-back part; `None` where the history is too short to hold anything back.
    pub score: Option<Score>,
}

/// Trains `model` on every series of a panel; one result per series, in the same order.
pub fn train(
    model: &dyn Model,
    panel: &[RegularSeries],
    settings: &FitSettings,
    control: &Control<'_>,
) -> Vec<Result<Trained, FitError>> {
    train_all(&[model], panel, settings, control).pop().unwrap_or_default()
}

/// Trains several models on a panel: for each model one result per series. A model that others combine is fitted once.
pub fn train_all(
    models: &[&dyn Model],
    panel: &[RegularSeries],
    settings: &FitSettings,
    control: &Control<'_>,
) -> Vec<Vec<Result<Trained, FitError>>> {
    if settings.horizon == 0 {
        return models.iter().map(|_| panel.iter().map(|_| Err(FitError::NoHorizon)).collect()).collect();
    }
    let prepared: Vec<Option<Prepared>> = parallel::map(panel, |series| Prepared::new(series, settings));
    let usable: Vec<&Prepared> = prepared.iter().flatten().collect();
    let past: Vec<RegularSeries> = usable.iter().map(|one| one.series.truncated(one.calibration_start)).collect();
    let whole: Vec<RegularSeries> = usable.iter().map(|one| one.series.clone()).collect();
    let order = members_first(models);
    let work = order.iter().map(|model| fit_work(*model)).sum::<f64>() + models.len() as f64;
    let mut done = 0.0;
    let mut next = |amount: f64| {
        let start = done;
        done += amount;
        start / work..done / work
    };
    let mut fits = BTreeMap::new();
    for model in order {
        let both = control
            .within(next(fit_work(model)), |control| BothFits::new(model, [&past, &whole], &fits, settings, control));
        fits.insert(model.name(), both);
    }
    models
        .iter()
        .map(|model| {
            let both = fits.get(model.name()).cloned().unwrap_or_default();
            let mut results = control.within(next(1.0), |_| judge_all(&usable, both, settings)).into_iter();
            let mut next = || results.next().unwrap_or(Err(FitError::NoValues));
            prepared.iter().map(|one| one.as_ref().map_or(Err(FitError::NoValues), |_| next())).collect()
        })
        .collect()
}

/// Fits of one model on a panel: without the held-back part, and those to forecast with.
#[derive(Clone, Default)]
struct BothFits {
    judged: Vec<FitResult>,
    used: Vec<FitResult>,
}

impl BothFits {
    /// `others` has the fits of the model's members.
    fn new(
        model: &dyn Model,
        [past, whole]: [&[RegularSeries]; 2],
        others: &BTreeMap<&'static str, Self>,
        settings: &FitSettings,
        control: &Control<'_>,
    ) -> Self {
        let members: Vec<&Self> = model.members().iter().filter_map(|member| others.get(member.name())).collect();
        let judged: Vec<&[FitResult]> = members.iter().map(|both| both.judged.as_slice()).collect();
        // Another training of an iterative model would cost too much; a combination of fits made already costs nothing.
        if model.is_iterative() && members.is_empty() {
            let judged = model.fit(past, &judged, settings, control);
            return Self { used: judged.clone(), judged };
        }
        let used: Vec<&[FitResult]> = members.iter().map(|both| both.used.as_slice()).collect();
        Self {
            judged: control.within(0.0..0.5, |control| model.fit(past, &judged, settings, control)),
            used: control.within(0.5..1.0, |control| model.fit(whole, &used, settings, control)),
        }
    }
}

/// The models and their members, each once, members before those that combine them.
fn members_first<'a>(models: &[&'a dyn Model]) -> Vec<&'a dyn Model> {
    let mut order: Vec<&dyn Model> = Vec::new();
    for &model in models {
        for one in model.members().iter().copied().chain([model]) {
            if order.iter().all(|have| have.name() != one.name()) {
                order.push(one);
            }
        }
    }
    order
}

/// Work of fitting a model itself, roughly, in units of judging one: what progress is counted in.
fn fit_work(model: &dyn Model) -> f64 {
    if model.is_iterative() && model.members().is_empty() { 10.0 } else { 1.0 }
}

/// Makes forecasters of fits, with intervals and a score from the held-back part; one per usable series.
fn judge_all(usable: &[&Prepared], fits: BothFits, settings: &FitSettings) -> Vec<Result<Trained, FitError>> {
    let judged: Vec<(&Prepared, FitResult)> = usable.iter().copied().zip(fits.judged).collect();
    let judgements = parallel::map(&judged, |(one, fit)| match fit {
        Ok(fit) => Ok(one.judge(fit.fitted.as_ref(), settings)),
        Err(error) => Err(error.clone()),
    });
    let together = usable.iter().zip(judgements).zip(fits.used);
    let conclude = |((one, judgement), fit): ((&&Prepared, Result<_, _>), FitResult)| {
        let ((conformal, score), fit) = (judgement?, fit?);
        let history = History::new(&one.series, fit.fitted.cycle(), fit.fitted.memory());
        let forecaster = Calibrated { fitted: fit.fitted, history, conformal, bounds: one.bounds };
        Ok(Trained { forecaster: Box::new(forecaster), note: fit.note, score })
    };
    together.map(conclude).collect()
}

/// Reads a forecaster back from what [`Forecaster::save`] gave.
///
/// # Errors
/// When the bytes are damaged, of another format, or of a model that this build does not know.
pub fn load(bytes: &[u8]) -> Result<Box<dyn Forecaster>, LoadError> {
    let artifact = Artifact::decode(bytes)?;
    let fitted = models::by_name(artifact.model())?.load(&artifact)?;
    let state: State = artifact.get("state")?;
    let values = artifact.get_f64("history")?;
    if values.is_empty() || !state.bounds.is_sound() {
        return Err(LoadError::Damaged("its recent values are missing".to_owned()));
    }
    let history = History::restore(values, state.next_step, fitted.cycle(), fitted.memory());
    let conformal = Conformal::load(&artifact)?;
    Ok(Box::new(Calibrated { fitted, history, conformal, bounds: state.bounds }))
}

/// A series as models get it, and where its held-back part starts.
struct Prepared {
    series: RegularSeries,
    bounds: Bounds,
    cycle: Cycle,
    calibration_start: usize,
}

impl Prepared {
    /// `None` without a known value.
    fn new(series: &RegularSeries, settings: &FitSettings) -> Option<Self> {
        let bounds = Bounds::of(&series.values)?;
        let mut values: Vec<f64> = series.values.iter().map(|value| bounds.believe(*value)).collect();
        let first = values.iter().position(|value| value.is_finite())?;
        values.drain(..first);
        let series = RegularSeries { start_ms: series.timestamp_ms(first), step_ms: series.step_ms.max(1), values };
        let cycle = Cycle::of(&series, settings.season);
        let length = series.len();
        let held_back = (CALIBRATION_SEASONS * cycle.short).max(CALIBRATION_LEAST).min(length / 4);
        Some(Self { bounds, cycle, calibration_start: length - held_back, series })
    }

    /// Forecasts the held-back part as it would have been live, and learns from the errors.
    fn judge(&self, fitted: &dyn Fitted, settings: &FitSettings) -> (Conformal, Option<Score>) {
        let past = self.series.truncated(self.calibration_start);
        let naive_season = settings.season.unwrap_or_else(|| self.cycle.longest()).clamp(1, past.len());
        let mut history = History::new(&past, fitted.cycle(), fitted.memory().max(naive_season));
        let future = &self.series.values[self.calibration_start..];
        let stride = (self.cycle.short / ORIGINS_PER_SEASON).max(1).max(future.len() / MOST_ORIGINS);
        let mut residuals = Vec::new();
        let mut naive_error = (0.0, 0_u32);
        let mut origins = 0;
        for (at, &value) in future.iter().enumerate() {
            if at % stride == 0 {
                let ahead = settings.horizon.min(future.len() - at);
                let point = fitted.point(&history, ahead);
                let values = history.values();
                let season = &values[values.len().saturating_sub(naive_season)..];
                let naive = season.iter().cycle();
                for (ahead, ((actual, forecast), naive)) in future[at..].iter().zip(&point).zip(naive).enumerate() {
                    if actual.is_finite() {
                        let error = actual - self.bounds.say(*forecast);
                        residuals.push(Residual { origin_step: history.next_step(), ahead, error });
                        naive_error = (naive_error.0 + (actual - naive).abs(), naive_error.1 + 1);
                    }
                }
                origins += 1;
            }
            history.push(value);
        }
        let conformal = Conformal::learn(&residuals, settings.horizon, self.cycle.short);
        let score = accuracy::mase_scale(&past.values, naive_season)
            .filter(|_| naive_error.1 > 0 && conformal.is_some())
            .map(|scale| Score {
                mase: mean_absolute(&residuals) / scale,
                mase_seasonal_naive: naive_error.0 / f64::from(naive_error.1) / scale,
                coverage: None,
                pinball: None,
                origins,
                from_ms: self.series.timestamp_ms(self.calibration_start),
                to_ms: self.series.origin_ms().unwrap_or(i64::MAX),
            })
            .map(|score| {
                self.score_intervals(score, &residuals, settings.horizon, scale_of(&past.values, naive_season))
            });
        (conformal.unwrap_or_else(|| Conformal::guess(self.typical_change())), score)
    }

    /// Coverage and pinball loss of intervals learned in the first half of the held-back part, over the second half:
    /// measured where they were learned they would look better than they are.
    fn score_intervals(&self, score: Score, residuals: &[Residual], horizon: usize, scale: f64) -> Score {
        let (Some(first), Some(last)) = (residuals.first(), residuals.last()) else { return score };
        let middle = first.origin_step + (last.origin_step - first.origin_step) / 2;
        let (early, late): (Vec<Residual>, Vec<Residual>) = residuals.iter().partition(|r| r.origin_step < middle);
        let Some(conformal) = Conformal::learn(&early, horizon, self.cycle.short) else { return score };
        let actual: Vec<f64> = late.iter().map(|residual| residual.error).collect();
        let row = |level: f64| -> Vec<f64> {
            late.iter().map(|residual| conformal.offset(residual.origin_step, residual.ahead, level)).collect()
        };
        let rows = LEVELS.map(row);
        let losses = rows.iter().zip(LEVELS).map(|(row, level)| accuracy::pinball(row, &actual, level));
        let loss: Option<f64> = losses.sum();
        Score {
            coverage: accuracy::coverage(&rows[0], &rows[2], &actual),
            pinball: loss.map(|loss| loss / LEVELS.len() as f64 / scale),
            ..score
        }
    }

    /// Mean absolute difference between neighbours: the size of errors before any were made.
    fn typical_change(&self) -> f64 {
        accuracy::mase_scale(&self.series.values, 1).unwrap_or(0.0)
    }
}

fn scale_of(values: &[f64], season: usize) -> f64 {
    accuracy::mase_scale(values, season).unwrap_or(1.0)
}

fn mean_absolute(residuals: &[Residual]) -> f64 {
    residuals.iter().map(|residual| residual.error.abs()).sum::<f64>() / residuals.len().max(1) as f64
}

/// Fitted parameters with the recent values they forecast from and the errors they are known to make.
struct Calibrated {
    fitted: Arc<dyn Fitted>,
    history: History,
    conformal: Conformal,
    bounds: Bounds,
}

/// What is saved beside parameters, recent values and intervals.
#[derive(Serialize, Deserialize)]
struct State {
    next_step: i64,
    bounds: Bounds,
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
        let mut point = self.fitted.point(&self.history, horizon);
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
        let mut artifact = Artifact::new(self.fitted.model());
        self.fitted.save(&mut artifact);
        self.conformal.save(&mut artifact);
        artifact.put("state", &State { next_step: self.history.next_step(), bounds: self.bounds });
        let values = self.history.values();
        let needed = self.fitted.memory().max(self.fitted.cycle().longest());
        artifact.put_f64("history", &values[values.len().saturating_sub(needed)..]);
        artifact.encode()
    }
}
