//! Tuning: which values of a model's few settings forecast best, tried on the past only.
//!
//! Coordinate descent from the defaults: one knob after the other takes the value that was best with the others as they
//! are, until nothing improves. Every value is judged by rolling origins on days before the ones that selection and
//! intervals are learned on ([`training::validate`]). The order is fixed and every trial can be kept, so a search that
//! was interrupted goes on where it stopped.

use crate::models::{Control, FitError, FitSettings, Model};
use crate::season::Cycle;
use crate::training;
use crate::tuned::{Knob, Tuned};
use serde::{Deserialize, Serialize};
use tidecast_core::series::RegularSeries;

/// Most series that settings are judged on: more tell little more, and cost as much.
const SERIES_MAX: usize = 64;
/// Newest values of a series that settings are judged on.
const STEPS_MAX: usize = 20_000;
/// Rounds over all knobs of a model.
const ROUNDS_MAX: usize = 3;
/// The best must beat the defaults by this share: less is luck.
const MARGIN: f64 = 0.005;

/// One setting of one model, and how it did.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Trial {
    /// The model.
    pub model: String,
    /// A value for each of its knobs.
    pub values: Tuned,
    /// Mean MASE over the series; `None` where no series could tell.
    pub mase: Option<f64>,
}

/// What a search over one model came to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Finding {
    /// Values that differ from the defaults; none where the defaults are best.
    pub tuned: Tuned,
    /// Mean MASE with them.
    pub mase: f64,
    /// Mean MASE with the defaults.
    pub mase_default: f64,
    /// Settings tried.
    pub trials: usize,
    /// Whether the search came to its end.
    pub is_complete: bool,
}

/// What settings are judged on: a part of a panel that stays the same while a day's samples arrive, so that a search
/// can go on later.
#[must_use]
pub fn sample(panel: &[RegularSeries], season: Option<usize>) -> Vec<RegularSeries> {
    let every = panel.len().div_ceil(SERIES_MAX).max(1);
    panel.iter().step_by(every).map(|series| settled(series, season)).collect()
}

/// The newest values of a series up to the end of its last whole season.
fn settled(series: &RegularSeries, season: Option<usize>) -> RegularSeries {
    let short = Cycle::of(series, season).short.max(1);
    let next_step = series.start_ms.div_euclid(series.step_ms.max(1)).saturating_add_unsigned(series.len() as u64);
    let begun = usize::try_from(next_step.rem_euclid(i64::try_from(short).unwrap_or(i64::MAX))).unwrap_or(0);
    // Of a short history nothing can be spared.
    let begun = if begun * 20 > series.len() { 0 } else { begun };
    let mut settled = series.truncated(series.len() - begun);
    settled.keep_newest(STEPS_MAX);
    settled
}

/// Tells one sample and task from all others: trials of the same fingerprint can be compared.
#[must_use]
pub fn fingerprint(sample: &[RegularSeries], settings: &FitSettings) -> String {
    let mut digest = crc32fast::Hasher::new();
    let mut second = crc32fast::Hasher::new_with_initial(1);
    let mut take = |number: u64| {
        digest.update(&number.to_le_bytes());
        second.update(&number.to_be_bytes());
    };
    let task = format!("{} {:?}", env!("CARGO_PKG_VERSION"), settings.holidays);
    task.bytes().for_each(|byte| take(u64::from(byte)));
    take(settings.horizon as u64);
    take(settings.season.unwrap_or(0) as u64);
    take(settings.seed);
    for series in sample.iter().chain(settings.covariates.iter()) {
        take(series.start_ms.cast_unsigned());
        take(series.step_ms.cast_unsigned());
        series.values.iter().for_each(|value| take(value.to_bits()));
    }
    format!("{:08x}{:08x}", digest.finalize(), second.finalize())
}

/// How many settings of a model are tried at most.
#[must_use]
pub fn trials_max(model: &dyn Model) -> usize {
    1 + ROUNDS_MAX * model.knobs().iter().map(|knob| knob.values.len().saturating_sub(1)).sum::<usize>()
}

/// Searches the settings of one model on a [`sample`]. Trials that are `known` already are not made again; each new one
/// is `kept` as soon as it is made. Stopped by `control`, it gives the best so far; `None` where the model has no
/// settings, or not even the defaults could be judged.
pub fn search(
    model: &dyn Model,
    sample: &[RegularSeries],
    settings: &FitSettings,
    known: &[Trial],
    kept: &mut dyn FnMut(Trial),
    control: &Control<'_>,
) -> Option<Finding> {
    let knobs = model.knobs();
    if knobs.is_empty() {
        return None;
    }
    let mut trials: Vec<Trial> = Vec::new();
    let mut judge = |values: &[f64]| -> Result<Option<f64>, FitError> {
        let values = named(knobs, values);
        if let Some(trial) = trials.iter().find(|trial| trial.values == values) {
            return Ok(trial.mase);
        }
        let trial = match known.iter().find(|trial| trial.model == model.name() && trial.values == values) {
            Some(trial) => trial.clone(),
            None => {
                let asked = FitSettings { tuned: values.clone(), ..settings.clone() };
                let mase = mean_mase(training::validate(model, sample, &asked, control))?;
                let trial = Trial { model: model.name().to_owned(), values, mase };
                kept(trial.clone());
                trial
            }
        };
        let mase = trial.mase;
        trials.push(trial);
        Ok(mase)
    };
    let defaults: Vec<f64> = knobs.iter().map(|knob| knob.values.first().copied().unwrap_or(0.0)).collect();
    let mase_default = judge(&defaults).ok()??;
    let (mut best, mut mase) = (defaults.clone(), mase_default);
    let is_complete = descend(knobs, &mut best, &mut mase, &mut judge).is_ok();
    let improves = mase < mase_default * (1.0 - MARGIN);
    let mut tuned = Tuned::none();
    for ((knob, value), default) in knobs.iter().zip(best).zip(defaults).filter(|_| improves) {
        if value.to_bits() != default.to_bits() {
            tuned.set(knob.name, value);
        }
    }
    let mase = if improves { mase } else { mase_default };
    Some(Finding { tuned, mase, mase_default, trials: trials.len(), is_complete })
}

/// Tells the mean MASE of some values, one per knob.
type Judge<'a> = &'a mut dyn FnMut(&[f64]) -> Result<Option<f64>, FitError>;

/// Improves one knob after the other until nothing does, or an error ends it.
fn descend(knobs: &[Knob], best: &mut [f64], mase: &mut f64, judge: Judge<'_>) -> Result<(), FitError> {
    for _ in 0..ROUNDS_MAX {
        let mut improved = false;
        for (index, knob) in knobs.iter().enumerate() {
            let stands = best[index];
            for &value in knob.values.iter().filter(|value| value.to_bits() != stands.to_bits()) {
                let mut tried = best.to_vec();
                tried[index] = value;
                if let Some(found) = judge(&tried)?
                    && found < *mase
                {
                    best[index] = value;
                    *mase = found;
                    improved = true;
                }
            }
        }
        if !improved {
            break;
        }
    }
    Ok(())
}

fn named(knobs: &[Knob], values: &[f64]) -> Tuned {
    let mut tuned = Tuned::none();
    knobs.iter().zip(values).for_each(|(knob, value)| tuned.set(knob.name, *value));
    tuned
}

/// Mean over the series that can tell; the first error ends it.
fn mean_mase(scores: Vec<Result<Option<crate::score::Score>, FitError>>) -> Result<Option<f64>, FitError> {
    let mut sum = 0.0;
    let mut count = 0_u32;
    for score in scores {
        match score {
            Ok(Some(score)) if score.mase.is_finite() => {
                sum += score.mase;
                count += 1;
            }
            // A series without values says nothing about settings.
            Ok(_) | Err(FitError::NoValues) => {}
            Err(error) => return Err(error),
        }
    }
    Ok((count > 0).then(|| sum / f64::from(count)))
}
