//! Every model, one file or folder each, and the traits they share.

pub mod autoregression;
pub mod ensemble;
pub mod ets;
pub mod linear;
pub mod lstm;
pub mod mstl;
mod one_by_one;
pub mod ridge;
pub mod seasonal_naive;
pub mod theta;
pub mod trees;

use crate::artifact::{Artifact, LoadError};
use crate::history::Past;
use crate::holidays::Country;
use crate::season::Cycle;
use crate::tuned::{Knob, Tuned};
use serde::{Deserialize, Serialize};
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use tidecast_core::series::RegularSeries;

/// What a fit is asked for.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct FitSettings {
    /// Steps ahead that matter: models are fitted for these, and forecast further by going on from them.
    pub horizon: usize,
    /// The season in steps; found from calendar and data when `None`.
    pub season: Option<usize>,
    /// Seed of everything random.
    pub seed: u64,
    /// Whose public holidays the series keeps, if any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub holidays: Option<Country>,
    /// Series that may have an effect on those forecast and whose future is known at least in part. They are data, not a
    /// setting that is kept.
    #[serde(skip)]
    pub covariates: Arc<[RegularSeries]>,
    /// What those were asked for as, in the same order. Kept: a fit with other covariates is no answer.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub covariate_names: Vec<String>,
    /// Settings of models that tuning found better than their defaults.
    #[serde(default, skip_serializing_if = "Tuned::is_empty")]
    pub tuned: Tuned,
}

impl FitSettings {
    /// The value of a model's setting, such as `ridge.penalty`: what tuning found, or else its default.
    #[must_use]
    pub fn knob(&self, name: &str, default: f64) -> f64 {
        self.tuned.get(name).unwrap_or(default)
    }
}

/// How a long fit is watched and stopped from another thread.
pub struct Control<'a> {
    /// Set to true to end the fit early with [`FitError::Cancelled`].
    pub stop: &'a AtomicBool,
    /// Called with the share done, 0 to 1, now and then; it never falls, and ends at 1 unless stopped.
    pub progress: &'a (dyn Fn(f64) + Sync),
}

impl Control<'_> {
    /// Whether to end early.
    #[must_use]
    pub fn stopped(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }

    /// Does a part of the work: its own progress from 0 to 1 is shown as `part` of the whole, to the end of which it
    /// has come when this returns.
    pub(crate) fn within<R>(&self, part: Range<f64>, work: impl FnOnce(&Control<'_>) -> R) -> R {
        let share = |done: f64| (self.progress)(part.start + done * (part.end - part.start));
        let result = work(&Control { stop: self.stop, progress: &share });
        (self.progress)(part.end);
        result
    }
}

/// Why a series got no forecaster.
#[derive(Clone, Debug, thiserror::Error, PartialEq, Eq)]
pub enum FitError {
    /// Not one value is known.
    #[error("the series has no known value; forecasts start once samples arrive")]
    NoValues,
    /// The horizon is zero.
    #[error("the horizon is 0 steps; ask for at least one step of the series")]
    NoHorizon,
    /// The fit was stopped from outside.
    #[error("the fit was cancelled; the forecasters fitted before stay in use")]
    Cancelled,
}

/// No model has the name asked for.
#[derive(Clone, Debug, thiserror::Error, PartialEq, Eq)]
#[error("`{name}` is not a model; known models: {}, {}", crate::select::AUTO, names().join(", "))]
pub struct UnknownModel {
    /// The name asked for.
    pub name: String,
}

/// Parameters of one series, fitted and immutable; the values they work on come in as [`Past`].
pub trait Fitted: Send + Sync {
    /// The model's name, as in the registry.
    fn model(&self) -> &'static str;

    /// The seasons the parameters assume.
    fn cycle(&self) -> Cycle;

    /// How many of the newest values are looked at.
    fn memory(&self) -> usize;

    /// The median forecast of the next `horizon` steps. May return NaN where the arithmetic breaks down; the caller
    /// replaces it.
    fn point(&self, past: Past<'_>, horizon: usize) -> Vec<f64>;

    /// The same from several origins of the series, one row per origin; for models that do many at once more cheaply.
    fn points(&self, pasts: &[Past<'_>], horizon: usize) -> Vec<Vec<f64>> {
        pasts.iter().map(|past| self.point(*past, horizon)).collect()
    }

    /// Writes the parameters, under names that start with the model's: several models may share an artifact.
    fn save(&self, artifact: &mut Artifact);
}

/// What fitting one series gave.
#[derive(Clone)]
pub struct Fit {
    /// The parameters; of a simpler model where the one asked for was not possible.
    pub fitted: Arc<dyn Fitted>,
    /// Why a simpler model answers, in plain words.
    pub note: Option<String>,
}

/// What became of one series of a panel.
pub type FitResult = Result<Fit, FitError>;

/// A way to forecast, before it has seen any data.
pub trait Model: Send + Sync {
    /// The name in configuration, registry and tables.
    fn name(&self) -> &'static str;

    /// Whether fitting takes many passes over the data.
    fn is_iterative(&self) -> bool;

    /// Whether fitting takes so long that first forecasts had better not wait for it. Such models train in the
    /// background.
    fn is_slow(&self) -> bool {
        self.is_iterative()
    }

    /// Fewest values that make a fit worthwhile; with fewer a simpler model answers and says so.
    fn minimum_history(&self, cycle: Cycle) -> usize;

    /// Settings that tuning may change; none where the model has nothing to choose.
    fn knobs(&self) -> &'static [Knob] {
        &[]
    }

    /// The models whose fits this one combines; none for a model that stands alone.
    fn members(&self) -> &'static [&'static dyn Model] {
        &[]
    }

    /// Fits all series of a panel, each of which starts with a known value and has finite or missing (NaN) values.
    /// One result per series, in the same order; models may learn across series.
    fn fit(&self, panel: &[RegularSeries], settings: &FitSettings, control: &Control<'_>) -> Vec<FitResult>;

    /// Reads parameters that [`Fitted::save`] wrote.
    ///
    /// # Errors
    /// When the artifact is damaged.
    fn load(&self, artifact: &Artifact) -> Result<Arc<dyn Fitted>, LoadError>;
}

/// Every model, simplest first. Among equally good ones the earlier is preferred.
#[must_use]
pub fn catalogue() -> &'static [&'static dyn Model] {
    &[
        &seasonal_naive::SeasonalNaive,
        &theta::Theta,
        &ets::Ets,
        &mstl::Mstl,
        &ridge::Ridge,
        &linear::Linear,
        &autoregression::Autoregression,
        &trees::Trees,
        &lstm::Lstm,
        &ensemble::Ensemble,
    ]
}

/// The model of a name.
///
/// # Errors
/// When there is none; the error lists those there are.
pub fn by_name(name: &str) -> Result<&'static dyn Model, UnknownModel> {
    let found = catalogue().iter().find(|model| model.name() == name);
    found.copied().ok_or_else(|| UnknownModel { name: name.to_owned() })
}

/// Names of all models.
fn names() -> Vec<&'static str> {
    catalogue().iter().map(|model| model.name()).collect()
}
