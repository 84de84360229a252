//! Every instruction set against plain sums in 64 bits, over shapes that leave remainders everywhere.

use super::*;

/// Numbers within +-1 that depend on the seed alone.
fn numbers(count: usize, seed: u64) -> Vec<f32> {
    let mut state = seed;
    let draw = |_| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 40) as f32 / 8_388_608.0 - 1.0
    };
    (0..count).map(draw).collect()
}

/// Weights with zeros where there is padding.
fn weights(matrix: Grouped, seed: u64) -> Vec<f32> {
    let drawn = numbers(matrix.rows * matrix.columns, seed);
    let mut weights = vec![0.0; matrix.length()];
    for (index, value) in drawn.into_iter().enumerate() {
        weights[matrix.at(index / matrix.columns, index % matrix.columns)] = value;
    }
    weights
}

#[track_caller]
fn assert_near(found: f32, expected: f64, what: &str) {
    assert!((f64::from(found) - expected).abs() < 2e-5, "{what}: {found} instead of {expected}");
}

const SHAPES: [Grouped; 5] = [
    Grouped { rows: 1, columns: 1 },
    Grouped { rows: 52, columns: 200 },
    Grouped { rows: 41, columns: 31 },
    Grouped { rows: 7, columns: 100 },
    Grouped { rows: 30, columns: 16 },
];

#[test]
fn products_forwards_and_backwards() {
    for (matrix, width) in SHAPES.into_iter().flat_map(|matrix| [(matrix, 16), (matrix, 32)]) {
        let Grouped { rows, columns } = matrix;
        let own = weights(matrix, 1);
        let weight = |row, column| f64::from(own[matrix.at(row, column)]);
        let (batch, start) = (numbers(rows * width, 2), numbers(columns * width, 3));
        let (back_batch, skip) = (numbers(columns * width, 4), rows / 2);
        let one = numbers(rows, 5);
        for instructions in Instructions::available() {
            let what = format!("{instructions:?}, {matrix:?}, width {width}");
            let mut found = vec![f32::NAN; columns * width];
            product(instructions, width, matrix, &own, &batch, skip, Some(&start), &mut found);
            for (index, found) in found.iter().enumerate() {
                let (column, lane) = (index / width, index % width);
                let sum: f64 = (skip..rows).map(|row| weight(row, column) * f64::from(batch[row * width + lane])).sum();
                assert_near(*found, sum + f64::from(start[index]), &what);
            }
            let mut found = vec![f32::NAN; rows * width];
            product_back(instructions, width, matrix, &own, rows, &back_batch, &mut found);
            for (index, found) in found.iter().enumerate() {
                let (row, lane) = (index / width, index % width);
                let terms =
                    (0..columns).map(|column| weight(row, column) * f64::from(back_batch[column * width + lane]));
                assert_near(*found, terms.sum(), &what);
            }
            let mut found = vec![f32::NAN; columns.next_multiple_of(ALIGNMENT)];
            product_of_one(instructions, matrix, &own, &one, None, &mut found);
            for (column, found) in found.iter().take(columns).enumerate() {
                assert_near(*found, (0..rows).map(|row| weight(row, column) * f64::from(one[row])).sum(), &what);
            }
        }
    }
}

#[test]
fn gradients_of_weights() {
    let steps = 3;
    for (matrix, width) in SHAPES.into_iter().flat_map(|matrix| [(matrix, 16), (matrix, 32)]) {
        let Grouped { rows, columns } = matrix;
        let outputs: Vec<Vec<f32>> = (0..steps).map(|step| numbers(columns * width, 10 + step)).collect();
        let inputs = numbers(steps as usize * rows * width, 20);
        let before = numbers(matrix.length(), 30);
        for instructions in Instructions::available() {
            let mut transposed = Transposed::default();
            transposed.start(width, columns, outputs.len());
            for (step, outputs) in outputs.iter().enumerate() {
                transposed.put(instructions, width, outputs, step);
            }
            for (first, add, own) in [(0, false, 0..rows), (1, true, rows / 3..rows)] {
                let mut found = before.clone();
                let shifted = &inputs[first * rows * width + own.start * width..];
                weight_gradient(
                    instructions,
                    width,
                    shifted,
                    rows * width,
                    &transposed,
                    first,
                    matrix,
                    own.clone(),
                    add,
                    &mut found,
                );
                for row in 0..rows {
                    for column in 0..columns {
                        let mut sum =
                            if add || !own.contains(&row) { f64::from(before[matrix.at(row, column)]) } else { 0.0 };
                        for step in (first..outputs.len()).filter(|_| own.contains(&row)) {
                            for lane in 0..width {
                                let input = inputs[(step * rows + row) * width + lane];
                                sum += f64::from(input) * f64::from(outputs[step][column * width + lane]);
                            }
                        }
                        let what = format!("{instructions:?}, {matrix:?}, width {width}, row {row}");
                        assert_near(found[matrix.at(row, column)], sum, &what);
                    }
                }
            }
        }
    }
}

/// The gradients of a cell's gates against differences, and Adam against its formula, at every level alike.
#[test]
fn every_level_gives_the_portable_answers() {
    let count = 96;
    let run = |instructions: Instructions, rectified: bool| {
        let mut gates = numbers(4 * count, 1).iter().map(|x| 3.0 * x).collect::<Vec<_>>();
        let before = numbers(count, 2);
        let [mut cell, mut squashed, mut hidden] = [(); 3].map(|()| vec![0.0; count]);
        let forward = CellForward {
            gates: &mut gates,
            cell_before: &before,
            cell: &mut cell,
            squashed: &mut squashed,
            hidden: &mut hidden,
        };
        cell_forward(instructions, forward, rectified);
        let (hidden_gradient, mut cell_gradient) = (numbers(count, 3), numbers(count, 4));
        let mut gate_gradients = vec![0.0; 4 * count];
        let backward = CellBackward {
            gates: &gates,
            cell_before: &before,
            squashed: &squashed,
            hidden_gradient: &hidden_gradient,
            cell_gradient: &mut cell_gradient,
            gate_gradients: &mut gate_gradients,
        };
        cell_backward(instructions, backward, rectified);
        let (mut weights, mut means, mut squares) = (numbers(count, 5), numbers(count, 6), vec![0.1; count]);
        let step = AdamStep {
            weights: &mut weights,
            gradients: &hidden_gradient,
            means: &mut means,
            squares: &mut squares,
            shrink: 0.5,
            rate: 0.01,
            number: 3,
        };
        adam(instructions, step);
        [gates, cell, squashed, hidden, cell_gradient, gate_gradients, weights, means, squares].concat()
    };
    for rectified in [false, true] {
        let expected = run(Instructions::Portable, rectified);
        for instructions in Instructions::available() {
            for (index, (found, expected)) in run(instructions, rectified).iter().zip(&expected).enumerate() {
                assert!((found - expected).abs() < 2e-6, "{instructions:?}, number {index}: {found} not {expected}");
            }
        }
    }
}

#[test]
fn adam_finds_the_minimum_of_a_parabola() {
    for instructions in Instructions::available() {
        let mut weights = [3.0_f32; 16];
        let (mut means, mut squares) = ([0.0; 16], [0.0; 16]);
        for number in 1..=2_000 {
            let gradients = weights.map(|weight| 20.0 * (weight - 0.5));
            let step = AdamStep {
                weights: &mut weights,
                gradients: &gradients,
                means: &mut means,
                squares: &mut squares,
                shrink: 1.0,
                rate: 0.01,
                number,
            };
            adam(instructions, step);
        }
        assert!(weights.iter().all(|weight| (weight - 0.5).abs() < 1e-3), "{weights:?}");
    }
}
