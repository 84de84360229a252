//! Intervals from past errors: split conformal prediction with errors scaled by time of day and step.
//!
//! The errors a forecaster made on days it had not seen are divided by their typical size at that time of day and
//! step ahead, which pools them into one large sample per step; a quantile of that sample, times the typical size,
//! is the distance of a forecast quantile from the point forecast (normalised conformal prediction: Lei et al.,
//! *Distribution-free predictive inference for regression*, 2018, section 5.2).

use crate::artifact::{Artifact, LoadError};
use serde::{Deserialize, Serialize};

/// Order statistics kept per step.
const RANKS: usize = 101;
/// Times of day kept apart.
const GROUPS: usize = 24;
/// Errors of one time of day count as much as this many errors of the whole day when sizes are estimated.
const PRIOR: f64 = 8.0;

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
    /// Ascending order statistics of scaled errors: `horizon` rows of `RANKS`.
    ranks: Vec<f32>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Shape {
    season: usize,
    groups: usize,
    horizon: usize,
}

impl Conformal {
    /// Learns from errors made on data that the forecaster had not seen; steps ahead beyond `horizon` are left out.
    /// `None` with fewer errors than a quantile needs.
    #[must_use]
    pub fn learn(residuals: &[Residual], horizon: usize, season: usize) -> Option<Self> {
        let horizon = horizon.max(1);
        let groups = GROUPS.min(season.max(1));
        let shape = Shape { season: season.max(1), groups, horizon };
        let known: Vec<Residual> =
            residuals.iter().copied().filter(|r| r.error.is_finite() && r.ahead < horizon).collect();
        let mut pooled = vec![(0.0, 0.0); horizon];
        let mut grouped = vec![(0.0, 0.0); groups * horizon];
        for residual in &known {
            let cell = shape.group(residual.origin_step) * horizon + residual.ahead;
            for (sum, count) in [&mut pooled[residual.ahead], &mut grouped[cell]] {
                *sum += residual.error.abs();
                *count += 1.0;
            }
        }
        if pooled.iter().any(|(_, count)| *count < 5.0) {
            return None;
        }
        let sizes: Vec<f32> = grouped
            .iter()
            .enumerate()
            .map(|(cell, (sum, count))| {
                let (all, errors) = pooled[cell % horizon];
                ((sum + PRIOR * all / errors) / (count + PRIOR)) as f32
            })
            .collect();
        let mut scaled: Vec<Vec<f64>> = vec![Vec::new(); horizon];
        for residual in &known {
            let size = f64::from(sizes[shape.group(residual.origin_step) * horizon + residual.ahead]);
            scaled[residual.ahead].push(if size > 0.0 { residual.error / size } else { 0.0 });
        }
        let ranks = scaled.iter_mut().flat_map(|errors| order_statistics(errors)).collect();
        Some(Self { shape, sizes, ranks })
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
        let shape = Shape { season: 1, groups: 1, horizon: 1 };
        Self { shape, sizes: vec![size.max(0.0) as f32], ranks: (0..RANKS).map(rank).collect() }
    }

    /// Steps ahead for which errors were seen.
    #[must_use]
    pub fn horizon(&self) -> usize {
        self.shape.horizon
    }

    /// What to add to the point forecast `ahead` steps after `origin_step` for the quantile `level`: at most 0 below
    /// the median, at least 0 above it, never falling as the level rises.
    #[must_use]
    pub fn offset(&self, origin_step: i64, ahead: usize, level: f64) -> f64 {
        let step = ahead.min(self.shape.horizon - 1);
        let beyond = ((ahead + 1) as f64 / (step + 1) as f64).sqrt();
        let size = f64::from(self.sizes[self.shape.group(origin_step) * self.shape.horizon + step]) * beyond;
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
        artifact.put_f32("conformal.ranks", &self.ranks);
    }

    pub(crate) fn load(artifact: &Artifact) -> Result<Self, LoadError> {
        let shape: Shape = artifact.get("conformal")?;
        if shape.season == 0 || shape.groups == 0 || shape.groups > shape.season || shape.horizon == 0 {
            return Err(LoadError::Damaged("the shape of its intervals is impossible".to_owned()));
        }
        let sizes = artifact.get_f32("conformal.sizes", shape.groups.saturating_mul(shape.horizon))?;
        let ranks = artifact.get_f32("conformal.ranks", shape.horizon.saturating_mul(RANKS))?;
        Ok(Self { shape, sizes, ranks })
    }
}

impl Shape {
    fn group(&self, origin_step: i64) -> usize {
        phase(origin_step, self.season) * self.groups / self.season
    }
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
