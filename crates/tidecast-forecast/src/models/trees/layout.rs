//! Which inputs the trees see, decided by season and horizon, and by how much history there is.

use crate::season::Cycle;
use serde::{Deserialize, Serialize};

/// Seasons that make a "week" of the inputs: seven days where the season is a day.
pub(super) const WEEK: usize = 7;
/// Daily lags.
pub(super) const DAILY: usize = 8;
/// Parts of a season over which the newest values are averaged.
pub(super) const PARTS: [usize; 3] = [8, 4, 2];
/// Series statistics among the inputs.
pub(super) const STATISTICS: usize = 4;
/// Longest memory in steps: four weeks of minutes.
const LONGEST_MEMORY: usize = 1 << 16;
/// Longest horizon with inputs of its own; further ahead goes on from the forecasts.
const LONGEST_HORIZON: usize = 1 << 12;

/// The shape of the inputs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Layout {
    /// Seasons of the series; inputs are in units of the short one.
    pub(super) cycle: Cycle,
    /// Weeks that weekly inputs look back on; 0 for none.
    pub(super) weeks: usize,
    /// Steps ahead that are answered at once.
    pub(super) horizon: usize,
}

impl Layout {
    /// Fewest values for any trees, with a horizon of a season.
    pub(super) fn minimum_history(cycle: Cycle) -> usize {
        Self::needed(cycle, cycle.short)
    }

    /// Fewest values for any trees.
    pub(super) fn needed(cycle: Cycle, horizon: usize) -> usize {
        Self::plain(cycle, horizon).history()
    }

    /// The richest layout that `length` values justify; `None` where they are too few for any.
    pub(super) fn new(cycle: Cycle, horizon: usize, length: usize) -> Option<Self> {
        let with_weeks = |weeks| Self { weeks, ..Self::plain(cycle, horizon) };
        let fits = |layout: &Self| length >= layout.history() && layout.memory() <= LONGEST_MEMORY;
        [4, 2, 0].into_iter().map(with_weeks).find(fits)
    }

    /// The layout without weekly inputs.
    fn plain(cycle: Cycle, horizon: usize) -> Self {
        Self { cycle, weeks: 0, horizon: horizon.clamp(1, LONGEST_HORIZON) }
    }

    /// Fewest values that justify this layout: some origins to learn from beside what the inputs look at.
    fn history(&self) -> usize {
        let origins = if self.weeks > 0 { self.memory() / 4 } else { self.cycle.short };
        self.memory() + self.horizon + origins.max(30)
    }

    /// Whether a layout read from a file can be worked with.
    pub(super) fn is_sound(&self) -> bool {
        (1..=LONGEST_MEMORY).contains(&self.cycle.short)
            && [0, 2, 4].contains(&self.weeks)
            && (1..=LONGEST_HORIZON).contains(&self.horizon)
            && self.memory() <= LONGEST_MEMORY
    }

    /// Newest values that the inputs look at.
    pub(super) fn memory(&self) -> usize {
        let furthest = self.horizon - 1;
        let daily = self.first_daily(furthest) + DAILY - 1;
        let weekly = if self.weeks > 0 { (self.first_weekly(furthest) + self.weeks - 1) * WEEK + 1 } else { 0 };
        daily.max(weekly).max(WEEK) * self.cycle.short + 2
    }

    /// Nearest season that is known `ahead` steps after the origin.
    pub(super) fn first_daily(&self, ahead: usize) -> usize {
        ahead / self.cycle.short + 1
    }

    /// Nearest week that is known `ahead` steps after the origin.
    pub(super) fn first_weekly(&self, ahead: usize) -> usize {
        self.first_daily(ahead).div_ceil(WEEK)
    }

    /// Inputs that depend on the origin alone; they come first in a row.
    pub(super) fn shared(&self) -> usize {
        let weekly = if self.weeks > 0 { 6 } else { 0 };
        1 + WEEK + PARTS.len() + 3 + weekly + 3 + 1 + STATISTICS
    }

    /// Inputs of a row.
    pub(super) fn width(&self) -> usize {
        let weekly = if self.weeks > 0 { self.weeks + 6 } else { 0 };
        self.shared() + DAILY + 7 + weekly + 9
    }
}
