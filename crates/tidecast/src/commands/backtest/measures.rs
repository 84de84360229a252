//! How good a contestant's forecasts of one series were: overall, and by step ahead.

use crate::report::Measures;
use tidecast_core::forecast::accuracy;
use tidecast_core::series::RegularSeries;
use tidecast_forecast::backtest::{BacktestPlan, LEVELS, PastForecast, SeriesResult};
use tidecast_forecast::models::FitError;

/// What became of one series in the hands of one contestant.
pub(super) struct Outcome {
    /// The model that forecast last; none where none could be fitted.
    pub(super) model: Option<String>,
    /// Why a simpler model answered, or none did.
    pub(super) note: Option<String>,
    pub(super) measures: Measures,
    pub(super) mase_seasonal_naive: Option<f64>,
    /// Mean absolute error by step ahead, in the unit of the series; NaN where no actual value is known.
    pub(super) error_by_step: Vec<f64>,
    /// The same in units of the scale of MASE; empty without a scale.
    pub(super) scaled_error_by_step: Vec<f64>,
    /// Share of actual values inside the 80 % interval by step ahead; NaN where no actual value is known.
    pub(super) coverage_by_step: Vec<f64>,
    /// Every forecast, oldest first.
    pub(super) forecasts: Vec<PastForecast>,
}

impl Outcome {
    /// Measures what the harness recorded.
    pub(super) fn new(series: &RegularSeries, plan: &BacktestPlan, result: Result<SeriesResult, FitError>) -> Self {
        let result = match result {
            Ok(result) => result,
            Err(error) => return Self::failed(&error),
        };
        let SeriesResult { forecasts, mase, coverage, pinball, error_by_step, .. } = result;
        let actuals: Vec<&[f64]> =
            forecasts.iter().map(|made| &series.values[made.origin..made.origin + plan.horizon]).collect();
        let actual: Vec<f64> = actuals.concat();
        let row = |level: usize| -> Vec<f64> {
            forecasts.iter().flat_map(|made| made.quantiles[level].iter().copied()).collect()
        };
        let median = row(LEVELS.len() / 2);
        let first = forecasts.first().map_or(0, |made| made.origin);
        let scale = accuracy::mase_scale(&series.values[..first], plan.season);
        let inside_at = |ahead: usize| {
            let bound =
                |level: usize| -> Vec<f64> { forecasts.iter().map(|made| made.quantiles[level][ahead]).collect() };
            let actual: Vec<f64> = actuals.iter().map(|values| values[ahead]).collect();
            accuracy::coverage(&bound(0), &bound(LEVELS.len() - 1), &actual).unwrap_or(f64::NAN)
        };
        Self {
            model: Some(result.model),
            note: result.note,
            measures: Measures {
                mase,
                mae: accuracy::mae(&median, &actual),
                smape: accuracy::smape(&median, &actual),
                coverage,
                pinball,
            },
            mase_seasonal_naive: result.mase_seasonal_naive,
            scaled_error_by_step: scale
                .map_or_else(Vec::new, |scale| error_by_step.iter().map(|error| error / scale).collect()),
            error_by_step,
            coverage_by_step: (0..plan.horizon).map(inside_at).collect(),
            forecasts,
        }
    }

    fn failed(error: &FitError) -> Self {
        Self {
            model: None,
            note: Some(error.to_string()),
            measures: Measures::default(),
            mase_seasonal_naive: None,
            error_by_step: Vec::new(),
            scaled_error_by_step: Vec::new(),
            coverage_by_step: Vec::new(),
            forecasts: Vec::new(),
        }
    }
}

/// Mean of the values that are known.
pub(super) fn mean(values: impl Iterator<Item = Option<f64>>) -> Option<f64> {
    let known: Vec<f64> = values.flatten().filter(|value| value.is_finite()).collect();
    (!known.is_empty()).then(|| known.iter().sum::<f64>() / known.len() as f64)
}

/// Median of the values that are known.
pub(super) fn median(values: impl Iterator<Item = Option<f64>>) -> Option<f64> {
    let mut known: Vec<f64> = values.flatten().filter(|value| value.is_finite()).collect();
    known.sort_unstable_by(f64::total_cmp);
    let (low, high) = (known.len().checked_sub(1)? / 2, known.len() / 2);
    Some(f64::midpoint(*known.get(low)?, *known.get(high)?))
}

/// Mean by position over rows of one length; `None` where no row has a known value.
pub(super) fn mean_by_step<'a>(rows: impl Iterator<Item = &'a [f64]>) -> Vec<Option<f64>> {
    let mut sums: Vec<(f64, u32)> = Vec::new();
    for row in rows {
        sums.resize(sums.len().max(row.len()), (0.0, 0));
        for (sum, value) in sums.iter_mut().zip(row).filter(|(_, value)| value.is_finite()) {
            *sum = (sum.0 + value, sum.1 + 1);
        }
    }
    sums.into_iter().map(|(sum, count)| (count > 0).then(|| sum / f64::from(count))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn summaries_leave_out_what_is_unknown() {
        let values = [Some(3.0), None, Some(1.0), Some(f64::NAN), Some(8.0)];
        assert_eq!(mean(values.into_iter()), Some(4.0));
        assert_eq!(median(values.into_iter()), Some(3.0));
        assert_eq!(median([Some(1.0), Some(2.0)].into_iter()), Some(1.5));
        assert_eq!(median(std::iter::empty()), None);
        let rows: [&[f64]; 2] = [&[1.0, f64::NAN], &[3.0, f64::NAN]];
        assert_eq!(mean_by_step(rows.into_iter()), [Some(2.0), None]);
    }

    #[test]
    fn measures_by_hand() {
        let series = RegularSeries { start_ms: 0, step_ms: 1, values: vec![1.0, 3.0, 1.0, 3.0, 2.0, 4.0] };
        let plan = BacktestPlan { horizon: 2, stride: 2, origins: 1, season: 1, refit_every: None };
        let made = PastForecast { origin: 4, quantiles: vec![vec![1.0, 4.5], vec![2.0, 5.0], vec![3.0, 6.0]] };
        let result = SeriesResult {
            model: "ridge".to_owned(),
            note: None,
            mase: Some(0.25),
            mase_seasonal_naive: None,
            coverage: Some(0.5),
            pinball: None,
            error_by_step: vec![0.0, 1.0],
            forecasts: vec![made],
        };
        let outcome = Outcome::new(&series, &plan, Ok(result));
        assert_eq!(outcome.measures.mae, Some(0.5));
        // Differences between neighbours before the origin are 2, so the scale is 2.
        assert_eq!(outcome.scaled_error_by_step, [0.0, 0.5]);
        assert_eq!(outcome.coverage_by_step, [1.0, 0.0]);
    }
}
