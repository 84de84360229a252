//! Training of the LSTMs of the original systems on one thread, beside PyTorch and Keras in the same run.
//!
//! The tasks are those of `bench/peers/lstm_train.py`, which the Python named in `TIDECAST_PEERS_PYTHON` runs: one epoch
//! over windows of a noisy sine, forwards, backwards and Adam, in windows per second of processor time. Ours and PyTorch
//! take turns, and the best of each counts, so that whatever else the machine does slows down neither alone. Memory is
//! the peak of this process after our turns, before a peer starts.

use crate::process;
use crate::report::{Better, Figure, Report};
use anyhow::{Context, Result, ensure};
use std::f64::consts::TAU;
use std::path::Path;
use std::process::Command;
use tidecast_forecast::models::lstm::network::{Architecture, Batch, Instructions, Network, Trainer};

const PEER_PYTHON: &str = "TIDECAST_PEERS_PYTHON";
/// How often each side trains an epoch.
const TURNS: usize = 3;
/// Batches before the clock starts, as for the peers.
const WARM_UP: usize = 4;
const RATE: f32 = 1e-3;
/// What training must at least come to, so that no one is fast by computing nonsense.
const LARGEST_LOSS: f64 = 0.15;

/// One network and what it is trained on.
struct Task {
    /// Its name for the peers.
    name: &'static str,
    what: &'static str,
    architecture: Architecture,
    windows: usize,
    batch: usize,
}

pub(crate) fn run(report: &mut Report) -> Result<()> {
    let tasks = [
        Task {
            name: "meter",
            what: "LSTM(50), window 60, batch 32",
            architecture: Architecture::meter(),
            windows: 8_192,
            batch: 32,
        },
        Task {
            name: "pas",
            what: "encoder-decoder LSTM(200), batch 16",
            architecture: Architecture::pas(),
            windows: 1_280,
            batch: 16,
        },
    ];
    let best = Instructions::best();
    for task in &tasks {
        task.epoch(best)?;
    }
    let resident_mb = process::peak_bytes()? / 1e6;
    let python = std::env::var_os(PEER_PYTHON);
    for task in &tasks {
        let mut ours = 0.0_f64;
        let mut torch = None;
        for _ in 0..TURNS {
            ours = ours.max(task.epoch(best)?);
            if let Some(python) = &python {
                let figure = peer(python.as_ref(), "torch", task.name)?;
                torch = Some(torch.map_or(figure, |best: f64| best.max(figure)));
            }
        }
        let figure = |what: String, ours: f64, bar: Option<f64>, peer: Option<(&str, f64)>| Figure {
            what,
            ours,
            unit: "windows/CPU-s",
            bar,
            peer: peer.map(|(name, value)| (name.to_owned(), value)),
            better: Better::Higher,
        };
        let what = format!("{}, {best:?}", task.what);
        report.add(figure(what.clone(), ours, torch.map(|torch| 3.0 * torch), torch.map(|torch| ("PyTorch", torch))));
        if let Some(python) = &python {
            match peer(python.as_ref(), "keras", task.name) {
                Ok(keras) => report.add(figure(what, ours, None, Some(("Keras", keras)))),
                Err(error) => eprintln!("Keras is left out: {error:#}"),
            }
        }
        if best != Instructions::Avx2 && Instructions::Avx2.is_available() {
            let mut avx2 = 0.0_f64;
            for _ in 0..TURNS {
                avx2 = avx2.max(task.epoch(Instructions::Avx2)?);
            }
            report.add(figure(format!("{}, Avx2", task.what), avx2, None, torch.map(|torch| ("PyTorch", torch))));
        }
    }
    if python.is_none() {
        eprintln!(
            "PyTorch and Keras are left out: python3 -m venv peers && peers/bin/pip install torch tensorflow, then"
        );
        eprintln!("run again with {PEER_PYTHON}=peers/bin/python");
    }
    report.add(Figure {
        what: "peak resident memory of our training".to_owned(),
        ours: resident_mb,
        unit: "MB",
        bar: Some(60.0),
        peer: None,
        better: Better::Lower,
    });
    Ok(())
}

impl Task {
    /// Trains one epoch; returns windows per second of processor time.
    fn epoch(&self, instructions: Instructions) -> Result<f64> {
        let Architecture { window, horizon, .. } = self.architecture;
        let values = series(self.windows + window + horizon);
        let network = Network::new(self.architecture.clone(), 1)?.with_instructions(instructions);
        let mut trainer = Trainer::new(network, None);
        let mut batches = [Batch::new(&self.architecture, self.batch)];
        let mut learn = |first: usize| {
            for slot in 0..self.batch {
                let own = &values[first + slot..];
                own[..window].iter().enumerate().for_each(|(step, value)| batches[0].set_input(slot, step, 0, *value));
                let targets = own[window..window + horizon].iter().enumerate();
                targets.for_each(|(ahead, value)| batches[0].set_target(slot, ahead, *value));
            }
            trainer.learn(&batches, RATE)
        };
        for turn in 0..WARM_UP {
            learn(turn * self.batch);
        }
        let start = process::thread_seconds()?;
        let loss: f64 = (0..self.windows).step_by(self.batch).map(&mut learn).sum();
        let seconds = process::thread_seconds()? - start;
        let loss = loss / (self.windows / self.batch) as f64;
        ensure!(loss < LARGEST_LOSS, "{}: training came to a loss of {loss} only", self.what);
        Ok(self.windows as f64 / seconds)
    }
}

/// A day and a week of 15-minute steps, with noise.
fn series(length: usize) -> Vec<f32> {
    let mut state = 1_u64;
    let mut uniform = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 40) as f64 / f64::from(1 << 24)
    };
    let value = |step: usize| {
        // The sum of twelve uniform numbers is nearly normal, of variance one.
        let noise = (0..12).map(|_| uniform()).sum::<f64>() - 6.0;
        let turn = |season: f64| (TAU * step as f64 / season).sin();
        (0.5 + 0.3 * turn(96.0) + 0.1 * turn(672.0) + 0.05 * noise) as f32
    };
    (0..length).map(value).collect()
}

/// Windows per second of processor time of a peer.
fn peer(python: &Path, framework: &str, network: &str) -> Result<f64> {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("peers/lstm_train.py");
    let output = Command::new(python)
        .arg(script)
        .args([framework, network])
        .output()
        .context("the peer's Python does not start")?;
    ensure!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr).lines().last().unwrap_or("it failed")
    );
    let answer: serde_json::Value = serde_json::from_slice(&output.stdout)?;
    answer["windows_per_cpu_s"].as_f64().context("the peer gave no windows_per_cpu_s")
}
