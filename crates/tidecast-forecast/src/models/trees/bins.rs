//! Inputs as small whole numbers: each is replaced by the number of the bin it falls in, which is all that splits see.

/// Bins of an input at most. Fewer than the customary 255: the edges are coarser, which keeps trees from learning
/// noise, and a histogram of all inputs stays in the fastest cache.
pub(super) const BINS: usize = 64;
/// Largest magnitude of an input; what is beyond is as unusual as this.
const LARGEST: f32 = 1e9;

/// The edges between the bins of every input.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Bins {
    /// Ascending edges, at most `BINS - 1` for each input; a bin holds what is above its lower edge up to its upper one.
    edges: Vec<Vec<f32>>,
}

impl Bins {
    /// Edges at evenly spread quantiles of each of `width` inputs; rows are row-major.
    pub(super) fn learn(rows: &[f32], width: usize) -> Self {
        let mut column = Vec::with_capacity(rows.len() / width.max(1));
        let learn_one = |input: usize| {
            column.clear();
            column.extend(rows.iter().skip(input).step_by(width).map(|value| usual(*value)));
            edges(&mut column)
        };
        Self { edges: (0..width).map(learn_one).collect() }
    }

    /// Edges read from a file; `None` where they are not possible.
    pub(super) fn restore(edges: Vec<Vec<f32>>) -> Option<Self> {
        let sound = |edges: &Vec<f32>| edges.len() < BINS && edges.is_sorted() && edges.iter().all(|e| e.is_finite());
        edges.iter().all(sound).then_some(Self { edges })
    }

    /// The edges of every input.
    pub(super) fn edges(&self) -> &[Vec<f32>] {
        &self.edges
    }

    /// Number of inputs.
    pub(super) fn width(&self) -> usize {
        self.edges.len()
    }

    /// The bin of a value of an input: how many edges lie below it.
    pub(super) fn code(&self, input: usize, value: f32) -> u8 {
        let value = usual(value);
        let below = self.edges.get(input).map_or(0, |edges| edges.partition_point(|edge| *edge < value));
        // There are fewer edges than 256.
        below as u8
    }
}

/// The value, within what is kept apart; missing ones are 0.
fn usual(value: f32) -> f32 {
    if value.is_nan() { 0.0 } else { value.clamp(-LARGEST, LARGEST) }
}

/// Midpoints between neighbours at evenly spread ranks; between all neighbours where few values differ.
fn edges(column: &mut Vec<f32>) -> Vec<f32> {
    column.sort_unstable_by(f32::total_cmp);
    let mut distinct = column.clone();
    distinct.dedup();
    if distinct.len() <= BINS {
        return distinct.windows(2).map(|pair| middle(pair[0], pair[1])).collect();
    }
    let mut edges = Vec::with_capacity(BINS - 1);
    for rank in 1..BINS {
        let at = rank * column.len() / BINS;
        // Of a run of equal values the edge lies above, so that the run is a bin and not cut.
        let value = column[at - 1];
        let next = column.partition_point(|other| *other <= value);
        if let Some(above) = column.get(next) {
            edges.push(middle(value, *above));
        }
    }
    edges.dedup();
    edges
}

/// A number from `low` up to but without `high`, which is above it.
fn middle(low: f32, high: f32) -> f32 {
    let middle = low + (high - low) / 2.0;
    if middle < high { middle } else { low }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(values: &[f32], expected: &[u8]) {
        let bins = Bins::learn(values, 1);
        let codes: Vec<u8> = values.iter().map(|value| bins.code(0, *value)).collect();
        assert_eq!(codes, expected);
    }

    #[test]
    fn few_values_have_a_bin_each() {
        check(&[3.0, 1.0, 2.0, 1.0], &[2, 0, 1, 0]);
        check(&[5.0; 4], &[0; 4]);
        check(&[f32::NAN, f32::INFINITY, f32::NEG_INFINITY], &[1, 2, 0]);
    }

    #[test]
    fn many_values_fill_the_bins_evenly() {
        let values: Vec<f32> = (0..6_400).map(|value| value as f32).collect();
        let bins = Bins::learn(&values, 1);
        let mut counts = [0; BINS];
        values.iter().for_each(|value| counts[usize::from(bins.code(0, *value))] += 1);
        assert_eq!(counts, [100; BINS]);
    }

    #[test]
    fn a_frequent_value_is_a_bin_of_its_own() {
        let values: Vec<f32> = (0..1_000).map(|value: i32| (value - 500).max(0) as f32).collect();
        let bins = Bins::learn(&values, 1);
        assert_eq!((bins.code(0, 0.0), bins.code(0, 1.0)), (0, 1));
    }
}
