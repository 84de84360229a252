//! What a backtest found, as data and as one self-contained HTML page; and what a replay of demand found ([`scaling`]).
//!
//! A page needs no network and no library: its style, its charts (SVG) and the little script that sorts its tables are
//! in it. Names of series come from data, so everything written into it is escaped by [`markup`].

mod axis;
mod chart;
mod exhibits;
mod markup;
mod page;
mod placing;
mod profiles;
mod protocol;
pub(crate) mod scaling;
mod tables;

pub(crate) use page::render;

use serde::Serialize;
use std::collections::BTreeMap;
use tidecast_core::series::SeriesKey;

/// A backtest, told in full.
#[derive(Serialize)]
pub(crate) struct Report {
    /// Whose results are listed per series.
    pub(crate) model: String,
    /// Steps per forecast.
    pub(crate) horizon: usize,
    /// Steps between origins.
    pub(crate) stride: usize,
    /// Forecasts of each series.
    pub(crate) origins: usize,
    /// Season of MASE and of the seasonal naive forecast, steps.
    pub(crate) season: usize,
    /// Origins between fits; none fits once, before the first.
    pub(crate) refit_every: Option<usize>,
    /// Distance between values, ms.
    pub(crate) step_ms: i64,
    /// First and last value of all series, ms since the Unix epoch.
    pub(crate) data_ms: [i64; 2],
    /// Last value known at the first and at the last origin; of the series that ends last, ms since the Unix epoch.
    pub(crate) origins_ms: [i64; 2],
    pub(crate) mase: Option<f64>,
    pub(crate) mase_seasonal_naive: Option<f64>,
    pub(crate) coverage: Option<f64>,
    pub(crate) pinball: Option<f64>,
    /// Every contestant, best first.
    pub(crate) leaderboard: Vec<Standing>,
    /// Series in the leaderboard's means: those that every contestant has a MASE for.
    pub(crate) series_compared: usize,
    pub(crate) series: Vec<Row>,
    /// Series in detail, best first: all of them, or some spread evenly from the best to the worst.
    pub(crate) exhibits: Vec<Exhibit>,
    pub(crate) wall_s: f64,
}

/// Accuracy over all origins and steps. Lower is better, except for coverage, which should be near 0.8.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub(crate) struct Measures {
    /// Mean absolute scaled error.
    pub(crate) mase: Option<f64>,
    /// Mean absolute error, in the unit of the series.
    pub(crate) mae: Option<f64>,
    /// Symmetric mean absolute percentage error, 0 to 200.
    pub(crate) smape: Option<f64>,
    /// Share of actual values inside the 80 % interval.
    pub(crate) coverage: Option<f64>,
    /// Mean pinball loss over the levels, in units of the scale of MASE.
    pub(crate) pinball: Option<f64>,
}

/// One contestant's place. Means are over the series that all contestants have a MASE for.
#[derive(Serialize)]
pub(crate) struct Standing {
    pub(crate) rank: usize,
    pub(crate) model: String,
    #[serde(flatten)]
    pub(crate) measures: Measures,
    pub(crate) mase_median: Option<f64>,
    /// Series on which no other model is better, the choice among them left out.
    pub(crate) best_on: usize,
    /// Fitting and forecasting, s.
    pub(crate) wall_s: f64,
    /// MASE by step ahead.
    pub(crate) mase_by_step: Vec<Option<f64>>,
    /// Coverage by step ahead.
    pub(crate) coverage_by_step: Vec<Option<f64>>,
}

/// One series.
#[derive(Serialize)]
pub(crate) struct Row {
    pub(crate) series: SeriesKey,
    /// The model that forecast last.
    pub(crate) model: Option<String>,
    #[serde(flatten)]
    pub(crate) measures: Measures,
    pub(crate) mase_seasonal_naive: Option<f64>,
    /// Mean absolute error by step ahead; null where no actual value is known.
    pub(crate) error_by_step: Vec<f64>,
    /// Error of every candidate when the model was chosen, on the days before the first origin.
    pub(crate) candidates: BTreeMap<String, Option<f64>>,
    /// How every contestant did.
    pub(crate) contestants: BTreeMap<String, Measures>,
    /// Why a simpler model answered, or none did.
    pub(crate) note: Option<String>,
}

/// The end of one series with the forecasts that were made of it.
#[derive(Serialize)]
pub(crate) struct Exhibit {
    pub(crate) series: SeriesKey,
    /// Place by MASE, from 1; none without a MASE.
    pub(crate) rank: Option<usize>,
    /// "best", "median" or "worst", if it is one of these among more than three.
    pub(crate) standing: Option<&'static str>,
    pub(crate) model: Option<String>,
    pub(crate) mase: Option<f64>,
    /// Time of the first value, ms since the Unix epoch.
    pub(crate) start_ms: i64,
    /// NaN where there is none.
    pub(crate) actual: Vec<f64>,
    /// One row per level: 0.1, 0.5, 0.9; NaN where nothing was forecast.
    pub(crate) forecast: Vec<Vec<f64>>,
}
