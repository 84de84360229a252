//! The recursions of exponential smoothing over a stretch of values (Hyndman et al., *Forecasting with Exponential
//! Smoothing*, 2008, table 2.1), for several sets of parameters at once.

use super::form::{Form, Season, Trend};
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

/// Recursions with several sets of parameters, on their way through the values.
pub(super) struct Run<'a, const N: usize> {
    form: Form,
    weights: [Lanes<N>; 4],
    level: Lanes<N>,
    slope: Lanes<N>,
    /// By phase; kept by the caller between runs to spare allocations.
    seasonal: &'a mut Vec<Lanes<N>>,
    /// The phase of the next value.
    phase: usize,
}

const NO_SEASON: u8 = 0;
const ADDED: u8 = 1;
const MULTIPLIED: u8 = 2;

impl<'a, const N: usize> Run<'a, N> {
    /// Starts from a state, at a value of phase `phase`.
    pub(super) fn new(
        form: Form,
        weights: &[Weights; N],
        start: &State,
        phase: usize,
        seasonal: &'a mut Vec<Lanes<N>>,
    ) -> Self {
        seasonal.clear();
        seasonal.extend(start.seasonal.iter().map(|value| Lanes::all(*value)));
        let season = if seasonal.is_empty() { Season::None } else { form.season };
        Self {
            form: Form { season, ..form },
            weights: [
                Lanes(weights.map(|one| one.level)),
                Lanes(weights.map(|one| one.slope)),
                Lanes(weights.map(|one| one.season)),
                Lanes(weights.map(|one| one.damping)),
            ],
            level: Lanes::all(start.level),
            slope: Lanes::all(start.slope),
            phase: phase % seasonal.len().max(1),
            seasonal,
        }
    }

    /// Passes over the next values.
    pub(super) fn advance(&mut self, values: &[f64]) {
        match (self.form.trend != Trend::None, self.form.season) {
            (false, Season::None) => self.recur::<false, NO_SEASON>(values),
            (true, Season::None) => self.recur::<true, NO_SEASON>(values),
            (false, Season::Additive) => self.recur::<false, ADDED>(values),
            (true, Season::Additive) => self.recur::<true, ADDED>(values),
            (false, Season::Multiplicative) => self.recur::<false, MULTIPLIED>(values),
            (true, Season::Multiplicative) => self.recur::<true, MULTIPLIED>(values),
        }
    }

    fn recur<const TREND: bool, const SEASON: u8>(&mut self, values: &[f64]) {
        let [alpha, beta, gamma, phi] = self.weights;
        let (mut level, mut slope, mut phase) = (self.level, self.slope, self.phase);
        let seasonal = self.seasonal.as_mut_slice();
        let period = seasonal.len().max(1);
        for &value in values {
            let value = Lanes::all(value);
            let fading = if TREND { phi * slope } else { slope };
            let base = if TREND { level + fading } else { level };
            // What the error moves: the level, with the season taken out.
            let adjusted = if SEASON == NO_SEASON {
                value - base
            } else {
                let season = seasonal[phase];
                if SEASON == ADDED {
                    let error = value - base - season;
                    seasonal[phase] = season + gamma * error;
                    error
                } else {
                    let error = value - base * season;
                    // Both quotients by one division.
                    let relative = error / (base * season);
                    seasonal[phase] = season + gamma * relative * season;
                    relative * base
                }
            };
            level = base + alpha * adjusted;
            if TREND {
                slope = fading + beta * adjusted;
            }
            phase = if phase + 1 >= period { 0 } else { phase + 1 };
        }
        (self.level, self.slope, self.phase) = (level, slope, phase);
    }

    /// Sum of the absolute errors of the forecasts of `values`, which come next, without passing over them.
    pub(super) fn misses(&self, values: &[f64]) -> Lanes<N> {
        match self.form.season {
            Season::None => self.roll::<NO_SEASON>(values),
            Season::Additive => self.roll::<ADDED>(values),
            Season::Multiplicative => self.roll::<MULTIPLIED>(values),
        }
    }

    fn roll<const SEASON: u8>(&self, values: &[f64]) -> Lanes<N> {
        let [.., phi] = self.weights;
        let (mut level, mut slope, mut phase) = (self.level, self.slope, self.phase);
        let mut sum = Lanes::all(0.0);
        let period = self.seasonal.len().max(1);
        for value in values {
            slope = phi * slope;
            level = level + slope;
            let forecast = match SEASON {
                NO_SEASON => level,
                ADDED => level + self.seasonal[phase],
                _ => level * self.seasonal[phase],
            };
            sum = sum + (Lanes::all(*value) - forecast).map(f64::abs);
            phase = if phase + 1 >= period { 0 } else { phase + 1 };
        }
        sum
    }
}

/// The state after `values`, the first of which has the phase `phase`.
pub(super) fn advance(form: Form, weights: Weights, start: &State, phase: usize, values: &[f64]) -> State {
    let mut seasonal = Vec::new();
    let mut run = Run::new(form, &[weights], start, phase, &mut seasonal);
    run.advance(values);
    let (level, slope) = (run.level.0[0], run.slope.0[0]);
    State { level, slope, seasonal: seasonal.iter().map(|lanes| lanes.0[0]).collect() }
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

#[cfg(test)]
mod tests {
    use super::*;

    const VALUES: [f64; 20] = [
        31.2, 24.8, 28.1, 35.9, 33.0, 26.1, 29.9, 37.2, 34.8, 27.0, 31.4, 40.1, 36.2, 28.4, 33.7, 41.0, 38.9, 30.2,
        34.1, 43.8,
    ];

    /// Level and forecasts of statsmodels' `ETSModel` with the same parameters and initial states; for the
    /// multiplicative season of statsforecast, whose states are those of Hyndman's software.
    #[track_caller]
    fn check(trend: Trend, season: Season, seasonal: &[f64], level: f64, forecasts: [f64; 5]) {
        let form = Form { trend, season };
        let damping = if trend == Trend::Damped { 0.9 } else { 1.0 };
        let slope = if trend == Trend::None { 0.0 } else { 0.4 };
        let weights = Weights { level: 0.3, slope: 0.1, season: 0.2, damping };
        let start = State { level: 30.0, slope, seasonal: seasonal.to_vec() };
        let state = advance(form, weights, &start, 0, &VALUES);
        assert!((state.level / level - 1.0).abs() < 1e-9, "{}", state.level);
        for (ours, theirs) in forecast(form, damping, &state, 0, 5).iter().zip(forecasts) {
            assert!((ours / theirs - 1.0).abs() < 1e-9, "{ours} {theirs}");
        }
        // A lane is what a run alone is, and rolls forward as a forecast does.
        let mut lanes = Vec::new();
        let mut run = Run::new(form, &[Weights { level: 0.9, ..weights }, weights], &start, 0, &mut lanes);
        run.advance(&VALUES);
        assert!(run.misses(&forecasts).0[1] < 1e-6);
    }

    #[test]
    fn agrees_with_the_reference() {
        let (deviations, factors) = ([1.5, -5.0, -2.0, 5.5], [1.05, 0.82, 0.94, 1.19]);
        check(
            Trend::None,
            Season::Additive,
            &deviations,
            35.733_606_641_260_27,
            [38.568_599_609_483, 30.908_302_118_214, 34.706_551_694_45, 42.573_377_570_401, 38.568_599_609_483],
        );
        check(
            Trend::Damped,
            Season::Additive,
            &deviations,
            36.874_989_338_465_91,
            [39.439_690_416_699, 31.993_385_041_32, 36.049_029_762_434, 44.150_668_982_044, 40.475_750_843_298],
        );
        check(
            Trend::Damped,
            Season::Multiplicative,
            &factors,
            36.787_934_467_886,
            [39.660404447, 30.901466364, 35.477965812, 44.700280590, 40.579236489],
        );
        check(
            Trend::Additive,
            Season::None,
            &[],
            37.941_728_135_923_68,
            [38.706_810_392_33, 39.471_892_648_735, 40.236_974_905_141, 41.002_057_161_547, 41.767_139_417_953],
        );
    }
}
