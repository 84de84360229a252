//! The recursions of exponential smoothing over a stretch of values (Hyndman et al., *Forecasting with Exponential
//! Smoothing*, 2008, table 2.1), for several sets of parameters at once.

use super::form::{Error, Form, Season, Trend};
use super::lanes::Lanes;
use serde::{Deserialize, Serialize};

/// The smoothing parameters.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Weights {
    /// α: how much of an error the level takes up.
    pub(crate) level: f64,
    /// β: how much of it the slope takes up.
    pub(crate) slope: f64,
    /// γ: how much of it the season takes up.
    pub(crate) season: f64,
    /// φ: how much of the slope is left a step later.
    pub(crate) damping: f64,
}

/// Where the recursions stand.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct State {
    /// The level.
    pub(crate) level: f64,
    /// Its change per step.
    pub(crate) slope: f64,
    /// The season, one for each phase; empty without.
    pub(crate) seasonal: Vec<f64>,
}

/// What a pass over the values gives in each lane.
pub(super) struct Passed<const N: usize> {
    /// Sum of squares of the errors, relative ones where the error is multiplicative.
    pub(super) squares: Lanes<N>,
    /// Sum of the logarithms of the forecasts' magnitudes, where the error is multiplicative.
    pub(super) logarithms: Lanes<N>,
    level: Lanes<N>,
    slope: Lanes<N>,
}

/// Forecasts whose magnitudes are multiplied before a logarithm is taken: logarithms are slow.
const PRODUCT: usize = 32;

const NO_SEASON: u8 = 0;
const ADDED: u8 = 1;
const MULTIPLIED: u8 = 2;

/// The seasonal states of all lanes, kept between passes to spare allocations.
pub(super) struct Seasonal<const N: usize>(Vec<Lanes<N>>);

impl<const N: usize> Seasonal<N> {
    pub(super) const fn new() -> Self {
        Self(Vec::new())
    }
}

/// Passes over `values`, the first of which has the phase `phase`, from `start`.
pub(super) fn pass<const N: usize>(
    form: Form,
    weights: &[Weights; N],
    start: &State,
    phase: usize,
    values: &[f64],
    seasonal: &mut Seasonal<N>,
) -> Passed<N> {
    seasonal.0.clear();
    seasonal.0.extend(start.seasonal.iter().map(|value| Lanes::all(*value)));
    let has_trend = form.trend != Trend::None;
    let is_relative = form.error == Error::Multiplicative;
    let season = if seasonal.0.is_empty() { Season::None } else { form.season };
    let work = match (has_trend, season, is_relative) {
        (false, Season::None, false) => recur::<N, false, NO_SEASON, false>,
        (false, Season::None, true) => recur::<N, false, NO_SEASON, true>,
        (true, Season::None, false) => recur::<N, true, NO_SEASON, false>,
        (true, Season::None, true) => recur::<N, true, NO_SEASON, true>,
        (false, Season::Additive, false) => recur::<N, false, ADDED, false>,
        (false, Season::Additive, true) => recur::<N, false, ADDED, true>,
        (true, Season::Additive, false) => recur::<N, true, ADDED, false>,
        (true, Season::Additive, true) => recur::<N, true, ADDED, true>,
        (false, Season::Multiplicative, false) => recur::<N, false, MULTIPLIED, false>,
        (false, Season::Multiplicative, true) => recur::<N, false, MULTIPLIED, true>,
        (true, Season::Multiplicative, false) => recur::<N, true, MULTIPLIED, false>,
        (true, Season::Multiplicative, true) => recur::<N, true, MULTIPLIED, true>,
    };
    work(weights, start, phase, values, &mut seasonal.0)
}

fn recur<const N: usize, const TREND: bool, const SEASON: u8, const RELATIVE: bool>(
    weights: &[Weights; N],
    start: &State,
    phase: usize,
    values: &[f64],
    seasonal: &mut [Lanes<N>],
) -> Passed<N> {
    let alpha = Lanes(weights.map(|one| one.level));
    let beta = Lanes(weights.map(|one| one.slope));
    let gamma = Lanes(weights.map(|one| one.season));
    let phi = Lanes(weights.map(|one| one.damping));
    let mut level = Lanes::all(start.level);
    let mut slope = Lanes::all(start.slope);
    let mut squares = Lanes::all(0.0);
    let mut logarithms = Lanes::all(0.0);
    let period = seasonal.len().max(1);
    let mut phase = phase % period;
    for chunk in values.chunks(PRODUCT) {
        let mut product = Lanes::all(1.0);
        for &value in chunk {
            let value = Lanes::all(value);
            let fading = if TREND { phi * slope } else { slope };
            let base = if TREND { level + fading } else { level };
            let season = if SEASON == NO_SEASON { Lanes::all(0.0) } else { seasonal[phase] };
            let forecast = match SEASON {
                NO_SEASON => base,
                ADDED => base + season,
                _ => base * season,
            };
            let error = value - forecast;
            let inverse = if RELATIVE || SEASON == MULTIPLIED { Lanes::all(1.0) / forecast } else { forecast };
            if RELATIVE {
                let relative = error * inverse;
                squares = squares + relative * relative;
                product = product * forecast.map(f64::abs);
            } else {
                squares = squares + error * error;
            }
            // What is left of the error when the season is taken out of it, for the level.
            let adjusted = if SEASON == MULTIPLIED { error * base * inverse } else { error };
            match SEASON {
                NO_SEASON => {}
                ADDED => seasonal[phase] = season + gamma * error,
                _ => seasonal[phase] = season + gamma * (error * season * inverse),
            }
            level = base + alpha * adjusted;
            if TREND {
                slope = fading + beta * adjusted;
            }
            phase = if phase + 1 >= period { 0 } else { phase + 1 };
        }
        if RELATIVE {
            logarithms = logarithms + product.map(f64::ln);
        }
    }
    Passed { squares, logarithms, level, slope }
}

/// The state after `values`, the first of which has the phase `phase`.
pub(super) fn advance(form: Form, weights: Weights, start: &State, phase: usize, values: &[f64]) -> State {
    let mut seasonal = Seasonal::<1>::new();
    // Which error is minimised does not matter here, and the additive one costs least.
    let form = Form { error: Error::Additive, ..form };
    let passed = pass(form, &[weights], start, phase, values, &mut seasonal);
    let seasonal = seasonal.0.iter().map(|lanes| lanes.0[0]).collect();
    State { level: passed.level.0[0], slope: passed.slope.0[0], seasonal }
}

/// The medians of the next `horizon` steps, the first of which has the phase `phase`.
pub(super) fn forecast(form: Form, damping: f64, state: &State, phase: usize, horizon: usize) -> Vec<f64> {
    let (mut level, mut slope) = (state.level, state.slope);
    let period = state.seasonal.len().max(1);
    let step = |ahead: usize| {
        if form.trend != Trend::None {
            slope *= damping;
            level += slope;
        }
        let season = state.seasonal.get((phase + ahead) % period).copied();
        match (form.season, season) {
            (Season::None, _) | (_, None) => level,
            (Season::Additive, Some(season)) => level + season,
            (Season::Multiplicative, Some(season)) => level * season,
        }
    };
    (0..horizon).map(step).collect()
}
