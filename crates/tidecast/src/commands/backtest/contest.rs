//! The contest: every contestant forecasts the same origins of the same series, each on its own clock.

use super::measures::Outcome;
use crate::exit::UsageError;
use std::collections::BTreeMap;
use std::sync::atomic::AtomicBool;
use std::sync::{Mutex, PoisonError};
use std::time::Instant;
use tidecast_core::series::RegularSeries;
use tidecast_forecast::backtest::{self, BacktestPlan};
use tidecast_forecast::models::{self, Control, FitSettings, Model, UnknownModel};
use tidecast_forecast::select::{self, Choice};

/// One who forecasts: a model for every series, or the choice of the best of several per series.
#[derive(Clone)]
pub(super) struct Contestant {
    /// The model's name, or `auto`.
    pub(super) name: String,
    candidates: Vec<&'static dyn Model>,
}

/// Who takes part.
///
/// # Errors
/// When no model has one of the names.
pub(super) fn contestants(lineup: &Lineup) -> Result<Vec<Contestant>, UnknownModel> {
    let of_name = |name: &str| {
        let candidates = select::candidates(name)?;
        Ok(Contestant { name: name.to_owned(), candidates })
    };
    let mut names = match lineup {
        Lineup::One(name) => return Ok(vec![of_name(name)?]),
        Lineup::These(names) => names.clone(),
        Lineup::All => models::catalogue().iter().map(|model| model.name().to_owned()).collect(),
    };
    let mut seen = std::collections::BTreeSet::new();
    names.retain(|name| name != select::AUTO && seen.insert(name.clone()));
    if let [name] = &names[..] {
        return Ok(vec![of_name(name)?]);
    }
    let mut contestants: Vec<Contestant> = names.iter().map(|name| of_name(name)).collect::<Result<_, _>>()?;
    let candidates = contestants.iter().flat_map(|one| one.candidates.iter().copied()).collect();
    contestants.push(Contestant { name: select::AUTO.to_owned(), candidates });
    Ok(contestants)
}

/// Which models the command line asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Lineup {
    /// One, or `auto`.
    One(String),
    /// Several, and the choice among them.
    These(Vec<String>),
    /// The catalogue, and the choice among it.
    All,
}

/// Error of every candidate on the days before the first origin, by series; newest fit.
pub(super) type Tryouts = Vec<BTreeMap<String, Option<f64>>>;

/// How one contestant did.
pub(super) struct Run {
    pub(super) name: String,
    /// One per series.
    pub(super) outcomes: Vec<Outcome>,
    /// How the candidates did when one was chosen, by series.
    pub(super) tryouts: Tryouts,
    /// Fitting and forecasting, s.
    pub(super) wall_s: f64,
}

impl Run {
    /// Keeps the measures alone.
    pub(super) fn forget_forecasts(&mut self) {
        self.outcomes.iter_mut().for_each(|outcome| outcome.forecasts = Vec::new());
    }
}

impl Contestant {
    /// Lets it forecast. `asked_season` is what the models are told of the season.
    pub(super) fn run(
        self,
        panel: &[RegularSeries],
        plan: &BacktestPlan,
        asked_season: Option<usize>,
    ) -> anyhow::Result<Run> {
        let started = Instant::now();
        let settings = FitSettings { horizon: plan.horizon, season: asked_season, seed: 1, ..FitSettings::default() };
        let tryouts = Mutex::new(Tryouts::new());
        let never = AtomicBool::new(false);
        let contestant = |known: &[RegularSeries]| {
            let control = Control { stop: &never, progress: &|_| {} };
            let choices = select::choose(&self.candidates, known, &settings, &control);
            let scores = |choice: &Choice| {
                let score = |(name, score): &(String, Option<_>)| {
                    (name.clone(), score.as_ref().map(|score: &tidecast_forecast::score::Score| score.mase))
                };
                choice.candidates.iter().map(score).collect()
            };
            let newest = choices.iter().map(|choice| choice.as_ref().map(scores).unwrap_or_default()).collect();
            *tryouts.lock().unwrap_or_else(PoisonError::into_inner) = newest;
            choices.into_iter().map(|choice| choice.map(|choice| choice.trained)).collect()
        };
        let result = backtest::run(panel, plan, &contestant).map_err(|error| UsageError(error.to_string()))?;
        let wall_s = started.elapsed().as_secs_f64();
        let outcomes =
            panel.iter().zip(result.series).map(|(series, result)| Outcome::new(series, plan, result)).collect();
        Ok(Run {
            name: self.name,
            outcomes,
            tryouts: tryouts.into_inner().unwrap_or_else(PoisonError::into_inner),
            wall_s,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(lineup: &Lineup, expected: &[&str]) {
        let names: Vec<String> = contestants(lineup).unwrap().into_iter().map(|one| one.name).collect();
        assert_eq!(names, expected);
    }

    #[test]
    fn several_models_bring_the_choice_among_them() {
        let these = |names: &[&str]| Lineup::These(names.iter().map(|&name| name.to_owned()).collect());
        check(&Lineup::One("ridge".to_owned()), &["ridge"]);
        check(&Lineup::One("auto".to_owned()), &["auto"]);
        check(&these(&["ridge"]), &["ridge"]);
        check(&these(&["ridge", "auto", "ridge", "seasonal_naive"]), &["ridge", "seasonal_naive", "auto"]);
        assert!(contestants(&these(&["ridge", "oracle"])).is_err());
        let all = contestants(&Lineup::All).unwrap();
        assert_eq!(all.len(), models::catalogue().len() + 1);
    }
}
