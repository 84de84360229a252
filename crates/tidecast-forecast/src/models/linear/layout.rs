//! How far the regressions look back, and how strongly each lag is held to zero.

use crate::models::FitSettings;
use crate::season::Cycle;
use serde::{Deserialize, Serialize};

/// Lookbacks that are averaged, in seasons: the longest few that the history allows.
const SEASONS: [f64; 5] = [3.5, 7.0, 14.0, 28.0, 56.0];
/// How many of them.
const MEMBERS: usize = 3;
/// Longest lookback, in steps: bounds time and memory of a fit.
const LONGEST: usize = 1_536;
/// Longest season: with longer ones even one lookback of [`SEASONS`] would be too long.
const LONGEST_SEASON: usize = 400;
/// Steps that stand for a season where there is none.
const NO_SEASON: usize = 12;
/// A history is worth a lookback of this share of it.
const SHARE: usize = 4;
/// Furthest step forecast directly; later ones go on from the forecast.
const FURTHEST: usize = 336;

/// Lookbacks and horizon of the regressions of one series.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Layout {
    pub(super) cycle: Cycle,
    /// Steps forecast at once.
    pub(super) horizon: usize,
    /// Ascending.
    pub(super) lookbacks: Vec<usize>,
}

impl Layout {
    /// `None` where the history is too short or its season too long.
    pub(super) fn new(cycle: Cycle, length: usize, settings: &FitSettings) -> Option<Self> {
        let horizon = settings.horizon.clamp(1, FURTHEST);
        let longest = (settings.knob("linear.lookback", LONGEST as f64) as usize).clamp(2, LONGEST);
        let mut lookbacks: Vec<usize> = SEASONS
            .iter()
            .map(|seasons| lookback(cycle, *seasons))
            .filter(|lookback| *lookback <= longest && SHARE * lookback + horizon <= length)
            .collect();
        lookbacks.drain(..lookbacks.len().saturating_sub(MEMBERS));
        (cycle.short <= LONGEST_SEASON && !lookbacks.is_empty()).then_some(Self { cycle, horizon, lookbacks })
    }

    /// Fewest values for the shortest lookback.
    pub(super) fn minimum_history(cycle: Cycle) -> usize {
        SHARE * lookback(cycle, SEASONS[0]) + cycle.short
    }

    /// The longest lookback.
    pub(super) fn memory(&self) -> usize {
        self.lookbacks.iter().copied().max().unwrap_or(0)
    }

    /// Whether a saved one is possible.
    pub(super) fn is_sound(&self) -> bool {
        let fits = |lookback: &usize| (2..=LONGEST).contains(lookback);
        (1..=FURTHEST).contains(&self.horizon) && !self.lookbacks.is_empty() && self.lookbacks.iter().all(fits)
    }
}

fn lookback(cycle: Cycle, seasons: f64) -> usize {
    let season = if cycle.short > 1 { cycle.short } else { NO_SEASON };
    (seasons * season as f64) as usize
}

/// Penalty of each lag before the newest of a lookback, oldest first, in units of that of the newest: old values say
/// less, unless they are those of the same time of an earlier week.
pub(super) fn penalties(layout: &Layout, lookback: usize, decay: f64) -> Vec<f64> {
    let season = (if layout.cycle.short > 1 { layout.cycle.short } else { NO_SEASON }) as f64;
    let age = |lag: usize| {
        let plain = lag as f64 / season;
        let Some(week) = layout.cycle.long else { return plain };
        // The lags that are a whole number of weeks before one of the steps ahead.
        let weeks = lag.div_ceil(week).max(1);
        let near = [weeks * week, (weeks - 1) * week].map(|end| {
            let start = end.saturating_sub(layout.horizon);
            let distance = if lag > end { lag - end } else { start.saturating_sub(lag) };
            distance as f64 / season + (end / week) as f64
        });
        plain.min(near[0]).min(near[1])
    };
    (1..lookback).rev().map(|lag| (1.0 + age(lag)).powf(decay)).collect()
}
