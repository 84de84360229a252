//! Covariates: series whose future is known or forecast elsewhere, such as a temperature.
//!
//! A covariate acts through its deviation from its mean, and through how far it is above and below the usual, by time of day: heating
//! and cooling are the classical example. Coefficients come from a ridge regression of differences over one season on the
//! differences of these inputs, so that trends and seasons, which models know better, do not pass for effects.

use crate::models::ridge::cholesky::Cholesky;
use crate::season::Cycle;
use serde::{Deserialize, Serialize};
use tidecast_core::series::RegularSeries;

/// Times of day with coefficients of their own.
const GROUPS: usize = 6;
/// Inputs of a covariate: linear, above the usual, below it.
const SHAPES: usize = 3;
/// Inputs of a covariate in the regression: those of all times of day, then what each time of day adds.
const INPUTS: usize = (1 + GROUPS) * SHAPES;
/// Distance from the mean, in standard deviations, up to which values are usual.
const USUAL: f64 = 0.5;
/// Penalty per row, in units of the inputs' variance.
const PENALTY: f64 = 1e-3;
/// Newest differences learned from.
const MOST_ROWS: usize = 20_000;
/// Fewest differences that justify a coefficient.
const ROWS_PER_COEFFICIENT: usize = 20;
/// Share of the newest differences on which effects must prove themselves.
const PROVED_ON: f64 = 0.2;
/// Part of the squared differences that effects must explain there.
const EXPLAINED: f64 = 0.01;
/// Steps of a covariate between known values that are bridged: what is forecast is often coarser than what was measured.
const BRIDGED: usize = 6;
/// Seasons that a value of the covariate which is not known is looked for back in time.
const SEASONS_BACK: i64 = 7;

/// What one covariate does.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct CovariateEffect {
    mean: f64,
    deviation: f64,
    season_ms: i64,
    /// A row of `SHAPES` per time of day.
    coefficients: Vec<f64>,
}

/// Learns the effects of all covariates on a series together: one a covariate, or none at all where they do not help.
pub(super) fn learn(series: &RegularSeries, covariates: &[RegularSeries], cycle: Cycle) -> Vec<CovariateEffect> {
    let season_ms = series.step_ms.saturating_mul(i64::try_from(cycle.short).unwrap_or(1));
    let blank: Option<Vec<CovariateEffect>> =
        covariates.iter().map(|one| CovariateEffect::blank(one, season_ms)).collect();
    let Some(mut effects) = blank else { return Vec::new() };
    let width = covariates.len() * INPUTS;
    let rows = differences(series, covariates, &effects, cycle.longest());
    let count = rows.len() / (width + 1);
    if count < ROWS_PER_COEFFICIENT * width {
        return Vec::new();
    }
    let (early, late) = rows.split_at(((count as f64 * (1.0 - PROVED_ON)) as usize) * (width + 1));
    let proved = regress(early, width);
    let (mut before, mut after) = (0.0, 0.0);
    for row in late.chunks_exact(width + 1) {
        let explained: f64 = row[..width].iter().zip(&proved).map(|(input, coefficient)| input * coefficient).sum();
        before += row[width].powi(2);
        after += (row[width] - explained).powi(2);
    }
    if after > before * (1.0 - EXPLAINED) {
        return Vec::new();
    }
    let coefficients = regress(&rows, width);
    for (effect, own) in effects.iter_mut().zip(coefficients.chunks_exact(INPUTS)) {
        let (shared, added) = own.split_at(SHAPES);
        let sums = added.iter().zip(shared.iter().cycle()).map(|(added, shared)| added + shared);
        effect.coefficients = sums.collect();
    }
    effects
}

/// Rows of input differences, each followed by the difference of the series.
fn differences(
    series: &RegularSeries,
    covariates: &[RegularSeries],
    effects: &[CovariateEffect],
    season: usize,
) -> Vec<f64> {
    let mut rows = Vec::new();
    for index in series.len().saturating_sub(MOST_ROWS).max(season)..series.len() {
        let change = series.values[index] - series.values[index - season];
        if !change.is_finite() {
            continue;
        }
        let start = rows.len();
        let times = [series.timestamp_ms(index), series.timestamp_ms(index - season)];
        for (effect, covariate) in effects.iter().zip(covariates) {
            let inputs = times.map(|time_ms| known_at(covariate, time_ms).map(|value| effect.inputs(time_ms, value)));
            if let [Some(now), Some(before)] = inputs {
                rows.extend(now.iter().zip(before).map(|(now, before)| now - before));
            } else {
                rows.truncate(start);
                break;
            }
        }
        if rows.len() > start {
            rows.push(change);
        }
    }
    rows
}

/// Ridge regression of the last column on the others.
fn regress(rows: &[f64], width: usize) -> Vec<f64> {
    let mut gram = vec![0.0; width * width];
    let mut moment = vec![0.0; width];
    for row in rows.chunks_exact(width + 1) {
        for i in (0..width).filter(|i| row[*i] != 0.0) {
            moment[i] += row[i] * row[width];
            for j in 0..=i {
                gram[i * width + j] += row[i] * row[j];
            }
        }
    }
    let count = (rows.len() / (width + 1)).max(1) as f64;
    for i in 0..width {
        gram[i * width + i] += PENALTY * count / GROUPS as f64;
    }
    Cholesky::new(gram, width).solve(&mut moment);
    moment
}

impl CovariateEffect {
    /// No effect yet; `None` for a covariate that does not vary.
    fn blank(covariate: &RegularSeries, season_ms: i64) -> Option<Self> {
        let known: Vec<f64> = covariate.values.iter().copied().filter(|value| value.is_finite()).collect();
        let count = known.len().max(1) as f64;
        let mean = known.iter().sum::<f64>() / count;
        let deviation = (known.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / count).sqrt();
        let varies = deviation.is_finite() && deviation > 1e-9 * mean.abs();
        varies.then(|| Self { mean, deviation, season_ms, coefficients: vec![0.0; GROUPS * SHAPES] })
    }

    /// The inputs of one value: those of other times of day are 0.
    fn inputs(&self, time_ms: i64, value: f64) -> [f64; INPUTS] {
        let mut inputs = [0.0; INPUTS];
        let shapes = self.shapes(value);
        for start in [0, (1 + self.group(time_ms)) * SHAPES] {
            inputs[start..start + SHAPES].copy_from_slice(&shapes);
        }
        inputs
    }

    fn shapes(&self, value: f64) -> [f64; SHAPES] {
        let scaled = (value - self.mean) / self.deviation;
        [scaled, (scaled - USUAL).max(0.0), (-scaled - USUAL).max(0.0)]
    }

    fn group(&self, time_ms: i64) -> usize {
        let groups = i64::try_from(GROUPS).unwrap_or(1);
        let part = time_ms.rem_euclid(self.season_ms.max(1)).saturating_mul(groups) / self.season_ms.max(1);
        usize::try_from(part).unwrap_or(0).min(GROUPS - 1)
    }

    /// The effect at a time. Where the covariate is not known it is taken from the seasons before.
    pub(super) fn at(&self, time_ms: i64, covariate: &RegularSeries) -> f64 {
        let back = (0..=SEASONS_BACK).map(|seasons| time_ms.saturating_sub(seasons.saturating_mul(self.season_ms)));
        let Some(value) = back.into_iter().find_map(|time_ms| known_at(covariate, time_ms)) else { return 0.0 };
        let start = self.group(time_ms) * SHAPES;
        let own = &self.coefficients[start..start + SHAPES];
        own.iter().zip(self.shapes(value)).map(|(coefficient, shape)| coefficient * shape).sum()
    }

    pub(super) fn is_sound(&self) -> bool {
        self.coefficients.len() == GROUPS * SHAPES
            && self.coefficients.iter().chain([&self.mean]).all(|value| value.is_finite())
            && self.deviation > 0.0
            && self.season_ms > 0
    }
}

/// The value of a covariate at a time, between its neighbours; `None` outside or where these are too far apart.
fn known_at(covariate: &RegularSeries, time_ms: i64) -> Option<f64> {
    let since_ms = time_ms.checked_sub(covariate.start_ms)?;
    let index = usize::try_from(since_ms.div_euclid(covariate.step_ms)).ok()?;
    let known = |index: usize| covariate.values.get(index).copied().filter(|value| value.is_finite());
    let (before, from) = (index.saturating_sub(BRIDGED)..=index).rev().find_map(|at| Some((at, known(at)?)))?;
    let steps = since_ms as f64 / covariate.step_ms as f64 - before as f64;
    if steps <= 0.0 {
        return Some(from);
    }
    let (after, to) = (index + 1..=before + BRIDGED).find_map(|at| Some((at, known(at)?)))?;
    Some(from + steps / (after - before) as f64 * (to - from))
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR_MS: i64 = 3_600_000;
    const CYCLE: Cycle = Cycle { short: 24, long: Some(168) };

    fn uniform(mut state: u64) -> impl FnMut() -> f64 {
        move || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 40) as f64 / f64::from(1 << 24)
        }
    }

    /// A temperature that wanders from day to day, and a load that heats below 12 degrees.
    fn heated(hours: usize, heating: f64) -> (RegularSeries, RegularSeries) {
        let mut random = uniform(1);
        let mut level = 12.0;
        let mut temperatures = Vec::new();
        let mut loads = Vec::new();
        for hour in 0..hours {
            let wave = (hour as f64 * std::f64::consts::TAU / 24.0).sin();
            level += 0.15 * (12.0 - level) + 2.4 * (random() - 0.5);
            let temperature = level + 3.0 * wave;
            temperatures.push(temperature);
            loads.push(100.0 + 20.0 * wave + heating * (12.0 - temperature).max(0.0) + random());
        }
        let series = |values| RegularSeries { start_ms: 0, step_ms: HOUR_MS, values };
        (series(temperatures), series(loads))
    }

    #[test]
    fn heating_is_found() {
        let (temperature, load) = heated(4_000, 2.0);
        let effects = learn(&load, std::slice::from_ref(&temperature), CYCLE);
        let colder = RegularSeries { values: vec![8.0; 4_100], ..temperature.clone() };
        let warmer = RegularSeries { values: vec![15.0; 4_100], ..temperature };
        // Eight degrees are rare at noon and fifteen at midnight: the mean over the day is what is known well.
        let difference = |hour: i64| effects[0].at(hour * HOUR_MS, &colder) - effects[0].at(hour * HOUR_MS, &warmer);
        let mean = (4_000..4_024).map(difference).sum::<f64>() / 24.0;
        assert!((mean - 8.0).abs() < 1.5, "{mean} instead of 8");
    }

    #[test]
    fn what_does_not_matter_has_no_effect() {
        let (temperature, load) = heated(4_000, 0.0);
        assert!(learn(&load, std::slice::from_ref(&temperature), CYCLE).is_empty());
        let constant = RegularSeries { values: vec![7.0; 4_000], ..temperature };
        assert!(learn(&load, std::slice::from_ref(&constant), CYCLE).is_empty());
        let unknown = RegularSeries { values: vec![f64::NAN; 4_000], ..constant };
        assert!(learn(&load, std::slice::from_ref(&unknown), CYCLE).is_empty());
    }

    #[test]
    fn values_between_are_interpolated_and_missing_ones_taken_from_before() {
        let covariate = RegularSeries { start_ms: 0, step_ms: HOUR_MS, values: vec![1.0, 3.0, f64::NAN] };
        assert_eq!(known_at(&covariate, HOUR_MS / 2), Some(2.0));
        assert_eq!(known_at(&covariate, HOUR_MS), Some(3.0));
        assert_eq!(known_at(&covariate, 2 * HOUR_MS), None);
        assert_eq!(known_at(&covariate, -1), None);
        let coarser = [vec![1.0], vec![f64::NAN; 5], vec![7.0], vec![f64::NAN; 6], vec![0.0]].concat();
        let coarser = RegularSeries { values: coarser, ..covariate };
        assert_eq!(known_at(&coarser, 2 * HOUR_MS), Some(3.0));
        assert_eq!(known_at(&coarser, 11 * HOUR_MS / 2), Some(6.5));
        assert_eq!(known_at(&coarser, 8 * HOUR_MS), None, "too far apart");
        let covariate = RegularSeries { values: vec![1.0, 3.0, f64::NAN], ..coarser };
        let effect = CovariateEffect {
            mean: 0.0,
            deviation: 1.0,
            season_ms: 2 * HOUR_MS,
            coefficients: [1.0, 0.0, 0.0].repeat(GROUPS),
        };
        assert_eq!(effect.at(2 * HOUR_MS, &covariate), 1.0, "two hours before");
    }
}
