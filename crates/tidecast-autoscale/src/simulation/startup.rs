//! How long pods take to start: log-normal, from a seed, the same for every contender.

/// The standard deviation of the logarithm: nine in ten pods start within 1.4 times the median.
const SIGMA: f64 = 0.25;

/// Start-up times, one after the other.
#[derive(Clone, Debug)]
pub(super) struct StartupTimes {
    median_seconds: f64,
    state: u64,
}

impl StartupTimes {
    pub(super) fn new(median_seconds: f64, seed: u64) -> Self {
        Self { median_seconds, state: seed }
    }

    /// The next one, seconds.
    pub(super) fn draw(&mut self) -> f64 {
        // Box and Muller, "A Note on the Generation of Random Normal Deviates", 1958.
        let (radius, angle) = (self.uniform().max(f64::MIN_POSITIVE), self.uniform());
        let normal = (-2.0 * radius.ln()).sqrt() * (std::f64::consts::TAU * angle).cos();
        self.median_seconds * (SIGMA * normal).exp()
    }

    /// SplitMix64, in [0, 1).
    fn uniform(&mut self) -> f64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^= mixed >> 31;
        (mixed >> 11) as f64 / (1_u64 << 53) as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_of_all_start_within_the_median_and_nine_in_ten_within_1_4_times() {
        let mut times = StartupTimes::new(180.0, 7);
        let drawn: Vec<f64> = (0..20_000).map(|_| times.draw()).collect();
        let within = |limit: f64| drawn.iter().filter(|seconds| **seconds <= limit).count() as f64 / 20_000.0;
        assert!((within(180.0) - 0.5).abs() < 0.02);
        assert!((within(180.0 * (1.2816 * SIGMA).exp()) - 0.9).abs() < 0.01);
    }
}
