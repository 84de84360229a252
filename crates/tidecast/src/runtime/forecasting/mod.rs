//! The standing forecast job: it follows the series, forecasts on every tick, and lets better models take over.
//!
//! One task owns all state. Fits run on threads of their own and come back through a bounded channel: first the models
//! in closed form, so that there are forecasts at once, then the slower ones, one series after the other, each of
//! which takes over where it was better on held-back days.

mod adopt;
mod boards;
pub mod fit;
pub mod history;
mod job;
mod refresh;
mod resume;
mod scorecard;
mod served;
mod trainer;

pub use job::ForecastJob;
pub use served::{Champion, Served};

use super::host::count;
use super::live::{Candidate, CandidateState, Live};
use adopt::Adopted;
use fit::Chosen;
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

/// Refits between two trainings of the slow candidates.
const REFITS_A_CHALLENGE: u32 = 7;

/// A standing forecast and everything it knows.
pub struct Forecasting {
    job: ForecastJob,
    store: Arc<dyn SeriesStore>,
    registry: Arc<Registry>,
    live: Live,
    closed_form: Vec<&'static dyn Model>,
    iterative: Vec<&'static dyn Model>,
    served: BTreeMap<SeriesKey, Served>,
    /// Series that wait for a fit, or are being fitted.
    ordered: BTreeSet<SeriesKey>,
    /// Series whose slow candidates wait or are in training.
    challenged: BTreeSet<SeriesKey>,
    /// How often each series was fitted anew by this process.
    refits: BTreeMap<SeriesKey, u32>,
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
        let (iterative, mut closed_form): (Vec<_>, Vec<_>) =
            candidates.into_iter().partition(|model| model.is_iterative());
        if closed_form.is_empty() {
            // Asked for a slow model alone, the simplest of all answers until it is trained.
            closed_form.extend(models::catalogue().first());
        }
        Ok(Self {
            job,
            store,
            registry,
            live,
            closed_form,
            iterative,
            served: BTreeMap::new(),
            ordered: BTreeSet::new(),
            challenged: BTreeSet::new(),
            refits: BTreeMap::new(),
        })
    }

    /// Fits every series that has no champion yet, now, with the models in closed form.
    ///
    /// # Errors
    /// Those of the store and the registry.
    pub async fn fit_first(&mut self) -> anyhow::Result<()> {
        let mut summaries = self.summaries().await?;
        summaries.retain(|summary| !self.served.contains_key(&summary.series));
        self.fit(&summaries, self.closed_form.clone()).await
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
        for (index, panel) in summaries.chunks(fit::PANEL_MAX).enumerate() {
            let done = (index * fit::PANEL_MAX) as f64;
            let (live, size) = (self.live.clone(), panel.len() as f64);
            let progress = move |share: f64| live.show_progress("fit", (done + share * size) as u64, Some(total));
            progress(0.0);
            let histories = fit::histories(&*self.store, panel).await;
            let never = Arc::new(AtomicBool::new(false));
            for chosen in fit::choose(&self.job, candidates.clone(), histories, never, progress).await? {
                self.adopt(chosen)?;
            }
        }
        self.live.update_status(|status| status.progress = None);
        Ok(())
    }

    /// The series that the selector matches and no other job serves.
    async fn summaries(&self) -> Result<Vec<SeriesSummary>, StoreError> {
        let mut summaries = self.store.series(&self.job.selector).await?;
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
                Ok(Adopted::First) => self.challenge(trainer, &series).await,
                Ok(Adopted::Refit) => {
                    *self.refits.entry(series.clone()).or_default() += 1;
                    self.challenge(trainer, &series).await;
                }
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
            let due = served.is_none_or(|served| served.is_refit_due(now_ms, self.job.refit.0));
            due && !self.ordered.contains(&summary.series)
        });
        for panel in due.chunks(fit::PANEL_MAX) {
            // A full queue leaves the rest to the next tick.
            if trainer.fit(Order { summaries: panel.to_vec(), candidates: self.closed_form.clone() }) {
                self.ordered.extend(panel.iter().map(|summary| summary.series.clone()));
            }
        }
        Ok(())
    }

    /// Orders the slow candidates of a series that never had any, and now and then all of them again.
    async fn challenge(&mut self, trainer: &Trainer, series: &SeriesKey) {
        let refits = self.refits.get(series).copied().unwrap_or(0);
        let again = refits > 0 && refits % REFITS_A_CHALLENGE == 0;
        let board = self.live.board(series);
        let slow = |have: &&Candidate| self.iterative.iter().any(|model| model.name() == have.model);
        let untried = board
            .is_some_and(|board| board.candidates.iter().filter(slow).all(|have| have.state == CandidateState::Queued));
        if self.iterative.is_empty() || self.challenged.contains(series) || !(again || untried) {
            return;
        }
        match self.store.series(&Selector::exact(series)).await {
            Ok(mut summaries) => {
                summaries.retain(|summary| summary.series == *series);
                if trainer.challenge(Order { summaries, candidates: self.iterative.clone() }) {
                    self.challenged.insert(series.clone());
                } else {
                    tracing::warn!(%series, "too many challengers wait; this one is left out until the next refit");
                }
            }
            Err(error) => tracing::error!(%series, "challengers cannot be trained: {error}"),
        }
    }
}
