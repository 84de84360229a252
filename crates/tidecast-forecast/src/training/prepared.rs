//! A series as models get it, and where its held-back part starts.

use super::replay::replay;
use super::rollout::Rollout;
use super::widening::Widening;
use crate::bounds::Bounds;
use crate::conformal::{Conformal, Residual, Tracker};
use crate::effects::Effects;
use crate::history::filled;
use crate::models::FitSettings;
use crate::score::Score;
use crate::season::Cycle;
use std::sync::Arc;
use tidecast_core::forecast::accuracy;
use tidecast_core::series::RegularSeries;

/// Most seasons held back to learn the intervals from.
const CALIBRATION_SEASONS: usize = 56;
/// Least number of values held back, where the history has enough.
const CALIBRATION_LEAST: usize = 200;
/// Origins per season from which the held-back part is forecast.
const ORIGINS_PER_SEASON: usize = 8;
/// Most values forecast in all: bounds time and memory.
const MOST_CELLS: usize = 65_536;
/// Levels by which intervals are scored.
const LEVELS: [f64; 3] = [0.1, 0.5, 0.9];

/// A series without the effects of holidays and covariates, as models see it.
pub(super) struct View {
    pub(super) effects: Effects,
    pub(super) series: RegularSeries,
    /// All values, gaps filled causally.
    pub(super) filled: Vec<f64>,
    covariates: Arc<[RegularSeries]>,
}

impl View {
    fn new(actual: &RegularSeries, effects: Effects, settings: &FitSettings, cycle: Cycle) -> Self {
        let covariates = Arc::clone(&settings.covariates);
        let series = if effects.is_empty() { actual.clone() } else { effects.removed(actual, &covariates) };
        Self { filled: filled(&series, cycle), effects, series, covariates }
    }

    fn effect(&self, index: usize) -> f64 {
        self.effects.at(self.series.timestamp_ms(index), &self.covariates)
    }

    /// The effects of `count` steps from an index on.
    pub(super) fn effects_of_steps(&self, index: usize, count: usize) -> Vec<f64> {
        if self.effects.is_empty() {
            vec![0.0; count]
        } else {
            (index..index + count).map(|at| self.effect(at)).collect()
        }
    }
}

/// A series that starts with a known value, without unbelievable ones.
pub(super) struct Prepared {
    /// By what is known before the held-back part: what models are judged on.
    pub(super) judged: Arc<View>,
    /// By all that is known: what models are used on.
    pub(super) used: Arc<View>,
    pub(super) bounds: Bounds,
    pub(super) cycle: Cycle,
    calibration_start: usize,
}

impl Prepared {
    /// `None` without a known value.
    pub(super) fn new(series: &RegularSeries, settings: &FitSettings) -> Option<Self> {
        let bounds = Bounds::of(&series.values)?;
        let mut values: Vec<f64> = series.values.iter().map(|value| bounds.believe(*value)).collect();
        let first = values.iter().position(|value| value.is_finite())?;
        values.drain(..first);
        let series = RegularSeries { start_ms: series.timestamp_ms(first), step_ms: series.step_ms.max(1), values };
        let cycle = Cycle::of(&series, settings.season);
        let length = series.len();
        let held_back = (CALIBRATION_SEASONS * cycle.short).max(CALIBRATION_LEAST).min(length / 4);
        let calibration_start = length - held_back;
        let past = Effects::learn(&series.truncated(calibration_start), settings, cycle);
        let whole = Effects::learn(&series, settings, cycle);
        let used = Arc::new(View::new(&series, whole, settings, cycle));
        let judged =
            if past == used.effects { Arc::clone(&used) } else { Arc::new(View::new(&series, past, settings, cycle)) };
        Some(Self { judged, used, bounds, cycle, calibration_start })
    }

    /// What is known before the held-back part.
    pub(super) fn past(&self) -> RegularSeries {
        self.judged.series.truncated(self.calibration_start)
    }

    /// Origins in the held-back part: index of the first value not known.
    pub(super) fn origins(&self, horizon: usize) -> Vec<usize> {
        let length = self.used.series.len();
        let held_back = length - self.calibration_start;
        let most = (MOST_CELLS / horizon.max(1)).max(1);
        let stride = (self.cycle.short / ORIGINS_PER_SEASON).max(1).max(held_back.div_ceil(most));
        (self.calibration_start..length).step_by(stride).collect()
    }

    /// How the errors made on the held-back part compare; `None` where they are too few.
    pub(super) fn score(&self, rollout: &Rollout, settings: &FitSettings) -> Option<Score> {
        let past: Vec<f64> = (0..self.calibration_start).map(|index| self.actual(index)).collect();
        let naive_season = settings.season.unwrap_or_else(|| self.cycle.longest()).clamp(1, past.len().max(1));
        let residuals = rollout.residuals(self);
        Conformal::learn(&residuals, settings.horizon, self.cycle)?;
        let scale = accuracy::mase_scale(&past, naive_season)?;
        let score = Score {
            mase: mean_absolute(residuals.iter().map(|residual| residual.error))? / scale,
            mase_seasonal_naive: mean_absolute(rollout.naive_errors(self, naive_season))? / scale,
            coverage: None,
            pinball: None,
            origins: rollout.origins.len(),
            from_ms: self.used.series.timestamp_ms(self.calibration_start),
            to_ms: self.used.series.origin_ms().unwrap_or(i64::MAX),
        };
        Some(self.score_intervals(score, rollout, scale))
    }

    /// Coverage and pinball loss of intervals learned in the first half of the held-back part, over the second half:
    /// measured where they were learned they would look better than they are.
    fn score_intervals(&self, score: Score, rollout: &Rollout, scale: f64) -> Score {
        let horizon = rollout.horizon;
        let Some((conformal, half)) = self.learn_early(rollout) else { return score };
        let mut actual = Vec::new();
        let mut rows = LEVELS.map(|_| Vec::new());
        let unchanged = Tracker::starting(Widening::default().of_half);
        replay(rollout, self.first_step(), &conformal, half, unchanged, |index, tracker| {
            let origin_step = self.step(rollout.origins[index]);
            let errors = &rollout.errors[index * horizon..(index + 1) * horizon];
            for (ahead, error) in errors.iter().enumerate().filter(|(_, error)| error.is_finite()) {
                actual.push(f64::from(*error));
                let offsets = tracker.offsets(&conformal, origin_step, ahead, &LEVELS);
                rows.iter_mut().zip(offsets).for_each(|(row, offset)| row.push(offset));
            }
        });
        let losses = rows.iter().zip(LEVELS).map(|(row, level)| accuracy::pinball(row, &actual, level));
        let loss: Option<f64> = losses.sum();
        Score {
            coverage: accuracy::coverage(&rows[0], &rows[2], &actual),
            pinball: loss.map(|loss| loss / LEVELS.len() as f64 / scale),
            ..score
        }
    }

    /// Intervals from the errors made on the held-back part, and how they would have adapted over its second half.
    pub(super) fn intervals(&self, rollout: &Rollout, widening: &Widening) -> (Conformal, Tracker) {
        let learned = Conformal::learn(&rollout.residuals(self), rollout.horizon, self.cycle);
        let tracker = self.learn_early(rollout).map(|(early, half)| {
            let start = Tracker::starting(widening.of_half);
            replay(rollout, self.first_step(), &early, half, start, |_, _| ()).lowered(widening.surplus())
        });
        (
            learned.unwrap_or_else(|| Conformal::guess(self.typical_change())),
            tracker.unwrap_or_else(|| Tracker::starting(Widening::default().of_half)),
        )
    }

    /// Intervals from what was known of the errors in the middle of the held-back part, and the first origin after it.
    pub(super) fn learn_early(&self, rollout: &Rollout) -> Option<(Conformal, usize)> {
        let half = rollout.origins.len() / 2;
        let middle = self.step(*rollout.origins.get(half)?);
        let target = |residual: &Residual| residual.origin_step + i64::try_from(residual.ahead).unwrap_or(0);
        let known: Vec<Residual> = rollout.residuals(self).into_iter().filter(|one| target(one) < middle).collect();
        Some((Conformal::learn(&known, rollout.horizon, self.cycle)?, half))
    }

    /// Number of the step of the value at an index.
    fn step(&self, index: usize) -> i64 {
        self.first_step().saturating_add(i64::try_from(index).unwrap_or(i64::MAX))
    }

    /// The value as observed, NaN where missing.
    pub(super) fn actual(&self, index: usize) -> f64 {
        self.used.series.values[index] + self.used.effect(index)
    }

    /// The same with gaps filled.
    pub(super) fn actual_filled(&self, index: usize) -> f64 {
        self.used.filled[index] + self.used.effect(index)
    }

    /// Number of the step of the first value.
    pub(super) fn first_step(&self) -> i64 {
        self.used.series.start_ms.div_euclid(self.used.series.step_ms)
    }

    /// Mean absolute difference between neighbours: the size of errors before any were made.
    fn typical_change(&self) -> f64 {
        accuracy::mase_scale(&self.used.series.values, 1).unwrap_or(0.0)
    }
}

fn mean_absolute(errors: impl Iterator<Item = f64>) -> Option<f64> {
    let (sum, count) = errors.fold((0.0, 0_u32), |(sum, count), error| (sum + error.abs(), count + 1));
    (count > 0).then(|| sum / f64::from(count))
}
