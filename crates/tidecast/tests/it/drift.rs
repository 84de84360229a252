//! Drift: a series whose errors grow is told as drifting, fitted before its time, and watched anew; a long gap is noted.

use crate::process::wait_for;
use std::sync::Arc;
use tempfile::TempDir;
use tidecast::runtime::clock::ReplayClock;
use tidecast::runtime::forecasting::{ForecastJob, Forecasting};
use tidecast::runtime::live::{Board, Live, Mode};
use tidecast_core::duration::DurationMs;
use tidecast_core::ports::SeriesStore;
use tidecast_core::series::{SampleBatch, Selector, SeriesKey};
use tidecast_forecast::drift::DriftState;
use tidecast_forecast::registry::Registry;
use tidecast_store::{EmbeddedStore, Options};
use tokio::sync::mpsc;

const HOUR_MS: i64 = 3_600_000;
const FITTED_HOURS: i64 = 24 * 60;

struct Site {
    store: Arc<dyn SeriesStore>,
    clock: ReplayClock,
    live: Live,
    series: SeriesKey,
    hour: i64,
    random: u64,
    _directory: TempDir,
}

impl Site {
    /// Sixty days of a meter, and a job that has taken it up. Only drift can ask for a fit within the year.
    async fn start() -> (Self, Forecasting) {
        let directory = tempfile::tempdir().unwrap();
        let store: Arc<dyn SeriesStore> = Arc::new(EmbeddedStore::open(directory.path(), Options::default()).unwrap());
        let registry = Arc::new(Registry::open(&directory.path().join("models")).unwrap());
        let clock = ReplayClock::default();
        let live = Live::new(Mode::Run, Arc::new(clock.clone()), 0);
        let series = "power".parse().unwrap();
        let mut site = Self {
            store: Arc::clone(&store),
            clock,
            live: live.clone(),
            series,
            hour: 0,
            random: 1,
            _directory: directory,
        };
        site.pass(FITTED_HOURS, 1.0).await;
        let job = ForecastJob {
            name: "next_day".to_owned(),
            selector: Selector::all(),
            horizon: DurationMs::DAY,
            every: DurationMs::HOUR,
            model: "ridge".to_owned(),
            levels: vec![0.1, 0.5, 0.9],
            refit: DurationMs(365 * DurationMs::DAY.0),
            season: None,
        };
        let mut forecasting = Forecasting::new(job, store, registry, live).unwrap();
        forecasting.resume().await.unwrap();
        forecasting.fit_first().await.unwrap();
        forecasting.refresh().await.unwrap();
        (site, forecasting)
    }

    /// Lets hours pass with a day's shape and noise.
    async fn pass(&mut self, hours: i64, noise: f64) {
        let mut batch = SampleBatch::new();
        for _ in 0..hours {
            self.random = self.random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let random = (self.random >> 40) as f64 / f64::from(1 << 24) - 0.5;
            let day = (self.hour as f64 / 24.0 * std::f64::consts::TAU).sin();
            batch.push(&self.series, self.hour * HOUR_MS, 20.0 + 5.0 * day + noise * random);
            self.hour += 1;
        }
        self.store.append(batch, None).await.unwrap();
        self.clock.set((self.hour - 1) * HOUR_MS);
    }

    fn board(&self) -> Board {
        self.live.board(&self.series).unwrap()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn errors_that_grow_bring_a_fit_before_its_time() {
    let (mut site, mut forecasting) = Site::start().await;
    for _ in 0..24 * 5 {
        site.pass(1, 1.0).await;
        forecasting.refresh().await.unwrap();
    }
    let board = site.board();
    assert_eq!(board.drift.unwrap().state, DriftState::Stable, "{board:?}");
    assert!(board.live.unwrap().origins > 10, "{board:?}");
    let mut states = Vec::new();
    for _ in 0..24 * 5 {
        site.pass(1, 10.0).await;
        forecasting.refresh().await.unwrap();
        states.push(site.board().drift.unwrap().state);
    }
    states.dedup();
    assert_eq!(states, [DriftState::Stable, DriftState::Warning, DriftState::Drifting]);
    assert_eq!(site.board().champion.unwrap().version, 1);

    let (ticks, receiver) = mpsc::channel(1);
    let running = tokio::spawn(forecasting.run(receiver));
    ticks.send(()).await.unwrap();
    let live = site.live.clone();
    let series = site.series.clone();
    let board = tokio::task::spawn_blocking(move || {
        wait_for("another fit", || live.board(&series).filter(|board| board.champion.as_ref().unwrap().version == 2))
    });
    let drift = board.await.unwrap().drift.unwrap();
    assert_eq!((drift.state, drift.since_ms), (DriftState::Stable, (site.hour - 1) * HOUR_MS), "watched anew");
    drop(ticks);
    running.await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_series_that_resumes_after_weeks_says_so() {
    let (mut site, mut forecasting) = Site::start().await;
    let before = forecasting.refresh().await.unwrap();
    assert!(before.is_empty(), "nothing is new");
    site.hour += 24 * 21;
    site.pass(2, 1.0).await;
    let forecast = forecasting.refresh().await.unwrap().pop().unwrap();
    let note = forecast.note.unwrap();
    assert!(note.contains("went on after") && note.contains("without values"), "{note}");
    assert_eq!(site.board().note, Some(note));
    assert!(forecast.quantiles.iter().flatten().all(|value| value.is_finite()));
}
