//! The standing forecast job: it follows the series, forecasts on every tick, and lets better models take over.
//!
//! One task owns all state. Fits run on threads of their own and come back through a bounded channel: first the models
//! that are quick, so that there are forecasts at once, then the slow ones, one series after the other, each of
//! which takes over where it was better on held-back days.

mod adopt;
mod boards;
mod covariates;
pub mod fit;
pub mod history;
mod job;
mod refresh;
mod resume;
mod scorecard;
mod served;
mod studies;
mod takeover;
mod trainer;
mod tuning;

pub use job::ForecastJob;
pub use served::{Champion, Served};
pub use studies::Studies;
pub use tuning::Tuning;

use super::host::count;
use super::live::{Candidate, CandidateState, Live};
use adopt::Adopted;
use fit::{Basis, Chosen};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use tidecast_core::ports::{SeriesStore, SeriesSummary, StoreError};
use tidecast_core::series::{Selector, SeriesKey};
use tidecast_forecast::models::{self, Model};
use tidecast_forecast::registry::Registry;
use tidecast_forecast::select;
use tokio::sync::mpsc;
use trainer::{Done, Kind, Order, Trainer};

/// A standing forecast and everything it knows.
pub struct Forecasting {
    job: ForecastJob,
    store: Arc<dyn SeriesStore>,
    registry: Arc<Registry>,
    live: Live,
    quick: Vec<&'static dyn Model>,
    slow: Vec<&'static dyn Model>,
    served: BTreeMap<SeriesKey, Served>,
    /// Series that wait for a fit, or are being fitted.
    ordered: BTreeSet<SeriesKey>,
    /// Series whose slow candidates wait or are in training.
    challenged: BTreeSet<SeriesKey>,
    /// Settings that tuning found.
    studies: Arc<Studies>,
}

impl Forecasting {
    /// A job over the series of a store.
    ///
    /// # Errors
    /// When no model has the name asked for.
    pub fn new(
        job: ForecastJob,
        store: Arc<dyn SeriesStore>,
        registry: Arc<Registry>,
        live: Live,
    ) -> Result<Self, models::UnknownModel> {
        let candidates = select::candidates(&job.model)?;
        // Whoever asks for one model waits for it, unless it trains for long.
        let alone = candidates.len() == 1;
        let later = |model: &&dyn Model| if alone { model.is_iterative() } else { model.is_slow() };
        let (slow, mut quick): (Vec<_>, Vec<_>) = candidates.into_iter().partition(later);
        if quick.is_empty() {
            // The simplest of all answers until it is trained.
            quick.extend(models::catalogue().first());
        }
        Ok(Self {
            job,
            store,
            registry,
            live,
            quick,
            slow,
            served: BTreeMap::new(),
            ordered: BTreeSet::new(),
            challenged: BTreeSet::new(),
            studies: Arc::default(),
        })
    }

    /// Fits every series that has no champion yet, now, with the quick models.
    ///
    /// # Errors
    /// Those of the store and the registry.
    pub async fn fit_first(&mut self) -> anyhow::Result<()> {
        let mut summaries = self.summaries().await?;
        summaries.retain(|summary| !self.served.contains_key(&summary.series));
        self.fit(&summaries, self.quick.clone()).await
    }

    /// Fits every series, now, with all candidates; a champion stays where none of them is better.
    ///
    /// # Errors
    /// Those of the store and the registry.
    pub async fn fit_all(&mut self) -> anyhow::Result<()> {
        let summaries = self.summaries().await?;
        self.fit(&summaries, select::candidates(&self.job.model)?).await
    }

    async fn fit(&mut self, summaries: &[SeriesSummary], candidates: Vec<&'static dyn Model>) -> anyhow::Result<()> {
        let total = summaries.len() as u64;
        self.job.check_covariates(&*self.store).await?;
        let job = self.job.with_covariates(&*self.store).await?;
        for (index, panel) in summaries.chunks(fit::PANEL_MAX).enumerate() {
            let done = (index * fit::PANEL_MAX) as f64;
            let (live, size) = (self.live.clone(), panel.len() as f64);
            let progress = move |share: f64| live.show_progress("fit", (done + share * size) as u64, Some(total));
            progress(0.0);
            let histories = fit::histories(&*self.store, panel).await;
            let never = Arc::new(AtomicBool::new(false));
            let basis = self.basis(panel, &candidates);
            for chosen in fit::choose(&job, basis, candidates.clone(), histories, never, progress).await? {
                tokio::task::block_in_place(|| self.adopt(chosen))?;
            }
        }
        self.live.update_status(|status| status.progress = None);
        Ok(())
    }

    /// What fits of some series go by: slow champions that are not among the candidates are to be scored again.
    fn basis(&self, summaries: &[SeriesSummary], candidates: &[&'static dyn Model]) -> Basis {
        let served = summaries.iter().filter_map(|summary| self.served.get(&summary.series));
        let stands = served.filter(|served| {
            let model = &served.champion.version.model;
            self.is_slow(model) && candidates.iter().all(|candidate| candidate.name() != model)
        });
        let standing = stands.map(|served| (served.series.clone(), served.champion.version.clone())).collect();
        Basis { studies: Arc::clone(&self.studies), standing, registry: Some(Arc::clone(&self.registry)) }
    }

    fn is_slow(&self, model: &str) -> bool {
        self.slow.iter().any(|have| have.name() == model)
    }

    /// The series that the selector matches, that are no covariates, and that no other job serves.
    async fn summaries(&self) -> Result<Vec<SeriesSummary>, StoreError> {
        let mut summaries = self.store.series(&self.job.selector).await?;
        summaries.retain(|summary| self.job.covariates.iter().all(|covariate| !covariate.matches(&summary.series)));
        summaries.retain(|summary| self.live.claim(&summary.series, &self.job.name));
        Ok(summaries)
    }

    /// Whether any series is served.
    #[must_use]
    pub fn serves_any(&self) -> bool {
        !self.served.is_empty()
    }

    /// The series as they are served now, for who wants to go on with them alone.
    pub fn into_served(self) -> impl Iterator<Item = Served> {
        self.served.into_values()
    }

    /// Runs until `ticks` ends: a refresh on every tick, fits when they are due, challengers in the background.
    pub async fn run(mut self, mut ticks: mpsc::Receiver<()>) {
        let (trainer, mut results) = Trainer::start(&self.job, &self.store, &self.live);
        let mut promotions = self.live.subscribe_promotions();
        let served: Vec<SeriesKey> = self.served.keys().cloned().collect();
        for series in served {
            self.challenge(&trainer, &series).await;
        }
        loop {
            tokio::select! {
                tick = ticks.recv() => match tick {
                    Some(()) => self.tick(&trainer).await,
                    None => break,
                },
                Some(done) = results.recv() => self.take(done, &trainer).await,
                promoted = promotions.recv() => match promoted {
                    Ok(series) => self.take_up_and_forecast(&series).await,
                    // Too many at once to hear of each: all are looked at.
                    Err(_lagged) => for series in self.served.keys().cloned().collect::<Vec<_>>() {
                        self.take_up_and_forecast(&series).await;
                    },
                },
            }
        }
        trainer.stop();
    }

    async fn take(&mut self, done: Done, trainer: &Trainer) {
        let Done { kind, asked, chosen } = done;
        for series in &asked {
            match kind {
                Kind::Fit => _ = self.ordered.remove(series),
                Kind::Challenge => _ = self.challenged.remove(series),
            }
        }
        let adopted = !chosen.is_empty();
        for chosen in chosen {
            let series = chosen.series.clone();
            match self.take_choice(chosen).await {
                Ok(Adopted::First | Adopted::Refit) => self.challenge(trainer, &series).await,
                Ok(Adopted::Challenge | Adopted::Nothing) => {}
                Err(error) => tracing::error!(%series, "the fitted model is not used: {error:#}"),
            }
        }
        if kind == Kind::Challenge {
            asked.iter().for_each(|series| self.live.update_board(series, boards::requeue));
        }
        // Who is new forecasts at once, not only when the next sample arrives.
        if adopted && let Err(error) = self.refresh().await {
            tracing::error!("forecasts cannot be refreshed: {error:#}; trying again at the next tick");
        }
    }

    async fn take_choice(&mut self, chosen: Chosen) -> anyhow::Result<Adopted> {
        // The fit may have seen samples that arrived after the last refresh: nobody falls behind who replaces whom.
        self.follow(&chosen.series).await?;
        // The registry makes every version durable: other tasks go on meanwhile on another thread.
        tokio::task::block_in_place(|| self.adopt(chosen))
    }

    async fn tick(&mut self, trainer: &Trainer) {
        if let Err(error) = self.refresh().await {
            tracing::error!("forecasts cannot be refreshed: {error:#}; trying again at the next tick");
        }
        if let Err(error) = count(&*self.store, &self.live).await {
            tracing::error!("series cannot be counted: {error:#}; trying again at the next tick");
        }
        if let Err(error) = self.order_fits(trainer).await {
            tracing::error!("series to fit cannot be found: {error:#}; trying again at the next tick");
        }
    }

    /// Orders a fit for every series that has none yet, is due, or has grown a lot.
    async fn order_fits(&mut self, trainer: &Trainer) -> anyhow::Result<()> {
        let now_ms = self.live.now_ms();
        let mut due = self.summaries().await?;
        due.retain(|summary| {
            let served = self.served.get(&summary.series);
            let due = served.is_none_or(|served| served.is_refit_due(now_ms, &self.job));
            due && !self.ordered.contains(&summary.series)
        });
        if !due.is_empty() {
            self.job.check_covariates(&*self.store).await?;
        }
        for panel in due.chunks(fit::PANEL_MAX) {
            // A full queue leaves the rest to the next tick.
            let (candidates, basis) = (self.quick.clone(), self.basis(panel, &self.quick));
            if trainer.fit(Order { summaries: panel.to_vec(), candidates, basis }) {
                self.ordered.extend(panel.iter().map(|summary| summary.series.clone()));
            }
        }
        Ok(())
    }

    /// Orders the slow candidates of a series that never had any, all of them again now and then, and when the series
    /// drifts under one of them.
    async fn challenge(&mut self, trainer: &Trainer, series: &SeriesKey) {
        let now_ms = self.live.now_ms();
        let again = self.served.get(series).is_some_and(|served| {
            served.is_challenge_due(now_ms, &self.job, self.is_slow(&served.champion.version.model))
        });
        let board = self.live.board(series);
        let slow = |have: &&Candidate| self.slow.iter().any(|model| model.name() == have.model);
        let untried = board
            .is_some_and(|board| board.candidates.iter().filter(slow).all(|have| have.state == CandidateState::Queued));
        if self.slow.is_empty() || self.challenged.contains(series) || !(again || untried) {
            return;
        }
        match self.store.series(&Selector::exact(series)).await {
            Ok(mut summaries) => {
                summaries.retain(|summary| summary.series == *series);
                let basis = Basis { studies: Arc::clone(&self.studies), ..Basis::default() };
                if trainer.challenge(Order { summaries, candidates: self.slow.clone(), basis }) {
                    self.challenged.insert(series.clone());
                } else {
                    tracing::warn!(%series, "too many challengers wait; this one is left out until the next refit");
                }
            }
            Err(error) => tracing::error!(%series, "challengers cannot be trained: {error}"),
        }
    }
}
