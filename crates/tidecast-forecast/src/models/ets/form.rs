//! Which exponential smoothing: the kinds of error, trend and season.

use serde::{Deserialize, Serialize};

/// How the error enters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Error {
    /// `y = forecast + e`.
    Additive,
    /// `y = forecast * (1 + e)`.
    Multiplicative,
}

/// How the level moves on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Trend {
    /// It stays.
    None,
    /// By a slope.
    Additive,
    /// By a slope that fades.
    Damped,
}

/// How the season enters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Season {
    /// Not at all.
    None,
    /// Added to the level.
    Additive,
    /// Multiplied with the level.
    Multiplicative,
}

/// One model of the family, `ETS(error, trend, season)` in Hyndman et al. (2008), chapter 2.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Form {
    /// How the error enters.
    pub(crate) error: Error,
    /// How the level moves on.
    pub(crate) trend: Trend,
    /// How the season enters.
    pub(crate) season: Season,
}

impl Form {
    /// Every form that has a finite variance and is sound for the values: relative errors and seasons need positive
    /// ones, and an additive error under a multiplicative season is unstable (ibid., section 4.3.3).
    pub(crate) fn candidates(is_positive: bool, is_seasonal: bool) -> Vec<Self> {
        let mut forms = Vec::new();
        for season in [Season::None, Season::Additive, Season::Multiplicative] {
            for error in [Error::Additive, Error::Multiplicative] {
                let is_possible = is_positive || (error == Error::Additive && season != Season::Multiplicative);
                let is_stable = season != Season::Multiplicative || error == Error::Multiplicative;
                if is_possible && is_stable && (is_seasonal || season == Season::None) {
                    forms.extend([Trend::None, Trend::Additive, Trend::Damped].map(|trend| Self {
                        error,
                        trend,
                        season,
                    }));
                }
            }
        }
        forms
    }

    /// How many smoothing parameters there are.
    pub(crate) fn dimensions(self) -> usize {
        1 + self.trend as usize + usize::from(self.season != Season::None)
    }

    /// How many numbers are fitted: smoothing parameters, initial states (the seasonal ones sum to a constant) and
    /// the variance.
    pub(crate) fn parameters(self, period: usize) -> usize {
        let slope = usize::from(self.trend != Trend::None);
        let seasons = if self.season == Season::None { 0 } else { period - 1 };
        self.dimensions() + 1 + slope + seasons + 1
    }
}
