//! Training beside the standing job: one worker for fits that are due, one for slow challengers, so that neither waits
//! for the other and forecasts wait for none.

use super::fit::{self, Basis, Chosen};
use super::job::ForecastJob;
use crate::runtime::live::{CandidateState, Live};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use tidecast_core::ports::{SeriesStore, SeriesSummary};
use tidecast_core::series::SeriesKey;
use tidecast_forecast::models::Model;
use tokio::sync::mpsc;

/// Orders that wait. What does not fit is ordered again at a later tick.
const ORDERS_MAX: usize = 16_384;

/// Results that wait to be adopted; the workers pause when the job does not take them.
const RESULTS_MAX: usize = 16;

/// Some series, and the models to choose from for each.
pub(super) struct Order {
    pub(super) summaries: Vec<SeriesSummary>,
    pub(super) candidates: Vec<&'static dyn Model>,
    pub(super) basis: Basis,
}

/// Which worker did it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// A fit that was due.
    Fit,
    /// A training of slow candidates.
    Challenge,
}

/// What became of an order.
pub(super) struct Done {
    pub(super) kind: Kind,
    /// Every series of the order, fitted or not.
    pub(super) asked: Vec<SeriesKey>,
    /// Those that could be fitted, or are known not to be.
    pub(super) chosen: Vec<Chosen>,
}

/// The two workers.
pub(super) struct Trainer {
    fits: mpsc::Sender<Order>,
    challenges: mpsc::Sender<Order>,
    stop: Arc<AtomicBool>,
}

impl Trainer {
    /// Starts the workers; what they choose arrives at the receiver.
    pub(super) fn start(job: &ForecastJob, store: &Arc<dyn SeriesStore>, live: &Live) -> (Self, mpsc::Receiver<Done>) {
        let (results, receiver) = mpsc::channel(RESULTS_MAX);
        let stop = Arc::new(AtomicBool::new(false));
        let worker = |kind| {
            let (orders, queue) = mpsc::channel(ORDERS_MAX);
            let worker = Worker {
                kind,
                job: job.clone(),
                store: Arc::clone(store),
                live: live.clone(),
                stop: Arc::clone(&stop),
                results: results.clone(),
            };
            tokio::spawn(worker.run(queue));
            orders
        };
        (Self { fits: worker(Kind::Fit), challenges: worker(Kind::Challenge), stop: Arc::clone(&stop) }, receiver)
    }

    /// Orders a fit; `false` when too many wait.
    pub(super) fn fit(&self, order: Order) -> bool {
        self.fits.try_send(order).is_ok()
    }

    /// Orders a training of slow candidates; `false` when too many wait.
    pub(super) fn challenge(&self, order: Order) -> bool {
        self.challenges.try_send(order).is_ok()
    }

    /// Lets fits under way end early.
    pub(super) fn stop(&self) {
        self.stop.store(true, Ordering::Relaxed);
    }
}

struct Worker {
    kind: Kind,
    job: ForecastJob,
    store: Arc<dyn SeriesStore>,
    live: Live,
    stop: Arc<AtomicBool>,
    results: mpsc::Sender<Done>,
}

impl Worker {
    async fn run(self, mut queue: mpsc::Receiver<Order>) {
        while let Some(order) = queue.recv().await {
            let asked = order.summaries.iter().map(|summary| summary.series.clone()).collect();
            let chosen = self.choose(order).await.unwrap_or_else(|error| {
                tracing::error!("models cannot be fitted: {error:#}; trying again when they are next due");
                Vec::new()
            });
            if self.results.send(Done { kind: self.kind, asked, chosen }).await.is_err() {
                return;
            }
        }
    }

    async fn choose(&self, order: Order) -> anyhow::Result<Vec<Chosen>> {
        let histories = fit::histories(&*self.store, &order.summaries).await;
        let series: Vec<SeriesKey> = histories.iter().map(|(series, _)| series.clone()).collect();
        let models: Vec<&'static str> = order.candidates.iter().map(|model| model.name()).collect();
        let live = self.live.clone();
        let progress = move |share: f64| {
            for series in &series {
                live.update_board(series, |board| {
                    let ours = board.candidates.iter_mut().filter(|candidate| {
                        let waits = matches!(candidate.state, CandidateState::Queued | CandidateState::Training);
                        waits && models.contains(&candidate.model.as_str())
                    });
                    ours.for_each(|candidate| {
                        candidate.state = CandidateState::Training;
                        candidate.progress = Some(share);
                    });
                });
            }
        };
        fit::choose(&self.job, order.basis, order.candidates, histories, Arc::clone(&self.stop), progress).await
    }
}
