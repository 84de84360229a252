//! Seasons: how many steps until a series repeats itself.

use serde::{Deserialize, Serialize};
use tidecast_core::series::RegularSeries;

const DAY_MS: i64 = 86_400_000;
/// Fewest times a season must have been seen before it is believed.
const SEASONS_NEEDED: usize = 2;
/// Autocorrelation from which a season that the calendar does not suggest is believed.
const CONVINCING: f64 = 0.4;
/// Newest values looked at when searching for a season.
const SEARCHED: usize = 4_096;

/// The one or two seasons of a series, in steps.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Cycle {
    /// The day, or the season that was found or asked for; 1 where there is none.
    pub short: usize,
    /// The week, where `short` is the day and the week is known.
    pub long: Option<usize>,
}

impl Cycle {
    /// The longer of the two.
    #[must_use]
    pub fn longest(&self) -> usize {
        self.long.unwrap_or(self.short)
    }

    /// The seasons of a series. The calendar decides first: steps that divide a day have a day, and a week once two
    /// were seen. Otherwise `asked` (in steps), otherwise the strongest autocorrelation, if it convinces.
    #[must_use]
    pub fn of(series: &RegularSeries, asked: Option<usize>) -> Self {
        let day = steps_per_day(series.step_ms).filter(|day| series.len() >= SEASONS_NEEDED * day);
        match (day, asked) {
            (Some(day), None) => Self { short: day, long: week(day, series.len()) },
            (Some(day), Some(asked)) if asked == day || asked == 7 * day => {
                Self { short: day, long: week(day, series.len()) }
            }
            (_, Some(asked)) if asked >= 1 && series.len() > asked => Self { short: asked, long: None },
            _ => Self { short: strongest_autocorrelation(&series.values).unwrap_or(1), long: None },
        }
    }

    /// The season in which the series repeats itself best: what a seasonal naive forecast copies from.
    #[must_use]
    pub fn most_regular(&self, values: &[f64]) -> usize {
        let error = |season: usize| tidecast_core::forecast::accuracy::mase_scale(values, season);
        match self.long.and_then(|long| Some((long, error(long)?, error(self.short)?))) {
            Some((long, weekly, daily)) if weekly <= daily => long,
            _ => self.short,
        }
    }
}

/// Steps in a day, where it is a whole number of at least 2.
fn steps_per_day(step_ms: i64) -> Option<usize> {
    let divides = step_ms > 0 && DAY_MS % step_ms == 0 && DAY_MS / step_ms >= 2;
    divides.then(|| usize::try_from(DAY_MS / step_ms).ok()).flatten()
}

fn week(day: usize, length: usize) -> Option<usize> {
    (length >= SEASONS_NEEDED * 7 * day).then_some(7 * day)
}

/// The lag with the highest autocorrelation after the first time that it fell below zero, if it convinces.
fn strongest_autocorrelation(values: &[f64]) -> Option<usize> {
    let recent = &values[values.len().saturating_sub(SEARCHED)..];
    let known = recent.iter().copied().filter(|value| value.is_finite());
    let count = known.clone().count();
    if count < 8 {
        return None;
    }
    let mean = known.sum::<f64>() / count as f64;
    let centred: Vec<f64> = recent.iter().map(|value| if value.is_finite() { value - mean } else { 0.0 }).collect();
    let energy: f64 = centred.iter().map(|value| value * value).sum();
    if energy <= 0.0 || !energy.is_finite() {
        return None;
    }
    let correlation = |lag: usize| {
        let sum: f64 = centred.iter().zip(&centred[lag..]).map(|(a, b)| a * b).sum();
        // The overlap shrinks with the lag: compare per pair.
        sum / energy * centred.len() as f64 / (centred.len() - lag) as f64
    };
    let furthest = (centred.len() / (SEASONS_NEEDED + 1)).min(1_024);
    let correlations: Vec<f64> = (0..=furthest).map(correlation).collect();
    let fell = correlations.iter().position(|value| *value < 0.0)?;
    let (lag, best) = correlations.iter().enumerate().skip(fell).max_by(|a, b| a.1.total_cmp(b.1))?;
    // Multiples of the season correlate as well as the season: take the first that is about as good.
    let mut season = correlations.iter().skip(fell).position(|value| *value >= 0.97 * best).map_or(lag, |at| fell + at);
    while season < lag && correlations[season + 1] > correlations[season] {
        season += 1;
    }
    (*best >= CONVINCING).then_some(season)
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR_MS: i64 = 3_600_000;

    #[track_caller]
    fn check(step_ms: i64, length: usize, asked: Option<usize>, expected: (usize, Option<usize>)) {
        let values = (0..length).map(|index| (index as f64 * std::f64::consts::TAU / 37.0).sin()).collect();
        let cycle = Cycle::of(&RegularSeries { start_ms: 0, step_ms, values }, asked);
        assert_eq!((cycle.short, cycle.long), expected);
    }

    #[test]
    fn calendar_then_asked_then_found() {
        check(HOUR_MS, 1_000, None, (24, Some(168)));
        check(HOUR_MS, 300, None, (24, None));
        check(HOUR_MS, 1_000, Some(168), (24, Some(168)));
        check(HOUR_MS, 1_000, Some(12), (12, None));
        check(HOUR_MS, 10, None, (1, None));
        check(7_000, 500, None, (37, None));
        check(7_000, 500, Some(50), (50, None));
        check(7_000, 3, None, (1, None));
    }

    #[test]
    fn noise_has_no_season() {
        let mut state = 1_u64;
        let mut noise = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            (state >> 40) as f64
        };
        let values = (0..500).map(|_| noise()).collect();
        assert_eq!(Cycle::of(&RegularSeries { start_ms: 0, step_ms: 7_000, values }, None).short, 1);
    }
}
