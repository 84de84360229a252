//! Random numbers that depend on what they are for, and not on what was drawn before.

use fastrand::Rng;

/// Scrambles 64 bits so that similar inputs give unrelated outputs: the finaliser of SplitMix64 (Steele, Lea and Flood, 2014,
/// "Fast splittable pseudorandom number generators").
pub(super) fn mix(bits: u64) -> u64 {
    let bits = bits.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    bits ^ (bits >> 31)
}

/// A seed of its own for everything that has a name.
pub(super) fn named(seed: u64, name: &str) -> u64 {
    name.bytes().fold(mix(seed), |seed, byte| mix(seed ^ u64::from(byte)))
}

/// The random numbers of one thing out of a numbered series.
pub(super) fn numbered(seed: u64, number: u64) -> Rng {
    Rng::with_seed(mix(seed ^ mix(number)))
}
