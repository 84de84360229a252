//! Intervals that follow the errors: wider while too many values fall outside, narrower while too few do.
//!
//! For each of a few levels a factor on the distance from the point forecast moves with every observed value, up by the share of
//! misses beyond the quantile and down by the share that there should be: online gradient descent on the pinball loss of the
//! logarithm (quantile tracking: Gibbs and Candès, *Adaptive conformal inference under distribution shift*, 2021;
//! Angelopoulos et al., *Conformal PID control for time series prediction*, 2023). Over any long stretch the share of
//! misses so approaches what it should be, whatever happens to the series.

use super::Conformal;
use crate::artifact::{Artifact, LoadError};

/// Levels with a factor of their own; those between are interpolated.
pub(crate) const LEVELS: [f64; 10] = [0.01, 0.025, 0.05, 0.1, 0.25, 0.75, 0.9, 0.95, 0.975, 0.99];
/// How far a factor moves (as a logarithm) over one season when all values miss a quantile that none should.
const GAIN: f64 = 0.7;
/// A factor moves by at most this much (as a logarithm) from what was learned, either way.
const FURTHEST: f64 = 3.0;

/// Logarithms of the factors.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Tracker([f64; LEVELS.len()]);

impl Tracker {
    /// Starts from the logarithms of factors, one for each of [`LEVELS`].
    pub(crate) fn starting(log_factors: [f64; LEVELS.len()]) -> Self {
        Self(log_factors)
    }

    /// Takes back a part of each factor, as logarithms.
    pub(crate) fn lowered(mut self, log_factors: [f64; LEVELS.len()]) -> Self {
        self.0.iter_mut().zip(log_factors).for_each(|(own, less)| *own -= less);
        self
    }

    /// Distances between the point forecast and its quantiles at ascending `levels`, never crossing.
    pub(crate) fn offsets(&self, conformal: &Conformal, origin_step: i64, ahead: usize, levels: &[f64]) -> Vec<f64> {
        let offset = |level: &f64| conformal.offset(origin_step, ahead, *level) * self.factor(*level);
        let mut offsets: Vec<f64> = levels.iter().map(offset).collect();
        // Factors move apart: the level nearer to the median gives way.
        let middle = levels.partition_point(|level| *level < 0.5);
        let (below, above) = offsets.split_at_mut(middle);
        let mut bound = 0.0_f64;
        for offset in below.iter_mut().rev() {
            bound = bound.min(*offset);
            *offset = bound;
        }
        bound = 0.0;
        for offset in above {
            bound = bound.max(*offset);
            *offset = bound;
        }
        offsets
    }

    /// Takes the errors of all forecasts of one value: first step of the forecast, steps ahead, actual minus point
    /// forecast. `share` is the part of a season that has passed since the value before.
    pub(crate) fn observe(&mut self, conformal: &Conformal, errors: &[(i64, usize, f64)], share: f64) {
        if errors.is_empty() {
            return;
        }
        let factors: Vec<f64> = LEVELS.iter().map(|level| self.factor(*level)).collect();
        for ((log_factor, level), factor) in self.0.iter_mut().zip(LEVELS).zip(factors) {
            let misses = errors.iter().filter(|(origin_step, ahead, error)| {
                let offset = conformal.offset(*origin_step, *ahead, level) * factor;
                if level < 0.5 { *error < offset } else { *error > offset }
            });
            let missed = misses.count() as f64 / errors.len() as f64;
            let moved = *log_factor + GAIN * share * (missed - level.min(1.0 - level));
            *log_factor = moved.clamp(-FURTHEST, FURTHEST);
        }
    }

    /// The factor of any level: interpolated between its neighbours on the same side of the median.
    fn factor(&self, level: f64) -> f64 {
        let half = LEVELS.len() / 2;
        let side = if level < 0.5 { 0..half } else { half..LEVELS.len() };
        let (levels, logs) = (&LEVELS[side.clone()], &self.0[side]);
        let above = levels.partition_point(|have| *have < level);
        let log = match (above.checked_sub(1), levels.get(above)) {
            (Some(below), Some(&next)) => {
                let part = (level - levels[below]) / (next - levels[below]);
                logs[below] * (1.0 - part) + logs[above] * part
            }
            (None, _) => logs[0],
            (Some(last), None) => logs[last],
        };
        log.exp()
    }

    pub(crate) fn save(&self, artifact: &mut Artifact) {
        artifact.put_f64("conformal.tracker", &self.0);
    }

    pub(crate) fn load(artifact: &Artifact) -> Result<Self, LoadError> {
        let logs = artifact.get_f64("conformal.tracker")?;
        let logs = logs.try_into().map_err(|_| LoadError::Damaged("its interval factors are incomplete".to_owned()))?;
        Ok(Self(logs))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::conformal::Residual;
    use crate::season::Cycle;

    /// Uniform in [-1, 1), from the seed alone.
    fn uniform(mut state: u64) -> impl FnMut() -> f64 {
        move || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 40) as f64 / f64::from(1 << 23) - 1.0
        }
    }

    fn learned() -> Conformal {
        let mut noise = uniform(1);
        let residuals: Vec<Residual> =
            (0..2_000).map(|origin_step| Residual { origin_step, ahead: 0, error: noise() }).collect();
        Conformal::learn(&residuals, 1, Cycle { short: 24, long: None }).unwrap()
    }

    #[track_caller]
    fn check_follows(scale: f64, shift: f64) {
        let (conformal, mut tracker, mut noise) = (learned(), Tracker::starting([0.0; LEVELS.len()]), uniform(2));
        let mut inside = 0;
        for step in 0..24_000_i64 {
            let error = scale * noise() + shift;
            let [low, high] = tracker.offsets(&conformal, step, 0, &[0.1, 0.9])[..] else { panic!("two levels") };
            inside += u32::from(step >= 2_400 && (low..=high).contains(&error));
            tracker.observe(&conformal, &[(step, 0, error)], 1.0 / 24.0);
        }
        let share = f64::from(inside) / 21_600.0;
        assert!((share - 0.8).abs() < 0.02, "scale {scale}, shift {shift}: {share}");
    }

    #[test]
    fn covers_whatever_becomes_of_the_errors() {
        check_follows(1.0, 0.0);
        check_follows(3.0, 0.0);
        check_follows(0.3, 0.0);
        check_follows(1.0, 0.4);
    }

    #[test]
    fn quantiles_never_cross() {
        let conformal = learned();
        let levels = [0.02, 0.1, 0.2, 0.4, 0.5, 0.6, 0.8, 0.97, 0.999];
        for seed in 0..50 {
            let mut random = uniform(seed);
            let tracker = Tracker([(); LEVELS.len()].map(|()| FURTHEST * random()));
            for ahead in 0..3 {
                let offsets = tracker.offsets(&conformal, 7, ahead, &levels);
                assert!(offsets.is_sorted() && offsets.iter().all(|offset| offset.is_finite()), "{offsets:?}");
                assert_eq!(offsets[4], 0.0);
            }
        }
    }
}
