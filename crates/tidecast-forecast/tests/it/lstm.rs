//! The LSTM and the ensemble with it: trained once, saved, loaded and fed on; its networks against PyTorch.

use crate::{HOUR_MS, daily, settings};
use serde::Deserialize;
use std::sync::Mutex;
use std::sync::atomic::AtomicBool;
use tidecast_core::series::RegularSeries;
use tidecast_forecast::models::ensemble::Ensemble;
use tidecast_forecast::models::lstm::Lstm;
use tidecast_forecast::models::lstm::network::{Architecture, Batch, Instructions, Network, Pass, Trainer};
use tidecast_forecast::models::{Control, FitSettings};
use tidecast_forecast::training;

const LEVELS: [f64; 3] = [0.1, 0.5, 0.9];

#[test]
fn loaded_forecasters_go_on_as_those_saved() {
    let (stop, seen) = (AtomicBool::new(false), Mutex::new(vec![0.0]));
    let progress = |share: f64| seen.lock().unwrap().push(share);
    let control = Control { stop: &stop, progress: &progress };
    // Two hours a step: the season of 12 makes the network's window, and this test, short.
    let values: Vec<f64> = daily(3_000, 1).into_iter().step_by(2).collect();
    let known = RegularSeries { start_ms: 0, step_ms: 2 * HOUR_MS, values: values[..1_400].to_vec() };
    let settings = FitSettings { horizon: 6, ..settings() };
    let results = training::train_all(&[&Lstm, &Ensemble], &[known], &settings, &control);
    for (name, mut results) in ["lstm", "ensemble"].into_iter().zip(results) {
        let mut trained = results.pop().unwrap().unwrap();
        assert_eq!((trained.forecaster.model(), trained.note), (name, None));
        let score = trained.score.unwrap();
        assert!(score.relative_error() < 1.0, "{name}: {score:?}");
        let bytes = trained.forecaster.save();
        let mut loaded = training::load(&bytes).unwrap();
        assert_eq!(loaded.predict(10, &LEVELS), trained.forecaster.predict(10, &LEVELS), "{name}");
        for newer in values[1_400..].chunks(25) {
            loaded.update(newer);
            trained.forecaster.update(newer);
            assert_eq!(loaded.predict(10, &LEVELS), trained.forecaster.predict(10, &LEVELS), "{name}");
        }
        for length in (0..bytes.len()).step_by(1_009) {
            assert!(training::load(&bytes[..length]).is_err(), "{name}: {length}");
        }
    }
    let seen = seen.into_inner().unwrap();
    assert!(seen.is_sorted() && seen.len() > 100, "{seen:?}");
    assert!((seen[seen.len() - 1] - 1.0).abs() < 1e-9);
}

/// A network as PyTorch computes it: `tests/fixtures/lstm_reference.py`.
#[derive(Deserialize)]
struct Reference {
    name: String,
    architecture: Architecture,
    steps: Vec<f32>,
    direct: Vec<f32>,
    series: Vec<usize>,
    targets: Vec<f32>,
    weights: Vec<f32>,
    outputs: Vec<f32>,
    loss: f64,
    gradients: Vec<f32>,
    rate: f32,
    trained: usize,
    weights_after: Vec<f32>,
}

impl Reference {
    fn batch(&self) -> Batch {
        let Architecture { inputs, window, horizon, .. } = self.architecture;
        let size = self.series.len();
        let mut batch = Batch::new(&self.architecture, size);
        let direct = self.direct.len() / size;
        for slot in 0..size {
            for (index, value) in self.steps[slot * window * inputs..][..window * inputs].iter().enumerate() {
                batch.set_input(slot, index / inputs, index % inputs, *value);
            }
            for (index, value) in self.direct[slot * direct..][..direct].iter().enumerate() {
                batch.set_direct(slot, index, *value);
            }
            for (ahead, value) in self.targets[slot * horizon..][..horizon].iter().enumerate() {
                batch.set_target(slot, ahead, *value);
            }
            batch.set_series(slot, self.series[slot]);
        }
        batch
    }
}

#[track_caller]
fn assert_alike(found: &[f32], expected: &[f32], tolerance: f32, what: &str) {
    assert_eq!(found.len(), expected.len(), "{what}");
    let size = expected.iter().fold(0.0_f32, |largest, value| largest.max(value.abs()));
    for (index, (found, expected)) in found.iter().zip(expected).enumerate() {
        assert!((found - expected).abs() <= tolerance * size, "{what} {index}: {found} instead of {expected}");
    }
}

#[test]
fn networks_answer_and_learn_as_in_pytorch() {
    let references: Vec<Reference> = serde_json::from_str(include_str!("../fixtures/lstm_reference.json")).unwrap();
    assert_eq!(references.len(), 5);
    for (reference, instructions) in references.iter().flat_map(|one| Instructions::available().map(move |i| (one, i)))
    {
        let what = |part: &str| format!("{}, {instructions:?}: {part}", reference.name);
        let network = Network::with_weights(reference.architecture.clone(), &reference.weights).unwrap();
        let network = network.with_instructions(instructions);
        let batch = reference.batch();
        let mut pass = Pass::default();
        pass.answer(&network, &batch);
        let outputs: Vec<f32> = (0..batch.size())
            .flat_map(|slot| (0..reference.architecture.outputs()).map(move |index| (slot, index)))
            .map(|(slot, index)| pass.output(slot, index))
            .collect();
        assert_alike(&outputs, &reference.outputs, 2e-6, &what("output"));
        let mut trainer = Trainer::new(network, None);
        let (loss, gradients) = trainer.gradients(std::slice::from_ref(&batch));
        assert!((loss / reference.loss - 1.0).abs() < 2e-6, "{}: {loss}", what("loss"));
        assert_alike(&gradients, &reference.gradients, 5e-6, &what("gradient"));
        for _ in 0..reference.trained {
            trainer.learn(std::slice::from_ref(&batch), reference.rate);
        }
        // Adam divides by the size of gradients, and those close to zero keep few digits.
        assert_alike(&trainer.network().weights(), &reference.weights_after, 2e-4, &what("trained weight"));
    }
}

#[test]
fn unbelievable_inputs_do_not_break_the_weights() {
    for architecture in [Architecture::meter(), Architecture::pas()] {
        let mut trainer = Trainer::new(Network::new(architecture.clone(), 1).unwrap(), Some(1.0));
        for value in [0.0, f32::MAX, -f32::MAX, f32::NAN, 1e20] {
            let mut batch = Batch::new(&architecture, 2);
            for step in 0..architecture.window {
                batch.set_input(0, step, 0, value);
            }
            (0..architecture.horizon).for_each(|ahead| batch.set_target(0, ahead, value));
            trainer.learn(std::slice::from_ref(&batch), 1e-3);
            assert!(trainer.network().weights().iter().all(|weight| weight.is_finite()), "{value}");
        }
    }
}
