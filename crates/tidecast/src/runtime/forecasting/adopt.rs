//! Adopting what was fitted: the first champion of a series, its refits, and challengers that win.

use super::fit::{self, Chosen};
use super::served::{Champion, Served};
use super::{Forecasting, boards};
use crate::runtime::live::{ChampionChange, Event};
use tidecast_core::forecast::ModelVersion;
use tidecast_core::series::{RegularSeries, SeriesKey};
use tidecast_forecast::select::{self, Choice};

/// What became of a fit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Adopted {
    /// The series is served from now on.
    First,
    /// The models in closed form were fitted anew.
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
        let Chosen { series, history, choice } = chosen;
        match choice {
            Ok(choice) if self.served.contains_key(&series) => self.adopt_rival(&series, &history, choice),
            Ok(choice) => self.adopt_first(series, &history, choice),
            Err(error) => {
                let now_ms = self.live.now_ms();
                match self.served.get_mut(&series) {
                    Some(served) => served.considered(now_ms),
                    None => self.live.put_board(boards::failed(&series, history.step_ms, &error.to_string())),
                }
                Ok(Adopted::Nothing)
            }
        }
    }

    fn adopt_first(&mut self, series: SeriesKey, history: &RegularSeries, choice: Choice) -> anyhow::Result<Adopted> {
        let Choice { trained, candidates } = choice;
        let now_ms = self.live.now_ms();
        let champion = fit::register(&self.registry, &series, trained, history, &self.job, now_ms, true)?;
        let served = Served::new(series.clone(), champion, history, &self.job);
        self.live.put_board(boards::first(&served, &candidates, &self.iterative));
        self.announce(&series, None, &served.champion);
        self.served.insert(series, served);
        Ok(Adopted::First)
    }

    fn adopt_rival(&mut self, series: &SeriesKey, history: &RegularSeries, choice: Choice) -> anyhow::Result<Adopted> {
        let Choice { trained, candidates } = choice;
        let now_ms = self.live.now_ms();
        let Some(served) = self.served.get_mut(series) else { return Ok(Adopted::Nothing) };
        let slow = |name: &String| self.iterative.iter().any(|model| model.name() == name);
        let kind = if candidates.iter().any(|(name, _)| slow(name)) { Adopted::Challenge } else { Adopted::Refit };
        if kind == Adopted::Refit {
            served.considered(now_ms);
        }
        if kind == Adopted::Refit && history.step_ms != served.step_ms() {
            // The series is measured at another step now: its values, season and scale begin anew with the model.
            let choice = Choice { trained, candidates };
            return self.adopt_first(series.clone(), history, choice);
        }
        let Some(unseen_from) = served.unseen_from(history) else {
            tracing::warn!(%series, "the fitted model is not used: the series has moved on too far meanwhile");
            return Ok(kind);
        };
        let same_model = served.champion.version.model == trained.forecaster.model();
        let asked_for = candidates.iter().any(|(name, _)| name == trained.forecaster.model());
        if let Some(note) = trained.note.as_deref().filter(|_| !asked_for && !same_model) {
            // A simpler model answered in the challenger's place; that one competes under its own name already.
            for (name, _) in &candidates {
                self.live.update_board(series, |board| boards::unsuitable(board, name, note));
            }
            return Ok(kind);
        }
        // The champion's own model was fitted anew on the same days: that score counts, not the one from long ago.
        let fresh = candidates.iter().find(|(name, _)| *name == served.champion.version.model);
        let defended = fresh.and_then(|(_, score)| score.as_ref()).or(served.champion.score.as_ref());
        let wins = same_model || select::takes_over(defended, trained.score.as_ref());
        let fitted = fit::register(&self.registry, series, trained, history, &self.job, now_ms, wins)?;
        let former = Former { version: served.champion.version.clone(), mase: mase(&served.champion) };
        let version = fitted.version.clone();
        if wins {
            served.remeasure(history, &self.job);
            served.replace_champion(fitted, unseen_from);
        }
        self.live.update_board(series, |board| {
            boards::rescore(board, &candidates);
            boards::versioned(board, &version, now_ms);
            boards::crown(board, served);
        });
        if wins && !same_model {
            self.announce(series, Some(former), &self.served[series].champion);
        }
        Ok(kind)
    }

    fn announce(&self, series: &SeriesKey, former: Option<Former>, champion: &Champion) {
        let (from, mase_before) = former.map_or((None, None), |former| (Some(former.version), former.mase));
        self.live.publish(Event::Champion(ChampionChange {
            series: series.clone(),
            from,
            to: champion.version.clone(),
            mase_before,
            mase_after: mase(champion),
        }));
    }
}

/// Who answered until now.
struct Former {
    version: ModelVersion,
    mase: Option<f64>,
}

fn mase(champion: &Champion) -> Option<f64> {
    champion.score.as_ref().map(|score| score.mase)
}
