//! Classical decomposition by moving averages (as in Hyndman & Athanasopoulos, *Forecasting: Principles and
//! Practice*, section 3.4): a season that is the same in every period, in one pass.

use super::form::Season;

/// The season of each phase of `period`, where the first value has phase 0: deviations that sum to 0, or factors
/// whose mean is 1. `None` with fewer than two periods, or where the result is not a number.
pub(crate) fn seasonal(values: &[f64], period: usize, kind: Season) -> Option<Vec<f64>> {
    if period < 2 || values.len() < 2 * period || kind == Season::None {
        return None;
    }
    let half = period / 2;
    let mut sums = vec![(0.0, 0_u32); period];
    let mut window: f64 = values[..period].iter().sum();
    // An even period has no middle: two neighbouring windows are averaged.
    let is_even = period.is_multiple_of(2);
    let last = values.len() - period;
    for start in 0..=last {
        let next = values.get(start + period).map(|entering| window + entering - values[start]);
        let mean = match (is_even, next) {
            (false, _) => Some(window / period as f64),
            (true, Some(next)) => Some((window + next) / (2 * period) as f64),
            (true, None) => None,
        };
        if let Some(mean) = mean {
            let at = start + half;
            let (sum, count) = &mut sums[at % period];
            *sum += if kind == Season::Additive { values[at] - mean } else { values[at] / mean };
            *count += 1;
        }
        window = next.unwrap_or(window);
    }
    let mut seasonal: Vec<f64> = sums.iter().map(|(sum, count)| sum / f64::from(*count)).collect();
    let mean = seasonal.iter().sum::<f64>() / period as f64;
    let normalise = |value: &mut f64| if kind == Season::Additive { *value -= mean } else { *value /= mean };
    seasonal.iter_mut().for_each(normalise);
    seasonal.iter().all(|value| value.is_finite()).then_some(seasonal)
}

/// The values without the season of their phases.
pub(crate) fn adjusted(values: &[f64], seasonal: &[f64], kind: Season) -> Vec<f64> {
    let season = seasonal.iter().cycle();
    match kind {
        Season::None => values.to_vec(),
        Season::Additive => values.iter().zip(season).map(|(value, season)| value - season).collect(),
        Season::Multiplicative => values.iter().zip(season).map(|(value, season)| value / season).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(period: usize, kind: Season, expected: &[f64]) {
        let season = expected.iter().cycle();
        let values: Vec<f64> = (0..5 * period + 1)
            .zip(season)
            .map(|(at, season)| {
                let trend = 50.0 + at as f64;
                if kind == Season::Additive { trend + season } else { 50.0 * season }
            })
            .collect();
        let found = seasonal(&values, period, kind).unwrap();
        for (found, expected) in found.iter().zip(expected) {
            assert!((found - expected).abs() < 1e-9, "{found} {expected}");
        }
    }

    #[test]
    fn finds_the_season_under_a_trend() {
        check(4, Season::Additive, &[1.0, -2.0, 3.0, -2.0]);
        check(3, Season::Additive, &[1.0, -2.0, 1.0]);
        check(4, Season::Multiplicative, &[0.5, 1.5, 1.25, 0.75]);
        assert_eq!(seasonal(&[1.0; 7], 4, Season::Additive), None);
        assert_eq!(seasonal(&[0.0; 8], 4, Season::Multiplicative), None);
    }
}
