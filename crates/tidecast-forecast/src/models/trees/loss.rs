//! What the trees minimise: in which direction a row wants to go, and the best value of a leaf.

/// A loss of the residual, actual minus forecast.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Loss {
    /// Half its square; leaves are means.
    Squared,
    /// Pinball loss at a level between 0 and 1; leaves are that quantile. At 0.5 it is half the residual's size.
    Quantile(f64),
}

/// Largest pull in whole units.
const LARGEST_PULL: f64 = 16_384.0;

impl Loss {
    /// The loss itself.
    pub(super) fn of(self, residual: f64) -> f64 {
        match self {
            Self::Squared => 0.5 * residual * residual,
            Self::Quantile(level) => (level * residual).max((level - 1.0) * residual),
        }
    }

    /// The pull of every residual (its negative gradient) in whole units, and the size of a unit. Whole numbers add
    /// up to the same sum in any order, and subtract without a remainder (as in Shi et al., *Quantized training of
    /// gradient boosting decision trees*, 2022).
    pub(super) fn pulls(self, residuals: &[f32], pulls: &mut Vec<i32>) -> f64 {
        let pull = |residual: f32| match self {
            Self::Squared => f64::from(residual),
            Self::Quantile(level) if residual > 0.0 => level,
            Self::Quantile(level) if residual < 0.0 => level - 1.0,
            Self::Quantile(_) => 0.0,
        };
        let largest = match self {
            Self::Squared => residuals.iter().map(|residual| f64::from(residual.abs())).fold(0.0, f64::max),
            Self::Quantile(_) => 1.0,
        };
        let unit = if largest > 0.0 { largest / LARGEST_PULL } else { 1.0 };
        pulls.clear();
        pulls.extend(residuals.iter().map(|residual| (pull(*residual) / unit).round() as i32));
        unit
    }

    /// The value that minimises the loss over the residuals; `penalty` counts as so many residuals of 0 in a mean.
    /// Reorders its input.
    pub(super) fn best(self, residuals: &mut [f32], penalty: f64) -> f64 {
        match self {
            Self::Squared => {
                let sum: f64 = residuals.iter().map(|residual| f64::from(*residual)).sum();
                sum / (residuals.len() as f64 + penalty).max(1.0)
            }
            Self::Quantile(level) => quantile(residuals, level),
        }
    }
}

/// A quantile, linear between neighbours; 0 of nothing. Reorders its input.
fn quantile(values: &mut [f32], level: f64) -> f64 {
    if values.is_empty() {
        return 0.0;
    }
    let place = level.clamp(0.0, 1.0) * (values.len() - 1) as f64;
    let (_, low, above) = values.select_nth_unstable_by(place as usize, f32::total_cmp);
    let low = f64::from(*low);
    let share = place.fract();
    let high = if share > 0.0 { above.iter().copied().fold(f32::INFINITY, f32::min) } else { f32::INFINITY };
    if high.is_finite() { low + share * (f64::from(high) - low) } else { low }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(loss: Loss, residuals: &[f32], expected: f64) {
        let best = loss.best(&mut residuals.to_vec(), 0.0);
        assert!((best - expected).abs() < 1e-6, "{loss:?}: {best}");
    }

    #[test]
    fn leaves_are_what_the_loss_asks_for() {
        check(Loss::Squared, &[1.0, 2.0, 6.0], 3.0);
        check(Loss::Quantile(0.5), &[6.0, 1.0, 2.0], 2.0);
        check(Loss::Quantile(0.5), &[6.0, 1.0, 2.0, 4.0], 3.0);
        check(Loss::Quantile(0.75), &[0.0, 4.0, 3.0, 2.0, 1.0], 3.0);
        check(Loss::Quantile(0.5), &[], 0.0);
    }

    #[test]
    fn pulls_are_negative_gradients() {
        let residuals = [-2.0, -0.5, 0.25, 4.0];
        for loss in [Loss::Squared, Loss::Quantile(0.5), Loss::Quantile(0.9)] {
            let mut pulls = Vec::new();
            let unit = loss.pulls(&residuals, &mut pulls);
            for (residual, pull) in residuals.iter().zip(&pulls) {
                let (residual, step) = (f64::from(*residual), 1e-4);
                let slope = (loss.of(residual + step) - loss.of(residual - step)) / (2.0 * step);
                assert!((f64::from(*pull) * unit - slope).abs() < 1e-3, "{loss:?} at {residual}");
            }
        }
    }
}
