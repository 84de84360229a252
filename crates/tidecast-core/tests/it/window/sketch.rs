//! Quantiles are as close as they say, and so are counts of different values.

use proptest::prelude::*;
use tidecast_core::window::Sketch;

/// Uniform in (0, 1) (`SplitMix64`).
fn uniform(draw: u64) -> f64 {
    let mut bits = draw.wrapping_add(1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    bits = (bits ^ (bits >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    (((bits ^ (bits >> 31)) >> 11) as f64 + 0.5) / (1_u64 << 53) as f64
}

fn normal(draw: u64) -> f64 {
    (-2.0 * uniform(2 * draw).ln()).sqrt() * (std::f64::consts::TAU * uniform(2 * draw + 1)).cos()
}

fn check(what: &str, values: &mut [f64]) {
    // In parts, as workers would, and merged.
    let mut sketch = Sketch::default();
    for part in values.chunks(values.len().div_ceil(7).max(1)) {
        let mut of_part = Sketch::default();
        part.iter().for_each(|&value| of_part.add(value));
        sketch.merge(&of_part);
    }
    let mut in_order = Sketch::default();
    values.iter().for_each(|&value| in_order.add(value));
    assert_eq!(sketch, in_order, "{what}");
    values.sort_unstable_by(f64::total_cmp);
    for level in [0.0, 0.001, 0.01, 0.25, 0.5, 0.75, 0.95, 0.99, 0.999, 1.0] {
        let at_or_below = |share: f64| (1..=values.len()).find(|&count| count as f64 >= share * (1.0 - 1e-12));
        let exact = values[at_or_below(level * values.len() as f64).unwrap() - 1];
        let have = sketch.quantile(level);
        let error = (have - exact).abs();
        // The bound is met to the last bit or two.
        assert!(
            error <= sketch.relative_error() * exact.abs() * (1.0 + 1e-12),
            "{what}: {level} is {have}, should be {exact}"
        );
    }
}

#[test]
fn quantiles_of_skewed_values_are_within_one_percent() {
    let many = |value: &dyn Fn(u64) -> f64| -> Vec<f64> { (0..50_000).map(value).collect() };
    let sets: [(&str, Vec<f64>); 8] = [
        ("lognormal", many(&|draw| (3.0 * normal(draw)).exp())),
        ("Pareto", many(&|draw| uniform(draw).powf(-1.0 / 1.1))),
        ("constant", vec![42.42; 1_000]),
        ("bimodal", many(&|draw| if draw % 3 == 0 { 1e-3 * uniform(draw) } else { 1e6 + uniform(draw) })),
        ("negatives", many(&|draw| 100.0 * normal(draw))),
        ("few", vec![3.0, -1.0, 0.0]),
        ("two", vec![80.0, 90.0]),
        ("zeros", vec![0.0, -0.0, 0.0, 5.0]),
    ];
    for (what, mut values) in sets {
        check(what, &mut values);
        let mut sketch = Sketch::default();
        values.iter().for_each(|&value| sketch.add(value));
        assert!(sketch.relative_error() <= 0.01, "{what}");
    }
    assert!(Sketch::default().quantile(0.5).is_nan());
}

#[test]
fn values_over_hundreds_of_magnitudes_cost_precision_and_not_memory() {
    let mut values: Vec<f64> = (0..100_000)
        .map(|draw| {
            (600.0 * (uniform(draw) - 0.5) * std::f64::consts::LN_10).exp() * if draw % 2 == 0 { 1.0 } else { -1.0 }
        })
        .collect();
    check("everything", &mut values);
    let mut sketch = Sketch::default();
    values.iter().for_each(|&value| sketch.add(value));
    assert!(sketch.relative_error() > 0.01 && sketch.relative_error() < 0.7);
}

proptest! {
    #[test]
    fn any_finite_values(mut values in prop::collection::vec(prop::num::f64::NORMAL | prop::num::f64::ZERO, 1..300)) {
        check("any", &mut values);
    }
}
