//! Intervals from past errors: split conformal prediction with errors scaled by time and step.
//!
//! The errors a forecaster made on days it had not seen are divided by their typical size at that time of day, step
//! ahead and part of the week, which pools them into one large sample per step; a quantile of that sample, times the typical size,
//! is the distance of a forecast quantile from the point forecast (normalised conformal prediction: Lei et al.,
//! *Distribution-free predictive inference for regression*, 2018, section 5.2). [`Tracker`] adapts these distances to
//! the errors that follow.

mod tracker;

pub(crate) use tracker::{LEVELS, Tracker};

use crate::artifact::{Artifact, LoadError};
use crate::season::Cycle;
use serde::{Deserialize, Serialize};

/// Order statistics kept per step.
const RANKS: usize = 101;
/// Times of day, of the origin, kept apart.
const GROUPS: usize = 8;
/// Parts of the longer season, of the time forecast, kept apart: eight a day where it is a week.
const PARTS: usize = 56;
/// Errors of one time of day count as much as this many errors of the whole day when sizes are estimated.
const PRIOR: f64 = 8.0;
/// Errors of one part of the longer season count as much as this many of all.
const PART_PRIOR: f64 = 100.0;

/// One error that a forecaster made: actual minus forecast.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Residual {
    /// First step of the forecast, counted since the Unix epoch.
    pub origin_step: i64,
    /// Steps ahead, from 0.
    pub ahead: usize,
    /// Actual minus forecast.
    pub error: f64,
}

/// Distances between the point forecast and its quantiles.
#[derive(Clone, Debug, PartialEq)]
pub struct Conformal {
    shape: Shape,
    /// Typical size of an error: `groups` rows of `horizon`.
    sizes: Vec<f32>,
    /// What those sizes are multiplied by in each of the `parts` of the longer season.
    parts: Vec<f32>,
    /// Ascending order statistics of scaled errors: `horizon` rows of `RANKS`.
    ranks: Vec<f32>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Shape {
    cycle: Cycle,
    groups: usize,
    parts: usize,
    horizon: usize,
}

impl Conformal {
    /// Learns from errors made on data that the forecaster had not seen; steps ahead beyond `horizon` are left out.
    /// `None` with fewer errors than a quantile needs.
    #[must_use]
    pub fn learn(residuals: &[Residual], horizon: usize, cycle: Cycle) -> Option<Self> {
        let shape = Shape {
            cycle,
            groups: GROUPS.min(cycle.short.max(1)),
            parts: cycle.long.map_or(1, |long| PARTS.min(long)),
            horizon: horizon.max(1),
        };
        let known: Vec<Residual> =
            residuals.iter().copied().filter(|r| r.error.is_finite() && r.ahead < shape.horizon).collect();
        let mut learned =
            Self { shape, sizes: typical_sizes(&shape, &known)?, parts: vec![1.0; shape.parts], ranks: Vec::new() };
        learned.parts = learned.typical_parts(&known);
        let mut scaled: Vec<Vec<f64>> = vec![Vec::new(); shape.horizon];
        for residual in &known {
            let size = learned.size(residual.origin_step, residual.ahead);
            scaled[residual.ahead].push(if size > 0.0 { residual.error / size } else { 0.0 });
        }
        learned.ranks = scaled.iter_mut().flat_map(|errors| order_statistics(errors)).collect();
        Some(learned)
    }

    /// How much larger than usual the errors in each part of the longer season are.
    fn typical_parts(&self, known: &[Residual]) -> Vec<f32> {
        let mut sums = vec![(PART_PRIOR, PART_PRIOR); self.shape.parts];
        for residual in known {
            let size = self.size(residual.origin_step, residual.ahead);
            if size > 0.0 {
                let (sum, count) = &mut sums[self.shape.part(residual.origin_step, residual.ahead)];
                *sum += residual.error.abs() / size;
                *count += 1.0;
            }
        }
        sums.iter().map(|(sum, count)| (sum / count) as f32).collect()
    }

    /// Typical size of an error.
    fn size(&self, origin_step: i64, ahead: usize) -> f64 {
        let step = ahead.min(self.shape.horizon - 1);
        // Beyond what was seen, errors grow as those of a random walk.
        let beyond = ((ahead + 1) as f64 / (step + 1) as f64).sqrt();
        let size = f64::from(self.sizes[self.shape.group(origin_step) * self.shape.horizon + step]);
        size * f64::from(self.parts[self.shape.part(origin_step, ahead)]) * beyond
    }

    /// Errors guessed from their typical size one step ahead, growing with the square root of the steps as those of
    /// a random walk do: for series too short to have made any. Laplace-shaped, as errors of short series are.
    #[must_use]
    pub fn guess(size: f64) -> Self {
        let rank = |index: usize| {
            let level = (index as f64 + 0.5) / RANKS as f64;
            let tail = (2.0 * level.min(1.0 - level)).ln();
            if level < 0.5 { tail as f32 } else { -tail as f32 }
        };
        let shape = Shape { cycle: Cycle { short: 1, long: None }, groups: 1, parts: 1, horizon: 1 };
        Self { shape, sizes: vec![size.max(0.0) as f32], parts: vec![1.0], ranks: (0..RANKS).map(rank).collect() }
    }

    /// Steps ahead for which errors were seen.
    #[must_use]
    pub fn horizon(&self) -> usize {
        self.shape.horizon
    }

    /// Seasons of the series.
    #[must_use]
    pub fn cycle(&self) -> Cycle {
        self.shape.cycle
    }

    /// What to add to the point forecast `ahead` steps after `origin_step` for the quantile `level`: at most 0 below
    /// the median, at least 0 above it, never falling as the level rises.
    #[must_use]
    pub fn offset(&self, origin_step: i64, ahead: usize, level: f64) -> f64 {
        let size = self.size(origin_step, ahead);
        let step = ahead.min(self.shape.horizon - 1);
        let ranks = &self.ranks[step * RANKS..(step + 1) * RANKS];
        let position = (level * RANKS as f64 - 0.5).clamp(0.0, (RANKS - 1) as f64);
        let below = position.floor() as usize;
        let above = (below + 1).min(RANKS - 1);
        let part = position - below as f64;
        let scaled = f64::from(ranks[below]) * (1.0 - part) + f64::from(ranks[above]) * part;
        let offset = size * scaled;
        if level < 0.5 {
            offset.min(0.0)
        } else if level > 0.5 {
            offset.max(0.0)
        } else {
            0.0
        }
    }

    pub(crate) fn save(&self, artifact: &mut Artifact) {
        artifact.put("conformal", &self.shape);
        artifact.put_f32("conformal.sizes", &self.sizes);
        artifact.put_f32("conformal.parts", &self.parts);
        artifact.put_f32("conformal.ranks", &self.ranks);
    }

    pub(crate) fn load(artifact: &Artifact) -> Result<Self, LoadError> {
        let shape: Shape = artifact.get("conformal")?;
        let Shape { cycle, groups, parts, horizon } = shape;
        let longest = cycle.longest();
        if cycle.short == 0 || !(1..=cycle.short).contains(&groups) || !(1..=longest).contains(&parts) || horizon == 0 {
            return Err(LoadError::Damaged("the shape of its intervals is impossible".to_owned()));
        }
        let sizes = artifact.get_f32("conformal.sizes", shape.groups.saturating_mul(shape.horizon))?;
        let parts = artifact.get_f32("conformal.parts", shape.parts)?;
        let ranks = artifact.get_f32("conformal.ranks", shape.horizon.saturating_mul(RANKS))?;
        Ok(Self { shape, sizes, parts, ranks })
    }
}

impl Shape {
    fn group(&self, origin_step: i64) -> usize {
        phase(origin_step, self.cycle.short) * self.groups / self.cycle.short
    }

    fn part(&self, origin_step: i64, ahead: usize) -> usize {
        let step = origin_step.saturating_add(i64::try_from(ahead).unwrap_or(i64::MAX));
        phase(step, self.cycle.longest()) * self.parts / self.cycle.longest()
    }
}

/// Typical size of the errors of every group and step ahead; `None` where a step has too few.
fn typical_sizes(shape: &Shape, known: &[Residual]) -> Option<Vec<f32>> {
    let horizon = shape.horizon;
    let mut pooled = vec![(0.0, 0.0); horizon];
    let mut grouped = vec![(0.0, 0.0); shape.groups * horizon];
    for residual in known {
        let cell = shape.group(residual.origin_step) * horizon + residual.ahead;
        for (sum, count) in [&mut pooled[residual.ahead], &mut grouped[cell]] {
            *sum += residual.error.abs();
            *count += 1.0;
        }
    }
    if pooled.iter().any(|(_, count)| *count < 5.0) {
        return None;
    }
    let sizes = grouped.iter().enumerate().map(|(cell, (sum, count))| {
        let (all, errors) = pooled[cell % horizon];
        ((sum + PRIOR * all / errors) / (count + PRIOR)) as f32
    });
    Some(sizes.collect())
}

/// Position of a step within its season.
pub(crate) fn phase(step: i64, season: usize) -> usize {
    usize::try_from(step.rem_euclid(i64::try_from(season).unwrap_or(i64::MAX).max(1))).unwrap_or(0)
}

/// `RANKS` evenly spread order statistics; sorts its input. The outermost two reach to the extreme errors, which
/// is the finite-sample correction of conformal prediction on the safe side.
fn order_statistics(errors: &mut [f64]) -> Vec<f32> {
    errors.sort_unstable_by(f64::total_cmp);
    let count = errors.len();
    (0..RANKS)
        .map(|index| {
            let level = (index as f64 + 0.5) / RANKS as f64;
            // The rank of level p among n exchangeable errors is p (n + 1).
            let position = (level * (count + 1) as f64 - 1.0).clamp(0.0, (count - 1) as f64);
            let below = position.floor() as usize;
            let above = (below + 1).min(count - 1);
            let part = position - below as f64;
            (errors[below] * (1.0 - part) + errors[above] * part) as f32
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const HORIZON: usize = 4;
    const DAY: usize = 24;
    const DAILY: Cycle = Cycle { short: DAY, long: None };
    const LEVELS: [f64; 9] = [0.01, 0.05, 0.1, 0.3, 0.5, 0.7, 0.9, 0.95, 0.99];

    /// Errors that grow threefold through the day, and with the steps ahead.
    fn errors(days: std::ops::Range<usize>, mut noise: impl FnMut() -> f64) -> Vec<Residual> {
        let mut errors = Vec::new();
        for origin in days.start * DAY..days.end * DAY {
            for ahead in 0..HORIZON {
                let size = (12 + origin % DAY) as f64 * (1.0 + ahead as f64);
                errors.push(Residual { origin_step: i64::try_from(origin).unwrap(), ahead, error: size * noise() });
            }
        }
        errors
    }

    /// Uniform in [-1, 1), from the seed alone.
    fn uniform(mut state: u64) -> impl FnMut() -> f64 {
        move || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 40) as f64 / f64::from(1 << 23) - 1.0
        }
    }

    /// Share of errors between the quantiles 0.1 and 0.9.
    fn coverage(conformal: &Conformal, errors: impl Iterator<Item = Residual>) -> f64 {
        let (mut inside, mut count) = (0, 0);
        for Residual { origin_step, ahead, error } in errors {
            let [low, high] = [0.1, 0.9].map(|level| conformal.offset(origin_step, ahead, level));
            inside += usize::from((low..=high).contains(&error));
            count += 1;
        }
        inside as f64 / f64::from(count)
    }

    #[test]
    fn covers_at_every_hour_and_step_whatever_the_size_of_errors() {
        let learned = Conformal::learn(&errors(0..60, uniform(1)), HORIZON, DAILY).unwrap();
        let later = errors(60..360, uniform(2));
        let all = coverage(&learned, later.iter().copied());
        assert!((all - 0.8).abs() < 0.02, "{all}");
        for hour in 0..DAY {
            let of_hour = |one: &&Residual| usize::try_from(one.origin_step).unwrap() % DAY == hour;
            let share = coverage(&learned, later.iter().filter(of_hour).copied());
            // Pooled over the day it would be 1.0 at hour 0 and 0.6 at hour 23; sizes lean towards those of the day.
            assert!((share - 0.8).abs() < 0.15, "hour {hour}: {share}");
        }
        for ahead in 0..HORIZON {
            let share = coverage(&learned, later.iter().filter(|one| one.ahead == ahead).copied());
            assert!((share - 0.8).abs() < 0.05, "step {ahead}: {share}");
        }
    }

    #[track_caller]
    fn check_order(conformal: &Conformal) {
        for origin in 0..DAY {
            for ahead in 0..3 * HORIZON {
                let offsets = LEVELS.map(|level| conformal.offset(i64::try_from(origin).unwrap(), ahead, level));
                assert!(offsets.is_sorted() && offsets.iter().all(|offset| offset.is_finite()), "{offsets:?}");
                assert_eq!(offsets[4], 0.0);
            }
        }
    }

    #[test]
    fn quantiles_never_cross() {
        let learn = |noise: &mut dyn FnMut() -> f64| Conformal::learn(&errors(0..5, noise), HORIZON, DAILY).unwrap();
        check_order(&learn(&mut uniform(3)));
        let mut always_low = uniform(4);
        check_order(&learn(&mut || 2.0 + always_low()));
        let mut always_high = uniform(5);
        check_order(&learn(&mut || -2.0 + always_high()));
        check_order(&learn(&mut || 0.0));
        check_order(&Conformal::guess(3.0));
        check_order(&Conformal::guess(0.0));
    }

    #[test]
    fn too_few_errors_of_any_step_are_not_learned_from() {
        let some = |counts: [i64; 2]| -> Vec<Residual> {
            let of_step = |ahead: usize| {
                (0..counts[ahead]).map(move |origin_step| Residual { origin_step, ahead, error: origin_step as f64 })
            };
            of_step(0).chain(of_step(1)).collect()
        };
        assert!(Conformal::learn(&some([5, 5]), 2, DAILY).is_some());
        assert!(Conformal::learn(&some([50, 4]), 2, DAILY).is_none());
        assert!(Conformal::learn(&some([5, 0]), 2, DAILY).is_none());
        let mut missing = some([5, 5]);
        missing[0].error = f64::NAN;
        assert!(Conformal::learn(&missing, 2, DAILY).is_none());
    }
}
