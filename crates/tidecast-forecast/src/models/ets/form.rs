//! Which exponential smoothing: the kinds of trend and season.

use serde::{Deserialize, Serialize};

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

/// One model of the family in Hyndman et al. (2008), chapter 2. Whether its error is additive or multiplicative changes
/// neither its recursions nor its point forecasts (ibid., section 2.5), only its intervals, which are learned from
/// errors here: the two are one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Form {
    /// How the level moves on.
    pub(crate) trend: Trend,
    /// How the season enters.
    pub(crate) season: Season,
}

impl Form {
    /// Every form.
    pub(crate) fn all() -> impl Iterator<Item = Self> {
        let seasons = [Season::None, Season::Additive, Season::Multiplicative];
        let trends = [Trend::None, Trend::Damped, Trend::Additive];
        seasons.into_iter().flat_map(move |season| trends.map(|trend| Self { trend, season }))
    }

    /// How many smoothing parameters there are.
    pub(crate) fn dimensions(self) -> usize {
        let trend = match self.trend {
            Trend::None => 0,
            Trend::Additive => 1,
            Trend::Damped => 2,
        };
        1 + trend + usize::from(self.season != Season::None)
    }

    /// How many numbers are fitted: smoothing parameters, initial states (the seasonal ones sum to a constant) and
    /// the size of the errors.
    pub(crate) fn parameters(self, period: usize) -> usize {
        let slope = usize::from(self.trend != Trend::None);
        let seasons = if self.season == Season::None { 0 } else { period - 1 };
        self.dimensions() + 1 + slope + seasons + 1
    }
}
