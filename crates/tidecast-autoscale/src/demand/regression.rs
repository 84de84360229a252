//! Expectile regression, learned one sample at a time.
//!
//! Least squares whose positive errors weigh more than negative ones give not the mean but a point above it (Newey and
//! Powell, "Asymmetric Least Squares Estimation and Testing", Econometrica 1987). Recursive least squares with
//! exponential forgetting follow it without keeping samples.

/// How slowly the past is forgotten, per sample: to a third in a week of minutes.
const FORGETTING: f64 = 0.9999;

/// What the coefficients are worth before anything was seen, as samples.
const PRIOR: f64 = 1.0;

/// The trace of the covariance, a feature, beyond which features that never change have lost their prior: it is halved.
const LOOSE: f64 = 1e3;

/// A linear forecaster of an expectile.
#[derive(Clone, Debug)]
pub(super) struct Regression {
    weights: Box<[f64]>,
    /// The lower triangle of the inverse of the weighted covariance, row by row.
    inverse: Box<[f64]>,
    asymmetry: f64,
    seen: usize,
}

impl Regression {
    /// Of `features` features, for the expectile `asymmetry` (one half is the mean). Begins as "as now": the second feature
    /// is the present value.
    pub(super) fn new(features: usize, asymmetry: f64) -> Self {
        let mut weights = vec![0.0; features];
        weights[1] = 1.0;
        let mut inverse = vec![0.0; features * (features + 1) / 2];
        for row in 0..features {
            inverse[triangle(row) + row] = 1.0 / PRIOR;
        }
        Self { weights: weights.into(), inverse: inverse.into(), asymmetry, seen: 0 }
    }

    pub(super) fn seen(&self) -> usize {
        self.seen
    }

    pub(super) fn predict(&self, features: &[f64]) -> f64 {
        self.weights.iter().zip(features).map(|(weight, feature)| weight * feature).sum()
    }

    /// Takes one sample. `scratch` has at least as many places as there are features.
    pub(super) fn learn(&mut self, features: &[f64], target: f64, scratch: &mut [f64]) {
        self.seen += 1;
        let count = self.weights.len();
        let features = &features[..count];
        let gain = &mut scratch[..count];
        self.multiply(features, gain);
        let error = target - self.predict(features);
        let weight = 2.0 * if error > 0.0 { self.asymmetry } else { 1.0 - self.asymmetry };
        let spread: f64 = features.iter().zip(gain.iter()).map(|(feature, gain)| feature * gain).sum();
        let scale = 1.0 / (FORGETTING / weight + spread);
        for (weight, gain) in self.weights.iter_mut().zip(gain.iter()) {
            *weight += gain * scale * error;
        }
        let mut trace = 0.0;
        for row in 0..count {
            let start = triangle(row);
            let by = gain[row] * scale;
            for (entry, gain) in self.inverse[start..=start + row].iter_mut().zip(gain.iter()) {
                *entry = (*entry - by * gain) / FORGETTING;
            }
            trace += self.inverse[start + row];
        }
        if trace > LOOSE * count as f64 {
            self.inverse.iter_mut().for_each(|entry| *entry *= 0.5);
        }
    }

    /// The symmetric matrix times a vector.
    fn multiply(&self, features: &[f64], product: &mut [f64]) {
        product.fill(0.0);
        for row in 0..features.len() {
            let start = triangle(row);
            let entries = &self.inverse[start..start + row];
            let mut sum = self.inverse[start + row] * features[row];
            for (column, entry) in entries.iter().enumerate() {
                sum += entry * features[column];
                product[column] += entry * features[row];
            }
            product[row] += sum;
        }
    }
}

/// Where a row of a triangle begins.
fn triangle(row: usize) -> usize {
    row * (row + 1) / 2
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Deterministic noise in (0, 1).
    fn noise(state: &mut u64) -> f64 {
        *state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (*state >> 11) as f64 / (1_u64 << 53) as f64
    }

    #[test]
    fn learns_coefficients_and_lies_above_the_mean_where_asked_to() {
        let mut state = 7;
        let mut scratch = [0.0; 3];
        let (mut mean, mut high) = (Regression::new(3, 0.5), Regression::new(3, 0.95));
        for _ in 0..5_000 {
            let features = [1.0, noise(&mut state), noise(&mut state)];
            let target = 2.0 + 3.0 * features[1] - features[2] + noise(&mut state);
            mean.learn(&features, target, &mut scratch);
            high.learn(&features, target, &mut scratch);
        }
        // Noise between 0 and 1 has its mean at 0.5; its expectile for t solves t (1 - e)^2 = (1 - t) e^2.
        let expectile = 1.0 / (1.0 + (0.05_f64 / 0.95).sqrt());
        for (regression, above) in [(&mean, 0.5), (&high, expectile)] {
            let found = regression.predict(&[1.0, 0.5, 0.5]);
            assert!((found - (3.0 + above)).abs() < 0.03, "{found} against {}", 3.0 + above);
        }
    }

    #[test]
    fn stays_finite_when_nothing_changes_for_a_year() {
        let mut regression = Regression::new(3, 0.98);
        let mut scratch = [0.0; 3];
        for _ in 0..525_600 {
            regression.learn(&[1.0, 0.3, 0.0], 0.3, &mut scratch);
        }
        assert!((regression.predict(&[1.0, 0.3, 0.0]) - 0.3).abs() < 1e-9);
        assert!(regression.predict(&[1.0, 3.0, 1.0]).is_finite());
    }
}
