//! One series smoothed: its form and parameters chosen by AICc, and the state that goes on with new values.

use super::criterion;
use super::filter::{self, Run, State, Weights};
use super::form::{Form, Season, Trend};
use super::initial::Initial;
use super::lanes::Lanes;
use super::simplex::{self, DIMENSIONS, POINTS, Point};
use serde::{Deserialize, Serialize};

/// Newest values that are fitted, at least, and in periods: older ones say little about how a series moves now.
const FITTED: usize = 4_096;
const FITTED_PERIODS: usize = 8;
/// Passes over the values for each form.
const ITERATIONS: usize = 40;
/// Values that the state is found from when it was left long ago: in periods, in times that the level remembers, at
/// least and at most for that.
const MEMORY_PERIODS: usize = 4;
const MEMORY_TIMES: f64 = 3.0;
const MEMORY: (f64, f64) = (64.0, 2_048.0);
/// Bounds of α and φ as in Hyndman & Khandakar (*Journal of Statistical Software*, 2008).
const LEVEL: (f64, f64) = (1e-4, 0.9999);
const DAMPING: (f64, f64) = (0.8, 0.98);
/// Smallest errors that count, relative to the values.
const LEAST_ERROR: f64 = 1e-12;
/// Origins that forecasts overlap from.
const ORIGINS_PER_HORIZON: usize = 2;
/// First values from which nothing is forecast: level and slope have not settled.
const UNSETTLED: usize = 10;

/// Where searches begin: α, β / α, γ / (1 - α) and φ, each as its place between its bounds.
const STARTS: [Point; POINTS] = [
    [0.05, 0.1, 0.05, 0.9],
    [0.2, 0.1, 0.05, 0.9],
    [0.5, 0.05, 0.1, 0.9],
    [0.8, 0.05, 0.3, 0.9],
    [0.98, 0.02, 0.5, 0.9],
    [0.3, 0.3, 0.3, 0.5],
    [0.01, 0.1, 0.01, 0.9],
    [0.9, 0.3, 0.05, 0.5],
];

/// A fitted exponential smoothing.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Smoothing {
    /// What is saved in small.
    pub(crate) parameters: Parameters,
    /// The season at `next_step`, by phase: steps since the epoch modulo its length. Empty without.
    pub(crate) seasonal: Vec<f64>,
}

/// Form, parameters and the state at a step.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Parameters {
    form: Form,
    weights: Weights,
    level: f64,
    slope: f64,
    /// The first step that the state has not seen.
    next_step: i64,
}

impl Smoothing {
    /// Fits every form that the values allow and keeps the one of least AICc. `values` are finite and at least 4;
    /// the first is at `first_step`. A `period` of 1 has no season.
    pub(crate) fn fit(values: &[f64], first_step: i64, periods: &[usize], horizon: usize) -> Self {
        let period = periods.iter().copied().max().unwrap_or(1);
        let fitted = values.len().min(FITTED.max(FITTED_PERIODS * period));
        let skipped = values.len() - fitted;
        let first_step = first_step.saturating_add(i64::try_from(skipped).unwrap_or(0));
        let values = &values[skipped..];
        // Relative to their size, so that products of forecasts neither vanish nor overflow.
        let scale = values.iter().map(|value| value.abs()).sum::<f64>() / fitted.max(1) as f64;
        let scale = if scale.is_normal() { scale } else { 1.0 };
        let scaled: Vec<f64> = values.iter().map(|value| value / scale).collect();
        let choices = periods
            .iter()
            .filter_map(|period| Search::new(&scaled, phase(first_step, *period), *period, horizon).best());
        let chosen = choices.min_by(|a, b| a.criterion.total_cmp(&b.criterion));
        let Choice { form, weights, start, .. } = chosen.unwrap_or_else(|| Choice::last_value(&scaled));
        let state = filter::advance(form, weights, &start, phase(first_step, start.seasonal.len()), &scaled);
        let next_step = first_step.saturating_add(i64::try_from(fitted).unwrap_or(0));
        let season_scale = if form.season == Season::Multiplicative { 1.0 } else { scale };
        Self {
            parameters: Parameters { form, weights, level: state.level * scale, slope: state.slope * scale, next_step },
            seasonal: state.seasonal.iter().map(|value| value * season_scale).collect(),
        }
    }

    /// How many of the newest values the state is found from.
    pub(crate) fn memory(&self) -> usize {
        memory(self.parameters.weights.level).max(MEMORY_PERIODS * self.seasonal.len())
    }

    /// How many of `available` values before `next_step` the state is found from now: those since the fit, or where
    /// there are fewer or that is too long ago, as many as are remembered.
    pub(crate) fn looked_at(&self, available: usize, next_step: i64) -> usize {
        let elapsed = next_step.saturating_sub(self.parameters.next_step);
        let most = self.memory().min(available);
        usize::try_from(elapsed).ok().filter(|elapsed| *elapsed <= most).unwrap_or(most)
    }

    /// The medians of the next `horizon` steps after `values`, the last of which is at `next_step - 1`.
    pub(crate) fn forecast(&self, values: &[f64], next_step: i64, horizon: usize) -> Vec<f64> {
        let Parameters { form, weights, .. } = self.parameters;
        let state = self.state(values, next_step);
        filter::forecast(form, weights.damping, &state, phase(next_step, self.seasonal.len()), horizon)
    }

    /// The state after `values`: gone on from the saved one where they reach back to it, otherwise from the mean of
    /// the oldest of them without their season.
    fn state(&self, values: &[f64], next_step: i64) -> State {
        let Parameters { form, weights, level, slope, .. } = self.parameters;
        let saved = State { level, slope, seasonal: self.seasonal.clone() };
        let new = &values[values.len() - self.looked_at(values.len(), next_step)..];
        let first_step = next_step.saturating_sub(i64::try_from(new.len()).unwrap_or(0));
        let start = if first_step == self.parameters.next_step { saved } else { self.rebased(saved, new, next_step) };
        filter::advance(form, weights, &start, phase(first_step, self.seasonal.len()), new)
    }

    /// The saved state with the level that the oldest of `recent` are around.
    fn rebased(&self, saved: State, recent: &[f64], next_step: i64) -> State {
        let first_step = next_step.saturating_sub(i64::try_from(recent.len()).unwrap_or(0));
        let period = self.seasonal.len().max(1);
        let first = phase(first_step, period);
        let adjusted = recent.iter().take(period.max(recent.len() / 4)).enumerate().map(|(at, value)| {
            match (self.parameters.form.season, self.seasonal.get((first + at) % period)) {
                (Season::None, _) | (_, None) => *value,
                (Season::Additive, Some(season)) => value - season,
                (Season::Multiplicative, Some(season)) => value / season,
            }
        });
        let (mut sum, mut count) = (0.0, 0_u32);
        for value in adjusted.filter(|value| value.is_finite()) {
            sum += value;
            count += 1;
        }
        let level = if count > 0 { sum / f64::from(count) } else { saved.level };
        State { level, ..saved }
    }
}

/// Values that a level with the weight α is found from.
pub(crate) fn memory(level: f64) -> usize {
    (MEMORY_TIMES / level).clamp(MEMORY.0, MEMORY.1) as usize
}

/// The place of a step in its period.
pub(crate) fn phase(step: i64, period: usize) -> usize {
    let period = i64::try_from(period.max(1)).unwrap_or(1);
    usize::try_from(step.rem_euclid(period)).unwrap_or(0)
}

/// A form with its parameters and initial state.
struct Choice {
    criterion: f64,
    form: Form,
    weights: Weights,
    start: State,
}

impl Choice {
    /// What goes on with the last value: for series on which no form can be judged.
    fn last_value(values: &[f64]) -> Self {
        let form = Form { trend: Trend::None, season: Season::None };
        let start = State { level: values.first().copied().unwrap_or(0.0), slope: 0.0, seasonal: Vec::new() };
        Self { criterion: f64::INFINITY, form, weights: weights(form, &[1.0; DIMENSIONS]), start }
    }
}

/// The search for form and parameters over one series, with one period.
struct Search<'a> {
    values: &'a [f64],
    phase: usize,
    period: usize,
    horizon: usize,
    /// Sum of absolute errors below which series are not told apart, as in a constant one.
    least: f64,
}

impl<'a> Search<'a> {
    fn new(values: &'a [f64], phase: usize, period: usize, horizon: usize) -> Self {
        let least = LEAST_ERROR * values.iter().map(|value| value.abs()).sum::<f64>().max(f64::MIN_POSITIVE);
        Self { values, phase, period, horizon, least }
    }

    /// The form of least AICc, the earlier among equals. `None` where none can be judged.
    fn best(&self) -> Option<Choice> {
        let is_positive = self.values.iter().all(|value| *value > 0.0);
        let initial = [Season::None, Season::Additive, Season::Multiplicative].map(|kind| {
            let is_possible = kind != Season::Multiplicative || is_positive;
            is_possible.then(|| Initial::new(self.values, kind, self.period, self.phase)).flatten()
        });
        let mut best: Option<Choice> = None;
        for form in Form::all() {
            let Some(initial) = &initial[form.season as usize] else { continue };
            let start = initial.state(form.trend);
            let (weights, misses) = self.fit(form, &start);
            let parameters = form.parameters(self.period);
            let Some(criterion) = criterion::aicc(self.values.len(), misses, parameters) else { continue };
            if best.as_ref().is_none_or(|best| criterion < best.criterion) {
                best = Some(Choice { criterion, form, weights, start });
            }
        }
        best
    }

    /// Parameters of greatest likelihood, and the sum of their absolute errors.
    fn fit(&self, form: Form, start: &State) -> (Weights, f64) {
        let mut seasonal = Vec::new();
        let starts = STARTS.map(|start| packed(form, start));
        let count = self.values.len() as f64;
        let (point, likelihood) =
            simplex::minimise(form.dimensions(), &starts, ITERATIONS, criterion::TOLERANCE, |points| {
                let weights = points.each_ref().map(|point| weights(form, point));
                let misses = self.misses(Run::new(form, &weights, start, self.phase, &mut seasonal));
                misses.map(|misses| criterion::likelihood(count, misses.max(self.least)))
            });
        (weights(form, &point), (likelihood / count / 2.0).exp())
    }

    /// Sums of the absolute errors of forecasts of the horizon from origins all over the values.
    fn misses(&self, mut run: Run<'_, POINTS>) -> [f64; POINTS] {
        let mut sum = Lanes::all(0.0);
        // Odd, so that origins fall on many phases of an even period.
        let stride = (self.horizon / ORIGINS_PER_HORIZON).max(1) | 1;
        let mut passed = 0;
        let mut origin = (2 * self.period).max(UNSETTLED).min(self.values.len() / 4);
        while origin < self.values.len() {
            run.advance(&self.values[passed..origin]);
            let end = origin.saturating_add(self.horizon).min(self.values.len());
            sum = sum + run.misses(&self.values[origin..end]);
            passed = origin;
            origin += stride;
        }
        sum.0
    }
}

/// Which of the places of [`STARTS`] a form searches.
fn searched(form: Form) -> &'static [usize] {
    match (form.trend, form.season == Season::None) {
        (Trend::None, true) => &[0],
        (Trend::None, false) => &[0, 2],
        (Trend::Additive, true) => &[0, 1],
        (Trend::Additive, false) => &[0, 1, 2],
        (Trend::Damped, true) => &[0, 1, 3],
        (Trend::Damped, false) => &[0, 1, 2, 3],
    }
}

/// The places that a form searches, in front.
fn packed(form: Form, places: Point) -> Point {
    let mut point = [0.0; DIMENSIONS];
    for (to, from) in point.iter_mut().zip(searched(form)) {
        *to = places[*from];
    }
    point
}

/// Smoothing parameters at a point, within the usual bounds (ibid., section 2.7): 0 < α < 1, 0 < β < α,
/// 0 < γ < 1 - α.
fn weights(form: Form, point: &Point) -> Weights {
    let mut places = [0.0; DIMENSIONS];
    for (from, to) in point.iter().zip(searched(form)) {
        places[*to] = *from;
    }
    let within = |(low, high): (f64, f64), place: f64| low + (high - low) * place;
    let level = within(LEVEL, places[0]);
    let damping = match form.trend {
        Trend::None => 0.0,
        Trend::Additive => 1.0,
        Trend::Damped => within(DAMPING, places[3]),
    };
    Weights { level, slope: level * places[1], season: (1.0 - level) * places[2], damping }
}
