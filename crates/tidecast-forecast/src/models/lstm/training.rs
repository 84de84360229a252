//! The training loop: batches of windows drawn from all series of a panel, each shared out over two threads.

use super::adam::Adam;
use super::network::{self, Batch, Pass};
use super::random::Random;
use super::windows::Framing;
use crate::history::filled;
use crate::models::Control;
use crate::parallel;
use crate::season::Cycle;
use std::sync::{Arc, Mutex, PoisonError};
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
/// Learning rate of Adam at the start; it falls linearly to a tenth.
const RATE: f32 = 1e-3;
/// Share of the newest windows kept apart to choose the epoch by.
const KEPT_APART: f64 = 0.1;
/// Windows kept apart that are looked at.
const LOOKED_AT: usize = 512;
/// Largest scaled change that is learned from: a broken reading must not dominate the squares.
const LARGEST_CHANGE: f32 = 8.0;

/// One series, scaled and filled.
struct Source<'a> {
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
    hidden: usize,
    panel: &[&RegularSeries],
    seed: u64,
    control: &Control<'_>,
) -> Option<Arc<[f32]>> {
    let sources: Vec<Source<'_>> = panel
        .iter()
        .map(|series| {
            let mut values = filled(series, framing.cycle);
            let scale = crate::scale::deviation(&values);
            values.iter_mut().for_each(|value| *value /= scale);
            let first_step = series.start_ms.div_euclid(series.step_ms.max(1));
            Source { actual: &series.values, values, first_step }
        })
        .collect();
    let shape = framing.shape(hidden);
    let mut random = Random::new(seed);
    let mut weights = shape.initial(&mut random);
    let mut gradients = vec![0.0; weights.len()];
    let mut adam = Adam::new(weights.len());
    let mut shares = [(); SHARES].map(|()| Mutex::new(Share::new(weights.len())));
    let mut pass = Pass::default();
    let mut best = (f64::INFINITY, weights.clone(), 0);
    for epoch in 0..EPOCHS {
        for turn in 0..BATCHES_PER_EPOCH {
            if control.stopped() {
                return None;
            }
            let done = (epoch * BATCHES_PER_EPOCH + turn) as f64 / (EPOCHS * BATCHES_PER_EPOCH) as f64;
            for share in &mut shares {
                let share = share.get_mut().unwrap_or_else(PoisonError::into_inner);
                share.windows = draw(&mut random, &sources, &framing);
            }
            parallel::map(&shares, |share| {
                let mut share = share.lock().unwrap_or_else(PoisonError::into_inner);
                share.learn(&framing, &shape, &weights, &sources);
            });
            gradients.fill(0.0);
            for share in &mut shares {
                let share = share.get_mut().unwrap_or_else(PoisonError::into_inner);
                let pairs = gradients.iter_mut().zip(&share.gradients);
                pairs.for_each(|(sum, gradient)| *sum += gradient / SHARES as f32);
            }
            adam.step(&mut weights, &gradients, RATE * (1.0 - 0.9 * done as f32));
            (control.progress)(done);
        }
        let error = error_kept_apart(&framing, &shape, &weights, &sources, &mut pass);
        if error < best.0 {
            best = (error, weights.clone(), epoch);
        } else if epoch >= best.2 + PATIENCE {
            break;
        }
    }
    Some(best.1.into())
}

/// Windows for one share of a batch: series and origin. Their targets end before the windows kept apart begin.
fn draw(random: &mut Random, sources: &[Source<'_>], framing: &Framing) -> [(usize, usize); SHARE] {
    [(); SHARE].map(|()| {
        let index = random.below(sources.len());
        let (first, kept_apart, _) = sources[index].origins(framing);
        let last = kept_apart.saturating_sub(framing.horizon).max(first + 1);
        (index, first + random.below(last - first))
    })
}

/// What one thread needs for its share of a batch; reused from batch to batch.
struct Share {
    windows: [(usize, usize); SHARE],
    batch: Batch,
    pass: Pass,
    gradients: Vec<f32>,
}

impl Share {
    fn new(weights: usize) -> Self {
        let (batch, pass) = (Batch::default(), Pass::default());
        Self { windows: [(0, 0); SHARE], batch, pass, gradients: vec![0.0; weights] }
    }

    /// Computes the gradients of this share.
    fn learn(&mut self, framing: &Framing, shape: &network::Shape, weights: &[f32], sources: &[Source<'_>]) {
        framing.start(&mut self.batch, SHARE);
        for (slot, &(index, origin)) in self.windows.iter().enumerate() {
            sources[index].write(framing, &mut self.batch, slot, origin);
        }
        network::forward(shape, weights, &self.batch, &mut self.pass);
        network::backward(shape, weights, &self.batch, &mut self.pass, &mut self.gradients);
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
        framing.write(batch, slot, &self.values, self.first_step, origin);
        framing.write_targets(batch, slot, &self.values, self.actual, origin);
        let targets = &mut batch.targets[slot * framing.horizon..(slot + 1) * framing.horizon];
        targets.iter_mut().for_each(|target| *target = target.clamp(-LARGEST_CHANGE, LARGEST_CHANGE));
    }
}

/// Mean squared error over windows spread evenly over those kept apart.
fn error_kept_apart(
    framing: &Framing,
    shape: &network::Shape,
    weights: &[f32],
    sources: &[Source<'_>],
    pass: &mut Pass,
) -> f64 {
    let per_source = (LOOKED_AT / sources.len().max(1)).max(1);
    let mut batch = Batch::default();
    let (mut sum, mut count) = (0.0, 0);
    for source in sources {
        let (_, from, to) = source.origins(framing);
        let windows = per_source.min(to - from);
        framing.start(&mut batch, windows);
        for slot in 0..windows {
            source.write(framing, &mut batch, slot, from + slot * (to - from) / windows);
        }
        network::forward(shape, weights, &batch, pass);
        let (error, known) = network::squared_error(&pass.outputs, &batch.targets);
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

    fn learn(seed: u64) -> Arc<[f32]> {
        let (stop, framing) = (AtomicBool::new(false), Framing::new(CYCLE, 6));
        let control = Control { stop: &stop, progress: &|_| () };
        train(framing, 8, &[&alternating(900)], seed, &control).unwrap()
    }

    #[test]
    fn learns_what_the_season_before_does_not_tell_and_the_same_again() {
        let (framing, series) = (Framing::new(CYCLE, 6), alternating(900));
        let values = filled(&series, CYCLE);
        let scale = crate::scale::deviation(&values);
        let values: Vec<f64> = values.iter().map(|value| value / scale).collect();
        let sources = [Source { actual: &series.values, values, first_step: 0 }];
        let (shape, mut pass) = (framing.shape(8), Pass::default());
        let mut error = |weights: &[f32]| error_kept_apart(&framing, &shape, weights, &sources, &mut pass);
        let untrained = error(&shape.initial(&mut Random::new(1)));
        let weights = learn(1);
        let trained = error(&weights);
        assert!(trained < 0.05 * untrained, "{trained} after {untrained}");
        assert_eq!(weights, learn(1));
        assert_ne!(weights, learn(2));
    }
}
