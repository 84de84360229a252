//! Drift: whether the errors of a series' forecasts have become larger than they were when its model was chosen.
//!
//! A one-sided cumulative sum (Page, *Continuous inspection schemes*, 1954) of absolute errors in units of the error
//! at selection. It rises by what an error is larger than tolerated, and never falls below 0; one and
//! a half day's worth of excess is a warning, three are drift. Errors three times as large are therefore found within
//! days, twice as large within a week or so, and a few wild readings never. The limits were chosen so that stationary
//! errors, heavy-tailed and correlated as those of the tests below, raise fewer than five alarms in a hundred years.

use serde::{Deserialize, Serialize};

/// Growth of the error, as a share, that is tolerated for ever: seasons make some weeks harder than others.
const TOLERATED: f64 = 0.4;
/// Days' worth of excess error at which a series drifts.
const LIMIT_DAYS: f64 = 3.0;
/// Share of the limit at which it is told as a warning.
const WARNING: f64 = 0.5;
/// Most that one error counts, in units of the expected one: wild readings are the data's fault, not the model's.
const ERROR_MAX: f64 = 5.0;
/// The statistic does not rise beyond this, so that it comes down within days when errors are small again.
const STATISTIC_MAX: f64 = 1.5;
/// Fewest steps that count as a day, for series without one.
const DAY_STEPS_MIN: usize = 24;
/// Least error that is expected, in units of the scale of MASE: a nearly perfect model may become a little less so.
const EXPECTED_MIN: f64 = 0.05;

/// How the errors compare with those at selection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DriftState {
    /// As large as expected.
    Stable,
    /// Larger; it may pass.
    Warning,
    /// Larger for so long that the model should be fitted anew.
    Drifting,
}

/// What the detector says.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Drift {
    /// How the errors compare.
    pub state: DriftState,
    /// Accumulated excess error; 1 is drift.
    pub statistic: f64,
    /// When this state began, ms since the Unix epoch, time of the data.
    pub since_ms: i64,
}

/// Watches the errors of one series.
#[derive(Clone, Debug, PartialEq)]
pub struct DriftDetector {
    /// The error that is expected, in the unit of the series.
    expected: f64,
    /// What one unit of excess adds to the statistic.
    weight: f64,
    drift: Drift,
}

impl DriftDetector {
    /// A detector for a model that had the error `mase` when it was chosen, in units of `scale` (the mean absolute
    /// seasonal difference of the series); `day_steps` is the season within which errors come and go. `None` where
    /// these are no numbers to compare with.
    #[must_use]
    pub fn new(mase: f64, scale: f64, day_steps: usize, now_ms: i64) -> Option<Self> {
        let expected = mase.max(EXPECTED_MIN) * scale;
        let usable = expected.is_finite() && expected > 0.0;
        let weight = 1.0 / (LIMIT_DAYS * day_steps.max(DAY_STEPS_MIN) as f64);
        let drift = Drift { state: DriftState::Stable, statistic: 0.0, since_ms: now_ms };
        usable.then_some(Self { expected, weight, drift })
    }

    /// Goes on against another expected error, in the terms of [`Self::new`]; what is no number changes nothing.
    pub fn expect(&mut self, mase: f64, scale: f64) {
        let expected = mase.max(EXPECTED_MIN) * scale;
        if expected.is_finite() && expected > 0.0 {
            self.expected = expected;
        }
    }

    /// Takes the mean absolute error of the forecasts of one step; what is no number is left out.
    pub fn observe(&mut self, at_ms: i64, error: f64) {
        if !error.is_finite() {
            return;
        }
        let excess = (error.abs() / self.expected).min(ERROR_MAX) - (1.0 + TOLERATED);
        let statistic = (self.drift.statistic + excess * self.weight).clamp(0.0, STATISTIC_MAX);
        let state = match self.drift.state {
            _ if statistic >= 1.0 => DriftState::Drifting,
            // Half the way back ends it: a state that flickers tells nobody anything.
            DriftState::Drifting if statistic >= WARNING => DriftState::Drifting,
            DriftState::Warning if statistic >= WARNING / 2.0 => DriftState::Warning,
            _ if statistic >= WARNING => DriftState::Warning,
            _ => DriftState::Stable,
        };
        let since_ms = if state == self.drift.state { self.drift.since_ms } else { at_ms };
        self.drift = Drift { state, statistic, since_ms };
    }

    /// What is known now.
    #[must_use]
    pub fn drift(&self) -> Drift {
        self.drift
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR_MS: i64 = 3_600_000;

    /// Absolute errors with mean 1: heavy-tailed, correlated from hour to hour, larger by day than by night, with a
    /// year in which they swing by a fifth.
    struct Errors {
        state: u64,
        level: f64,
        hour: usize,
    }

    impl Errors {
        fn new(seed: u64) -> Self {
            Self { state: seed.wrapping_mul(2).wrapping_add(1), level: 0.0, hour: 0 }
        }

        fn uniform(&mut self) -> f64 {
            self.state = self.state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            ((self.state >> 11) as f64 + 0.5) / (1_u64 << 53) as f64
        }

        fn next(&mut self) -> f64 {
            let (radius, angle) = ((-2.0 * self.uniform().ln()).sqrt(), std::f64::consts::TAU * self.uniform());
            // An autoregression with the standard deviation 0.7; its exponential has the mean exp(0.245).
            self.level = 0.7 * self.level + 0.7 * (1.0_f64 - 0.49).sqrt() * radius * angle.cos();
            let turn = |period: f64| (self.hour as f64 / period * std::f64::consts::TAU).sin();
            let swing = (1.0 + 0.5 * turn(24.0)) * (1.0 + 0.2 * turn(24.0 * 365.0));
            self.hour += 1;
            (self.level - 0.245).exp() * swing
        }
    }

    fn detector() -> DriftDetector {
        DriftDetector::new(0.7, 10.0, 24, 0).unwrap()
    }

    /// Hours until the state is reached, of `hours`, when errors are `factor` times the expected.
    fn hours_until(state: DriftState, seed: u64, factor: f64, hours: usize) -> Option<usize> {
        let (mut errors, mut detector) = (Errors::new(seed), detector());
        (0..hours).find(|hour| {
            detector.observe(*hour as i64 * HOUR_MS, 7.0 * factor * errors.next());
            detector.drift().state == state
        })
    }

    #[test]
    fn stationary_errors_rarely_raise_an_alarm() {
        let year = 365 * 24;
        let alarms = (0..200).filter(|seed| hours_until(DriftState::Drifting, *seed, 1.0, year).is_some()).count();
        assert!(alarms <= 10, "{alarms} false alarms in 200 years");
    }

    #[test]
    fn a_jump_is_found_within_days() {
        // Factor, and the days within which nine of ten are found.
        for (factor, days) in [(2.0, 11), (3.0, 4), (6.0, 2)] {
            let mut delays: Vec<usize> =
                (0..200).filter_map(|seed| hours_until(DriftState::Drifting, seed, factor, 90 * 24)).collect();
            assert_eq!(delays.len(), 200, "all are found: factor {factor}");
            delays.sort_unstable();
            assert!(delays[180] <= days * 24, "factor {factor}: {} hours", delays[180]);
        }
    }

    #[test]
    fn a_wild_reading_is_not_drift() {
        let mut detector = detector();
        for hour in 0..12 {
            detector.observe(hour * HOUR_MS, 1e12);
        }
        assert_eq!(detector.drift().state, DriftState::Warning, "{:?}", detector.drift());
        detector.observe(0, f64::NAN);
        detector.observe(0, f64::INFINITY);
        assert!(detector.drift().statistic < 1.0);
    }

    #[test]
    fn it_ends_when_errors_are_small_again() {
        let mut detector = detector();
        for hour in 0..1_000 {
            detector.observe(hour * HOUR_MS, 21.0);
        }
        let drifting = detector.drift();
        assert_eq!((drifting.state, drifting.statistic), (DriftState::Drifting, STATISTIC_MAX));
        assert!(drifting.since_ms < 60 * HOUR_MS, "since it began, not since it was last seen");
        let back = (1_000..2_000).find(|hour| {
            detector.observe(hour * HOUR_MS, 3.5);
            detector.drift().state == DriftState::Stable
        });
        assert!(back.is_some_and(|hour| hour < 1_000 + 10 * 24), "{back:?}");
    }

    #[test]
    fn there_must_be_something_to_compare_with() {
        assert!(DriftDetector::new(0.0, 1.0, 24, 0).is_some());
        for (mase, scale) in [(1.0, 0.0), (f64::NAN, f64::NAN), (1.0, f64::INFINITY)] {
            assert!(DriftDetector::new(mase, scale, 24, 0).is_none(), "{mase} {scale}");
        }
    }
}
