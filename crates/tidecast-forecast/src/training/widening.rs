//! How much wider intervals must be than the errors they were learned from, because those were few and long ago.
//!
//! Intervals learned on the first half of the held-back part are held against the errors of the second. What they
//! would have had to be multiplied by, for each level, to cover what they should is pooled over the panel: one series
//! of a week says little about it, hundreds say much (cross-conformal prediction: Vovk, 2015).

use super::prepared::Prepared;
use super::rollout::Rollout;
use crate::conformal::LEVELS;

/// Errors looked at per series and level, at most, evenly spread.
const MOST_ERRORS: usize = 256;
/// Factors are believed in full from many times this number of forecasts that do not overlap.
const PRIOR_FORECASTS: f64 = 20.0;
/// Part of the factor (as a logarithm) that is left when intervals are learned from both halves.
const LEFT: f64 = 0.75;
/// Largest factor, as a logarithm.
const LARGEST: f64 = 1.0;

/// Logarithms of factors on the distance of each of [`LEVELS`] from the point forecast.
#[derive(Clone, Copy, Default)]
pub(super) struct Widening {
    /// For intervals learned from half of the errors.
    pub(super) of_half: [f64; LEVELS.len()],
}

impl Widening {
    /// From the rollouts of one model over a panel.
    pub(super) fn learn<'a>(panel: impl Iterator<Item = (&'a Prepared, &'a Rollout)>) -> Self {
        let mut ratios: [Vec<f32>; LEVELS.len()] = [(); LEVELS.len()].map(|()| Vec::new());
        let mut forecasts = 0.0;
        for (one, rollout) in panel {
            let Some((conformal, half)) = one.learn_early(rollout) else { continue };
            let middle = rollout.origins[half];
            let values = rollout.origins.last().map_or(0, |last| last + rollout.horizon - middle);
            forecasts += values as f64 / rollout.horizon as f64;
            let first = one.first_step() + i64::try_from(middle).unwrap_or(0);
            let late: Vec<_> = rollout.residuals(one).into_iter().filter(|one| one.origin_step >= first).collect();
            for residual in late.iter().step_by(late.len().div_ceil(MOST_ERRORS).max(1)) {
                for (ratios, level) in ratios.iter_mut().zip(LEVELS) {
                    let offset = conformal.offset(residual.origin_step, residual.ahead, level);
                    if offset != 0.0 {
                        ratios.push((residual.error / offset) as f32);
                    }
                }
            }
        }
        let belief = forecasts / (forecasts + PRIOR_FORECASTS);
        let mut of_half = [0.0; LEVELS.len()];
        for ((log, ratios), level) in of_half.iter_mut().zip(&mut ratios).zip(LEVELS) {
            let rank = (ratios.len() as f64 * level.max(1.0 - level)) as usize;
            if let Some(last) = ratios.len().checked_sub(1) {
                let factor = *ratios.select_nth_unstable_by(rank.min(last), f32::total_cmp).1;
                let needed = f64::from(factor).max(f64::MIN_POSITIVE).ln();
                *log = (belief * needed).clamp(-LARGEST, LARGEST);
            }
        }
        Self { of_half }
    }

    /// What is to be taken back once both halves have been learned from.
    pub(super) fn surplus(&self) -> [f64; LEVELS.len()] {
        self.of_half.map(|log| (1.0 - LEFT) * log)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::models::FitSettings;
    use tidecast_core::series::RegularSeries;

    const HORIZON: usize = 24;

    /// An hourly series of some weeks, and errors of which the later ones are `growth` times the earlier.
    fn grown(seed: u64, growth: f32) -> (Prepared, Rollout) {
        let mut state = seed;
        let mut uniform = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 40) as f32 / (1 << 23) as f32 - 1.0
        };
        let values = (0..2_000).map(|_| f64::from(uniform())).collect();
        let series = RegularSeries { start_ms: 0, step_ms: 3_600_000, values };
        let one = Prepared::new(&series, &FitSettings { horizon: HORIZON, ..FitSettings::default() }).unwrap();
        let origins = one.origins(HORIZON);
        let middle = origins[origins.len() / 2];
        let cells = origins.iter().flat_map(|origin| (0..HORIZON).map(move |ahead| origin + ahead));
        let errors = cells.map(|value| uniform() * if value < middle { 1.0 } else { growth }).collect();
        (one, Rollout { origins, horizon: HORIZON, errors })
    }

    fn widening(series: u64, growth: f32) -> Widening {
        let panel: Vec<(Prepared, Rollout)> = (1..=series).map(|seed| grown(seed, growth)).collect();
        Widening::learn(panel.iter().map(|(one, rollout)| (one, rollout)))
    }

    #[test]
    fn a_panel_tells_by_how_much_errors_grew() {
        for (growth, expected) in [(1.0, 0.0), (2.0, 2.0_f64.ln()), (0.5, 0.5_f64.ln())] {
            let learned = widening(40, growth);
            // Around the level 0.9: the outermost levels rest on few errors.
            for log in &learned.of_half[3..7] {
                assert!((log - expected).abs() < 0.12, "{growth}: {:?}", learned.of_half);
            }
        }
    }

    #[test]
    fn one_series_is_believed_in_part_and_none_not_at_all() {
        let one = widening(1, 2.0).of_half[6];
        assert!((0.1..0.55).contains(&one), "{one}");
        assert_eq!(widening(0, 2.0).of_half, [0.0; LEVELS.len()]);
    }
}
