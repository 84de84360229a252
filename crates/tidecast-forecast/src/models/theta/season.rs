//! Whether a series has a season that is worth taking out, and which.

use crate::models::ets::classical;
use crate::models::ets::form::Season;

/// Quantile of the normal distribution that the autocorrelation must exceed: 95 %.
const SIGNIFICANT: f64 = 1.644_853_626_951_472_2;
/// Shortest season that is tested, as in the M3 entry of Assimakopoulos & Nikolopoulos.
const SHORTEST: usize = 4;
/// Factors below make the adjusted values explode.
const LEAST_FACTOR: f64 = 0.01;

/// The season of each phase, where the first value has phase 0; multiplicative for positive values. `None` where the
/// autocorrelation at `period` is not significant (Fiorucci et al. 2016, section 4).
pub(super) fn of(values: &[f64], period: usize) -> Option<(Season, Vec<f64>)> {
    if period < SHORTEST || values.len() < 2 * period || !is_significant(values, period) {
        return None;
    }
    let is_positive = values.iter().all(|value| *value > 0.0);
    let factors = is_positive.then(|| classical::seasonal(values, period, Season::Multiplicative)).flatten();
    match factors.filter(|factors| factors.iter().all(|factor| *factor >= LEAST_FACTOR)) {
        Some(factors) => Some((Season::Multiplicative, factors)),
        None => Some((Season::Additive, classical::seasonal(values, period, Season::Additive)?)),
    }
}

/// Whether the autocorrelation at `period` exceeds what Bartlett's formula gives to chance.
fn is_significant(values: &[f64], period: usize) -> bool {
    let count = values.len() as f64;
    let mean = values.iter().sum::<f64>() / count;
    let centred: Vec<f64> = values.iter().map(|value| value - mean).collect();
    let energy: f64 = centred.iter().map(|value| value * value).sum();
    let correlation = |lag: usize| centred.iter().zip(&centred[lag..]).map(|(a, b)| a * b).sum::<f64>() / energy;
    // Long seasons are sampled: the sum over all lags would be quadratic in the season.
    let stride = period.div_ceil(LAGS);
    let sum: f64 = (1..period).step_by(stride).map(|lag| correlation(lag).powi(2) * stride as f64).sum();
    correlation(period).abs() > SIGNIFICANT * ((1.0 + 2.0 * sum) / count).sqrt()
}

/// Most lags looked at.
const LAGS: usize = 48;
