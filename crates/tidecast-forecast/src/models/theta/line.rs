//! The Theta models of Fiorucci et al. (*International Journal of Forecasting*, 2016) as one recursion: an
//! exponentially smoothed level and a share of a line through the values, fixed or drawn anew with each of them.
//!
//! With θ = 2 and a fixed line it is the standard model of Assimakopoulos & Nikolopoulos (2000). For a given α the
//! errors are linear in the initial level and in the share 1 - 1/θ, so that both follow in closed form and only α
//! is searched.

use crate::models::ets::lanes::Lanes;
use serde::{Deserialize, Serialize};

/// Bounds of α, as in the authors' `forecTheta`.
const SMOOTHING: (f64, f64) = (0.1, 0.99);
/// Values of α tried together, and how often the search narrows around the best.
const TRIED: usize = 8;
const NARROWINGS: usize = 3;
/// First errors that do not count: the dynamic line has not settled.
const UNSETTLED: usize = 3;
/// The share of the line in the standard model, where θ = 2.
const STANDARD: f64 = 0.5;

/// How the line comes about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Kind {
    /// Through all values of the fit.
    Static,
    /// Through the values up to each step.
    Dynamic,
}

/// A fitted model and where it stands.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct ThetaLine {
    pub(super) kind: Kind,
    /// α.
    pub(super) smoothing: f64,
    /// 1 - 1/θ.
    pub(super) share: f64,
    /// The level after the last value.
    pub(super) level: f64,
    /// Mean of the values.
    mean: f64,
    /// The line through them, where the first has the place 1.
    intercept: f64,
    slope: f64,
    /// How many values there were.
    pub(super) count: f64,
}

impl ThetaLine {
    /// Fits standard, optimised and dynamic models and keeps the one of least squared one-step errors; the earlier
    /// among equals. `values` are finite and at least 4.
    pub(super) fn fit(values: &[f64]) -> Self {
        let (intercept, slope) = line(values);
        let dynamic = moving_lines(values);
        let count = values.len() as f64;
        let fixed = vec![(intercept, slope); values.len()];
        let mut best: Option<(f64, Self)> = None;
        for (kind, lines) in [(Kind::Static, &fixed), (Kind::Dynamic, &dynamic)] {
            for share in [Some(STANDARD), None] {
                let found = search(values, lines, share);
                if best.is_none_or(|(least, _)| found.squares < least) {
                    let level = smoothed(found.smoothing, found.level, values);
                    let (intercept, slope) = lines.last().copied().unwrap_or((intercept, slope));
                    let mean = values.iter().sum::<f64>() / count;
                    let Found { smoothing, share, .. } = found;
                    best = Some((found.squares, Self { kind, smoothing, share, level, mean, intercept, slope, count }));
                }
            }
        }
        best.map_or_else(
            || {
                let level = values.last().copied().unwrap_or(0.0);
                let (kind, smoothing, share) = (Kind::Static, SMOOTHING.1, 0.0);
                Self { kind, smoothing, share, level, mean: level, intercept: level, slope: 0.0, count }
            },
            |(_, best)| best,
        )
    }

    /// The forecast of the next value (ibid., equation 8).
    fn ahead(&self) -> f64 {
        let left = (1.0 - self.smoothing).powf(self.count);
        let grown = (1.0 - left * (1.0 - self.smoothing)) / self.smoothing;
        self.level + self.share * (self.intercept * left + self.slope * grown)
    }

    /// Goes on with a value.
    pub(super) fn push(&mut self, value: f64) {
        self.level += self.smoothing * (value - self.level);
        if self.kind == Kind::Dynamic {
            self.mean = (self.count * self.mean + value) / (self.count + 1.0);
            self.slope = next_slope(self.slope, self.count, value, self.mean);
            self.intercept = self.mean - self.slope * (self.count + 2.0) / 2.0;
        }
        self.count += 1.0;
    }

    /// The next `horizon` values.
    pub(super) fn forecast(mut self, horizon: usize) -> Vec<f64> {
        let next = |_| {
            let value = self.ahead();
            self.push(value);
            value
        };
        (0..horizon).map(next).collect()
    }
}

/// The line through values at the places 1, 2, ...: its height at 0 and its slope.
fn line(values: &[f64]) -> (f64, f64) {
    let count = values.len() as f64;
    let mean = values.iter().sum::<f64>() / count;
    let middle = (count + 1.0) / 2.0;
    let products: f64 = values.iter().enumerate().map(|(at, value)| ((at + 1) as f64 - middle) * (value - mean)).sum();
    let slope = if count > 1.0 { 12.0 * products / (count * (count * count - 1.0)) } else { 0.0 };
    (mean - slope * middle, slope)
}

/// The line through the values up to each (ibid., equation 9).
fn moving_lines(values: &[f64]) -> Vec<(f64, f64)> {
    let (mut mean, mut slope) = (0.0, 0.0);
    let next = |(seen, value): (usize, &f64)| {
        let seen = seen as f64;
        mean = (seen * mean + value) / (seen + 1.0);
        slope = if seen > 0.0 { next_slope(slope, seen, *value, mean) } else { 0.0 };
        (mean - slope * (seen + 2.0) / 2.0, slope)
    };
    values.iter().enumerate().map(next).collect()
}

/// The slope with one more value after `seen`, when `mean` includes it.
fn next_slope(slope: f64, seen: f64, value: f64, mean: f64) -> f64 {
    ((seen - 1.0) * slope + 6.0 * (value - mean) / (seen + 1.0)) / (seen + 2.0)
}

fn smoothed(smoothing: f64, level: f64, values: &[f64]) -> f64 {
    values.iter().fold(level, |level, value| level + smoothing * (value - level))
}

/// The best of one model.
#[derive(Clone, Copy)]
struct Found {
    squares: f64,
    smoothing: f64,
    level: f64,
    share: f64,
}

/// The α of least squared errors; `lines` has the line that was known with each value, `share` its share where that
/// is given.
fn search(values: &[f64], lines: &[(f64, f64)], share: Option<f64>) -> Found {
    let (mut low, mut high) = SMOOTHING;
    let mut best = Found { squares: f64::INFINITY, smoothing: SMOOTHING.1, level: values[0], share: 0.0 };
    for _ in 0..=NARROWINGS {
        let stride = (high - low) / (TRIED - 1) as f64;
        let tried: [f64; TRIED] = std::array::from_fn(|at| low + at as f64 * stride);
        for found in squares(values, lines, share, tried) {
            if found.squares < best.squares {
                best = found;
            }
        }
        (low, high) = ((best.smoothing - stride).max(SMOOTHING.0), (best.smoothing + stride).min(SMOOTHING.1));
    }
    best
}

/// Least squared errors for each of several α, over initial level and share.
fn squares(values: &[f64], lines: &[(f64, f64)], share: Option<f64>, tried: [f64; TRIED]) -> [Found; TRIED] {
    let alpha = Lanes(tried);
    let kept = alpha.map(|alpha| 1.0 - alpha);
    let per_alpha = alpha.map(|alpha| 1.0 / alpha);
    let zero = Lanes::all(0.0);
    // The level from an initial 0, and what is left of an initial 1.
    let (mut level, mut left) = (zero, Lanes::all(1.0));
    let [mut rr, mut rd, mut rz, mut dd, mut dz, mut zz] = [zero; 6];
    let known = std::iter::once(&lines[0]).chain(lines);
    for (at, (value, (intercept, slope))) in values.iter().zip(known).enumerate() {
        let value = Lanes::all(*value);
        let next = left * kept;
        // The part of the forecast that the share multiplies.
        let line = Lanes::all(*intercept) * left + Lanes::all(*slope) * (Lanes::all(1.0) - next) * per_alpha;
        if at >= UNSETTLED {
            let rest = value - level;
            rr = rr + rest * rest;
            rd = rd + rest * left;
            rz = rz + rest * line;
            dd = dd + left * left;
            dz = dz + left * line;
            zz = zz + line * line;
        }
        level = level + alpha * (value - level);
        left = next;
    }
    std::array::from_fn(|lane| {
        let [rr, rd, rz, dd, dz, zz] = [rr, rd, rz, dd, dz, zz].map(|sum| sum.0[lane]);
        let along = |share: f64| if dd > 0.0 { (rd - share * dz) / dd } else { values[0] };
        let free = || {
            let determinant = dd * zz - dz * dz;
            // Where level and line cannot be told apart, the standard share stands.
            if determinant > 1e-12 * dd * zz { ((dd * rz - dz * rd) / determinant).clamp(0.0, 1.0) } else { STANDARD }
        };
        let share = share.unwrap_or_else(free);
        let level = along(share);
        let squares =
            rr - 2.0 * (level * rd + share * rz) + level * level * dd + 2.0 * level * share * dz + share * share * zz;
        let squares = if squares.is_finite() { squares.max(0.0) } else { f64::INFINITY };
        Found { squares, smoothing: tried[lane], level, share }
    })
}
