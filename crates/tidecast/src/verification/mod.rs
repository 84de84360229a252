//! Verification: stored forecasts held against the actual values that came, at a chosen lead time.
//!
//! For every time it takes the newest forecast that was made at least the lead time before. One forecast may speak for a
//! block of times, so that the work is bounded however often forecasts are made: a long range has wider blocks.

mod days;
mod grid;

pub use days::Period;

use grid::Grid;
use serde::Serialize;
use tidecast_core::duration::DurationMs;
use tidecast_core::forecast::Forecast;
use tidecast_core::ports::{ForecastQuery, SeriesStore, StoreError};
use tidecast_core::series::{SeriesKey, TimeRange};
use utoipa::ToSchema;

/// Most forecasts read for one answer.
const BLOCKS_MAX: i64 = 500;
/// Most values in one answer.
const STEPS_MAX: i64 = 25_000;
/// Most values read before the range, for the seasonal naive competitor and the scale.
const STEPS_BEFORE_MAX: i64 = 25_000;
/// Seasons read before the range.
const SEASONS_BEFORE: i64 = 8;

/// What is asked.
#[derive(Clone, Debug)]
pub struct Question {
    /// The series.
    pub series: SeriesKey,
    /// Least time between a forecast's origin and what it says, ms; at least a step.
    pub lead_ms: i64,
    /// First time held against its forecast, ms since the Unix epoch.
    pub from_ms: i64,
    /// First time that is not, ms since the Unix epoch.
    pub to_ms: i64,
    /// Season of the seasonal naive forecast, steps; a day if unknown.
    pub season: Option<usize>,
    /// How finely the lead time is kept.
    pub blocks: Blocks,
}

/// How many times one forecast speaks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Blocks {
    /// As few as the bound on work allows.
    Finest,
    /// All that it covers: each forecast is held whole against what came.
    Whole,
}

/// Forecasts and actual values side by side. Columns have one cell per time; `null` where a value is not known.
#[derive(Clone, Debug, Default, PartialEq, Serialize, ToSchema)]
pub struct Verification {
    /// Distance between times, ms; 0 without forecasts.
    pub step_ms: i64,
    /// Reach of the newest forecast, ms: the longest lead time there is.
    pub horizon_ms: i64,
    /// Least and most time between origin and time, ms.
    pub lead_ms: [i64; 2],
    /// Range that was looked at, ms since the Unix epoch: shorter than asked where that was too long.
    pub from_ms: i64,
    /// First time after it.
    pub to_ms: i64,
    /// Quantile levels of `low` and `high`.
    pub levels: [f64; 2],
    /// Milliseconds since the Unix epoch, ascending.
    pub timestamps_ms: Vec<i64>,
    /// What came.
    pub actual: Vec<Option<f64>>,
    /// The lowest quantile.
    pub low: Vec<f64>,
    /// The median.
    pub median: Vec<f64>,
    /// The highest quantile.
    pub high: Vec<f64>,
    /// Accuracy over the whole range.
    pub overall: Option<Period>,
    /// Accuracy by day, or by week or four weeks where that would be many; those with actual values only.
    pub periods: Vec<Period>,
}

/// Holds forecasts against actual values.
///
/// # Errors
/// Those of the store.
pub async fn verify(store: &dyn SeriesStore, question: &Question) -> Result<Verification, StoreError> {
    let Some(newest) = newest_before(store, &question.series, question.to_ms).await? else {
        return Ok(Verification { from_ms: question.from_ms, to_ms: question.to_ms, ..Verification::default() });
    };
    let plan = Plan::new(question, &newest);
    let mut verification = Verification {
        step_ms: plan.step_ms,
        horizon_ms: plan.horizon_ms,
        from_ms: plan.from_ms,
        to_ms: plan.to_ms,
        levels: [newest.levels.first(), newest.levels.last()].map(|level| level.copied().unwrap_or(0.5)),
        ..Verification::default()
    };
    let mut origins_ms = Vec::new();
    let mut start_ms = plan.from_ms.div_euclid(plan.block_ms) * plan.block_ms;
    while start_ms < plan.to_ms {
        let end_ms = start_ms.saturating_add(plan.block_ms);
        let last_origin_ms = start_ms.saturating_sub(plan.lead_ms);
        if let Some(forecast) = newest_before(store, &question.series, last_origin_ms.saturating_add(1)).await? {
            let within = TimeRange::new(start_ms.max(plan.from_ms), end_ms.min(plan.to_ms));
            origins_ms.extend(verification.take(&forecast, within));
        }
        start_ms = end_ms;
    }
    let leads = || verification.timestamps_ms.iter().zip(&origins_ms).map(|(at_ms, origin_ms)| at_ms - origin_ms);
    verification.lead_ms = [leads().min().unwrap_or(plan.lead_ms), leads().max().unwrap_or(plan.lead_ms)];
    if let Some(grid) = plan.grid(store, &question.series).await? {
        verification.compare(&grid, &origins_ms, plan.season);
    }
    Ok(verification)
}

/// The newest forecast whose origin is before an instant.
async fn newest_before(
    store: &dyn SeriesStore,
    series: &SeriesKey,
    before_ms: i64,
) -> Result<Option<Forecast>, StoreError> {
    let query = ForecastQuery { series: series.clone(), origins: TimeRange::new(i64::MIN, before_ms), limit: 1 };
    Ok(store.forecasts(query).await?.pop())
}

/// What is read, within the bounds.
struct Plan {
    step_ms: i64,
    horizon_ms: i64,
    lead_ms: i64,
    from_ms: i64,
    to_ms: i64,
    block_ms: i64,
    season: usize,
}

impl Plan {
    fn new(question: &Question, newest: &Forecast) -> Self {
        let step_ms = newest.step_ms.max(1);
        let steps = i64::try_from(newest.horizon()).unwrap_or(i64::MAX);
        let horizon_ms = step_ms.saturating_mul(steps);
        let lead_ms = question.lead_ms.max(step_ms);
        // A block that starts `lead` after an origin ends where the forecast does.
        let widest_ms = (horizon_ms - lead_ms + step_ms).max(step_ms) / step_ms * step_ms;
        let longest_ms = (widest_ms.saturating_mul(BLOCKS_MAX)).min(step_ms.saturating_mul(STEPS_MAX));
        let from_ms = question.from_ms.max(question.to_ms.saturating_sub(longest_ms));
        let span_ms = question.to_ms.saturating_sub(from_ms).max(0);
        let block_ms = match question.blocks {
            Blocks::Whole => widest_ms,
            Blocks::Finest => (span_ms / BLOCKS_MAX / step_ms + 1).saturating_mul(step_ms).min(widest_ms),
        };
        let day = usize::try_from(DurationMs::DAY.0 / step_ms).unwrap_or(1);
        let season = question.season.filter(|season| *season > 0).unwrap_or(day).max(1);
        Self { step_ms, horizon_ms, lead_ms, from_ms, to_ms: question.to_ms, block_ms, season }
    }

    /// The actual values of the range and of some seasons before it.
    async fn grid(&self, store: &dyn SeriesStore, series: &SeriesKey) -> Result<Option<Grid>, StoreError> {
        let season = i64::try_from(self.season).unwrap_or(i64::MAX);
        let steps = season.saturating_mul(SEASONS_BEFORE).clamp(1, STEPS_BEFORE_MAX);
        let before_ms = steps.saturating_mul(self.step_ms).saturating_add(self.horizon_ms);
        let range = TimeRange::new(self.from_ms.saturating_sub(before_ms), self.to_ms);
        let points = store.range(series, range, None).await?;
        Ok(Grid::new(&points, self.step_ms))
    }
}

impl Verification {
    /// Takes what a forecast says about a range; gives its origin once for each value taken.
    fn take(&mut self, forecast: &Forecast, within: TimeRange) -> Vec<i64> {
        let mut origins_ms = Vec::new();
        let (Some(low), Some(high)) = (forecast.quantiles.first(), forecast.quantiles.last()) else {
            return origins_ms;
        };
        let median = forecast.median();
        for (index, at_ms) in forecast.timestamps_ms().enumerate() {
            let is_new = self.timestamps_ms.last().is_none_or(|last_ms| *last_ms < at_ms);
            if !(within.from_ms..within.to_ms).contains(&at_ms) || !is_new {
                continue;
            }
            let (Some(low), Some(median), Some(high)) = (low.get(index), median.get(index), high.get(index)) else {
                break;
            };
            self.timestamps_ms.push(at_ms);
            self.low.push(*low);
            self.median.push(*median);
            self.high.push(*high);
            origins_ms.push(forecast.origin_ms);
        }
        origins_ms
    }

    fn compare(&mut self, grid: &Grid, origins_ms: &[i64], season: usize) {
        let known = |value: f64| value.is_finite().then_some(value);
        self.actual = self.timestamps_ms.iter().map(|at_ms| grid.at(*at_ms).and_then(known)).collect();
        let naive: Vec<Option<f64>> = self
            .timestamps_ms
            .iter()
            .zip(origins_ms)
            .map(|(at_ms, origin_ms)| grid.seasonal_naive(*at_ms, *origin_ms, season))
            .collect();
        let scale = grid.scale(self.from_ms, season);
        let errors = days::Errors::new(self, origins_ms, &naive, scale);
        self.overall = errors.overall();
        self.periods = errors.by_period(self.from_ms, self.to_ms);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tidecast_core::forecast::ModelVersion;

    fn forecast(origin_ms: i64, steps: usize) -> Forecast {
        let row = |by: f64| (0..steps).map(|step| step as f64 + by).collect();
        Forecast {
            series: "power".parse().unwrap(),
            origin_ms,
            step_ms: 10,
            model: ModelVersion { model: "ridge".into(), version: 1 },
            levels: vec![0.1, 0.5, 0.9],
            quantiles: vec![row(-1.0), row(0.0), row(1.0)],
            note: None,
        }
    }

    fn question(lead_ms: i64, to_ms: i64, blocks: Blocks) -> Question {
        Question { series: "power".parse().unwrap(), lead_ms, from_ms: 0, to_ms, season: None, blocks }
    }

    #[test]
    fn a_forecast_speaks_for_its_block_only() {
        let mut verification = Verification::default();
        assert_eq!(verification.take(&forecast(100, 4), TimeRange::new(120, 140)), [100, 100]);
        // Times already spoken for are not taken again.
        assert_eq!(verification.take(&forecast(110, 4), TimeRange::new(120, 151)), [110, 110]);
        assert_eq!(verification.timestamps_ms, [120, 130, 140, 150]);
        assert_eq!(verification.median, [1.0, 2.0, 2.0, 3.0]);
    }

    #[test]
    fn work_is_bounded_and_blocks_end_with_the_forecast() {
        let newest = forecast(0, 24);
        let plan = |lead_ms, to_ms, blocks| Plan::new(&question(lead_ms, to_ms, blocks), &newest);
        let short = plan(10, 1_000, Blocks::Finest);
        assert_eq!((short.block_ms, short.from_ms), (10, 0));
        assert_eq!(plan(10, 1_000, Blocks::Whole).block_ms, 240);
        assert_eq!(plan(240, 1_000, Blocks::Whole).block_ms, 10);
        for (lead_ms, blocks) in [(10, Blocks::Finest), (240, Blocks::Finest), (9_999, Blocks::Whole)] {
            let long = plan(lead_ms, i64::MAX / 2, blocks);
            assert!((long.to_ms - long.from_ms) / long.block_ms <= BLOCKS_MAX + 1);
            assert!((long.to_ms - long.from_ms) / long.step_ms <= STEPS_MAX);
        }
    }
}
