//! Accuracy over time: errors summed by day, week or four weeks (UTC).

use super::Verification;
use serde::Serialize;
use tidecast_core::duration::DurationMs;
use utoipa::ToSchema;

/// More days than this are summed by week, more weeks by four of them.
const PERIODS_MAX: i64 = 120;

/// Accuracy over a stretch of time.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, ToSchema)]
pub struct Period {
    /// Its beginning, ms since the Unix epoch.
    pub from_ms: i64,
    /// First time after it.
    pub to_ms: i64,
    /// Mean absolute error, in the unit of the series.
    pub mae: f64,
    /// Mean absolute scaled error; null for a series that is constant.
    pub mase: Option<f64>,
    /// The same of the seasonal naive forecast over the same values.
    pub mase_seasonal_naive: Option<f64>,
    /// Share of actual values between the outermost quantiles, 0 to 1.
    pub coverage: f64,
    /// Values compared.
    pub values: u64,
}

/// The error at one time.
#[derive(Clone, Copy)]
struct ErrorAt {
    at_ms: i64,
    error: f64,
    /// With the seasonal naive forecast's error, where there is one.
    naive: Option<f64>,
    inside: bool,
}

/// Errors at all times with an actual value, in ascending time.
pub(super) struct Errors {
    errors: Vec<ErrorAt>,
    scale: Option<f64>,
    step_ms: i64,
}

impl Errors {
    pub(super) fn new(
        verification: &Verification,
        origins_ms: &[i64],
        naive: &[Option<f64>],
        scale: Option<f64>,
    ) -> Self {
        let Verification { timestamps_ms, actual, low, median, high, step_ms, .. } = verification;
        let errors = (0..timestamps_ms.len().min(origins_ms.len())).filter_map(|index| {
            let actual = actual[index]?;
            Some(ErrorAt {
                at_ms: timestamps_ms[index],
                error: (median[index] - actual).abs(),
                naive: naive[index].map(|naive| (naive - actual).abs()),
                inside: low[index] <= actual && actual <= high[index],
            })
        });
        Self { errors: errors.collect(), scale, step_ms: *step_ms }
    }

    /// `None` without a single value to compare.
    pub(super) fn overall(&self) -> Option<Period> {
        let (first, last) = (self.errors.first()?, self.errors.last()?);
        Some(self.period(first.at_ms, last.at_ms.saturating_add(self.step_ms), &self.errors))
    }

    /// By day, week or four weeks; those without a value are left out.
    pub(super) fn by_period(&self, from_ms: i64, to_ms: i64) -> Vec<Period> {
        let day = DurationMs::DAY.0;
        let fits =
            |width_ms: &i64| to_ms.saturating_sub(from_ms) / width_ms <= PERIODS_MAX && *width_ms >= self.step_ms;
        let width_ms = [day, 7 * day, 28 * day].into_iter().find(fits).unwrap_or_else(|| self.step_ms.max(28 * day));
        let period = |error: &ErrorAt| error.at_ms.div_euclid(width_ms);
        let of_period = |errors: &[ErrorAt]| {
            let start_ms = errors.first().map_or(0, period).saturating_mul(width_ms);
            self.period(start_ms, start_ms.saturating_add(width_ms), errors)
        };
        self.errors.chunk_by(|a, b| period(a) == period(b)).map(of_period).collect()
    }

    fn period(&self, from_ms: i64, to_ms: i64, errors: &[ErrorAt]) -> Period {
        let mean = |values: &mut dyn Iterator<Item = f64>| {
            let (sum, count) = values.fold((0.0, 0_u32), |(sum, count), value| (sum + value, count + 1));
            (count > 0).then(|| sum / f64::from(count))
        };
        let mae = mean(&mut errors.iter().map(|one| one.error)).unwrap_or(0.0);
        let naive = mean(&mut errors.iter().filter_map(|one| one.naive));
        let inside = errors.iter().filter(|one| one.inside).count();
        Period {
            from_ms,
            to_ms,
            mae,
            mase: self.scale.map(|scale| mae / scale),
            mase_seasonal_naive: naive.zip(self.scale).map(|(naive, scale)| naive / scale),
            coverage: inside as f64 / errors.len().max(1) as f64,
            values: errors.len() as u64,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: i64 = DurationMs::DAY.0;

    fn errors(days: i64) -> Errors {
        let timestamps_ms: Vec<i64> = (0..2 * days).map(|half| half * DAY / 2).collect();
        let count = timestamps_ms.len();
        let actual = (0..count).map(|index| (index % 4 != 3).then_some(10.0)).collect();
        let row = |value| vec![value; count];
        let verification = Verification {
            step_ms: DAY / 2,
            timestamps_ms,
            actual,
            low: row(9.0),
            median: row(12.0),
            high: row(13.0),
            ..Verification::default()
        };
        Errors::new(&verification, &vec![0; count], &vec![Some(14.0); count], Some(4.0))
    }

    #[test]
    fn errors_are_summed_by_day() {
        let days = errors(3).by_period(0, 3 * DAY);
        let counts: Vec<(i64, u64)> = days.iter().map(|day| (day.from_ms, day.values)).collect();
        assert_eq!(counts, [(0, 2), (DAY, 1), (2 * DAY, 2)]);
        let Period { mae, mase, mase_seasonal_naive, coverage, .. } = days[1];
        assert_eq!((mae, mase, mase_seasonal_naive, coverage), (2.0, Some(0.5), Some(1.0), 1.0));
        assert_eq!(errors(3).overall().map(|all| (all.values, all.to_ms)), Some((5, 3 * DAY)));
    }

    #[test]
    fn long_ranges_have_longer_periods() {
        for (days, width) in [(120, DAY), (200, 7 * DAY), (2_000, 28 * DAY)] {
            let periods = errors(days).by_period(0, days * DAY);
            assert_eq!(periods[0].to_ms - periods[0].from_ms, width);
            assert!(periods.len() <= 121);
        }
    }
}
