//! The scale by which series of different magnitudes are made alike.

/// Standard deviation of finite values, or the magnitude of a constant series, or 1: never 0.
pub(crate) fn deviation(values: &[f64]) -> f64 {
    let count = values.len().max(1) as f64;
    let mean = values.iter().sum::<f64>() / count;
    let deviation = (values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / count).sqrt();
    let usable = |scale: &f64| scale.is_finite() && *scale > 1e-9 * mean.abs();
    [deviation, mean.abs()].into_iter().find(usable).unwrap_or(1.0)
}

#[cfg(test)]
mod tests {
    #[track_caller]
    fn check(values: &[f64], expected: f64) {
        assert!((super::deviation(values) - expected).abs() < 1e-12);
    }

    #[test]
    fn never_zero() {
        check(&[1.0, 3.0], 1.0);
        check(&[-5.0, -5.0], 5.0);
        check(&[0.0, 0.0], 1.0);
        check(&[], 1.0);
    }
}
