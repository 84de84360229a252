//! The Theta models of Fiorucci et al. (*International Journal of Forecasting*, 2016) as one recursion: an
//! exponentially smoothed level and a share of a line through the values, fixed or drawn anew with each of them.
//!
//! With θ = 2 and a fixed line it is the standard model of Assimakopoulos & Nikolopoulos (2000). α and the share
//! 1 - 1/θ are those whose forecasts over the whole horizon err least: the one-step errors that the papers minimise
//! favour a level that follows the last value.

use crate::models::ets::criterion;
use crate::models::ets::lanes::Lanes;
use crate::models::ets::simplex::{self, POINTS, Point};
use serde::{Deserialize, Serialize};

/// Bounds of α.
const SMOOTHING: (f64, f64) = (0.005, 0.995);
/// Values whose mean is the first level.
const LEVEL: usize = 10;
/// Most passes over the values for each model.
const ITERATIONS: usize = 30;
/// Where searches begin: α as its place between its bounds, and the share of the line, which is a half where θ = 2.
const STARTS: [Point; POINTS] = [
    [0.01, 0.5, 0.0, 0.0],
    [0.03, 0.5, 0.0, 0.0],
    [0.08, 0.5, 0.0, 0.0],
    [0.2, 0.5, 0.0, 0.0],
    [0.35, 0.5, 0.0, 0.0],
    [0.5, 0.5, 0.0, 0.0],
    [0.7, 0.5, 0.0, 0.0],
    [0.95, 0.5, 0.0, 0.0],
];

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
    /// Fits standard, optimised and dynamic models for forecasts of `horizon` steps and keeps the one of least AICc,
    /// the earlier among equals. `values` are finite and at least 4; an error at one of them counts `factors` times.
    pub(super) fn fit(values: &[f64], factors: &[f64], horizon: usize) -> Self {
        let search = Search::new(values, factors, horizon);
        let whole = line(values);
        let lines = [vec![whole; values.len()], moving_lines(values)];
        let mut best: Option<(f64, Kind, Point)> = None;
        for (kind, lines) in [Kind::Static, Kind::Dynamic].into_iter().zip(&lines) {
            for dimensions in [1, 2] {
                let (point, misses) = search.minimise(lines, dimensions);
                let parameters = dimensions + 1;
                let Some(criterion) = criterion::aicc(values.len(), misses, parameters) else { continue };
                if best.is_none_or(|(least, ..)| criterion < least) {
                    best = Some((criterion, kind, point));
                }
            }
        }
        // On values that cannot be judged the last one goes on.
        let (_, kind, point) = best.unwrap_or((0.0, Kind::Static, [1.0, 0.0, 0.0, 0.0]));
        let (smoothing, share) = (smoothing(&point), point[1]);
        let level = values.iter().fold(search.level, |level, value| level + smoothing * (value - level));
        let (intercept, slope) = lines[kind as usize].last().copied().unwrap_or(whole);
        let count = values.len() as f64;
        let mean = values.iter().sum::<f64>() / count;
        Self { kind, smoothing, share, level, mean, intercept, slope, count }
    }

    /// Least sum of absolute errors of the standard model, roughly: what tells seasonal adjustments apart.
    pub(super) fn misses(values: &[f64], factors: &[f64], horizon: usize) -> f64 {
        let search = Search::new(values, factors, horizon);
        let lines = vec![line(values); values.len()];
        let share = Lanes(STARTS.map(|start| start[1]));
        let misses = search.misses(&lines, Lanes(STARTS.each_ref().map(smoothing)), share);
        misses.0.into_iter().fold(f64::INFINITY, f64::min)
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
            self.slope = next_slope(self.slope, self.count, value, self.mean);
            self.mean = (self.count * self.mean + value) / (self.count + 1.0);
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
        slope = if seen > 0.0 { next_slope(slope, seen, *value, mean) } else { 0.0 };
        mean = (seen * mean + value) / (seen + 1.0);
        (mean - slope * (seen + 2.0) / 2.0, slope)
    };
    values.iter().enumerate().map(next).collect()
}

/// The slope with one more value after `seen`, whose mean is `mean`.
fn next_slope(slope: f64, seen: f64, value: f64, mean: f64) -> f64 {
    ((seen - 1.0) * slope + 6.0 * (value - mean) / (seen + 1.0)) / (seen + 2.0)
}

/// α at a point.
fn smoothing(point: &Point) -> f64 {
    SMOOTHING.0 + (SMOOTHING.1 - SMOOTHING.0) * point[0]
}

/// The search for α and the share over one series.
struct Search<'a> {
    values: &'a [f64],
    factors: &'a [f64],
    horizon: usize,
    /// The level before the first value.
    level: f64,
}

impl<'a> Search<'a> {
    fn new(values: &'a [f64], factors: &'a [f64], horizon: usize) -> Self {
        let first = &values[..values.len().min(LEVEL)];
        Self { values, factors, horizon, level: first.iter().sum::<f64>() / first.len() as f64 }
    }

    /// The point of least absolute errors, and their sum; `lines` has the line that is known with each value.
    fn minimise(&self, lines: &[(f64, f64)], dimensions: usize) -> (Point, f64) {
        let count = self.values.len() as f64;
        let (point, likelihood) = simplex::minimise(dimensions, &STARTS, ITERATIONS, criterion::TOLERANCE, |points| {
            let alpha = Lanes(points.each_ref().map(smoothing));
            let share = Lanes(points.map(|point| point[1]));
            self.misses(lines, alpha, share).0.map(|misses| criterion::likelihood(count, misses))
        });
        (point, (likelihood / count / 2.0).exp())
    }

    /// Sums of the absolute errors of forecasts from origins all over the values.
    fn misses(&self, lines: &[(f64, f64)], alpha: Lanes<POINTS>, share: Lanes<POINTS>) -> Lanes<POINTS> {
        let kept = alpha.map(|alpha| 1.0 - alpha);
        let per_alpha = alpha.map(|alpha| 1.0 / alpha);
        let one = Lanes::all(1.0);
        let mut sum = Lanes::all(0.0);
        let (mut level, mut left) = (Lanes::all(self.level), one);
        let stride = (self.horizon / 2).max(1) | 1;
        let mut origin = LEVEL.min(self.values.len() / 4).max(1);
        for (at, value) in self.values.iter().enumerate() {
            if at == origin {
                origin += stride;
                let (intercept, slope) = lines[at - 1];
                let (intercept, slope) = (share * Lanes::all(intercept), share * Lanes::all(slope) * per_alpha);
                let (mut level, mut left) = (level, left);
                let coming = self.values[at..].iter().zip(&self.factors[at..]).take(self.horizon);
                for (value, factor) in coming {
                    let next = left * kept;
                    let line = intercept * left + slope * (one - next);
                    let error = (Lanes::all(*value) - level - line).map(f64::abs);
                    sum = sum + error * Lanes::all(*factor);
                    level = level + alpha * line;
                    left = next;
                }
            }
            level = level + alpha * (Lanes::all(*value) - level);
            left = left * kept;
        }
        sum
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const VALUES: [f64; 20] = [
        31.2, 24.8, 28.1, 35.9, 33.0, 26.1, 29.9, 37.2, 34.8, 27.0, 31.4, 40.1, 36.2, 28.4, 33.7, 41.0, 38.9, 30.2,
        34.1, 43.8,
    ];

    /// Forecasts of statsforecast's models of the same α = 0.4, θ and initial level 30.
    #[track_caller]
    fn check(kind: Kind, theta: f64, forecasts: [f64; 5]) {
        let mut model = ThetaLine {
            kind,
            smoothing: 0.4,
            share: 1.0 - 1.0 / theta,
            level: 30.0,
            mean: VALUES[0],
            intercept: VALUES[0],
            slope: 0.0,
            count: 0.0,
        };
        if kind == Kind::Static {
            (model.intercept, model.slope) = line(&VALUES);
        }
        VALUES.iter().for_each(|value| model.push(*value));
        let (intercept, slope) = line(&VALUES);
        assert!((model.slope / slope - 1.0).abs() < 1e-9 && (model.intercept / intercept - 1.0).abs() < 1e-9);
        for (ours, theirs) in model.forecast(5).iter().zip(forecasts) {
            assert!((ours / theirs - 1.0).abs() < 1e-9, "{ours} {theirs}");
        }
    }

    #[test]
    fn agrees_with_statsforecast() {
        check(
            Kind::Static,
            2.0,
            [38.697_630_792_884, 38.934_172_146_267, 39.170_713_499_65, 39.407_254_853_034, 39.643_796_206_417],
        );
        check(
            Kind::Dynamic,
            3.0,
            [38.894_916_849_921, 39.224_104_001_015, 39.552_368_046_192, 39.878_962_244_673, 40.203_342_462_848],
        );
    }

    #[test]
    fn goes_on_with_a_trend() {
        let values: Vec<f64> = (0..200).map(|at| 5.0 + 2.0 * f64::from(at)).collect();
        let forecast = ThetaLine::fit(&values, &vec![1.0; 200], 10).forecast(10);
        assert!((forecast[9] / 423.0 - 1.0).abs() < 0.05, "{forecast:?}");
    }
}
