//! Sums of products over all windows of a series, in time that hardly depends on how many windows there are.
//!
//! Windows overlap: the products of two places of a window, and of the two places after them, are sums over nearly the
//! same pairs of values. So only the first row is summed; every other one follows along its diagonal by taking one
//! pair away and adding one.

/// For all pairs of places in windows of `width` values: the sum of their products over all windows, row-major.
/// `None` where the series has no window.
pub(super) fn sums(values: &[f64], width: usize) -> Option<Vec<f64>> {
    let windows = (values.len() + 1).checked_sub(width).filter(|windows| *windows > 0 && width > 0)?;
    let mut sums = vec![0.0; width * width];
    for j in 0..width {
        sums[j] = dot(&values[..windows], &values[j..j + windows]);
    }
    for i in 1..width {
        for j in i..width {
            let gone = values[i - 1] * values[j - 1];
            let come = values[i - 1 + windows] * values[j - 1 + windows];
            sums[i * width + j] = sums[(i - 1) * width + j - 1] - gone + come;
        }
    }
    for i in 1..width {
        for j in 0..i {
            sums[i * width + j] = sums[j * width + i];
        }
    }
    Some(sums)
}

/// The sums for values taken relative to the one at `base`, of the places `rows` with the places `columns`.
pub(super) fn relative(
    sums: &[f64],
    width: usize,
    base: usize,
    rows: std::ops::Range<usize>,
    columns: std::ops::Range<usize>,
) -> Vec<f64> {
    let at = |i: usize, j: usize| sums[i * width + j];
    let own = at(base, base);
    let columns = &columns;
    rows.flat_map(|i| columns.clone().map(move |j| at(i, j) - at(i, base) - at(base, j) + own)).collect()
}

/// Inner product, summed in eight lanes so that it vectorises.
fn dot(a: &[f64], b: &[f64]) -> f64 {
    let (chunks_a, rest_a) = a.as_chunks::<8>();
    let (chunks_b, rest_b) = b.as_chunks::<8>();
    let mut lanes = [0.0; 8];
    for (a, b) in chunks_a.iter().zip(chunks_b) {
        for lane in 0..8 {
            lanes[lane] += a[lane] * b[lane];
        }
    }
    lanes.iter().sum::<f64>() + rest_a.iter().zip(rest_b).map(|(a, b)| a * b).sum::<f64>()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn agree_with_windows_one_by_one() {
        let values: Vec<f64> = (0..200).map(|index| f64::from(index * index % 83) - 41.0).collect();
        let (width, base) = (17, 11);
        let sums = sums(&values, width).unwrap();
        let relative = relative(&sums, width, base, 0..base, 0..width);
        for i in 0..base {
            for j in 0..width {
                let products = |window: &[f64]| (window[i] - window[base]) * (window[j] - window[base]);
                let expected: f64 = values.windows(width).map(products).sum();
                assert!((relative[i * width + j] - expected).abs() < 1e-6, "{i} {j}");
            }
        }
    }

    #[test]
    fn a_series_shorter_than_a_window_has_none() {
        assert!(sums(&[1.0, 2.0], 3).is_none());
        assert!(sums(&[1.0, 2.0, 3.0], 3).is_some());
        assert!(sums(&[], 0).is_none());
    }
}
