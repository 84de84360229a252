//! Rolling-origin backtests: what would have been forecast, held against what came.
//!
//! The contestant is fitted on what was known at the first origin, is fed the values between origins one after the
//! other, and is fitted again when the plan says so. It is never given a value from after the origin.

use crate::models::FitError;
use crate::parallel;
use crate::training::Trained;
use serde::{Deserialize, Serialize};
use tidecast_core::forecast::accuracy;
use tidecast_core::series::RegularSeries;

/// Levels forecast in a backtest: the 80 % interval and the median.
pub const LEVELS: [f64; 3] = [0.1, 0.5, 0.9];

/// Which forecasts are made. The last origin lies `horizon` steps before the end of each series.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BacktestPlan {
    /// Steps per forecast, at least 1.
    pub horizon: usize,
    /// Steps between origins, at least 1.
    pub stride: usize,
    /// How many origins, at least 1.
    pub origins: usize,
    /// Season of the scale of MASE and of the seasonal naive forecast, in steps.
    pub season: usize,
    /// Origins between fits; `None` fits once, before the first origin.
    pub refit_every: Option<usize>,
}

/// The plan does not fit the data.
#[derive(Clone, Debug, thiserror::Error, PartialEq, Eq)]
pub enum PlanError {
    /// A number that must be at least 1 is 0.
    #[error("`{0}` is 0; give at least 1")]
    Zero(&'static str),
    /// A series is too short.
    #[error(
        "series {index} has {length} values; {origins} origins every {stride} steps with a horizon of {horizon} and a season of {season} need more than {needed}: take fewer origins or a shorter season"
    )]
    TooShort {
        /// Which, counted from 0.
        index: usize,
        /// Its length.
        length: usize,
        /// From the plan.
        origins: usize,
        /// From the plan.
        stride: usize,
        /// From the plan.
        horizon: usize,
        /// From the plan.
        season: usize,
        /// Values needed.
        needed: usize,
    },
}

/// One forecast made in a backtest.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PastForecast {
    /// Index of the first value forecast; everything before it was known.
    pub origin: usize,
    /// One row per level of [`LEVELS`].
    pub quantiles: Vec<Vec<f64>>,
}

/// How one series went.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SeriesResult {
    /// The model that forecast last.
    pub model: String,
    /// Why a simpler model answered, if so.
    pub note: Option<String>,
    /// Mean absolute error over the in-sample mean absolute seasonal difference before the first origin; `None` for
    /// a series that is constant or missing there.
    pub mase: Option<f64>,
    /// The same of the seasonal naive forecast.
    pub mase_seasonal_naive: Option<f64>,
    /// Share of actual values inside the 80 % interval.
    pub coverage: Option<f64>,
    /// Mean pinball loss over [`LEVELS`], in units of the scale of MASE.
    pub pinball: Option<f64>,
    /// Mean absolute error by step ahead, in the unit of the series; NaN where no actual value is known.
    pub error_by_step: Vec<f64>,
    /// Every forecast, oldest first.
    pub forecasts: Vec<PastForecast>,
}

/// How the whole panel went: means over the series that have the measure.
#[derive(Clone, Debug, PartialEq)]
pub struct BacktestResult {
    /// One per series of the panel.
    pub series: Vec<Result<SeriesResult, FitError>>,
    /// Mean of the series' MASE.
    pub mase: Option<f64>,
    /// Mean of the seasonal naive's.
    pub mase_seasonal_naive: Option<f64>,
    /// Mean coverage of the 80 % interval.
    pub coverage: Option<f64>,
    /// Mean pinball loss.
    pub pinball: Option<f64>,
}

/// Something that turns a panel, known up to now, into forecasters: a model, or the selection among several.
pub type Contestant<'a> = &'a dyn Fn(&[RegularSeries]) -> Vec<Result<Trained, FitError>>;

/// Runs a backtest.
///
/// # Errors
/// When the plan is impossible, or a series too short for it.
pub fn run(
    panel: &[RegularSeries],
    plan: &BacktestPlan,
    contestant: Contestant<'_>,
) -> Result<BacktestResult, PlanError> {
    plan.check(panel)?;
    let fold = plan.refit_every.unwrap_or(plan.origins).max(1);
    let mut made: Vec<Result<(Trained, Vec<PastForecast>), FitError>> = Vec::new();
    for first in (0..plan.origins).step_by(fold) {
        let last = (first + fold).min(plan.origins);
        let known: Vec<RegularSeries> =
            panel.iter().map(|series| series.truncated(plan.origin(series.len(), first))).collect();
        let trained: Vec<Mutexed> = contestant(&known).into_iter().map(std::sync::Mutex::new).collect();
        let items: Vec<(&RegularSeries, &Mutexed)> = panel.iter().zip(&trained).collect();
        let forecasts = parallel::map(&items, |(series, trained)| {
            let mut trained = trained.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
            trained.as_mut().map(|trained| plan.roll(series, trained, first..last)).unwrap_or_default()
        });
        let results = trained.into_iter().zip(forecasts).map(|(trained, forecasts)| {
            let trained = trained.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
            trained.map(|trained| (trained, forecasts))
        });
        if made.is_empty() {
            made = results.collect();
        } else {
            for (have, result) in made.iter_mut().zip(results) {
                match (have, result) {
                    (Ok(have), Ok((trained, forecasts))) => {
                        have.0 = trained;
                        have.1.extend(forecasts);
                    }
                    (have, Err(error)) => *have = Err(error),
                    (Err(_), Ok(_)) => {}
                }
            }
        }
    }
    let series: Vec<Result<SeriesResult, FitError>> = panel
        .iter()
        .zip(made)
        .map(|(series, made)| made.map(|(trained, forecasts)| plan.measure(series, &trained, forecasts)))
        .collect();
    let mean = |measure: &dyn Fn(&SeriesResult) -> Option<f64>| {
        let values: Vec<f64> = series.iter().flatten().filter_map(measure).collect();
        (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64)
    };
    Ok(BacktestResult {
        mase: mean(&|series| series.mase),
        mase_seasonal_naive: mean(&|series| series.mase_seasonal_naive),
        coverage: mean(&|series| series.coverage),
        pinball: mean(&|series| series.pinball),
        series,
    })
}

type Mutexed = std::sync::Mutex<Result<Trained, FitError>>;

impl BacktestPlan {
    fn check(&self, panel: &[RegularSeries]) -> Result<(), PlanError> {
        let numbers = [
            ("horizon", self.horizon),
            ("stride", self.stride),
            ("origins", self.origins),
            ("season", self.season),
            ("refit_every", self.refit_every.unwrap_or(1)),
        ];
        if let Some((name, _)) = numbers.iter().find(|(_, value)| *value == 0) {
            return Err(PlanError::Zero(name));
        }
        let rolled = (self.origins - 1).saturating_mul(self.stride);
        let needed = self.horizon.saturating_add(rolled).saturating_add(self.season);
        match panel.iter().enumerate().find(|(_, series)| series.len() <= needed) {
            Some((index, series)) => Err(PlanError::TooShort {
                index,
                length: series.len(),
                origins: self.origins,
                stride: self.stride,
                horizon: self.horizon,
                season: self.season,
                needed,
            }),
            None => Ok(()),
        }
    }

    /// Index of the first value forecast from an origin.
    fn origin(&self, length: usize, index: usize) -> usize {
        length - self.horizon - (self.origins - 1 - index) * self.stride
    }

    /// Forecasts from a range of origins, feeding what lies between them.
    fn roll(
        &self,
        series: &RegularSeries,
        trained: &mut Trained,
        origins: std::ops::Range<usize>,
    ) -> Vec<PastForecast> {
        let mut seen = self.origin(series.len(), origins.start);
        origins
            .map(|index| {
                let origin = self.origin(series.len(), index);
                trained.forecaster.update(&series.values[seen..origin]);
                seen = origin;
                PastForecast { origin, quantiles: trained.forecaster.predict(self.horizon, &LEVELS) }
            })
            .collect()
    }

    fn measure(&self, series: &RegularSeries, trained: &Trained, forecasts: Vec<PastForecast>) -> SeriesResult {
        let past = &series.values[..self.origin(series.len(), 0)];
        let scale = accuracy::mase_scale(past, self.season);
        let mut actual = Vec::new();
        let mut rows = vec![Vec::new(); LEVELS.len()];
        let mut naive = Vec::new();
        for forecast in &forecasts {
            actual.extend_from_slice(&series.values[forecast.origin..forecast.origin + self.horizon]);
            rows.iter_mut().zip(&forecast.quantiles).for_each(|(row, quantile)| row.extend_from_slice(quantile));
            naive.extend((0..self.horizon).map(|ahead| self.naive(&series.values[..forecast.origin], ahead)));
        }
        let by_step = |ahead: usize| {
            let every =
                |values: &[f64]| -> Vec<f64> { values.iter().skip(ahead).step_by(self.horizon).copied().collect() };
            accuracy::mae(&every(&rows[1]), &every(&actual)).unwrap_or(f64::NAN)
        };
        let losses = rows.iter().zip(LEVELS).map(|(row, level)| accuracy::pinball(row, &actual, level));
        let loss: Option<f64> = losses.sum();
        SeriesResult {
            model: trained.forecaster.model().to_owned(),
            note: trained.note.clone(),
            mase: scale.and_then(|scale| accuracy::mase(&rows[1], &actual, scale)),
            mase_seasonal_naive: scale.and_then(|scale| accuracy::mase(&naive, &actual, scale)),
            coverage: accuracy::coverage(&rows[0], &rows[2], &actual),
            pinball: loss.zip(scale).map(|(loss, scale)| loss / LEVELS.len() as f64 / scale),
            error_by_step: (0..self.horizon).map(by_step).collect(),
            forecasts,
        }
    }

    /// The value a whole number of seasons before, the nearest that is known.
    fn naive(&self, past: &[f64], ahead: usize) -> f64 {
        let seasons = ahead / self.season + 1;
        let back = (seasons..).map_while(|seasons| (past.len() + ahead).checked_sub(seasons * self.season));
        back.map(|index| past[index]).find(|value| value.is_finite()).unwrap_or(0.0)
    }
}
