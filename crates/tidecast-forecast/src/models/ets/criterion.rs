//! How models of one series are compared: Akaike's criterion for small samples, with the likelihood of the errors made
//! over the whole horizon.

/// AICc (Hurvich & Tsai, *Biometrika*, 1989) where errors have a Laplace distribution, so that the likelihood rests on
/// their mean magnitude; but for a constant. `misses` is the sum of absolute errors of forecasts of several steps:
/// one-step errors would favour what follows the last value, which says little about a day ahead. `None` with fewer
/// values than the fitted `parameters` need.
pub(crate) fn aicc(values: usize, misses: f64, parameters: usize) -> Option<f64> {
    let (values, parameters) = (values as f64, parameters as f64);
    let left = values - parameters - 1.0;
    let criterion = likelihood(values, misses) + 2.0 * parameters * (1.0 + (parameters + 1.0) / left);
    (left > 0.0 && criterion.is_finite()).then_some(criterion)
}

/// Minus twice the logarithm of the likelihood, but for a constant.
pub(crate) fn likelihood(values: f64, misses: f64) -> f64 {
    2.0 * values * misses.ln()
}

/// Difference in it that is worth no further search.
pub(crate) const TOLERANCE: f64 = 0.2;
