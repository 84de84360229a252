//! Selection: which model forecasts which series.
//!
//! Every candidate is trained and judged on the same held-back part of each series, always the newest past and never
//! the future; the best wins. Models in closed form compete at once; iterative ones train afterwards and take over
//! where they are better.

use crate::models::{self, Control, FitError, FitSettings, Model, UnknownModel};
use crate::score::Score;
use crate::training::{self, Trained};
use tidecast_core::series::RegularSeries;

/// The name under which the best model per series is asked for.
pub const AUTO: &str = "auto";

/// A later candidate must be better by this share to take over: a tie is no reason to change.
const MARGIN: f64 = 0.01;

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
pub fn choose(
    candidates: &[&dyn Model],
    panel: &[RegularSeries],
    settings: &FitSettings,
    control: &Control<'_>,
) -> Vec<Result<Choice, FitError>> {
    let mut choices: Vec<Result<Choice, FitError>> = panel.iter().map(|_| Err(FitError::NoValues)).collect();
    for (model, trained) in candidates.iter().zip(training::train_all(candidates, panel, settings, control)) {
        for (choice, trained) in choices.iter_mut().zip(trained) {
            compare(choice, model.name(), trained);
        }
    }
    choices
}

fn compare(choice: &mut Result<Choice, FitError>, name: &str, trained: Result<Trained, FitError>) {
    match (choice, trained) {
        (Ok(choice), Ok(trained)) => {
            choice.candidates.push((name.to_owned(), trained.score));
            if takes_over(choice.trained.score.as_ref(), trained.score.as_ref()) {
                choice.trained = trained;
            } else if trained.forecaster.model() == choice.trained.forecaster.model() {
                // A candidate that degraded to the one that answers brings the reason.
                choice.trained.note = choice.trained.note.take().or(trained.note);
            }
        }
        (Ok(choice), Err(_)) => choice.candidates.push((name.to_owned(), None)),
        (choice, Ok(trained)) => {
            let candidates = vec![(name.to_owned(), trained.score)];
            *choice = Ok(Choice { trained, candidates });
        }
        (choice, Err(error)) => *choice = Err(error),
    }
}

/// Whether the challenger should replace the champion. Errors are taken relative to the seasonal naive of the same
/// days, so that scores from stretches that differ a little can be compared.
#[must_use]
pub fn takes_over(champion: Option<&Score>, challenger: Option<&Score>) -> bool {
    match (champion, challenger) {
        (_, None) => false,
        (None, Some(_)) => true,
        (Some(champion), Some(challenger)) => challenger.relative_error() < champion.relative_error() * (1.0 - MARGIN),
    }
}
