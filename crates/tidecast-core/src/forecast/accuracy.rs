//! Accuracy measures of forecasts against actual values.
//!
//! All take slices of equal meaning position by position and leave out positions where the actual value is missing
//! (NaN); `None` means that nothing was left to measure.

/// Mean of `measure(forecast, actual)` over the positions with a known actual value.
fn mean_over_known(forecast: &[f64], actual: &[f64], measure: impl Fn(f64, f64) -> f64) -> Option<f64> {
    let mut sum = 0.0;
    let mut count = 0_u32;
    for (&forecast, &actual) in forecast.iter().zip(actual) {
        if !actual.is_nan() {
            sum += measure(forecast, actual);
            count += 1;
        }
    }
    (count > 0).then(|| sum / f64::from(count))
}

/// Mean absolute error.
#[must_use]
pub fn mae(forecast: &[f64], actual: &[f64]) -> Option<f64> {
    mean_over_known(forecast, actual, |f, a| (f - a).abs())
}

/// Root mean squared error.
#[must_use]
pub fn rmse(forecast: &[f64], actual: &[f64]) -> Option<f64> {
    mean_over_known(forecast, actual, |f, a| (f - a).powi(2)).map(f64::sqrt)
}

/// Symmetric mean absolute percentage error in percent, 0 to 200, as in the M4 competition. A position where both
/// values are 0 counts as no error.
#[must_use]
pub fn smape(forecast: &[f64], actual: &[f64]) -> Option<f64> {
    mean_over_known(forecast, actual, |f, a| {
        let scale = f.abs() + a.abs();
        if scale == 0.0 { 0.0 } else { 200.0 * (f - a).abs() / scale }
    })
}

/// The scale of MASE: mean absolute difference between values one season apart in the training history
/// (Hyndman and Koehler, 2006). `None` when the history is not longer than a season, or is constant.
#[must_use]
pub fn mase_scale(history: &[f64], season: usize) -> Option<f64> {
    let pairs = history.iter().zip(history.get(season..)?);
    let (sum, count) = pairs
        .filter(|(before, after)| !before.is_nan() && !after.is_nan())
        .fold((0.0, 0_u32), |(sum, count), (before, after)| (sum + (after - before).abs(), count + 1));
    (count > 0 && sum > 0.0).then(|| sum / f64::from(count))
}

/// Mean absolute scaled error: [`mae`] in units of `scale` (see [`mase_scale`]).
#[must_use]
pub fn mase(forecast: &[f64], actual: &[f64], scale: f64) -> Option<f64> {
    mae(forecast, actual).map(|error| error / scale)
}

/// Pinball (quantile) loss of the forecast of one quantile `level`.
#[must_use]
pub fn pinball(forecast: &[f64], actual: &[f64], level: f64) -> Option<f64> {
    mean_over_known(forecast, actual, |f, a| if a >= f { level * (a - f) } else { (1.0 - level) * (f - a) })
}

/// Continuous ranked probability score, approximated by twice the mean pinball loss over the levels
/// (exact as the levels fill (0, 1); Gneiting and Ranjan, 2011). `quantiles` has one row per level.
#[must_use]
pub fn crps(quantiles: &[Vec<f64>], levels: &[f64], actual: &[f64]) -> Option<f64> {
    let losses: Option<Vec<f64>> =
        quantiles.iter().zip(levels).map(|(row, &level)| pinball(row, actual, level)).collect();
    let losses = losses.filter(|losses| !losses.is_empty())?;
    Some(2.0 * losses.iter().sum::<f64>() / losses.len() as f64)
}

/// Share of actual values inside `lower..=upper`, 0 to 1.
#[must_use]
pub fn coverage(lower: &[f64], upper: &[f64], actual: &[f64]) -> Option<f64> {
    let inside = lower.iter().zip(upper).zip(actual).filter(|(_, actual)| !actual.is_nan());
    let (hits, count) = inside.fold((0_u32, 0_u32), |(hits, count), ((lower, upper), actual)| {
        (hits + u32::from(lower <= actual && actual <= upper), count + 1)
    });
    (count > 0).then(|| f64::from(hits) / f64::from(count))
}

#[cfg(test)]
mod tests {
    use super::*;

    const NAN: f64 = f64::NAN;

    #[track_caller]
    fn check(actual: Option<f64>, expected: f64) {
        let actual = actual.unwrap();
        assert!((actual - expected).abs() < 1e-12, "{actual} is not {expected}");
    }

    #[test]
    fn by_hand() {
        let forecast = [1.0, 2.0, 3.0, 9.0];
        let actual = [2.0, 2.0, 1.0, NAN];
        check(mae(&forecast, &actual), 1.0);
        check(rmse(&forecast, &actual), (5.0_f64 / 3.0).sqrt());
        check(smape(&forecast, &actual), (200.0 / 3.0 + 0.0 + 100.0) / 3.0);
        check(mase_scale(&[1.0, 5.0, 2.0, 7.0, NAN], 2), 1.5);
        check(mase(&forecast, &actual, 0.5), 2.0);
        check(pinball(&forecast, &actual, 0.9), (0.9 + 0.0 + 0.2) / 3.0);
        check(coverage(&[0.0, 3.0, 1.0, 0.0], &[2.0, 4.0, 1.0, 0.0], &actual), 2.0 / 3.0);
        check(crps(&[forecast.to_vec()], &[0.5], &actual), 1.0);
    }

    #[test]
    fn nothing_to_measure() {
        assert_eq!(mae(&[1.0], &[NAN]), None);
        assert_eq!(mase_scale(&[1.0, 1.0, 1.0], 1), None);
        assert_eq!(mase_scale(&[1.0], 7), None);
        assert_eq!(crps(&[], &[], &[1.0]), None);
        assert_eq!(smape(&[0.0], &[0.0]), Some(0.0));
    }
}
