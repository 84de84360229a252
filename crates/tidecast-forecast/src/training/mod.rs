//! Training: fit on the past, learn the intervals from the days that follow, then fit again on everything.
//!
//! A model is first fitted without the newest part of the history, at most 56 seasons and at most a quarter. It then forecasts that
//! part as it would have live, and its errors there give the intervals, the score by which models are chosen, and the
//! weights of a combination of models. Models in closed form are fitted once more on everything; iterative ones keep
//! their first parameters, since another training would cost more than those days are worth. Every model is fitted
//! once, however many combinations it is part of.

mod calibrated;
mod prepared;
mod replay;
mod rollout;
mod standing;
mod weights;
mod widening;

pub use calibrated::load;
pub use standing::{rescore, validate};

use crate::models::{Control, Fit, FitError, FitResult, FitSettings, Model, ensemble};
use crate::parallel;
use crate::score::Score;
use calibrated::Calibrated;
use prepared::Prepared;
use rollout::Rollout;
use std::collections::BTreeMap;
use tidecast_core::ports::Forecaster;
use tidecast_core::series::RegularSeries;
use widening::Widening;

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
    let past: Vec<RegularSeries> = usable.iter().map(|one| one.past()).collect();
    let whole: Vec<RegularSeries> = usable.iter().map(|one| one.used.series.clone()).collect();
    let order = members_first(models);
    let work = order.iter().map(|model| fit_work(*model)).sum::<f64>() + models.len() as f64;
    let mut done = 0.0;
    let mut next = |amount: f64| {
        let start = done;
        done += amount;
        start / work..done / work
    };
    let mut attempts: BTreeMap<&'static str, Vec<Attempt>> = BTreeMap::new();
    for model in order {
        let made = control.within(next(fit_work(model)), |control| {
            if model.members().is_empty() {
                attempt(model, &usable, [&past, &whole], settings, control)
            } else {
                let members: Vec<&[Attempt]> = model
                    .members()
                    .iter()
                    .filter_map(|member| attempts.get(member.name()).map(Vec::as_slice))
                    .collect();
                combine(&members, usable.len())
            }
        });
        attempts.insert(model.name(), made);
    }
    models
        .iter()
        .map(|model| {
            let made = attempts.get(model.name()).map_or(&[][..], Vec::as_slice);
            let together: Vec<(&Prepared, &Attempt)> = usable.iter().copied().zip(made).collect();
            let judged = control.within(next(1.0), |_| {
                let rollouts = together.iter().filter_map(|(one, made)| Some((*one, made.rollout.as_ref().ok()?)));
                let widening = Widening::learn(rollouts);
                parallel::map(&together, |(one, attempt)| conclude(one, attempt, &widening, settings))
            });
            let mut judged = judged.into_iter();
            let mut next = || judged.next().unwrap_or(Err(FitError::Cancelled));
            prepared.iter().map(|one| one.as_ref().map_or(Err(FitError::NoValues), |_| next())).collect()
        })
        .collect()
}

/// What a model made of one series: the fit to forecast with, and how the fit without the held-back part did on it.
struct Attempt {
    used: FitResult,
    rollout: Result<Rollout, FitError>,
}

fn attempt(
    model: &dyn Model,
    usable: &[&Prepared],
    [past, whole]: [&[RegularSeries]; 2],
    settings: &FitSettings,
    control: &Control<'_>,
) -> Vec<Attempt> {
    // Another training of an iterative model would cost too much.
    let (judged, used) = if model.is_iterative() {
        let judged = model.fit(past, settings, control);
        (judged.clone(), judged)
    } else {
        let judged = control.within(0.0..0.5, |control| model.fit(past, settings, control));
        (judged, control.within(0.5..1.0, |control| model.fit(whole, settings, control)))
    };
    let together: Vec<(&Prepared, FitResult)> = usable.iter().copied().zip(judged).collect();
    let rollouts = parallel::map(&together, |(one, fit)| match fit {
        Ok(fit) => Ok(Rollout::new(one, fit.fitted.as_ref(), settings)),
        Err(error) => Err(error.clone()),
    });
    used.into_iter().zip(rollouts).map(|(used, rollout)| Attempt { used, rollout }).collect()
}

/// Combines the members' attempts, series by series.
fn combine(members: &[&[Attempt]], series: usize) -> Vec<Attempt> {
    let of_series = |index: usize| -> Vec<&Attempt> { members.iter().filter_map(|made| made.get(index)).collect() };
    let together: Vec<Vec<&Attempt>> = (0..series).map(of_series).collect();
    let rollouts: Vec<Vec<Option<&Rollout>>> =
        together.iter().map(|made| made.iter().map(|attempt| competing(attempt)).collect()).collect();
    let weighted = weights::learn(&rollouts);
    together
        .iter()
        .zip(&rollouts)
        .zip(weighted)
        .map(|((made, rollouts), weighted)| {
            let fits: Result<Vec<Fit>, FitError> = made.iter().map(|attempt| attempt.used.clone()).collect();
            let used = fits.map(|fits| ensemble::combine(&fits, &weighted.weights));
            // Where no member is itself, what answers in the first one's place answers alone.
            let alone = || made.first().map_or(Err(FitError::NoValues), |attempt| attempt.rollout.clone());
            let rollout = Rollout::combined(rollouts, &weighted).map_or_else(alone, Ok);
            Attempt { used, rollout }
        })
        .collect()
}

/// The rollout of an attempt that is the model's own, and not that of a simpler one in its place.
fn competing(attempt: &Attempt) -> Option<&Rollout> {
    let own = attempt.used.as_ref().is_ok_and(|fit| fit.note.is_none());
    attempt.rollout.as_ref().ok().filter(|_| own)
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

/// Makes a forecaster of an attempt, with intervals and a score from the held-back part.
fn conclude(
    one: &Prepared,
    attempt: &Attempt,
    widening: &Widening,
    settings: &FitSettings,
) -> Result<Trained, FitError> {
    let (fit, rollout) = (attempt.used.clone()?, attempt.rollout.as_ref().map_err(Clone::clone)?);
    let score = one.score(rollout, settings);
    let (conformal, tracker) = one.intervals(rollout, widening);
    let forecaster = Calibrated::new(fit.fitted, one, conformal, tracker, settings);
    Ok(Trained { forecaster: Box::new(forecaster), note: fit.note, score })
}
