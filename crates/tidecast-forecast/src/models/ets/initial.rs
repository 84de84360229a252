//! Where the recursions start (Hyndman et al. 2008, section 2.6.1): the season from a decomposition, level and slope
//! from a line through the first values without it.

use super::classical;
use super::filter::State;
use super::form::{Season, Trend};

/// Values that the first level and slope are taken from, at least.
const FEWEST: usize = 10;

/// States before the first value, for one kind of season.
pub(super) struct Initial {
    flat: f64,
    level: f64,
    slope: f64,
    /// By phase.
    seasonal: Vec<f64>,
}

impl Initial {
    /// `None` where there is no such season in the values; the first value has the phase `phase`.
    pub(super) fn new(values: &[f64], kind: Season, period: usize, phase: usize) -> Option<Self> {
        let mut seasonal = Vec::new();
        let mut first = values[..(2 * period).max(FEWEST).min(values.len())].to_vec();
        if kind != Season::None {
            seasonal = classical::seasonal(values, period, kind)?;
            if kind == Season::Multiplicative {
                // A factor near 0 divides the level by nearly nothing.
                seasonal.iter_mut().for_each(|factor| *factor = factor.max(0.01));
            }
            first = classical::adjusted(&first, &seasonal, kind);
            seasonal.rotate_right(phase % period);
        }
        let count = first.len() as f64;
        let flat = first.iter().sum::<f64>() / count;
        let middle = (count + 1.0) / 2.0;
        let (mut products, mut squares) = (0.0, 0.0);
        for (at, value) in first.iter().enumerate() {
            let distance = (at + 1) as f64 - middle;
            products += distance * (value - flat);
            squares += distance * distance;
        }
        let slope = if squares > 0.0 { products / squares } else { 0.0 };
        Some(Self { flat, level: flat - slope * middle, slope, seasonal })
    }

    /// The state for a trend.
    pub(super) fn state(&self, trend: Trend) -> State {
        let (level, slope) = if trend == Trend::None { (self.flat, 0.0) } else { (self.level, self.slope) };
        State { level, slope, seasonal: self.seasonal.clone() }
    }
}
