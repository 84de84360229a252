//! What the regressions look at: the last hours, the same time on days before, the same time a week before.
//!
//! The features of a longer season follow those of a shorter one, so that one array serves all regressions.

use super::history::History;
use super::{DAY, WEEK};

/// How many features each stage has: the last hours; a day; a week.
pub(super) const LENGTHS: [usize; 3] = [14, 24, 28];

/// Minutes that a stage must have seen.
pub(super) const NEEDED: [usize; 3] = [1, DAY + 1, WEEK + 1];

/// Minutes of an hour: much of what machines are asked for is started by a clock.
const HOUR: usize = 60;

/// How many hours back the hourly profile reaches.
const PROFILE_HOURS: usize = 3;

/// How many days back the daily profile reaches.
const PROFILE_DAYS: usize = 4;

/// How far from the same time of day a peak still counts for it, minutes.
const AROUND: usize = 20;

/// All features at one minute; those of a season that has not been seen are zero.
pub(super) type Features = [f64; LENGTHS[2]];

/// Where the highest of the days before at this time of day stands among them.
const WIDEST: usize = LENGTHS[0] + 7;

/// The highest demand at about this time of day within the last days, as a logarithm; zero before there was a day.
pub(super) fn widest(features: &Features) -> f64 {
    features[WIDEST]
}

/// The features at the newest minute, for a forecast of the next `horizon` minutes.
pub(super) fn features(history: &History, horizon: usize) -> Features {
    let mut features = [0.0; LENGTHS[2]];
    let (recent, seasonal) = features.split_at_mut(LENGTHS[0]);
    let (day, week) = seasonal.split_at_mut(LENGTHS[1] - LENGTHS[0]);
    let [ago, mean, least] = hourly(history, horizon);
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
        ago,
        mean,
        least,
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

/// What followed this minute an hour ago, and the mean and the least of the last hours.
fn hourly(history: &History, horizon: usize) -> [f64; 3] {
    if history.seen() <= PROFILE_HOURS * HOUR {
        return [0.0; 3];
    }
    let mut after = [0.0; PROFILE_HOURS];
    for (hours, after) in (1..).zip(&mut after) {
        *after = history.max(hours * HOUR - 1, horizon);
    }
    [after[0], after.iter().sum::<f64>() / PROFILE_HOURS as f64, after.iter().copied().fold(f64::INFINITY, f64::min)]
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
