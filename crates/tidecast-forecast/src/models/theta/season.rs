//! Whether a series has a season that is worth taking out, and which.

use super::line::ThetaLine;
use crate::models::ets::classical;
use crate::models::ets::criterion;
use crate::models::ets::form::Season;

/// Quantile of the normal distribution that the autocorrelation must exceed: 95 %.
const SIGNIFICANT: f64 = 1.644_853_626_951_472_2;
/// Shortest season that is tested, as in the M3 entry of Assimakopoulos & Nikolopoulos.
const SHORTEST: usize = 4;
/// Factors below make the adjusted values explode.
const LEAST_FACTOR: f64 = 0.01;

/// A season taken out of values.
pub(super) struct Adjustment {
    /// How it enters.
    pub(super) kind: Season,
    /// The season of each phase, where the first value has phase 0; empty without one.
    pub(super) seasonal: Vec<f64>,
    /// The values without it.
    pub(super) values: Vec<f64>,
    /// What errors of the adjusted values are multiplied with to be those of the values.
    pub(super) factors: Vec<f64>,
}

impl Adjustment {
    fn new(values: &[f64], kind: Season, seasonal: Vec<f64>) -> Self {
        let adjusted = classical::adjusted(values, &seasonal, kind);
        let factors = if kind == Season::Multiplicative {
            seasonal.iter().copied().cycle().take(values.len()).collect()
        } else {
            vec![1.0; values.len()]
        };
        Self { kind, seasonal, values: adjusted, factors }
    }

    /// The adjustment of least AICc for forecasts of `horizon` steps, of no season and those of `periods` whose
    /// autocorrelation is significant (Fiorucci et al. 2016, section 4).
    pub(super) fn best(values: &[f64], periods: &[usize], horizon: usize) -> Self {
        let is_positive = values.iter().all(|value| *value > 0.0);
        let mut best = (f64::INFINITY, Self::new(values, Season::None, Vec::new()));
        best.0 = best.1.criterion(horizon).unwrap_or(f64::INFINITY);
        for &period in periods.iter().filter(|period| is_significant(values, **period)) {
            for kind in [Season::Additive, Season::Multiplicative] {
                let seasonal = if is_positive || kind == Season::Additive {
                    classical::seasonal(values, period, kind)
                } else {
                    None
                };
                let Some(seasonal) = seasonal.filter(|seasonal| {
                    kind == Season::Additive || seasonal.iter().all(|factor| *factor >= LEAST_FACTOR)
                }) else {
                    continue;
                };
                let adjustment = Self::new(values, kind, seasonal);
                if let Some(criterion) = adjustment.criterion(horizon)
                    && criterion < best.0
                {
                    best = (criterion, adjustment);
                }
            }
        }
        best.1
    }

    fn criterion(&self, horizon: usize) -> Option<f64> {
        let misses = ThetaLine::misses(&self.values, &self.factors, horizon);
        criterion::aicc(self.values.len(), misses, self.seasonal.len() + 1)
    }
}

/// Whether the autocorrelation at `period` exceeds what Bartlett's formula gives to chance.
fn is_significant(values: &[f64], period: usize) -> bool {
    if period < SHORTEST || values.len() < 2 * period {
        return false;
    }
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
