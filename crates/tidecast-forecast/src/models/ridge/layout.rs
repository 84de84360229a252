//! Which inputs a regression has, and how many regressions there are: decided by season, horizon and history.

use crate::season::Cycle;
use serde::{Deserialize, Serialize};

/// Seasons that make a "week" of the inputs: seven days where the season is a day.
pub(super) const WEEK: usize = 7;
/// Most times of day with regressions of their own.
const MOST_GROUPS: usize = 24;
/// Most stretches of the horizon with regressions of their own.
const MOST_BLOCKS: usize = 24;
/// Fewest origins of one time of day that justify regressions of their own.
const ORIGINS_PER_GROUP: usize = 90;

/// How far back the inputs reach, by the length of the history.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Reach {
    /// Three seasons.
    Days,
    /// Two weeks of seasons.
    Weeks,
    /// Four weeks of seasons.
    Month,
}

impl Reach {
    /// Seasons of history from which it is used: the inputs and about twice as many to learn from.
    const fn seasons_needed(self) -> usize {
        match self {
            Self::Days => 10,
            Self::Weeks => 35,
            Self::Month => 84,
        }
    }

    /// Daily lags.
    pub(super) const fn daily(self) -> usize {
        match self {
            Self::Days => 3,
            Self::Weeks => 7,
            Self::Month => 9,
        }
    }

    /// Weekly lags beyond the first.
    pub(super) const fn weekly(self) -> usize {
        match self {
            Self::Days | Self::Weeks => 0,
            Self::Month => 3,
        }
    }

    /// Daily means; also the seasons whose mean is the level that everything is relative to.
    pub(super) const fn means(self) -> usize {
        match self {
            Self::Days => 3,
            Self::Weeks | Self::Month => WEEK,
        }
    }

    /// Seasons that the inputs at the origin look back on.
    const fn state_seasons(self) -> usize {
        match self {
            Self::Days => 3,
            Self::Weeks => 2 * WEEK,
            Self::Month => 4 * WEEK,
        }
    }
}

/// The shape of all regressions of one series.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Layout {
    /// Seasons of the series; inputs are in units of the short one.
    pub(super) cycle: Cycle,
    /// How far the inputs reach.
    pub(super) reach: Reach,
    /// Steps ahead with direct regressions.
    pub(super) horizon: usize,
    /// Times of day of the origin with regressions of their own.
    pub(super) groups: usize,
    /// Stretches of the horizon with regressions of their own.
    pub(super) blocks: usize,
}

impl Layout {
    /// Fewest values for any regression.
    pub(super) fn minimum_history(cycle: Cycle) -> usize {
        (Reach::Days.seasons_needed() * cycle.short).max(60)
    }

    /// The richest layout that `length` values justify; `None` where they are too few for any.
    pub(super) fn new(cycle: Cycle, horizon: usize, length: usize) -> Option<Self> {
        let blocks = horizon.min(MOST_BLOCKS);
        [Reach::Month, Reach::Weeks, Reach::Days].into_iter().find_map(|reach| {
            let layout = Self { cycle, reach, horizon, groups: 1, blocks };
            let rows = length.checked_sub(layout.memory() + horizon)?;
            let enough = length >= Self::minimum_history(cycle) && length >= reach.seasons_needed() * cycle.short;
            (enough && rows >= layout.width()).then(|| {
                let mut groups = cycle.short.min(MOST_GROUPS);
                while groups > 1 && rows / groups < ORIGINS_PER_GROUP {
                    groups /= 2;
                }
                Self { groups, ..layout }
            })
        })
    }

    /// Whether a layout read from a file can be worked with.
    pub(super) fn is_sound(&self) -> bool {
        let within = |value: usize, most: usize| (1..=most).contains(&value);
        within(self.cycle.short, 1 << 20)
            && within(self.horizon, 1 << 20)
            && within(self.groups, MOST_GROUPS.min(self.cycle.short))
            && within(self.blocks, MOST_BLOCKS.min(self.horizon))
    }

    /// Newest values that the inputs look at.
    pub(super) fn memory(&self) -> usize {
        let furthest = self.horizon - 1;
        let first = self.first_daily(furthest);
        let daily = first + self.reach.daily() - 1;
        let weekly = self.first_weekly(furthest) * WEEK + self.reach.weekly() * WEEK;
        let lags = if self.has_weeks() { daily.max(weekly) } else { daily };
        lags.max(self.reach.state_seasons()) * self.cycle.short + 2
    }

    /// Nearest season that is known `ahead` steps after the origin.
    pub(super) fn first_daily(&self, ahead: usize) -> usize {
        ahead / self.cycle.short + 1
    }

    /// Nearest week that is known `ahead` steps after the origin.
    pub(super) fn first_weekly(&self, ahead: usize) -> usize {
        self.first_daily(ahead).div_ceil(WEEK)
    }

    /// Whether weekly inputs are used.
    pub(super) fn has_weeks(&self) -> bool {
        self.reach != Reach::Days
    }

    /// Inputs of one regression.
    pub(super) fn width(&self) -> usize {
        let lags = self.reach.daily() + self.reach.weekly() + if self.has_weeks() { 2 } else { 0 };
        let state = 3 + self.reach.means() + 3 + 1;
        let weekly_state = if self.has_weeks() { 4 } else { 0 } + usize::from(self.reach == Reach::Month);
        let calendar = if self.cycle.long.is_some() { WEEK } else { 1 };
        lags + state + weekly_state + calendar
    }

    /// Regressions in all.
    pub(super) fn regressions(&self) -> usize {
        self.groups * self.blocks
    }

    /// The group of an origin at a position within the season.
    pub(super) fn group(&self, phase: usize) -> usize {
        phase * self.groups / self.cycle.short
    }

    /// The stretch that a step ahead belongs to.
    pub(super) fn block(&self, ahead: usize) -> usize {
        ahead * self.blocks / self.horizon
    }

    /// The steps ahead of a stretch.
    pub(super) fn steps_of(&self, block: usize) -> std::ops::Range<usize> {
        let start = |block: usize| (block * self.horizon).div_ceil(self.blocks);
        start(block)..start(block + 1)
    }
}
