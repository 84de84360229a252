//! The training loop: batches of windows drawn from all series of a panel, each shared out over two threads.

use super::network::{Batch, Network, Pass, Trainer};
use super::random::Random;
use super::windows::Framing;
use crate::history::filled;
use crate::models::Control;
use crate::season::Cycle;
use std::sync::Arc;
use tidecast_core::series::RegularSeries;

/// Windows of a batch that one thread takes through the network.
const SHARE: usize = 32;
/// Shares of a batch. Fixed, whatever the number of processors, so that training gives the same on every machine.
const SHARES: usize = 2;
/// Batches between looks at the windows kept apart.
const BATCHES_PER_EPOCH: usize = 100;
/// Epochs at most.
const EPOCHS: usize = 12;
/// Epochs without improvement after which training ends.
const PATIENCE: usize = 4;
/// Share of the newest windows kept apart to choose the epoch by.
const KEPT_APART: f64 = 0.1;
/// Windows kept apart that are looked at.
const LOOKED_AT: usize = 512;
/// Longest gradient taken as it is.
const LONGEST: f32 = 1.0;
/// Largest scaled change that is learned from: a broken reading must not dominate the squares.
const LARGEST_CHANGE: f32 = 8.0;

/// What tuning may choose.
#[derive(Clone, Copy, Debug)]
pub(super) struct Choices {
    /// Units of the layer.
    pub(super) hidden: usize,
    /// Learning rate of Adam at the start; it falls linearly to a tenth.
    pub(super) rate: f32,
}

/// One series, scaled and filled.
struct Source<'a> {
    index: usize,
    actual: &'a [f64],
    values: Vec<f64>,
    first_step: i64,
}

/// The scale of each series: its standard deviation after filling.
pub(super) fn scales(panel: &[&RegularSeries], cycle: Cycle) -> Vec<f64> {
    panel.iter().map(|series| crate::scale::deviation(&filled(series, cycle))).collect()
}

/// Trains one network on all series of a panel, each longer than the framing's memory and horizon. `None` when
/// stopped.
pub(super) fn train(
    framing: Framing,
    Choices { hidden, rate }: Choices,
    panel: &[&RegularSeries],
    seed: u64,
    control: &Control<'_>,
) -> Option<Arc<Network>> {
    let sources: Vec<Source<'_>> = panel
        .iter()
        .enumerate()
        .map(|(index, series)| {
            let mut values = filled(series, framing.cycle);
            let scale = crate::scale::deviation(&values);
            values.iter_mut().for_each(|value| *value /= scale);
            let first_step = series.start_ms.div_euclid(series.step_ms.max(1));
            Source { index, actual: &series.values, values, first_step }
        })
        .collect();
    let network = Network::new(framing.architecture(hidden, panel.len()), seed).ok()?;
    let mut random = Random::new(seed);
    let mut batches = [(); SHARES].map(|()| Batch::new(network.architecture(), SHARE));
    let mut best = (f64::INFINITY, network.clone(), 0);
    let mut trainer = Trainer::new(network, Some(LONGEST));
    let mut pass = Pass::default();
    for epoch in 0..EPOCHS {
        for turn in 0..BATCHES_PER_EPOCH {
            if control.stopped() {
                return None;
            }
            let done = (epoch * BATCHES_PER_EPOCH + turn) as f64 / (EPOCHS * BATCHES_PER_EPOCH) as f64;
            for batch in &mut batches {
                draw(&mut random, &sources, &framing, batch);
            }
            trainer.learn(&batches, rate * (1.0 - 0.9 * done as f32));
            (control.progress)(done);
        }
        let error = error_kept_apart(&framing, trainer.network(), &sources, &mut pass);
        if error < best.0 {
            best = (error, trainer.network().clone(), epoch);
        } else if epoch >= best.2 + PATIENCE {
            break;
        }
    }
    Some(Arc::new(best.1))
}

/// Fills a batch with windows of random series and origins. Their targets end before the windows kept apart begin.
fn draw(random: &mut Random, sources: &[Source<'_>], framing: &Framing, batch: &mut Batch) {
    for slot in 0..batch.size() {
        let source = &sources[random.below(sources.len())];
        let (first, kept_apart, _) = source.origins(framing);
        let last = kept_apart.saturating_sub(framing.horizon).max(first + 1);
        source.write(framing, batch, slot, first + random.below(last - first));
    }
}

impl Source<'_> {
    /// First origin, first origin kept apart, and first index that is no origin.
    fn origins(&self, framing: &Framing) -> (usize, usize, usize) {
        let first = framing.memory();
        let end = (self.values.len() + 1).saturating_sub(framing.horizon).max(first + 1);
        let kept_apart = ((end - first) as f64 * KEPT_APART) as usize;
        (first, end - kept_apart.max(1), end)
    }

    fn write(&self, framing: &Framing, batch: &mut Batch, slot: usize, origin: usize) {
        batch.set_series(slot, self.index);
        framing.write(batch, slot, &self.values, self.first_step, origin);
        framing.write_targets(batch, slot, &self.values, self.actual, origin, LARGEST_CHANGE);
    }
}

/// Mean error over windows spread evenly over those kept apart.
fn error_kept_apart(framing: &Framing, network: &Network, sources: &[Source<'_>], pass: &mut Pass) -> f64 {
    let per_source = (LOOKED_AT / sources.len().max(1)).max(1);
    let windows: Vec<(&Source<'_>, usize)> = sources
        .iter()
        .flat_map(|source| {
            let (_, from, to) = source.origins(framing);
            let windows = per_source.min(to - from);
            (0..windows).map(move |window| (source, from + window * (to - from) / windows))
        })
        .collect();
    let (mut sum, mut count) = (0.0, 0);
    for chunk in windows.chunks(SHARE) {
        let mut batch = Batch::new(network.architecture(), SHARE);
        for (slot, (source, origin)) in chunk.iter().enumerate() {
            source.write(framing, &mut batch, slot, *origin);
        }
        pass.forward(network, &batch);
        let (error, known) = pass.loss(network, &batch);
        sum += error * known as f64;
        count += known;
    }
    if count > 0 { sum / count as f64 } else { f64::INFINITY }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::AtomicBool;

    const CYCLE: Cycle = Cycle { short: 12, long: None };

    /// Every other season is a sine, those between are its mirror image: one season before is the worst guess there is.
    fn alternating(length: usize) -> RegularSeries {
        let value = |step: usize| {
            let sign = if (step / CYCLE.short).is_multiple_of(2) { 1.0 } else { -1.0 };
            30.0 + 10.0 * sign * (step as f64 / CYCLE.short as f64 * std::f64::consts::TAU).sin()
        };
        RegularSeries { start_ms: 0, step_ms: 7_000, values: (0..length).map(value).collect() }
    }

    fn learn(seed: u64) -> Arc<Network> {
        let (stop, framing) = (AtomicBool::new(false), Framing::new(CYCLE, 6, 2.0));
        let control = Control { stop: &stop, progress: &|_| () };
        train(framing, Choices { hidden: 8, rate: 3e-3 }, &[&alternating(900)], seed, &control).unwrap()
    }

    #[test]
    fn learns_what_the_season_before_does_not_tell_and_the_same_again() {
        let (framing, series) = (Framing::new(CYCLE, 6, 2.0), alternating(900));
        let values = filled(&series, CYCLE);
        let scale = crate::scale::deviation(&values);
        let values: Vec<f64> = values.iter().map(|value| value / scale).collect();
        let sources = [Source { index: 0, actual: &series.values, values, first_step: 0 }];
        let mut pass = Pass::default();
        let mut error = |network: &Network| error_kept_apart(&framing, network, &sources, &mut pass);
        let untrained = error(&Network::new(framing.architecture(8, 1), 1).unwrap());
        let network = learn(1);
        let trained = error(&network);
        assert!(trained < 0.05 * untrained, "{trained} after {untrained}");
        assert_eq!(network.weights(), learn(1).weights());
        assert_ne!(network.weights(), learn(2).weights());
    }
}
