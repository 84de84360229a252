//! What the regressions look at: the last hour, the same time on days before, the same time a week before.
//!
//! The features of a longer season follow those of a shorter one, so that one array serves all regressions.

use super::history::History;
use super::{DAY, WEEK};

/// How many features each stage has: the last hour; a day; a week.
pub(super) const LENGTHS: [usize; 3] = [11, 21, 25];

/// Minutes that a stage must have seen.
pub(super) const NEEDED: [usize; 3] = [1, DAY + 1, WEEK + 1];

/// How many days back the daily profile reaches.
const PROFILE_DAYS: usize = 4;

/// How far from the same time of day a peak still counts for it, minutes.
const AROUND: usize = 20;

/// All features at one minute; those of a season that has not been seen are zero.
pub(super) type Features = [f64; LENGTHS[2]];

/// The features at the newest minute, for a forecast of the next `horizon` minutes.
pub(super) fn features(history: &History, horizon: usize) -> Features {
    let mut features = [0.0; LENGTHS[2]];
    let (recent, seasonal) = features.split_at_mut(LENGTHS[0]);
    let (day, week) = seasonal.split_at_mut(LENGTHS[1] - LENGTHS[0]);
    recent.copy_from_slice(&[
        1.0,
        history.last(),
        history.max(2, 3),
        history.mean(4, 5),
        history.mean(14, 15),
        history.mean(59, 60),
        history.max(14, 15),
        history.max(59, 60),
        history.mean(4, 5) - history.mean(9, 5),
        history.mean_step(15, 15),
        history.mean_step(60, 60),
    ]);
    if history.seen() >= NEEDED[1] {
        day.copy_from_slice(&daily(history, horizon));
    }
    if history.seen() >= NEEDED[2] {
        week.copy_from_slice(&[
            history.max(WEEK - 1, horizon),
            history.mean(WEEK + 14, 15),
            history.max(WEEK + AROUND, horizon + 2 * AROUND + 1),
            history.mean(WEEK - 1, horizon),
        ]);
    }
    features
}

fn daily(history: &History, horizon: usize) -> [f64; LENGTHS[1] - LENGTHS[0]] {
    let days = (history.seen().saturating_sub(1) / DAY).clamp(1, PROFILE_DAYS);
    let (mut peak, mut level, mut wide, mut widest) = (0.0, 0.0, 0.0, 0.0_f64);
    for day in 1..=days {
        let ago = day * DAY;
        peak += history.max(ago - 1, horizon);
        level += history.mean(ago + 14, 15);
        let around = history.max(ago + AROUND, horizon + 2 * AROUND + 1);
        wide += around;
        widest = widest.max(around);
    }
    let days = days as f64;
    [
        history.max(DAY - 1, horizon),
        history.mean(DAY + 14, 15),
        history.max(DAY + AROUND, horizon + 2 * AROUND + 1),
        history.mean(DAY - 1, horizon),
        peak / days,
        level / days,
        wide / days,
        widest,
        // How today differs from yesterday, and what came after this stretch then.
        history.mean(59, 60) - history.mean(DAY + 59, 60),
        history.mean(DAY - 60, 60).max(history.mean(DAY - 30, 30)),
    ]
}
