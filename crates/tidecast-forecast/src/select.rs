//! Selection: which model forecasts which series.
//!
//! Every candidate is trained and judged on the same held-back part of each series, always the newest past and never
//! the future; the best wins. Quick models compete at once; slow ones train afterwards and take over where they are
//! better.

use crate::models::{self, Control, FitError, FitSettings, Model, UnknownModel};
use crate::score::Score;
use crate::training::{self, Trained};
use std::collections::BTreeMap;
use tidecast_core::series::RegularSeries;

/// The name under which the best model per series is asked for.
pub const AUTO: &str = "auto";

/// A later candidate must be better by this share to take over: a tie is no reason to change.
const MARGIN: f64 = 0.01;
/// A model's mean over the panel counts as much as this many forecasts of one series that do not overlap.
const PANEL_FORECASTS: f64 = 20.0;
/// Errors relative to the seasonal naive count up to this: one series that it forecasts perfectly must not decide for all.
const LARGEST_ERROR: f64 = 3.0;

/// The winner for one series, and how all candidates did.
pub struct Choice {
    /// The winner.
    pub trained: Trained,
    /// Name and score of every candidate, in the order tried; no score where the history is too short for one.
    pub candidates: Vec<(String, Option<Score>)>,
}

/// The models that a name in the configuration stands for: one, or all for [`AUTO`].
///
/// # Errors
/// When no model has the name.
pub fn candidates(name: &str) -> Result<Vec<&'static dyn Model>, UnknownModel> {
    if name == AUTO { Ok(models::catalogue().to_vec()) } else { models::by_name(name).map(|model| vec![model]) }
}

/// Trains all `candidates` on a panel and keeps the best per series.
///
/// Among many candidates judged on few days the best looks better than it is, and often is not the best. So the errors of a
/// model on one series lean towards its errors on all series of the panel, the more the fewer the days are.
pub fn choose(
    candidates: &[&dyn Model],
    panel: &[RegularSeries],
    settings: &FitSettings,
    control: &Control<'_>,
) -> Vec<Result<Choice, FitError>> {
    let all = training::train_all(candidates, panel, settings, control);
    let leaning = Leaning::new(all.iter().flatten().flatten(), settings);
    let mut choices: Vec<(Result<Choice, FitError>, Option<f64>)> =
        panel.iter().map(|_| (Err(FitError::NoValues), None)).collect();
    for (model, trained) in candidates.iter().zip(all) {
        for ((choice, best), (series, trained)) in choices.iter_mut().zip(panel.iter().zip(trained)) {
            let error = trained.as_ref().ok().and_then(|trained| leaning.error(trained, series.step_ms));
            compare(choice, best, model.name(), trained, error);
        }
    }
    choices.into_iter().map(|(choice, _)| choice).collect()
}

/// Mean errors over a panel, by the model that answers.
struct Leaning {
    means: BTreeMap<String, f64>,
    horizon: usize,
}

impl Leaning {
    fn new<'a>(all: impl Iterator<Item = &'a Trained>, settings: &FitSettings) -> Self {
        let mut sums: BTreeMap<String, (f64, f64)> = BTreeMap::new();
        for trained in all {
            let error = trained.score.as_ref().map(Score::relative_error).filter(|error| error.is_finite());
            if let Some(error) = error {
                let (sum, count) = sums.entry(trained.forecaster.model().to_owned()).or_default();
                *sum += error.min(LARGEST_ERROR);
                *count += 1.0;
            }
        }
        let means = sums.into_iter().map(|(model, (sum, count))| (model, sum / count)).collect();
        Self { means, horizon: settings.horizon.max(1) }
    }

    /// Error relative to the seasonal naive by which a candidate is compared; `None` without a score.
    fn error(&self, trained: &Trained, step_ms: i64) -> Option<f64> {
        let score = trained.score.as_ref()?;
        let mean = self.means.get(trained.forecaster.model())?;
        let steps = score.to_ms.saturating_sub(score.from_ms) as f64 / step_ms.max(1) as f64;
        let forecasts = steps / self.horizon as f64;
        let own = forecasts / (forecasts + PANEL_FORECASTS);
        Some(own * score.relative_error() + (1.0 - own) * mean)
    }
}

fn compare(
    choice: &mut Result<Choice, FitError>,
    best: &mut Option<f64>,
    name: &str,
    trained: Result<Trained, FitError>,
    error: Option<f64>,
) {
    match (choice, trained) {
        (Ok(choice), Ok(trained)) => {
            choice.candidates.push((name.to_owned(), trained.score));
            if is_better(*best, error) {
                choice.trained = trained;
                *best = error;
            } else if trained.forecaster.model() == choice.trained.forecaster.model() {
                // A candidate that degraded to the one that answers brings the reason.
                choice.trained.note = choice.trained.note.take().or(trained.note);
            }
        }
        (Ok(choice), Err(_)) => choice.candidates.push((name.to_owned(), None)),
        (choice, Ok(trained)) => {
            let candidates = vec![(name.to_owned(), trained.score)];
            *choice = Ok(Choice { trained, candidates });
            *best = error;
        }
        (choice, Err(error)) => *choice = Err(error),
    }
}

/// Whether an error is smaller by more than a tie.
fn is_better(champion: Option<f64>, challenger: Option<f64>) -> bool {
    challenger.is_some_and(|challenger| champion.is_none_or(|champion| challenger < champion * (1.0 - MARGIN)))
}

/// Whether the challenger should replace the champion. Errors are taken relative to the seasonal naive of the same
/// days, so that scores from stretches that differ a little can be compared.
#[must_use]
pub fn takes_over(champion: Option<&Score>, challenger: Option<&Score>) -> bool {
    is_better(champion.map(Score::relative_error), challenger.map(Score::relative_error))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;
    use tidecast_core::ports::Forecaster;

    const HOUR_MS: i64 = 3_600_000;
    const HORIZON: usize = 24;

    struct Named(&'static str);

    impl Forecaster for Named {
        fn model(&self) -> &str {
            self.0
        }

        fn update(&mut self, _: &[f64]) {}

        fn foresee(&mut self, _: Arc<[RegularSeries]>) -> bool {
            false
        }

        fn predict(&self, _: usize, _: &[f64]) -> Vec<Vec<f64>> {
            Vec::new()
        }

        fn save(&self) -> Vec<u8> {
            Vec::new()
        }
    }

    /// A model that was judged on some days of one series.
    fn judged(model: &'static str, error: f64, days: i64) -> Trained {
        let to_ms = days * 24 * HOUR_MS;
        let (mase_seasonal_naive, origins) = (1.0, 8 * days as usize);
        let score =
            Score { mase: error, mase_seasonal_naive, coverage: None, pinball: None, origins, from_ms: 0, to_ms };
        Trained { forecaster: Box::new(Named(model)), note: None, score: Some(score) }
    }

    /// Whether the model that had one good stretch beats the one that is good everywhere, on the series where it had it.
    fn luck_wins(days: i64) -> bool {
        let mut panel: Vec<Trained> = (0..9).map(|_| judged("lucky", 1.2, days)).collect();
        panel.push(judged("lucky", 0.5, days));
        panel.extend((0..10).map(|_| judged("steady", 0.8, days)));
        let leaning = Leaning::new(panel.iter(), &FitSettings { horizon: HORIZON, ..FitSettings::default() });
        let error = |trained: &Trained| leaning.error(trained, HOUR_MS).unwrap();
        error(&panel[9]) < error(&panel[10])
    }

    #[test]
    fn few_days_of_one_series_do_not_decide() {
        assert!(!luck_wins(7));
        assert!(luck_wins(200));
    }
}
