//! The activations, written so that the compiler vectorises them: the standard library's are calls, one at a time.

/// `e^x` for |x| up to 80, relative error below 3e-7: a power of two by its bits times a Taylor polynomial on
/// |r| <= ln(2) / 2.
#[inline]
fn exponential(x: f32) -> f32 {
    /// Adding and subtracting it rounds to the nearest integer.
    const ROUND: f32 = 12_582_912.0;
    let x = x.clamp(-80.0, 80.0);
    let power = (x * std::f32::consts::LOG2_E + ROUND) - ROUND;
    // ln(2) in two parts, so that the difference keeps its digits.
    let rest = (x - power * 0.693_359_4) + power * 2.121_944_4e-4;
    let polynomial = 1.0
        + rest * (1.0 + rest * (0.5 + rest * (1.0 / 6.0 + rest * (1.0 / 24.0 + rest * (1.0 / 120.0 + rest / 720.0)))));
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 11 and 243 after clamping")]
    let bits = ((power as i32 + 127) as u32) << 23;
    polynomial * f32::from_bits(bits)
}

/// The logistic function, 1 / (1 + e^-x).
#[inline]
pub(super) fn sigmoid(x: f32) -> f32 {
    1.0 / (1.0 + exponential(-x))
}

/// The hyperbolic tangent.
#[inline]
pub(super) fn tanh(x: f32) -> f32 {
    2.0 / (1.0 + exponential(-2.0 * x)) - 1.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_the_standard_library() {
        for index in -4_000..4_000_i16 {
            let x = f32::from(index) / 100.0;
            assert!((tanh(x) - x.tanh()).abs() < 5e-7, "tanh({x})");
            let expected = 1.0 / (1.0 + f64::from(-x).exp());
            assert!((f64::from(sigmoid(x)) - expected).abs() < 5e-7, "sigmoid({x})");
        }
    }
}
