//! The rectifier of dense layers, max(0, x).

/// Sets what is below zero to zero.
pub(crate) fn rectify(values: &mut [f32]) {
    values.iter_mut().for_each(|value| *value = value.max(0.0));
}

/// Sets gradients to zero where the rectifier gave zero.
pub(crate) fn rectify_gradient(gradients: &mut [f32], rectified: &[f32]) {
    let pairs = gradients.iter_mut().zip(rectified);
    pairs.for_each(|(gradient, value)| *gradient = if *value > 0.0 { *gradient } else { 0.0 });
}
