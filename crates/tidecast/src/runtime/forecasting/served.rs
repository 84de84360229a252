//! One series that is being forecast: its champion, its newest values, and how good the forecasts turn out.

use super::job::ForecastJob;
use super::scorecard::Scorecard;
use crate::runtime::live::Accuracy;
use std::sync::Arc;
use tidecast_core::duration::DurationMs;
use tidecast_core::forecast::{Forecast, ModelVersion, accuracy};
use tidecast_core::ports::Forecaster;
use tidecast_core::series::{Points, RegularSeries, SeriesKey};
use tidecast_forecast::drift::{Drift, DriftDetector, DriftState};
use tidecast_forecast::score::Score;
use tidecast_forecast::season::Cycle;

/// Longest gap, in steps, that is bridged by missing values; after a longer one the series is fitted anew.
const GAP_STEPS_MAX: usize = 20_000;

/// A history that has grown by this factor since its fit is fitted anew before its time: a backlog was loaded meanwhile.
const GROWN: f64 = 1.25;

/// How far back covariates are looked at, in the shorter seasons of the series.
const COVARIATE_DAYS: i64 = 8;

/// Fewest steps without values that are worth a word.
const GAP_NOTED_STEPS_MIN: usize = 24;

/// A fitted forecaster and what it was fitted on.
pub struct Champion {
    /// Who it is, as in the registry.
    pub version: ModelVersion,
    /// The forecaster, at the end of the data it was fitted on or beyond.
    pub forecaster: Box<dyn Forecaster>,
    /// Its accuracy when it was chosen.
    pub score: Option<Score>,
    /// Why a simpler model than the one asked for answers.
    pub note: Option<String>,
    /// When it was fitted, ms since the Unix epoch, time of the data.
    pub fitted_ms: i64,
}

/// A series with its champion.
pub struct Served {
    /// The series.
    pub series: SeriesKey,
    /// Who answers.
    pub champion: Champion,
    /// Season in which the series is compared with itself, steps.
    pub season: usize,
    /// When slow models were last trained for it, whoever won, ms since the Unix epoch, time of the data.
    pub challenged_ms: Option<i64>,
    /// When models were last fitted to it, whoever won, ms since the Unix epoch, time of the data.
    considered_ms: i64,
    /// How many steps the history had then.
    considered_steps: usize,
    /// The newest values.
    tail: RegularSeries,
    /// How many steps the history has now.
    steps: usize,
    /// The scale of MASE, from the history at the first fit.
    scale: Option<f64>,
    scorecard: Scorecard,
    /// The shorter season, steps: within it, errors come and go.
    day_steps: usize,
    /// Whether the errors have grown since the champion was chosen; `None` where nothing is known to compare with.
    drift: Option<DriftDetector>,
    /// Forecasts from this origin on are watched for drift.
    watched_from_ms: i64,
    /// What to say about a long time without values that the champion was not fitted on.
    gap_note: Option<String>,
    /// Origin and author of the last forecast.
    last_forecast: Option<(i64, ModelVersion)>,
    /// Whether the covariates to come are others than those of the last forecast.
    future_changed: bool,
}

impl Served {
    /// A champion that has seen exactly `history`.
    #[must_use]
    pub fn new(series: SeriesKey, champion: Champion, history: &RegularSeries, job: &ForecastJob) -> Self {
        let season = job.season_steps(history);
        let mut served = Self {
            series,
            challenged_ms: None,
            considered_ms: champion.fitted_ms,
            considered_steps: history.len(),
            champion,
            season,
            tail: history.clone(),
            steps: history.len(),
            scale: accuracy::mase_scale(&history.values, season),
            scorecard: Scorecard::default(),
            day_steps: day_steps(history, job),
            drift: None,
            watched_from_ms: i64::MIN,
            gap_note: None,
            last_forecast: None,
            future_changed: false,
        };
        served.watch();
        served.forget();
        served
    }

    /// Index of the first known value that a model which has seen `history` has not; `None` when the history ends
    /// before the values still known, or is on another grid.
    #[must_use]
    pub fn unseen_from(&self, history: &RegularSeries) -> Option<usize> {
        let behind_ms = self.origin_ms().saturating_sub(history.origin_ms()?);
        let behind = usize::try_from(behind_ms / self.tail.step_ms).ok()?;
        self.tail.len().checked_sub(behind).filter(|_| history.step_ms == self.tail.step_ms)
    }

    /// Puts another champion in place and tells it the values from `unseen_from` on.
    pub fn replace_champion(&mut self, mut champion: Champion, unseen_from: usize) {
        champion.forecaster.update(&self.tail.values[unseen_from..]);
        // Fitted on what came after the gap as well.
        self.gap_note = None;
        self.crown(champion);
    }

    /// Puts another champion in place, which knows all values.
    pub fn crown(&mut self, champion: Champion) {
        let same_model = champion.version.model == self.champion.version.model;
        self.champion = champion;
        if same_model && !self.is_drifting() {
            self.expect_error();
        } else {
            self.watch();
        }
    }

    /// Begins to watch the errors of forecasts made from now on.
    fn watch(&mut self) {
        self.watched_from_ms = self.origin_ms();
        self.drift = self
            .expected_mase()
            .and_then(|(mase, scale)| DriftDetector::new(mase, scale, self.day_steps, self.watched_from_ms));
    }

    /// Goes on watching, against the error that is expected of the champion now.
    fn expect_error(&mut self) {
        let expected = self.expected_mase();
        match (&mut self.drift, expected) {
            (Some(drift), Some((mase, scale))) => drift.expect(mase, scale),
            _ => self.watch(),
        }
    }

    /// The champion's error at selection, and the scale it is in units of.
    fn expected_mase(&self) -> Option<(f64, f64)> {
        Some((self.champion.score?.mase, self.scale?))
    }

    /// Whether, and since when, the errors are larger than when the champion was chosen.
    #[must_use]
    pub fn drift(&self) -> Option<Drift> {
        self.drift.as_ref().map(DriftDetector::drift)
    }

    /// Whether they are so much larger that models should be fitted anew.
    #[must_use]
    pub fn is_drifting(&self) -> bool {
        self.drift().is_some_and(|drift| drift.state == DriftState::Drifting)
    }

    /// Takes season and scale from a longer history than the first.
    pub fn remeasure(&mut self, history: &RegularSeries, job: &ForecastJob) {
        self.season = job.season_steps(history);
        self.day_steps = day_steps(history, job);
        self.scale = accuracy::mase_scale(&history.values, self.season);
    }

    /// Notes that models have been fitted to all that is known now, whoever won.
    pub fn considered(&mut self, now_ms: i64) {
        self.considered_ms = now_ms;
        self.considered_steps = self.steps;
    }

    /// Whether models should be fitted anew: the last fit is old, the history has grown much since, or the errors have.
    #[must_use]
    pub fn is_refit_due(&self, now_ms: i64, job: &ForecastJob) -> bool {
        let age_ms = now_ms.saturating_sub(self.considered_ms);
        let grown = self.steps as f64 > self.considered_steps as f64 * GROWN;
        age_ms >= job.refit.0 || grown || (self.is_drifting() && age_ms >= job.drift_pause_ms())
    }

    /// Whether slow models should be trained anew: the last time is long ago, or the champion is one and its errors have
    /// grown.
    #[must_use]
    pub fn is_challenge_due(&self, now_ms: i64, job: &ForecastJob, is_slow: bool) -> bool {
        self.challenged_ms.is_some_and(|at_ms| {
            let age_ms = now_ms.saturating_sub(at_ms);
            age_ms >= job.challenge_ms() || (is_slow && self.is_drifting() && age_ms >= job.drift_pause_ms())
        })
    }

    /// Takes the samples that arrived after the origin, and says how many steps they are. `None` when the gap before
    /// them is too long to bridge: the series must be fitted anew.
    pub fn observe(&mut self, points: &Points) -> Option<usize> {
        let known = self.tail.len();
        let added = self.tail.extend(points, GAP_STEPS_MAX)?.to_vec();
        self.champion.forecaster.update(&added);
        let gap = added.iter().take_while(|value| value.is_nan()).count();
        if gap >= self.season.max(self.day_steps).max(GAP_NOTED_STEPS_MIN) {
            let length = DurationMs(i64::try_from(gap).unwrap_or(i64::MAX).saturating_mul(self.tail.step_ms));
            self.gap_note = Some(format!(
                "the series went on after {length} without values: until it is fitted anew, the forecast takes what \
                 came before for what was missing"
            ));
        }
        for (index, value) in added.iter().enumerate() {
            let at_ms = self.tail.timestamp_ms(known + index);
            let error = self.scorecard.observe(at_ms, *value, self.watched_from_ms);
            if let Some((drift, error)) = self.drift.as_mut().zip(error) {
                drift.observe(at_ms, error);
            }
        }
        self.steps += added.len();
        self.forget();
        Some(added.len())
    }

    /// Bounds the tail: enough for the seasonal naive competitor and for a champion that was fitted a while ago.
    fn forget(&mut self) {
        self.tail.keep_newest((2 * self.season).max(2_048));
    }

    /// Takes what is known of the covariates now.
    pub fn foresee(&mut self, covariates: Arc<[RegularSeries]>) {
        self.future_changed |= self.champion.forecaster.foresee(covariates);
    }

    /// Since when covariates matter to the champion: one that is not known is taken from the days before.
    #[must_use]
    pub fn covariates_from_ms(&self) -> i64 {
        let day_ms = i64::try_from(self.day_steps).unwrap_or(i64::MAX).saturating_mul(self.step_ms());
        self.origin_ms().saturating_sub(day_ms.saturating_mul(COVARIATE_DAYS))
    }

    /// Whether the newest value, the champion, or the known future is not the one of the last forecast.
    #[must_use]
    pub fn is_due(&self) -> bool {
        let same = |(origin_ms, version): &(i64, ModelVersion)| {
            *origin_ms == self.origin_ms() && *version == self.champion.version && !self.future_changed
        };
        !self.last_forecast.as_ref().is_some_and(same)
    }

    /// Forecasts from the newest value.
    #[must_use]
    pub fn forecast(&self, job: &ForecastJob) -> Forecast {
        let horizon = job.horizon_steps(self.tail.step_ms);
        Forecast {
            series: self.series.clone(),
            origin_ms: self.origin_ms(),
            step_ms: self.tail.step_ms,
            model: self.champion.version.clone(),
            levels: job.levels.clone(),
            quantiles: self.champion.forecaster.predict(horizon, &job.levels),
            note: self.note(),
        }
    }

    /// What whoever reads a forecast should know.
    #[must_use]
    pub fn note(&self) -> Option<String> {
        self.champion.note.clone().or_else(|| self.gap_note.clone())
    }

    /// Notes that a forecast made from the newest value is stored.
    pub fn stored(&mut self, forecast: &Forecast) {
        self.last_forecast = Some((forecast.origin_ms, forecast.model.clone()));
        self.future_changed = false;
        self.expect(forecast);
    }

    /// Remembers a forecast made from the newest value, to score it when its time has come.
    fn expect(&mut self, forecast: &Forecast) {
        self.scorecard.expect(forecast, &self.tail.values, self.season);
    }

    /// Follows the series through samples that arrived while nobody looked, scoring the forecasts that were stored
    /// along the way (ascending by origin).
    pub fn catch_up(&mut self, points: &Points, stored: &[Forecast]) -> Option<usize> {
        let mut from = 0;
        let mut steps = 0;
        for forecast in stored {
            let to = points.timestamps_ms.partition_point(|&at| at <= forecast.origin_ms);
            if to > from {
                steps += self.observe(&points.slice(from..to))?;
                from = to;
            }
            if forecast.origin_ms == self.origin_ms() {
                self.expect(forecast);
            }
        }
        Some(steps + self.observe(&points.slice(from..points.values.len()))?)
    }

    /// Time of the newest value, ms since the Unix epoch.
    #[must_use]
    pub fn origin_ms(&self) -> i64 {
        self.tail.origin_ms().unwrap_or(self.tail.start_ms)
    }

    /// Distance between values, ms.
    #[must_use]
    pub fn step_ms(&self) -> i64 {
        self.tail.step_ms
    }

    /// Accuracy of the forecasts whose time has come.
    #[must_use]
    pub fn live_accuracy(&self) -> Option<Accuracy> {
        self.scale.and_then(|scale| self.scorecard.accuracy(scale))
    }
}

/// The shorter season of a series, steps.
fn day_steps(history: &RegularSeries, job: &ForecastJob) -> usize {
    Cycle::of(history, job.settings(history.step_ms).season).short
}
