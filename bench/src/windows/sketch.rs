//! How far quantiles are from the exact ones, on data that are hard for sketches.

use super::lower;
use super::messages::Random;
use crate::report::Report;
use tidecast_core::window::Sketch;

const VALUES: usize = 1_000_000;
const LEVELS: [f64; 5] = [0.01, 0.5, 0.95, 0.99, 0.999];

pub(super) fn run(report: &mut Report) {
    let mut random = Random(3);
    let mut normal = || (-2.0 * random.uniform().ln()).sqrt() * (std::f64::consts::TAU * random.uniform()).cos();
    let lognormal: Vec<f64> = (0..VALUES).map(|_| (2.0 * normal()).exp()).collect();
    let pareto: Vec<f64> = (0..VALUES).map(|_| random.uniform().powf(-1.0 / 1.1)).collect();
    let bimodal: Vec<f64> =
        (0..VALUES).map(|_| random.uniform() + if random.below(3) == 0 { 1e6 } else { 1.0 }).collect();
    for (what, values) in [("lognormal", lognormal), ("Pareto", pareto), ("bimodal", bimodal)] {
        let error = 100.0 * largest_error(values);
        report.add(lower(&format!("quantiles of {VALUES} {what} values, largest error"), error, "%", Some(1.0), None));
    }
}

fn largest_error(mut values: Vec<f64>) -> f64 {
    let mut sketch = Sketch::default();
    values.iter().for_each(|&value| sketch.add(value));
    values.sort_unstable_by(f64::total_cmp);
    let error = |level: f64| {
        let exact = values[((level * values.len() as f64).ceil() as usize).max(1) - 1];
        ((sketch.quantile(level) - exact) / exact).abs()
    };
    LEVELS.into_iter().map(error).fold(0.0, f64::max)
}
