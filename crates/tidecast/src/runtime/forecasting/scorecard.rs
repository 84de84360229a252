//! Live accuracy: forecasts held against the actual values that arrive after them.

use crate::runtime::live::Accuracy;
use std::collections::VecDeque;
use tidecast_core::forecast::Forecast;

/// At most this many forecasts of a series wait for their actual values at once: of more frequent forecasts, only some
/// are scored.
const PENDING: i64 = 24;

/// The forecasts of one series that wait for their actual values, and the errors of those that have them all.
#[derive(Clone, Debug, Default)]
pub(super) struct Scorecard {
    pending: VecDeque<Pending>,
    settled: Sums,
}

/// One forecast, its competitor, and what is known of both so far.
#[derive(Clone, Debug)]
struct Pending {
    forecast: Forecast,
    /// The seasonal naive forecast from the same origin.
    naive: Vec<f64>,
    sums: Sums,
}

#[derive(Clone, Copy, Debug, Default)]
struct Sums {
    error: f64,
    error_naive: f64,
    inside: u64,
    values: u64,
    origins: u64,
}

impl Scorecard {
    /// Takes a forecast, to be scored when its time has come. `history` ends at its origin.
    pub(super) fn expect(&mut self, forecast: &Forecast, history: &[f64], season: usize) {
        let reach_ms = forecast.step_ms.saturating_mul(i64::try_from(forecast.horizon()).unwrap_or(i64::MAX));
        let spacing_ms = (reach_ms / PENDING).max(1);
        let too_close = |last: &Pending| forecast.origin_ms < last.forecast.origin_ms.saturating_add(spacing_ms);
        if forecast.horizon() == 0 || self.pending.back().is_some_and(too_close) {
            return;
        }
        let naive = (0..forecast.horizon()).map(|step| seasonal_naive(history, season, step)).collect();
        self.pending.push_back(Pending { forecast: forecast.clone(), naive, sums: Sums::default() });
    }

    /// Takes an actual value; a missing one (NaN) only lets time pass. Returns the mean absolute error of the forecasts
    /// of it that were made from `watched_from_ms` on.
    pub(super) fn observe(&mut self, timestamp_ms: i64, actual: f64, watched_from_ms: i64) -> Option<f64> {
        let (mut sum, mut count) = (0.0, 0_u32);
        for pending in &mut self.pending {
            let error = pending.observe(timestamp_ms, actual);
            if let Some(error) = error.filter(|_| pending.forecast.origin_ms >= watched_from_ms) {
                sum += error;
                count += 1;
            }
        }
        while let Some(first) = self.pending.front() {
            let end_ms = first.forecast.timestamp_ms(first.forecast.horizon() - 1);
            if end_ms > timestamp_ms {
                break;
            }
            if first.sums.values > 0 {
                self.settled.add(first.sums);
            }
            self.pending.pop_front();
        }
        (count > 0).then(|| sum / f64::from(count))
    }

    /// What has been scored, in units of `scale` (see [`tidecast_core::forecast::accuracy::mase_scale`]).
    #[must_use]
    pub(super) fn accuracy(&self, scale: f64) -> Option<Accuracy> {
        let Sums { error, error_naive, inside, values, origins } = self.settled;
        (values > 0).then(|| Accuracy {
            mase: error / values as f64 / scale,
            mase_seasonal_naive: error_naive / values as f64 / scale,
            coverage: Some(inside as f64 / values as f64),
            origins,
        })
    }
}

/// The value one season before the step, or the last whole seasons before that; NaN where history is too short.
fn seasonal_naive(history: &[f64], season: usize, step: usize) -> f64 {
    let season = season.max(1);
    let back = season - step % season;
    history.len().checked_sub(back).map_or(f64::NAN, |index| history[index])
}

impl Pending {
    /// The absolute error of the forecast of this value, if it is one.
    fn observe(&mut self, timestamp_ms: i64, actual: f64) -> Option<f64> {
        let Forecast { origin_ms, step_ms, .. } = self.forecast;
        let steps = (timestamp_ms - origin_ms) / step_ms.max(1);
        let index = usize::try_from(steps).ok().and_then(|steps| steps.checked_sub(1))?;
        let (&median, &naive) = (self.forecast.median().get(index)?, self.naive.get(index)?);
        if actual.is_nan() || naive.is_nan() {
            return None;
        }
        let bound = |row: Option<&Vec<f64>>| row.and_then(|row| row.get(index)).copied();
        let (low, high) = (bound(self.forecast.quantiles.first()), bound(self.forecast.quantiles.last()));
        let inside = low.zip(high).is_some_and(|(low, high)| low <= actual && actual <= high);
        self.sums.error += (median - actual).abs();
        self.sums.error_naive += (naive - actual).abs();
        self.sums.inside += u64::from(inside);
        self.sums.values += 1;
        Some((median - actual).abs())
    }
}

impl Sums {
    fn add(&mut self, other: Self) {
        self.error += other.error;
        self.error_naive += other.error_naive;
        self.inside += other.inside;
        self.values += other.values;
        self.origins += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tidecast_core::forecast::ModelVersion;

    fn forecast(origin_ms: i64, median: &[f64]) -> Forecast {
        let shifted = |by: f64| median.iter().map(|value| value + by).collect::<Vec<_>>();
        Forecast {
            series: "power".parse().unwrap(),
            origin_ms,
            step_ms: 10,
            model: ModelVersion { model: "ridge".into(), version: 1 },
            levels: vec![0.1, 0.5, 0.9],
            quantiles: vec![shifted(-1.0), shifted(0.0), shifted(1.0)],
            note: None,
        }
    }

    #[test]
    fn scores_a_forecast_when_its_last_actual_is_there() {
        let mut scorecard = Scorecard::default();
        // Season 2: the naive forecast of 5, 6 after [1, 2, 3, 4] is 3, 4.
        scorecard.expect(&forecast(100, &[5.0, 6.0]), &[1.0, 2.0, 3.0, 4.0], 2);
        assert_eq!(scorecard.observe(100, 99.0, 0), None);
        assert_eq!(scorecard.observe(110, 5.5, 100), Some(0.5));
        assert_eq!(scorecard.accuracy(1.0), None);
        assert_eq!(scorecard.observe(120, 8.0, 101), None, "made before errors were watched");
        let accuracy = scorecard.accuracy(0.5).unwrap();
        assert_eq!((accuracy.mase, accuracy.mase_seasonal_naive), (2.5, 6.5));
        assert_eq!((accuracy.coverage, accuracy.origins), (Some(0.5), 1));
    }

    #[test]
    fn waiting_forecasts_are_bounded() {
        let mut scorecard = Scorecard::default();
        let median = vec![0.0; 1_000];
        for origin in 0..1_000 {
            scorecard.expect(&forecast(origin * 10, &median), &[0.0], 1);
        }
        assert!(scorecard.pending.len() <= 25);
    }
}
