//! Seeded choices that depend on what is chosen and on nothing else: not on order, not on threads.

/// Number `index` of the sequence of a seed: SplitMix64 (Steele, Lea and Flood, 2014), entered anywhere.
pub(super) fn draw(seed: u64, index: u64) -> u64 {
    let state = seed.wrapping_add(index.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15));
    let mixed = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

/// Whether something that happens in `share` of all cases happens in this one.
pub(super) fn happens(seed: u64, index: u64, share: f64) -> bool {
    // 53 bits, as many as a 64-bit number holds exactly.
    ((draw(seed, index) >> 11) as f64) < share * (1_u64 << 53) as f64
}

/// `count` of the numbers below `bound`, ascending.
pub(super) fn choose(seed: u64, count: usize, bound: usize) -> Vec<usize> {
    let mut order: Vec<(u64, usize)> = (0..bound).map(|index| (draw(seed, index as u64), index)).collect();
    order.sort_unstable();
    order.truncate(count.max(1));
    let mut chosen: Vec<usize> = order.into_iter().map(|(_, index)| index).collect();
    chosen.sort_unstable();
    chosen
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_kept() {
        let happened = (0..10_000).filter(|index| happens(3, *index, 0.3)).count();
        assert!((2_800..3_200).contains(&happened), "{happened}");
        let chosen = choose(5, 4, 10);
        assert!(chosen.len() == 4 && chosen.is_sorted() && chosen != choose(6, 4, 10));
    }
}
