//! What the network sees of a series, and what its outputs are added to.

use super::network::{Activation, Architecture, Batch, Embedding, Head, Loss};
use crate::conformal::phase;
use crate::season::Cycle;
use serde::{Deserialize, Serialize};

/// Inputs per step: the value, the value a day and a week before, and the place in the day and in the week.
pub(super) const INPUTS: usize = 7;
/// Numbers learned for each series.
const EMBEDDED: usize = 4;
/// Longest window, steps.
const LONGEST_WINDOW: usize = 96;
/// Shortest window, steps.
const SHORTEST_WINDOW: usize = 24;
/// Furthest step ahead with an output of its own.
const LONGEST_HORIZON: usize = 288;
/// Longest season, steps.
const LONGEST_SEASON: usize = 1 << 20;

/// How windows are cut from series of one step and season.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Framing {
    pub(super) cycle: Cycle,
    pub(super) window: usize,
    pub(super) horizon: usize,
}

impl Framing {
    /// Windows of some seasons, but neither so short that they say nothing nor so long that they cost too much.
    pub(super) fn new(cycle: Cycle, horizon: usize, seasons: f64) -> Self {
        let window = ((seasons * cycle.short as f64) as usize).clamp(SHORTEST_WINDOW, LONGEST_WINDOW);
        Self { cycle, window, horizon: horizon.min(LONGEST_HORIZON) }
    }

    /// Whether [`Framing::new`] could have made it.
    pub(super) fn is_sound(&self) -> bool {
        (SHORTEST_WINDOW..=LONGEST_WINDOW).contains(&self.window)
            && (1..=LONGEST_HORIZON).contains(&self.horizon)
            && (1..=LONGEST_SEASON).contains(&self.cycle.short)
            && (1..=LONGEST_SEASON).contains(&self.cycle.longest())
    }

    /// The network for windows of so many series. Absolute errors, whose best answer is the median, are what forecasts are
    /// judged by, and leave spikes less weight than squares would.
    pub(super) fn architecture(&self, hidden: usize, series: usize) -> Architecture {
        Architecture {
            inputs: INPUTS,
            window: self.window,
            horizon: self.horizon,
            layers: 1,
            hidden,
            activation: Activation::Tanh,
            embedding: (series > 1).then_some(Embedding { series, size: EMBEDDED }),
            head: Head::Last { direct: 2 * self.horizon },
            loss: Loss::Pinball(vec![0.5]),
        }
    }

    /// Newest values that a window looks at.
    pub(super) fn memory(&self) -> usize {
        let longest = self.cycle.longest();
        self.window + longest.max(self.horizon.div_ceil(longest) * longest)
    }

    /// Index of the value a whole number of seasons before a step ahead, known at the origin.
    fn seasons_before(origin: usize, ahead: usize, season: usize) -> usize {
        origin + ahead - (ahead / season + 1) * season
    }

    /// What the outputs are added to: the value a week before, or a day.
    pub(super) fn baseline(&self, values: &[f64], origin: usize, ahead: usize) -> f64 {
        values[Self::seasons_before(origin, ahead, self.cycle.longest())]
    }

    /// Writes window number `slot` of a batch: what is known of scaled `values`, the first of which is at
    /// `first_step`, before `origin`. Everything is relative to the mean of the last season.
    pub(super) fn write(&self, batch: &mut Batch, slot: usize, values: &[f64], first_step: i64, origin: usize) {
        let (short, long) = (self.cycle.short, self.cycle.longest());
        let level = values[origin - long..origin].iter().sum::<f64>() / long as f64;
        for step in 0..self.window {
            let at = origin - self.window + step;
            let turn = |season: usize| {
                let place = phase(first_step + i64::try_from(at).unwrap_or(0), season) as f64 / season as f64;
                (place * std::f64::consts::TAU).sin_cos()
            };
            let ((day_sin, day_cos), (week_sin, week_cos)) = (turn(short), turn(long));
            let inputs = [
                values[at] - level,
                values[at - short] - level,
                values[at - long] - level,
                day_sin,
                day_cos,
                week_sin,
                week_cos,
            ];
            for (input, value) in inputs.into_iter().enumerate() {
                batch.set_input(slot, step, input, value as f32);
            }
        }
        for ahead in 0..self.horizon {
            let lag = |season: usize| (values[Self::seasons_before(origin, ahead, season)] - level) as f32;
            batch.set_direct(slot, 2 * ahead, lag(short));
            batch.set_direct(slot, 2 * ahead + 1, lag(long));
        }
    }

    /// Writes what window number `slot` should answer: the change against the baseline, NaN where `actual` is. Changes
    /// are limited to `largest`.
    pub(super) fn write_targets(
        &self,
        batch: &mut Batch,
        slot: usize,
        values: &[f64],
        actual: &[f64],
        origin: usize,
        largest: f32,
    ) {
        for ahead in 0..self.horizon {
            let change = values[origin + ahead] - self.baseline(values, origin, ahead);
            let target = if actual[origin + ahead].is_finite() { change as f32 } else { f32::NAN };
            batch.set_target(slot, ahead, target.clamp(-largest, largest));
        }
    }
}
