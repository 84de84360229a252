//! Adopting what was fitted: the first champion of a series, its refits, and challengers that win.

use super::fit::{self, Chosen};
use super::served::{Champion, Served};
use super::{Forecasting, boards};
use crate::runtime::live::{ChampionChange, Event};
use tidecast_core::forecast::ModelVersion;
use tidecast_forecast::score::Score;
use tidecast_forecast::select::{self, Choice};

/// What became of a fit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Adopted {
    /// The series is served from now on.
    First,
    /// The quick models were fitted anew.
    Refit,
    /// A slow candidate was compared with the champion.
    Challenge,
    /// The series cannot be fitted.
    Nothing,
}

impl Forecasting {
    /// Takes a choice: registers the model and lets it answer if it is the first or better.
    ///
    /// # Errors
    /// Those of the registry; whoever answered before goes on.
    pub(super) fn adopt(&mut self, chosen: Chosen) -> anyhow::Result<Adopted> {
        if let Err(error) = &chosen.choice {
            let now_ms = self.live.now_ms();
            match self.served.get_mut(&chosen.series) {
                Some(served) => served.considered(now_ms),
                None => {
                    let step_ms = chosen.history.step_ms;
                    self.live.put_board(boards::failed(&chosen.series, step_ms, &error.to_string()));
                }
            }
            return Ok(Adopted::Nothing);
        }
        if self.served.contains_key(&chosen.series) { self.adopt_rival(chosen) } else { self.adopt_first(chosen) }
    }

    fn adopt_first(&mut self, chosen: Chosen) -> anyhow::Result<Adopted> {
        let Chosen { series, history, settings, choice: Ok(Choice { trained, candidates }), .. } = chosen else {
            return Ok(Adopted::Nothing);
        };
        let now_ms = self.live.now_ms();
        let reason = match self.registry.champion(&series) {
            Ok(Some(former)) => format!("fitted afresh: {former} is not what is asked for any more"),
            _ => "the first fit of the series".to_owned(),
        };
        let champion = fit::register(&self.registry, &series, trained, &history, settings, now_ms, Some(&reason))?;
        let mut served = Served::new(series.clone(), champion, &history, &self.job);
        let slow = |(name, _): &(String, Option<Score>)| self.slow.iter().any(|model| model.name() == name);
        if candidates.iter().any(slow) {
            served.challenged_ms = Some(now_ms);
        }
        self.live.put_board(boards::first(&served, &candidates, &self.slow));
        self.announce(&series, None, &served.champion);
        self.served.insert(series, served);
        Ok(Adopted::First)
    }

    fn adopt_rival(&mut self, chosen: Chosen) -> anyhow::Result<Adopted> {
        let now_ms = self.live.now_ms();
        let Some(served) = self.served.get_mut(&chosen.series) else { return Ok(Adopted::Nothing) };
        let Ok(choice) = &chosen.choice else { return Ok(Adopted::Nothing) };
        let slow = |name: &String| self.slow.iter().any(|model| model.name() == name);
        let is_challenge = choice.candidates.iter().any(|(name, _)| slow(name));
        let kind = if is_challenge { Adopted::Challenge } else { Adopted::Refit };
        if is_challenge {
            served.challenged_ms = Some(now_ms);
        } else {
            served.considered(now_ms);
        }
        if kind == Adopted::Refit && chosen.history.step_ms != served.step_ms() {
            // The series is measured at another step now: its values, season and scale begin anew with the model.
            return self.adopt_first(chosen);
        }
        let Chosen { series, history, settings, choice: Ok(Choice { trained, candidates }), standing } = chosen else {
            return Ok(Adopted::Nothing);
        };
        let Some(unseen_from) = served.unseen_from(&history) else {
            tracing::warn!(%series, "the fitted model is not used: the series has moved on too far meanwhile");
            return Ok(kind);
        };
        let same_model = served.champion.version.model == trained.forecaster.model();
        let asked_for = candidates.iter().any(|(name, _)| name == trained.forecaster.model());
        if let Some(note) = trained.note.as_deref().filter(|_| !asked_for && !same_model) {
            // A simpler model answered in the challenger's place; that one competes under its own name already.
            for (name, _) in &candidates {
                self.live.update_board(&series, |board| boards::unsuitable(board, name, note));
            }
            return Ok(kind);
        }
        // The champion's own model was fitted anew on the same days, or the champion itself was scored on them: that
        // counts, not the score from long ago.
        let fresh = candidates.iter().find(|(name, _)| *name == served.champion.version.model);
        let defended = fresh.and_then(|(_, score)| *score).or(standing).or(served.champion.score);
        let wins = same_model || select::takes_over(defended.as_ref(), trained.score.as_ref());
        let former = Former { version: served.champion.version.clone(), mase: mase(defended.as_ref()) };
        let reason = wins.then(|| reason(&former, mase(trained.score.as_ref()), same_model));
        let fitted = fit::register(&self.registry, &series, trained, &history, settings, now_ms, reason.as_deref())?;
        let version = fitted.version.clone();
        if wins {
            served.remeasure(&history, &self.job);
            served.replace_champion(fitted, unseen_from);
        }
        self.live.update_board(&series, |board| {
            boards::rescore(board, &candidates);
            boards::versioned(board, &version, now_ms);
            boards::crown(board, served);
        });
        if wins && !same_model {
            self.announce(&series, Some(former), &self.served[&series].champion);
        }
        Ok(kind)
    }

    pub(super) fn announce(
        &self,
        series: &tidecast_core::series::SeriesKey,
        former: Option<Former>,
        champion: &Champion,
    ) {
        let (from, mase_before) = former.map_or((None, None), |former| (Some(former.version), former.mase));
        self.live.publish(Event::Champion(ChampionChange {
            series: series.clone(),
            from,
            to: champion.version.clone(),
            mase_before,
            mase_after: mase(champion.score.as_ref()),
        }));
    }
}

/// Who answered until now.
pub(super) struct Former {
    pub(super) version: ModelVersion,
    pub(super) mase: Option<f64>,
}

impl Former {
    pub(super) fn of(champion: &Champion) -> Self {
        Self { version: champion.version.clone(), mase: mase(champion.score.as_ref()) }
    }
}

fn mase(score: Option<&Score>) -> Option<f64> {
    score.map(|score| score.mase)
}

/// Why a champion follows another, in plain words.
fn reason(former: &Former, mase: Option<f64>, same_model: bool) -> String {
    match (mase, former.mase) {
        _ if same_model => format!("{} fitted anew", former.version.model),
        (Some(mase), Some(before)) => {
            format!("better than {} on held-back days: MASE {mase:.3} against {before:.3}", former.version)
        }
        _ => format!("better than {} on held-back days", former.version),
    }
}
